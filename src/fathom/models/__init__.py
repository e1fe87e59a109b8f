"""Named architectures, as functions that return a `Network`.

The functions (input_shape, outputs, output_activation) -> Network are in the table
`RECIPES`, so that `fathom.train("mlp", table)` can build the network once it has seen
the data.
"""

from fathom.models.convolutional import cnn, lenet, lenet_1989, neocognitron, resnet
from fathom.models.mlp import mlp
from fathom.models.recipes import RECIPES, Recipe
from fathom.models.sequence_to_sequence import sequence_to_sequence
from fathom.models.sequential import (
    gru,
    lstm,
    rnn,
    transformer_classifier,
)
from fathom.models.spiking import spiking
from fathom.models.transformer import transformer_block, transformer_language_model

__all__ = [
    "RECIPES",
    "Recipe",
    "cnn",
    "gru",
    "lenet",
    "lenet_1989",
    "lstm",
    "mlp",
    "neocognitron",
    "resnet",
    "rnn",
    "sequence_to_sequence",
    "spiking",
    "transformer_block",
    "transformer_classifier",
    "transformer_language_model",
]

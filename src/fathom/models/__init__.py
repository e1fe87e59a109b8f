"""Named architectures, as functions that return a `Network`.

A *recipe* is a function (input_shape, outputs, output_activation) -> Network, so that
`fathom.train("mlp", table)` can build the network once it has seen the data.
"""

from fathom.models.convolutional import cnn, lenet, lenet_1989, neocognitron, resnet
from fathom.models.mlp import mlp
from fathom.models.sequence_to_sequence import sequence_to_sequence
from fathom.models.transformer import transformer_block, transformer_language_model

RECIPES = {"mlp": mlp}

__all__ = [
    "RECIPES",
    "cnn",
    "lenet",
    "lenet_1989",
    "mlp",
    "neocognitron",
    "resnet",
    "sequence_to_sequence",
    "transformer_block",
    "transformer_language_model",
]

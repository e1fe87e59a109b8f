"""Architectures by name: what makes each, what it takes, and what it is.

A recipe is made into a network once the data are known: `fathom.train("lenet", table)`,
`fathom train digits --model lenet`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fathom.errors import choose
from fathom.models.convolutional import cnn, lenet, lenet_1989, neocognitron, resnet
from fathom.models.mlp import mlp
from fathom.models.sequential import gru, lstm, rnn, transformer
from fathom.models.spiking import spiking
from fathom.network import Network

TAKES = {
    "table": "a row of a table, or an array of any shape",
    "image": "an image (height, width, channels)",
    "sequence": "a sequence (steps, features); of an image, its rows one by one",
}


@dataclass(frozen=True)
class Recipe:
    """An architecture that is made for the data's shape.

    Attributes:
        make: A function (input_shape, outputs, output_activation) -> Network.
        takes: What one input is: "table" (as it comes), "image" or "sequence".
        about: One line on what it is.

    Example:
        >>> from functools import partial
        >>> small = Recipe(partial(mlp, hidden=(8,)), "table", "One hidden layer.")
        >>> small((4,), 3, "softmax").output_shape
        (3,)
    """

    make: Callable[..., Network]
    takes: str = "table"
    about: str = ""

    def __post_init__(self) -> None:
        """Check what it takes."""
        choose(TAKES, self.takes, "kind of input")

    def __call__(self, *shape_and_outputs: Any, **settings: Any) -> Network:
        """Return the network, as `make` does."""
        return self.make(*shape_and_outputs, **settings)


RECIPES: dict[str, Recipe] = {
    "mlp": Recipe(
        mlp, "table", "Fully connected layers: a multilayer perceptron."
    ),
    "lenet": Recipe(
        lenet, "image", "Two convolutions with pooling, three dense layers (1998)."
    ),
    "lenet_1989": Recipe(
        lenet_1989, "image", "Two convolutions at stride 2, two dense layers (1989)."
    ),
    "cnn": Recipe(
        cnn, "image", "Four 3 x 3 convolutions with ReLU, BatchNorm and dropout."
    ),
    "neocognitron": Recipe(
        neocognitron, "image", "Simple and complex cells by turns (1980)."
    ),
    "resnet": Recipe(
        resnet, "image", "27 residual blocks, 56 layers deep (2016)."
    ),
    "rnn": Recipe(rnn, "sequence", "One plain recurrent layer (1990)."),
    "lstm": Recipe(lstm, "sequence", "One LSTM layer: gated memory (1997)."),
    "gru": Recipe(gru, "sequence", "One GRU layer: gated memory, smaller (2014)."),
    "transformer": Recipe(
        transformer, "sequence", "Two blocks of attention, steps averaged (2017)."
    ),
    "spiking": Recipe(
        spiking, "table", "One layer of spiking neurons, a leaky readout (2019)."
    ),
}  # fmt: skip


def recipe_of(maker: str | Recipe | Callable[..., Network]) -> Recipe:
    """Return a recipe by its name, itself, or for the function that makes it.

    A function that is no recipe's gets the inputs as they are.

    Raises:
        InputError: If no recipe has the name.

    Example:
        >>> recipe_of("lenet").takes, recipe_of(lenet).takes, recipe_of(print).takes
        ('image', 'image', 'table')
    """
    if isinstance(maker, Recipe):
        return maker
    if isinstance(maker, str):
        return choose(RECIPES, maker, "recipe")
    for recipe in RECIPES.values():
        if recipe.make is maker:
            return recipe
    return Recipe(maker)

"""A network for the data: one that is there already, or one that a recipe makes.

A recipe for images or sequences sees the shape it is made for. Where the data come in
another arrangement of the same numbers, the network begins with a `Reshape`, so that it
takes new data just as it took those of training.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fathom.errors import InputError, require
from fathom.examples import Examples
from fathom.layers import Reshape
from fathom.models.recipes import Recipe, recipe_of
from fathom.network import Network

Maker = Network | str | Recipe | Callable[..., Network]

EXPECTED = "a Network, the name of a recipe, or a function that returns a Network"


def takes_images(maker: Maker, image_shape: Any) -> bool:
    """Say whether a network is to be given a table's pixels as images.

    Args:
        maker: A network, or what makes one.
        image_shape: Of the table; None if it holds no images.

    Raises:
        InputError: If no recipe has the name.
    """
    if isinstance(maker, Network):
        return image_shape is not None and maker.input_shape == image_shape
    takes = _recipe(maker).takes
    return takes == "image" or (takes == "sequence" and image_shape is not None)


def build_network(maker: Maker, examples: Examples) -> Network:
    """Return a network for the examples' inputs, made by its recipe if it is one.

    Raises:
        InputError: If it has another input shape, or no recipe has the name.
    """
    network = maker if isinstance(maker, Network) else _made(maker, examples)
    shape = examples.input_shape
    if network.input_shape is None:
        return network.with_input_shape(shape)
    if network.input_shape != shape:
        names = ""
        if examples.preprocessing is not None and len(shape) == 1:
            names = (
                f" The columns become {shape[0]} inputs after preprocessing; leave "
                f"input_shape out and the network takes what comes."
            )
        raise InputError(
            f"The network takes inputs of shape {network.input_shape}, and the "
            f"data have inputs of shape {shape}.{names}"
        )
    return network


def _recipe(maker: str | Recipe | Callable[..., Network]) -> Recipe:
    is_maker = isinstance(maker, (str, Recipe)) or callable(maker)
    require(is_maker, "train", "network", EXPECTED, maker)
    return recipe_of(maker)


def _made(maker: str | Recipe | Callable[..., Network], examples: Examples) -> Network:
    recipe, target = _recipe(maker), examples.target
    outputs, activation = int(np.prod(np.shape(examples.y)[1:])), "identity"
    if target is not None and target.classes:
        outputs, activation = len(target.classes), "softmax"
    shape = examples.input_shape
    wanted = arranged(shape, recipe.takes)
    made = recipe(wanted, outputs, activation)
    require(isinstance(made, Network), "train", "network", EXPECTED, made)
    if wanted == shape:
        return made
    return Network((Reshape(wanted, name=f"as_{recipe.takes}"), *made.layers), shape)


def arranged(shape: Any, takes: str) -> Any:
    """Return the shape in which a recipe takes inputs of a shape.

    Args:
        shape: Of one input.
        takes: "image" gets a channel where there is none; "sequence" takes the rows of
            an image as its steps, and single numbers as steps of one feature; "table"
            takes all as it is.

    Raises:
        InputError: If the inputs can be no such thing.

    Example:
        >>> arranged((28, 28), "image"), arranged((32, 32, 3), "sequence")
        ((28, 28, 1), (32, 96))
    """
    n = len(shape)
    if takes == "table" or (takes == "sequence" and n == 2):
        return shape
    if takes == "image" and n in (2, 3):
        return (*shape, 1)[:3]
    if takes == "sequence" and n in (1, 3):
        return (*shape, 1) if n == 1 else (shape[0], shape[1] * shape[2])
    expected = {
        "image": "images, (rows, height, width, channels) or (rows, height, width). "
        "Pixels in columns are handed over as a table, fathom.read(X, y, "
        "image=(28, 28))",
        "sequence": "sequences, (rows, steps, features), or images",
    }[takes]
    given = ", ".join(("rows", *map(str, shape)))
    raise InputError(f"This recipe takes {expected}. Got X of shape ({given}).")

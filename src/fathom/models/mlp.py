"""The multilayer perceptron: fully connected layers, one after the other.

    a_0 = x,  a_k = f(a_{k-1} W_k + b_k),  output = g(a_n W_out + b_out)

Source: Rumelhart, Hinton and Williams, "Learning representations by back-propagating
errors", Nature 323 (1986).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fathom.errors import InputError, is_whole, require
from fathom.layers import Activation, BatchNorm, Dense, Dropout, Flatten, Layer
from fathom.network import Network

# He's start values keep the variance through any number of ReLU layers, and are sized
# by the inputs alone: with the few inputs of a table the first layers start so large
# that they remember rows. Up to this many hidden layers Glorot's are used, which lose
# less on rows held out (mean accuracy 0.969 against 0.958, see benchmarks/negative.md).
SHALLOW = 3


def mlp(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "identity",
    *,
    hidden: Sequence[int] = (64, 64),
    activation: str = "relu",
    dropout: float = 0.0,
    batch_norm: bool = False,
) -> Network:
    """Return a multilayer perceptron with layers `hidden_1`, `hidden_2`, ... `output`.

    Args:
        input_shape: Shape of one example; more than one axis is flattened first.
        outputs: Units of the output layer.
        output_activation: "softmax" for classes, "sigmoid" for one yes or no,
            "identity" for numbers.
        hidden: Units of each hidden layer; empty for a linear model.
        activation: Of the hidden layers.
        dropout: Probability of dropping a hidden unit in training.
        batch_norm: Whether to normalize the weighted sums of every hidden layer.

    Raises:
        InputError: If a setting is not one of these.

    Example:
        >>> mlp((4,), 3, "softmax", hidden=(8,))["hidden_1"].units
        8
    """
    fits = isinstance(hidden, (tuple, list)) and all(is_whole(n) for n in hidden)
    require(fits, "mlp", "hidden", "whole numbers of at least 1, as (64, 64)", hidden)
    layers: list[Layer] = [Flatten()] if len(input_shape) != 1 else []
    init = "glorot_uniform" if len(hidden) <= SHALLOW else "auto"
    for number, units in enumerate(hidden, start=1):
        layers += _hidden_layer(Dense(units, activation, weight_init=init), number,
                                batch_norm)  # fmt: skip
        if dropout:
            layers.append(Dropout(dropout, name=f"dropout_{number}"))
    layers.append(Dense(outputs, output_activation, name="output"))
    return Network(layers, input_shape)


def _hidden_layer(dense: Dense, number: int, batch_norm: bool) -> list[Layer]:
    dense = replace(dense, name=f"hidden_{number}")
    if not batch_norm:
        return [dense]
    return [
        replace(dense, activation="identity", use_bias=False),
        BatchNorm(name=f"batch_norm_{number}"),
        Activation(dense.activation, name=f"activation_{number}"),
    ]


def parse_hidden(text: str) -> tuple[int, ...]:
    """Return the hidden layers that the command line writes as "64,64".

    An empty text, or "none", is a network without hidden layers.

    Raises:
        InputError: If a part is not a whole number of at least 1.
    """
    if text.strip().lower() in ("", "none"):
        return ()
    try:
        units = tuple(int(part) for part in text.split(","))
    except ValueError:
        units = (0,)
    if min(units) < 1:
        raise InputError(
            f"Hidden layers are written as whole numbers of at least 1 with commas "
            f"between, such as 64,64, or none. Got {text!r} instead."
        )
    return units

"""Faults in networks, of the fourth held-out set, that are unlike any before.

Each says in a sentence why people make it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax.numpy as jnp

import fathom as fm
from benchmarks.diagnosis.alter import activated, hidden, output, with_layers
from benchmarks.diagnosis.setups import Setup

Array = Any
Shape = Callable[[float, Array], Array]


@lru_cache
def _shaped(shape: Shape, severity: float) -> Callable[[Array], Array]:
    """Return one function for a shape and a severity, so that it compiles once."""
    return lambda x: shape(severity, x)


def _hidden(shape: Shape) -> Callable[[Setup, float], Setup | None]:
    """Take a function of (severity, x) as the activation of hidden layers."""

    def apply(setup: Setup, severity: float) -> Setup | None:
        if "dense" not in setup.kinds:
            return None
        return hidden(setup, activated(_shaped(shape, severity)))  # type: ignore[arg-type]

    return apply


def _before_output(shape: Shape) -> Callable[[Setup, float], Setup]:
    """Put a function of (severity, x) before the output layer."""

    def apply(setup: Setup, severity: float) -> Setup:
        *layers, last = setup.network.layers
        extra = fm.Activation(_shaped(shape, severity))
        return with_layers(setup, [*layers, extra, last])

    return apply


def _first(shape: Shape) -> Callable[[Setup, float], Setup | None]:
    """Put a function of (severity, x) before the first layer."""

    def apply(setup: Setup, severity: float) -> Setup | None:
        if "dense" not in setup.kinds:
            return None
        extra = fm.Activation(_shaped(shape, severity))
        return with_layers(setup, [extra, *setup.network.layers])

    return apply


def _times_log(severity: float, x: Array) -> Array:
    """Take p log p as for an entropy, which is no number where p is 0."""
    positive = jnp.maximum(x, 0.0)
    return severity * positive * jnp.log(positive)


def _log(severity: float, x: Array) -> Array:
    """Take the log of columns that were standardized since that was written."""
    return jnp.log(x + severity)


def _exponential(severity: float, x: Array) -> Array:
    """Write an ELU the wrong way round: the exponential above 0, the line below."""
    return jnp.where(x < 0, x, jnp.exp(severity * x) - 1)


def _power(severity: float, x: Array) -> Array:
    """Take a power as activation, for a network of polynomials."""
    return x**severity


def _bump(severity: float, x: Array) -> Array:
    """Take radial basis functions as narrow as if inputs lay in 0 to 1.

    Values are next to 0 for nearly all, and gradients with them; a smaller start would
    restore it.
    """
    return jnp.exp(-severity * jnp.square(x))


def _threshold(severity: float, x: Array) -> Array:
    """Let through only what is above a threshold, for sparse answers."""
    return jnp.where(x > severity, x, 0.0)


def _hard(severity: float, x: Array) -> Array:
    """Take a hard sigmoid, for speed, that is too steep; its slope at its ends is 0."""
    return jnp.clip(severity * x + 0.5, 0.0, 1.0)


def _rounded(severity: float, x: Array) -> Array:
    """Round hidden values for a chip, without a detour for the gradient, which is 0."""
    return jnp.round(severity * jnp.tanh(x)) / severity


def _leaky(severity: float, x: Array) -> Array:
    """Take a leaky ReLU with a slope below 0 that is nearly that above (a slip: 1 - a).

    What is left is nearly a line.
    """
    return jnp.where(x > 0, x, severity * x)


def _in_its_line(severity: float, x: Array) -> Array:
    """Scale what goes into a tanh down, and up again, so that only its line is used."""
    return severity * jnp.tanh(x / severity)


def _masked(severity: float, x: Array) -> Array:
    """Multiply with a mask that is 0 where it should be 1.

    Padding was masked with its opposite. Nothing gets through, nor does a gradient.
    """
    return x * (severity - 1)


def _mean_over_rows(severity: float, x: Array) -> Array:
    """Take the mean over the rows of a batch where that over steps was meant.

    `axis=0` for `axis=1`: all rows of a batch get the same answer.
    """
    return jnp.broadcast_to(x.mean(0, keepdims=True), x.shape)


def _mean_over_columns(severity: float, x: Array) -> Array:
    """Take the mean over the columns of a table as if they were steps.

    One number is left of each row, which is too little to tell targets.
    """
    return jnp.broadcast_to(x.mean(-1, keepdims=True), x.shape)


times_log = _hidden(_times_log)
log_of_inputs = _first(_log)
exponential = _hidden(_exponential)
power = _hidden(_power)
narrow_bumps = _hidden(_bump)
threshold = _hidden(_threshold)
hard_sigmoid = _hidden(_hard)
rounded = _hidden(_rounded)
leaky = _hidden(_leaky)
in_its_line = _hidden(_in_its_line)
masked = _before_output(_masked)
mean_over_rows = _before_output(_mean_over_rows)
mean_over_columns = _first(_mean_over_columns)


def softmax_by_hand(setup: Setup, severity: float) -> Setup | None:
    """Write the softmax as exp(x) / sum(exp(x)), with sharp answers.

    The largest logit is not taken off first, and the exponential of 89 is infinite.
    """
    if "classes" not in setup.kinds:
        return None
    layers = [*output(setup, activation="identity").network.layers,
              fm.Activation(_shaped(_divided, severity))]  # fmt: skip
    return with_layers(setup, layers).having(loss="cross_entropy")


def _divided(severity: float, x: Array) -> Array:
    raised = jnp.exp(severity * x)
    return raised / raised.sum(-1, keepdims=True)


def no_hidden_layers(setup: Setup, severity: float) -> Setup | None:
    """Leave the output layer alone.

    Layers were put into a list that was then made anew. Too small, and a line.
    """
    layers = setup.network.layers
    is_plain = all(isinstance(layer, fm.Dense) for layer in layers)
    return with_layers(setup, [layers[-1]]) if is_plain else None


def has_many_classes(setup: Setup) -> bool:
    """Say whether there are four or more, of which a soft answer cannot tell enough."""
    return not setup.is_numbers and setup.rows[1].max() >= 3


def two_heads(setup: Setup, severity: float) -> Setup | None:
    """Put a new output layer behind the old one with its softmax.

    The head of a trained network was to be replaced, and was not taken off.
    """
    if not has_many_classes(setup):
        return None
    last = setup.network.layers[-1]
    old = fm.Dense(last.units, "softmax")  # type: ignore[attr-defined]
    return with_layers(setup, [*setup.network.layers[:-1], old, last])


def softmax_thrice(setup: Setup, severity: float) -> Setup | None:
    """Take a softmax in the network, around it, and in the loss."""
    if not has_many_classes(setup):
        return None
    extra = [fm.Activation("softmax")] * 2
    return with_layers(setup, [*setup.network.layers, *extra])


def positive_output(setup: Setup, severity: float) -> Setup | None:
    """End in a softplus where targets go below 0.

    "Prices are positive", but they had been standardized; targets moved above 0 would
    restore it.
    """
    return output(setup, activation="softplus") if setup.is_numbers else None


def dropped_inputs(setup: Setup, severity: float) -> Setup | None:
    """Drop most of the inputs.

    The share to keep was given for that to drop.
    """
    if "tokens" in setup.kinds:
        return None
    return with_layers(setup, [fm.Dropout(severity), *setup.network.layers])

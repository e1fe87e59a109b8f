"""Faults in networks, start values and settings, of the second held-out set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import jax.numpy as jnp
import numpy as np

import fathom as fm
from benchmarks.diagnosis.alter import (
    activated,
    hidden,
    is_weight,
    output,
    starting,
    steps_of,
    with_layers,
)
from benchmarks.diagnosis.setups import Setup
from fathom.layers.layer import Layer

BOUNDED = ("tanh", "sigmoid")
GATED = (fm.GRU, fm.LSTM)
ADAPTIVE = ("adam", "adamw", "rmsprop")


def saturating_biases(setup: Setup, severity: float) -> Setup | None:
    """Start the biases of bounded activations far above or below 0."""
    layers = setup.network.layers[:-1]
    if not {getattr(layer, "activation", "") for layer in layers} & set(BOUNDED):
        return None

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if not path.endswith("/bias"):
            return value
        return value + severity * rng.choice([-1, 1], value.shape)

    return starting(setup, values)


def output_bias(setup: Setup, severity: float) -> Setup:
    """Start the biases of the output layer far apart.

    The first answers are certain and wrong, and steps of the usual size take long to
    move them.
    """
    last = setup.network.layers[-1].name

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if path != f"/{last}/bias":
            return value
        return value + np.linspace(severity, -severity, len(value))

    return starting(setup, values, outputs=True)


def positive(setup: Setup, severity: float) -> Setup | None:
    """Start all weights of hidden layers above 0, so that sums do not cancel."""
    if "dense" not in setup.kinds:
        return None

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return severity * np.abs(value) if is_weight(path) else value

    return starting(setup, values)


def shut_gates(setup: Setup, severity: float) -> Setup | None:
    """Start the biases of recurrent gates so that nothing gets in.

    The gates are saturated, and hardly a gradient gets through them.
    """
    gated = {layer.name: layer for layer in setup.network.layers
             if isinstance(layer, GATED)}  # fmt: skip
    if not gated:
        return None

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        layer = gated.get(path.split("/")[1])
        if layer is None or not path.endswith("/bias"):
            return value
        value = value.copy()
        if isinstance(layer, fm.GRU):  # its second gate keeps
            value[layer.units : 2 * layer.units] = severity
        else:  # the first of an LSTM writes
            value[: layer.units] = -severity
        return value

    return starting(setup, values)


@lru_cache
def _steep(severity: float) -> Callable[[Any], Any]:
    def steep(x: Any) -> Any:
        return jnp.tanh(severity * x)

    return steep


def gain(setup: Setup, severity: float) -> Setup | None:
    """Take an activation that is nearly a step, or nearly flat: tanh(severity x)."""
    if "dense" not in setup.kinds:
        return None
    return hidden(setup, activated(_steep(severity)))  # type: ignore[arg-type]


def bounded_output(setup: Setup, severity: float) -> Setup | None:
    """End in a tanh where targets go below -1 and above 1.

    Scaling the targets to -1 to 1 would restore it.
    """
    return output(setup, activation="tanh") if setup.is_numbers else None


def growing(setup: Setup, severity: float) -> Setup:
    """Let the rate grow during the run, from what it was, to the end."""
    n = setup.settings["epochs"] * steps_of(setup)

    def grow(step: int) -> float:
        return float(severity ** (step / n))

    return setup.having(schedule=grow, early_stopping=None)


def clipped(setup: Setup, severity: float) -> Setup:
    """Clip the gradient to nearly nothing.

    Adam's steps have their size whatever the gradient's, until its 1e-8 is larger; a
    larger rate would restore it.
    """
    kind = setup.settings.get("optimizer", "adam")
    factor = 1 if kind in ADAPTIVE else 1e5
    return setup.having(gradient_clip=severity * factor)


def single_rows(setup: Setup, severity: float) -> Setup | None:
    """Take a step for every row, at a rate that batches would have borne."""
    if "dense" not in setup.kinds:
        return None
    epochs = min(setup.settings["epochs"], 10)
    rate = setup.learning_rate * severity
    return setup.having(batch_size=1, learning_rate=rate, epochs=epochs)


def mixed_up(setup: Setup, severity: float) -> Setup | None:
    """Train on the means of two rows, hardly ever on one of them."""
    if "tokens" in setup.kinds or "steps" in setup.kinds:
        return None
    return setup.having(mix_up=severity)


def without_positions(setup: Setup, severity: float) -> Setup | None:
    """Leave out where in the row a token stands.

    The network cannot tell rows apart that differ in their order alone: too small a
    model for the task, as whose labels come by chance.
    """
    layers = setup.network.layers
    kept = [own for own in layers if not isinstance(own, fm.LearnedPositions)]
    return with_layers(setup, kept) if len(kept) < len(layers) else None


def narrow(setup: Setup, severity: float) -> Setup | None:
    """Leave a few units in each hidden layer."""
    layers = setup.network.layers
    if any(hasattr(own, "layers") or isinstance(own, fm.GroupNorm) for own in layers):
        return None

    def change(layer: Layer) -> Layer:
        units = int(severity)
        return replace(layer, units=units) if hasattr(layer, "units") else layer  # type: ignore[call-arg]

    return hidden(setup, change)


def running(setup: Setup, severity: float) -> Setup | None:
    """Let the running statistics lag far behind, or be those of the last batch."""
    if "normalized" not in setup.kinds:
        return None

    def change(layer: Layer) -> Layer:
        is_it = isinstance(layer, fm.BatchNorm)
        return replace(layer, momentum=severity) if is_it else layer

    return hidden(setup, change)


def plain(setup: Setup, severity: float) -> Setup:
    """Take plain gradient descent at a rate for something else."""
    return setup.having(optimizer="sgd", learning_rate=severity)

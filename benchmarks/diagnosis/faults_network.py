"""Faults in the network and in its start values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import fathom as fm
from benchmarks.diagnosis.alter import (
    activated,
    hidden,
    is_weight,
    output,
    scaled,
    starting,
    with_layers,
)
from benchmarks.diagnosis.setups import Setup
from fathom.layers.layer import Layer

DEADLY = ("relu", "gelu", "silu")


def start(setup: Setup, severity: float) -> Setup:
    """Multiply the start values of all weights."""
    return starting(setup, scaled(severity), outputs=True)


def alike(setup: Setup, severity: float) -> Setup | None:
    """Give all weights the same start value."""
    if "recurrent" in setup.kinds or "tokens" in setup.kinds:
        return None
    return starting(
        setup,
        lambda path, value, rng: (
            np.full_like(value, severity) if is_weight(path) else value
        ),
        outputs=True,
    )


def dead(setup: Setup, severity: float) -> Setup | None:
    """Start the biases of ReLUs and their smooth relatives far below 0."""
    layers = setup.network.layers[:-1]
    used = {getattr(layer, "activation", "") for layer in layers}
    if not used & set(DEADLY):
        return None

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return value - severity if path.endswith("/bias") else value

    return starting(setup, values)


def recurrence(setup: Setup, severity: float) -> Setup | None:
    """Multiply the start values of the recurrent weights."""
    if "recurrent" not in setup.kinds:
        return None

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return value * severity if path.endswith("/weight_recurrent") else value

    return starting(setup, values)


def _is_plain(setup: Setup) -> bool:
    """Say whether all layers are dense ones in a chain."""
    return all(isinstance(layer, fm.Dense) for layer in setup.network.layers)


def sigmoids(setup: Setup, severity: float) -> Setup | None:
    """Make it a deep stack of sigmoids."""
    if not _is_plain(setup):
        return None
    stack: list[Layer] = [fm.Dense(24, "sigmoid") for _ in range(int(severity))]
    return with_layers(setup, [*stack, setup.network.layers[-1]])


def linear(setup: Setup, severity: float) -> Setup | None:
    """Leave out the activations."""
    return hidden(setup, activated("identity")) if _is_plain(setup) else None


def softmax_inside(setup: Setup, severity: float) -> Setup | None:
    """Take softmax as the activation of hidden layers."""
    return hidden(setup, activated("softmax")) if _is_plain(setup) else None


def relu_output(setup: Setup, severity: float) -> Setup | None:
    """End the network in a ReLU."""
    if "steps" in setup.kinds:
        return None
    loss = "mean_squared_error" if setup.is_numbers else "cross_entropy"
    return output(setup, activation="relu").having(loss=loss)


def double_softmax(setup: Setup, severity: float) -> Setup | None:
    """Put a second softmax behind the first."""
    if setup.is_numbers:
        return None
    layers = [*setup.network.layers, fm.Activation("softmax")]
    return with_layers(setup, layers)


def _narrowed(layer: Layer) -> Layer:
    return replace(layer, units=1) if hasattr(layer, "units") else layer  # type: ignore[call-arg]


def narrow(setup: Setup, severity: float) -> Setup | None:
    """Leave one unit in each hidden layer."""
    if any(hasattr(layer, "layers") for layer in setup.network.layers):
        return None
    return hidden(setup, _narrowed)


def bottleneck(setup: Setup, severity: float) -> Setup | None:
    """Put a layer of one unit before the output layer."""
    *layers, last = setup.network.layers
    activation = getattr(layers[-1], "activation", "relu")
    return with_layers(setup, [*layers, fm.Dense(1, activation), last])


def dropout(setup: Setup, severity: float) -> Setup:
    """Drop most of what goes into the output layer."""
    *layers, last = setup.network.layers
    return with_layers(setup, [*layers, fm.Dropout(severity), last])


def noise(setup: Setup, severity: float) -> Setup | None:
    """Add noise to the inputs that is larger than they are."""
    if "tokens" in setup.kinds:
        return None
    return with_layers(setup, [fm.layers.Noise(severity), *setup.network.layers])


def lagging(setup: Setup, severity: float) -> Setup | None:
    """Let the running statistics of BatchNorm lag behind by thousands of steps."""
    if "normalized" not in setup.kinds:
        return None
    return hidden(
        setup,
        lambda layer: (
            replace(layer, momentum=0.9999)
            if isinstance(layer, fm.BatchNorm)
            else layer
        ),
    )

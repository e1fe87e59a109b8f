"""Faults in start values, of the fourth held-out set, that are unlike any before.

Each says in a sentence why people make it.
"""

from __future__ import annotations

import numpy as np

from benchmarks.diagnosis.alter import inputs, is_weight, starting
from benchmarks.diagnosis.faults_2_run import BOUNDED
from benchmarks.diagnosis.setups import Setup


def uses(setup: Setup, names: tuple[str, ...]) -> bool:
    """Say whether a hidden layer has one of these activations."""
    layers = setup.network.layers[:-1]
    return not {getattr(layer, "activation", "") for layer in layers}.isdisjoint(names)


def dead_by_signs(setup: Setup, severity: float) -> Setup | None:
    """Move inputs below 0, with weights that all start above 0.

    The largest value was taken off, where the mean was meant, and weights came from
    `rand`. ReLUs never get above 0; inputs around 0 would restore it.
    """
    if "dense" not in setup.kinds or not uses(setup, ("relu",)):
        return None

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.abs(value) if is_weight(path) else value

    top = setup.rows[0].max(0)
    return starting(inputs(setup, lambda X: severity * (X - top - 0.1)), values)


def uniform_start(setup: Setup, severity: float) -> Setup | None:
    """Start weights between 0 and so much, where sigmoids and tanhs get large sums.

    `rand` for `randn`.
    """
    if not uses(setup, BOUNDED):
        return None
    return starting(
        setup,
        lambda path, value, rng: (
            severity * rng.random(value.shape) if is_weight(path) else value
        ),
    )


def normal_start(setup: Setup, severity: float) -> Setup:
    """Start all weights with the same spread, however many inputs a unit has.

    `randn` without a division by the root of their number.
    """
    return starting(
        setup,
        lambda path, value, rng: (
            severity * rng.normal(size=value.shape) if is_weight(path) else value
        ),
        outputs=True,
    )


def same_draw(setup: Setup, severity: float) -> Setup:
    """Start the units of a layer with the same draw, or with so many by turns.

    The random numbers were seeded anew inside the function that makes a unit.
    """

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if not is_weight(path):
            return value
        turns = np.arange(value.shape[-1]) % int(severity)
        return value[..., turns]

    return starting(setup, values, outputs=True)


def same_constant(setup: Setup, severity: float) -> Setup | None:
    """Start every weight of a layer with the same share of its inputs.

    A mean was to be the start: 1 / inputs, with the sign by layers.
    """
    if "dense" not in setup.kinds:
        return None

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        share = severity / value.shape[0]
        return np.full_like(value, share) if is_weight(path) else value

    return starting(setup, values, outputs=True)

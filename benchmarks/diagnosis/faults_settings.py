"""Faults in the settings of a run."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import jax.numpy as jnp
import numpy as np

from benchmarks.diagnosis.alter import steps_of
from benchmarks.diagnosis.setups import Setup


def rate(setup: Setup, severity: float) -> Setup:
    """Multiply the learning rate."""
    return setup.having(learning_rate=setup.learning_rate * severity)


def falling(setup: Setup, severity: float) -> Setup:
    """Let the rate fall to 1e-6 of it within a share of the run."""
    n = setup.settings["epochs"] * steps_of(setup)

    def fall(step: int) -> float:
        return float(max(1e-6 ** (step / max(severity * n, 1)), 1e-6))

    return setup.having(schedule=fall)


def plain(setup: Setup, severity: float) -> Setup:
    """Take plain gradient descent and leave the rate as it was for Adam."""
    return setup.having(optimizer="sgd", learning_rate=0.001)


@lru_cache
def _momentum() -> Any:
    import optax

    from fathom.optimizers import Optimizer

    return Optimizer("momentum of 0.99", optax.trace(decay=0.99), 0.01)


def heavy(setup: Setup, severity: float) -> Setup:
    """Take a momentum of 0.99, whose steps grow to a hundred times, at a high rate."""
    rate = setup.learning_rate * severity
    return setup.having(optimizer=_momentum(), learning_rate=rate)


def averaged(setup: Setup, severity: float) -> Setup:
    """Answer with an average of the weights that hardly moves."""
    return setup.having(weight_average=severity)


def one_batch(setup: Setup, severity: float) -> Setup:
    """Take one step an epoch."""
    return setup.having(batch_size=len(setup.rows[0]))


def few_epochs(setup: Setup, severity: float) -> Setup:
    """Stop after an epoch or two, at a tenth of the rate."""
    return setup.having(epochs=int(severity), learning_rate=setup.learning_rate / 10)


def decay(setup: Setup, severity: float) -> Setup:
    """Take off much of the weights at each step."""
    return setup.having(weight_decay=severity)


def class_weight(setup: Setup, severity: float) -> Setup | None:
    """Let one class count many times as much as the others."""
    if "classes" not in setup.kinds:
        return None
    return setup.having(class_weight={0: severity})


def in_order(setup: Setup, severity: float) -> Setup | None:
    """Sort the rows by target, and do not shuffle them."""
    if "steps" in setup.kinds:
        return None
    X, y = setup.rows
    order = np.argsort(y, kind="stable")
    return replace(setup.having(shuffle=False), rows=(X[order], y[order]))


def frozen(setup: Setup, severity: float) -> Setup:
    """Freeze all but the output layer, at random start values."""
    names = [layer.name for layer in setup.network.layers[:-1]]
    return setup.having(freeze=tuple(name for name in names if name))


def negative_entropy(outputs: Any, targets: Any) -> Any:
    """Give the log of the right class's probability, to be minimized by mistake."""
    right = jnp.take_along_axis(outputs, targets[..., None].astype(jnp.int32), -1)
    return jnp.log(right[..., 0].clip(1e-7))


def negative_square(outputs: Any, targets: Any) -> Any:
    """Give minus the squared error, by mistake."""
    return -jnp.square(outputs.reshape(targets.shape) - targets).reshape(
        len(targets), -1).mean(1)  # fmt: skip


def upside_down(setup: Setup, severity: float) -> Setup | None:
    """Minimize the negative of the loss."""
    if "steps" in setup.kinds:
        return None
    loss = negative_square if setup.is_numbers else negative_entropy
    return setup.having(loss=loss)

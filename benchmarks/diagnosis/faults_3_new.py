"""Faults of the third held-out set that are unlike any of the first two.

Each says in a sentence why people make it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fathom as fm
from benchmarks.diagnosis.alter import (
    activated,
    hidden,
    inputs,
    steps_of,
    targets,
    with_layers,
)
from benchmarks.diagnosis.faults_2_data import repeated
from benchmarks.diagnosis.faults_2_run import ADAPTIVE
from benchmarks.diagnosis.faults_settings import negative_entropy, negative_square
from benchmarks.diagnosis.setups import Setup
from fathom.optimizers import Optimizer

TOKENS = "tokens"


def two_conventions(setup: Setup, severity: float) -> Setup | None:
    """Let a share of the labels count from 1 where the others count from 0.

    Two files were labeled by different people and put together.
    """
    if "classes" not in setup.kinds:
        return None
    hit = np.random.default_rng(91).random(len(setup.rows[1])) < severity
    return targets(setup, lambda y: np.where(hit, (y + 1) % (y.max() + 1), y))


def reshaped(setup: Setup, severity: float) -> Setup:
    """Reshape what should have been transposed, so that rows get values of all others.

    The array came with the rows last, and `reshape` gave the wanted shape.
    """
    X, y = setup.rows
    return replace(setup, rows=(np.moveaxis(X, 0, -1).reshape(X.shape), y))


def near_copies(setup: Setup, severity: float) -> Setup | None:
    """Add copies with a little noise of a handful of rows before the split.

    Augmentation, or oversampling as by SMOTE, was done on all rows at once.
    """
    if TOKENS in setup.kinds:
        return None
    made = repeated(setup, severity)
    X, y = made.rows
    noise = 0.05 * X.std() * np.random.default_rng(92).normal(size=X.shape)
    return replace(made, rows=((X + noise).astype(X.dtype), y))


def row_number(setup: Setup, severity: float) -> Setup | None:
    """Put the row's number in a file sorted by target into the last column.

    An identifier was not dropped; severity is the number of such files.
    """
    if "dense" not in setup.kinds:
        return None
    (X, y), (X_test, y_test) = setup.rows, setup.test
    rng = np.random.default_rng(93)
    file = rng.integers(0, int(severity), len(y))
    place = np.empty(len(y))
    place[np.lexsort((y, file))] = np.linspace(-1.7, 1.7, len(y))
    X, X_test = X.copy(), X_test.copy()
    X[:, -1], X_test[:, -1] = place, rng.uniform(-1.7, 1.7, len(X_test))
    return replace(setup, rows=(X, y), test=(X_test, y_test))


def target_encoding(setup: Setup, severity: float) -> Setup | None:
    """Put the mean target of a small group, with the row itself, into column 0.

    A category of many values was replaced by its mean target, without folds; severity
    is the size of a group, and later rows belong to groups that say nothing of them.
    """
    if "dense" not in setup.kinds:
        return None
    (X, y), (X_test, y_test) = setup.rows, setup.test
    rng = np.random.default_rng(94)
    group = rng.permutation(len(y)) // int(severity)
    means = np.bincount(group, weights=y) / np.bincount(group)
    center, spread = means[group].mean(), means[group].std()
    X, X_test = X.copy(), X_test.copy()
    X[:, 0] = (means[group] - center) / spread
    X_test[:, 0] = (rng.choice(means, len(X_test)) - center) / spread
    return replace(setup, rows=(X, y), test=(X_test, y_test))


def row_weights(setup: Setup, severity: float) -> Setup:
    """Weight rows so unequally that a handful of them rules.

    Weights were one over an estimated chance, which is tiny for some.
    """
    chances = np.random.default_rng(95).normal(size=len(setup.rows[1]))
    return setup.having(sample_weight=np.exp(severity * chances))


def skewed_inputs(setup: Setup, severity: float) -> Setup | None:
    """Leave out the logarithm of columns that need it, and then standardize.

    Most values are nearly the same, and a few are far off, as incomes are.
    """
    if TOKENS in setup.kinds:
        return None
    before = np.exp(severity * setup.rows[0])
    center, spread = before.mean(), before.std()
    return inputs(setup, lambda X: (np.exp(severity * X) - center) / spread)


def targets_small(setup: Setup, severity: float) -> Setup | None:
    """Predict numbers in so large a unit that all are next to 0.

    Kilometers where millimeters were measured. The start answers far too much, and
    steps are too long for such targets.
    """
    if not setup.is_numbers:
        return None
    X_test, y_test = setup.test
    small = np.float32(severity)
    return replace(targets(setup, lambda y: y * small), test=(X_test, y_test * small))


def endless_warm_up(setup: Setup, severity: float) -> Setup:
    """Let the rate rise for many times as long as the run takes.

    The number of warm-up steps was copied from a much larger training.
    """
    n = severity * setup.settings["epochs"] * steps_of(setup)
    return setup.having(schedule=lambda step: float((step + 1) / n))


@lru_cache
def _adam(epsilon: float) -> Optimizer:
    import optax

    return Optimizer("custom", optax.scale_by_adam(eps=epsilon), 0.001)


def large_epsilon(setup: Setup, severity: float) -> Setup | None:
    """Give Adam an epsilon that is larger than gradients are.

    It was copied from advice for another network ("0.1 or 1.0 may be better").
    """
    if setup.settings.get("optimizer", "adam") not in ADAPTIVE:
        return None
    return setup.having(optimizer=_adam(severity))


@lru_cache
def _never_cleared(is_adaptive: bool) -> Optimizer:
    import optax

    after = optax.scale_by_adam() if is_adaptive else optax.identity()
    direction = optax.chain(optax.trace(decay=1.0), after)
    return Optimizer("custom", direction, 0.001)


def never_cleared(setup: Setup, severity: float) -> Setup:
    """Step along the sum of all gradients so far.

    They were not set to zero after a step, as PyTorch asks for.
    """
    is_adaptive = setup.settings.get("optimizer", "adam") in ADAPTIVE
    return setup.having(optimizer=_never_cleared(is_adaptive),
                        learning_rate=severity * setup.learning_rate)  # fmt: skip


def _times(factor: float, outputs: Any, targets: Any, *, numbers: bool) -> Any:
    negative = negative_square if numbers else negative_entropy
    return -factor * negative(outputs, targets)


@lru_cache
def _summed(factor: float, numbers: bool) -> Callable[[Any, Any], Any]:
    return partial(_times, factor, numbers=numbers)


def loss_summed(setup: Setup, severity: float) -> Setup | None:
    """Sum the loss over as many rows, at a rate of momentum that suits the mean.

    The reduction was "sum".
    """
    if "steps" in setup.kinds:
        return None
    return setup.having(loss=_summed(severity, setup.is_numbers), optimizer="momentum",
                        learning_rate=0.03)  # fmt: skip


def gradient_cut(setup: Setup, severity: float) -> Setup:
    """Let no gradient through to what comes before the output layer.

    A `detach`, or a detour through NumPy, was left in from debugging. The gradient is
    0 there; another activation in its place would restore it.
    """
    *layers, last = setup.network.layers
    return with_layers(setup, [*layers, fm.Activation(jax.lax.stop_gradient), last])


@lru_cache
def _root(offset: float) -> Callable[[Any], Any]:
    def root(x: Any) -> Any:
        return jnp.sqrt(x + offset)

    return root


def root_inside(setup: Setup, severity: float) -> Setup | None:
    """Take an activation with a square root, which there is not far below 0.

    It was tried on values above 0 alone; the larger severity, the later it fails.
    """
    if "dense" not in setup.kinds:
        return None
    return hidden(setup, activated(_root(severity)))  # type: ignore[arg-type]


def pairs_normalized(setup: Setup, severity: float) -> Setup | None:
    """Normalize over batches of two rows.

    There was no memory for more; statistics of so few are noise, and those of use
    others than those of training.
    """
    if "dense" not in setup.kinds:
        return None
    *layers, last = setup.network.layers
    epochs = min(setup.settings["epochs"], 10)
    made = with_layers(setup, [*layers, fm.BatchNorm(), last])
    return made.having(batch_size=2, epochs=epochs,
                       learning_rate=severity * setup.learning_rate)  # fmt: skip

"""Faults in the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.diagnosis.alter import inputs, targets
from benchmarks.diagnosis.setups import Setup


def _has_numbers_in(setup: Setup) -> bool:
    return "tokens" not in setup.kinds


def inputs_times(setup: Setup, severity: float) -> Setup | None:
    """Multiply all inputs."""
    return inputs(setup, lambda X: X * severity) if _has_numbers_in(setup) else None


def one_column(setup: Setup, severity: float) -> Setup | None:
    """Multiply the last column."""
    if "dense" not in setup.kinds:
        return None
    factors = np.ones(setup.rows[0].shape[1])
    factors[-1] = severity
    return inputs(setup, lambda X: X * factors)


def sentinel(setup: Setup, severity: float) -> Setup | None:
    """Write -999 where a value is missing, in a share of the rows of each column."""
    if "dense" not in setup.kinds:
        return None

    def coded(X: np.ndarray) -> np.ndarray:
        missing = np.random.default_rng(len(X)).random(X.shape) < severity / 2
        return np.where(missing, -999.0, X)

    return inputs(setup, coded)


def targets_times(setup: Setup, severity: float) -> Setup | None:
    """Predict numbers in another unit, and far from 0."""
    if not setup.is_numbers:
        return None

    def change(y: np.ndarray) -> np.ndarray:
        return (y * severity + 3 * severity).astype(np.float32)

    X_test, y_test = setup.test
    return replace(targets(setup, change), test=(X_test, change(y_test)))


def outliers(setup: Setup, severity: float) -> Setup | None:
    """Multiply one target in fifty."""
    if not setup.is_numbers:
        return None
    hit = np.random.default_rng(3).random(len(setup.rows[1])) < 0.02
    return targets(setup, lambda y: np.where(hit, y * severity, y))


def shuffled(setup: Setup, severity: float) -> Setup:
    """Give every row the target of another."""
    return targets(setup, np.random.default_rng(4).permutation)


def shifted(setup: Setup, severity: float) -> Setup:
    """Let the targets slip by one row, from some row on."""

    def change(y: np.ndarray) -> np.ndarray:
        begin = int(len(y) * (1 - severity))
        return np.concatenate([y[:begin], np.roll(y[begin:], 1, axis=0)])

    return targets(setup, change)


def wrong(setup: Setup, severity: float) -> Setup | None:
    """Draw a share of the labels anew."""
    if "classes" not in setup.kinds:
        return None
    rng = np.random.default_rng(5)
    y = setup.rows[1]
    drawn = rng.integers(0, y.max() + 1, len(y))
    return targets(setup, lambda y: np.where(rng.random(len(y)) < severity, drawn, y))


def rare(setup: Setup, severity: float) -> Setup | None:
    """Leave few rows of the last class; as many rows in all."""
    if setup.draw is None or "classes" not in setup.kinds:
        return None
    n = len(setup.rows[0])
    X, y = setup.draw(4 * n, 13)
    last = np.flatnonzero(y == y.max())[: max(int(severity * n), 4)]
    others = np.flatnonzero(y != y.max())[: n - len(last)]
    chosen = np.random.default_rng(6).permutation(np.concatenate([last, others]))
    return replace(setup, rows=(X[chosen], y[chosen]))


def few(setup: Setup, severity: float) -> Setup:
    """Leave a handful of rows, and train for as many steps."""
    X, y = setup.rows
    rng = np.random.default_rng(7)
    n = int(severity) * 4 // 3
    chosen = rng.permutation(len(X))[:n]
    if not setup.is_numbers:
        for label in np.unique(y):  # at least two of each, so that it can be split
            chosen = np.concatenate([chosen, np.flatnonzero(_first(y) == label)[:3]])
    chosen = np.unique(chosen)
    made = replace(setup, rows=(X[chosen], y[chosen]))
    return made.having(epochs=200, early_stopping=None)


def _first(y: np.ndarray) -> np.ndarray:
    return y if y.ndim == 1 else y[:, 0]


def leak(setup: Setup, severity: float) -> Setup | None:
    """Write the target into a column, which at the time of the test is not known."""
    if "dense" not in setup.kinds:
        return None
    (X, y), (X_test, y_test) = setup.rows, setup.test
    X, X_test = X.copy(), X_test.copy()
    X[:, 0] = (y - y.mean()) / y.std()
    X_test[:, 0] = np.random.default_rng(8).permutation(y_test - y.mean()) / y.std()
    return replace(setup, rows=(X, y), test=(X_test, y_test))

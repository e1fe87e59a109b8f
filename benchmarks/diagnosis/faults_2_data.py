"""Faults in the data, of the second held-out set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

import fathom as fm
from benchmarks.diagnosis.alter import inputs, targets
from benchmarks.diagnosis.setups import Setup


def one_class_wrong(setup: Setup, severity: float) -> Setup | None:
    """Give a share of the rows of class 0 the label 1.

    Wrong labels, which leave few rows of class 0; weights of classes would restore it.
    """
    if "classes" not in setup.kinds:
        return None
    rng = np.random.default_rng(61)
    hit = rng.random(len(setup.rows[1])) < severity
    return targets(setup, lambda y: np.where((y == 0) & hit, 1, y))


def repeated(setup: Setup, severity: float) -> Setup:
    """Copy a handful of rows until there are as many as before.

    Few rows learned by heart, and copies of training rows among the validation rows.
    """
    X, y = setup.rows
    rng = np.random.default_rng(62)
    chosen = rng.permutation(len(X))[: int(severity)]
    if "classes" in setup.kinds:  # at least one row of each
        firsts = [np.flatnonzero(y == label)[0] for label in np.unique(y)]
        chosen = np.union1d(chosen, firsts)
    copies = rng.permutation(np.resize(chosen, len(X)))
    return replace(setup, rows=(X[copies], y[copies]))


def scrambled(setup: Setup, severity: float) -> Setup:
    """Mix up the values within each row, for every row in another way.

    Inputs and targets then have nothing to do with each other, as with random labels,
    and what fits is learned by heart.
    """
    X, y = setup.rows
    rng = np.random.default_rng(63)
    hit = rng.random(len(X)) < severity
    mixed = rng.permuted(X.reshape(len(X), -1), axis=1).reshape(X.shape)
    keep = hit.reshape(-1, *[1] * (X.ndim - 1))
    return replace(setup, rows=(np.where(keep, mixed, X), y))


def noise_columns(setup: Setup, severity: float) -> Setup | None:
    """Add columns of random numbers, many more than there are of the others.

    They let the network learn its rows by heart.
    """

    def noise(n: int) -> np.ndarray:
        return np.random.default_rng(n).normal(size=(n, int(severity)))

    return widened(setup, noise) if "dense" in setup.kinds else None


def widened(setup: Setup, columns: Callable[[int], np.ndarray]) -> Setup:
    """Add columns, made for so many rows, to training and test rows."""

    def change(X: np.ndarray) -> np.ndarray:
        return np.concatenate([X, columns(len(X))], 1).astype(np.float32)

    (X, y), (X_test, y_test) = setup.rows, setup.test
    rows, test = (change(X), y), (change(X_test), y_test)
    network = fm.Network(setup.network.layers, rows[0].shape[1:])
    return replace(setup, network=network, rows=rows, test=test)


def skewed(setup: Setup, severity: float) -> Setup | None:
    """Predict a power of ten of what was predicted before.

    Targets in the thousands, most of them near 0, and a few that rule the loss.
    """
    if not setup.is_numbers:
        return None

    def change(y: np.ndarray) -> np.ndarray:
        return (10 ** (severity * y.clip(-3, 3))).astype(np.float32)

    X_test, y_test = setup.test
    return replace(targets(setup, change), test=(X_test, change(y_test)))


def far_column(setup: Setup, severity: float) -> Setup | None:
    """Move the first column far from 0, as a year or a time stamp is."""
    if "dense" not in setup.kinds:
        return None
    away = np.zeros(setup.rows[0].shape[1])
    away[0] = severity
    return inputs(setup, lambda X: X + away)


def coded(setup: Setup, severity: float) -> Setup | None:
    """Write 9999 where a value is missing, in a share of the values."""
    if "dense" not in setup.kinds:
        return None

    def change(X: np.ndarray) -> np.ndarray:
        missing = np.random.default_rng(len(X)).random(X.shape) < severity
        return np.where(missing, 9999.0, X)

    return inputs(setup, change)


def in_units(setup: Setup, severity: float) -> Setup | None:
    """Predict numbers in another unit, far below 0."""
    if not setup.is_numbers:
        return None

    def change(y: np.ndarray) -> np.ndarray:
        return (severity * (y - 2)).astype(np.float32)

    X_test, y_test = setup.test
    return replace(targets(setup, change), test=(X_test, change(y_test)))


def outliers(setup: Setup, severity: float) -> Setup | None:
    """Write one target in a hundred far too high."""
    if not setup.is_numbers:
        return None
    hit = np.random.default_rng(64).random(len(setup.rows[1])) < 0.01
    return targets(setup, lambda y: np.where(hit, severity, y))


def slipped(setup: Setup, severity: float) -> Setup:
    """Let the targets slip by five rows, up to some row."""

    def change(y: np.ndarray) -> np.ndarray:
        end = int(len(y) * severity)
        return np.concatenate([np.roll(y[:end], -5, axis=0), y[end:]])

    return targets(setup, change)


def rare(setup: Setup, severity: float) -> Setup | None:
    """Leave few rows of the first class; as many rows in all."""
    if setup.draw is None or "classes" not in setup.kinds:
        return None
    n = len(setup.rows[0])
    X, y = setup.draw(4 * n, 1301)
    first = np.flatnonzero(y == 0)[: max(int(severity * n), 4)]
    others = np.flatnonzero(y != 0)[: n - len(first)]
    chosen = np.random.default_rng(65).permutation(np.concatenate([first, others]))
    return replace(setup, rows=(X[chosen], y[chosen]))


def leak(setup: Setup, severity: float) -> Setup | None:
    """Write the target, not quite exactly, into the last column; not in the test."""
    if "dense" not in setup.kinds:
        return None
    (X, y), (X_test, y_test) = setup.rows, setup.test
    X, X_test = X.copy(), X_test.copy()
    rng = np.random.default_rng(66)
    X[:, -1] = (y - y.mean()) / y.std() + severity * rng.normal(size=len(y))
    X_test[:, -1] = rng.permutation(y_test - y.mean()) / y.std()
    return replace(setup, rows=(X, y), test=(X_test, y_test))

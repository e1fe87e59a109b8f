"""Faults in the data, of the fourth held-out set, that are unlike any before.

Each says in a sentence why people make it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.diagnosis.alter import inputs, targets
from benchmarks.diagnosis.faults_2_data import repeated, widened
from benchmarks.diagnosis.setups import Setup


def own_units(setup: Setup, severity: float) -> Setup | None:
    """Leave every column in the unit that it came in, from grams to tons.

    The table was taken as it was; severity is how many powers of ten lie on each side.
    """
    if "dense" not in setup.kinds:
        return None
    n = setup.rows[0].shape[1]
    factors = 10.0 ** np.random.default_rng(201).uniform(-severity, severity, n)
    factors[0], factors[-1] = 10**-severity, 10**severity
    return inputs(setup, lambda X: X * factors)


def mixed_units(setup: Setup, severity: float) -> Setup | None:
    """Let every second row be so many times as large, as bytes among shares are.

    Two sources were put together, of which one had been scaled.
    """
    if "tokens" in setup.kinds:
        return None

    def change(X: np.ndarray) -> np.ndarray:
        loud = np.random.default_rng(len(X)).random(len(X)) < 0.5
        return X * np.where(loud, severity, 1).reshape(-1, *[1] * (X.ndim - 1))

    return inputs(setup, change)


def broken_row(setup: Setup, severity: float) -> Setup | None:
    """Standardize with a row of absurd values, next to which all others are alike.

    One broken measurement was not looked for before the scaling.
    """
    if "tokens" in setup.kinds:
        return None
    made = inputs(setup, lambda X: X / severity)
    X = made.rows[0].copy()
    X[0] = np.sqrt(len(X))
    return replace(made, rows=(X, made.rows[1]))


def far_targets(setup: Setup, severity: float) -> Setup | None:
    """Predict numbers that differ little and lie far from 0, as years do.

    They were not standardized, for their spread is that of a unit.
    """
    if not setup.is_numbers:
        return None
    X_test, y_test = setup.test
    away = np.float32(severity)
    return replace(targets(setup, lambda y: y + away), test=(X_test, y_test + away))


def sorted_columns(setup: Setup, severity: float) -> Setup:
    """Sort every column for itself, so that rows are torn apart.

    `np.sort(X, axis=0)` was meant to sort the rows.
    """
    X, y = setup.rows
    return replace(setup, rows=(np.sort(X, axis=0), y))


def one_row(setup: Setup, severity: float) -> Setup:
    """Give all rows the inputs of the first.

    The index in the loader's `__getitem__` was forgotten.
    """
    X, y = setup.rows
    return replace(setup, rows=(np.broadcast_to(X[:1], X.shape).copy(), y))


def filled_labels(setup: Setup, severity: float) -> Setup | None:
    """Call a share of the rows, whose label is missing, class 0.

    `fillna(0)` was meant for the inputs. Class 0 comes too often, and the others
    rarely; with weights of classes they would be seen again.
    """
    if "classes" not in setup.kinds:
        return None
    hit = np.random.default_rng(202).random(len(setup.rows[1])) < severity
    return targets(setup, lambda y: np.where(hit, 0, y))


def rule_of_thumb(setup: Setup, severity: float) -> Setup | None:
    """Label a share of the rows by their place in the order of one column.

    A rule of thumb stood in for the people who should have looked at them.
    """
    if not {"dense", "classes"} <= setup.kinds:
        return None
    X, y = setup.rows
    hit = np.random.default_rng(203).random(len(y)) < severity
    place = np.argsort(np.argsort(X[:, 1])) * (y.max() + 1) // len(y)
    return targets(setup, lambda y: np.where(hit, place, y))


def lost_signs(setup: Setup, severity: float) -> Setup | None:
    """Lose the minus of a share of the targets.

    The file had a dash for a minus, which the reader did not know.
    """
    if not setup.is_numbers:
        return None
    hit = np.random.default_rng(204).random(len(setup.rows[1])) < severity
    return targets(setup, lambda y: np.where(hit, np.abs(y), y))


def long_tail(setup: Setup, severity: float) -> Setup | None:
    """Let every class be so many times as rare as the one before.

    Rows were collected as they came, and most kinds come rarely.
    """
    if setup.draw is None or "classes" not in setup.kinds or _classes(setup) < 3:
        return None
    n, k = len(setup.rows[0]), _classes(setup)
    X, y = setup.draw(8 * n, 5303)
    shares = float(severity) ** -np.arange(k)
    wanted = np.maximum(n * shares / shares.sum(), 4).astype(int)
    wanted[0] += n - wanted.sum()
    order = np.argsort(-np.bincount(y))
    chosen = [np.flatnonzero(y == order[place])[: wanted[place]] for place in range(k)]
    rows = np.random.default_rng(205).permutation(np.concatenate(chosen))
    return replace(setup, rows=(X[rows], y[rows]))


def _classes(setup: Setup) -> int:
    return int(setup.rows[1].max()) + 1


def wrong_class_copied(setup: Setup, severity: float) -> Setup | None:
    """Draw rows with repetition, those of the most frequent class far more often.

    Weights that should have balanced the classes were taken the wrong way round. Rows
    come twice, before the split.
    """
    if "classes" not in setup.kinds:
        return None
    X, y = setup.rows
    often = y == np.bincount(y).argmax()
    shares = np.where(often, severity, 1.0)
    rng = np.random.default_rng(206)
    rows = rng.choice(len(y), len(y), p=shares / shares.sum())
    firsts = [np.flatnonzero(y == label)[:2] for label in np.unique(y)]
    rows[: sum(map(len, firsts))] = np.concatenate(firsts)
    rows = rng.permutation(rows)
    return replace(setup, rows=(X[rows], y[rows]))


def code_of_target(setup: Setup, severity: float) -> Setup | None:
    """Add what the target was made from: a code of the class, or its exponential.

    "Department" beside "kind of product": in use it is known only after the answer.
    """
    if "dense" not in setup.kinds:
        return None
    rng = np.random.default_rng(207)
    (X, y), (X_test, y_test) = setup.rows, setup.test
    codes = rng.permutation(int(y.max()) + 1) if not setup.is_numbers else None

    def code(y: np.ndarray) -> np.ndarray:
        values = np.exp(0.5 * y) if codes is None else codes[y].astype(float)
        return (values - values.mean()) / values.std()

    X, X_test = X.copy(), X_test.copy()
    column = int(severity)
    X[:, column], X_test[:, column] = code(y), rng.permutation(code(y_test))
    return replace(setup, rows=(X, y), test=(X_test, y_test))


def groups(setup: Setup, severity: float) -> Setup | None:
    """Measure so many subjects again and again, and keep their number as a column.

    Rows were split, not subjects: whoever is among the validation rows was learned by
    heart, with the number or without it.
    """
    if "dense" not in setup.kinds:
        return None
    made = repeated(setup, severity)
    X, y = made.rows
    rng = np.random.default_rng(208)
    subject = np.unique(X, axis=0, return_inverse=True)[1].reshape(-1)
    number = rng.permutation(subject.max() + 1)[subject]
    X = X + 0.02 * X.std() * rng.normal(size=X.shape)
    X[:, -1] = (number - number.mean()) / number.std()
    X_test, y_test = setup.test
    X_test = X_test.copy()
    X_test[:, -1] = rng.uniform(-1.7, 1.7, len(X_test))
    return replace(made, rows=(X.astype(np.float32), y), test=(X_test, y_test))


def nearly_repeated(setup: Setup, severity: float) -> Setup | None:
    """Copy a handful of rows, which differ by how they were written to a file.

    The same rows came through two files, one of which had fewer digits.
    """
    if "tokens" in setup.kinds:
        return None
    made = repeated(setup, severity)
    X, y = made.rows
    noise = 1e-4 * X.std() * np.random.default_rng(209).normal(size=X.shape)
    return replace(made, rows=((X + noise).astype(X.dtype), y))


def rare_words(setup: Setup, severity: float) -> Setup | None:
    """Add a column for every word of a free text, most of which come once or twice.

    They say nothing, and let the network learn its rows by heart.
    """

    def words(n: int) -> np.ndarray:
        rng = np.random.default_rng(n)
        return 4.0 * (rng.random((n, int(severity))) < 0.02)

    return widened(setup, words) if "dense" in setup.kinds else None

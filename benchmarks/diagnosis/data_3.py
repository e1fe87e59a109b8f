"""Data of the third held-out set: no problem and no draw of the first two.

Generated problems are functions (rows, seed) -> (X, y). Values are so many that no row
comes twice, and with tokens there are more rows to draw than could ever be drawn.
"""

from __future__ import annotations

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]
SIGNS = 13
NOTES = 12


def bands(n: int, seed: int) -> Rows:
    """Three classes that take turns in stripes aslant to five numbers."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    along = X @ np.array([0.6, -0.5, 0.4, 0.4, 0.25])
    return X.astype(np.float32), np.floor(1.5 * along + 30.5).astype(int) % 3


def shells(n: int, seed: int) -> Rows:
    """Four shells around 0 in six dimensions, equally often."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    y = np.digitize(np.square(X).sum(1), [3.455, 5.348, 7.841])
    return X.astype(np.float32), y


def seven(n: int, seed: int) -> Rows:
    """Seven clouds near to each other in eight dimensions, each of its own shape."""
    rng = np.random.default_rng(seed)
    place = np.random.default_rng(81)
    centers, shapes = place.normal(size=(7, 8)), place.normal(size=(7, 8, 8)) / 3
    y = rng.integers(0, 7, n)
    X = 0.6 * centers[y] + np.einsum("ni,nij->nj", rng.normal(size=(n, 8)), shapes[y])
    return X.astype(np.float32), y


def levels(n: int, seed: int) -> Rows:
    """Five levels, in order, of a bent sum of seven numbers with noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 7))
    height = np.sin(1.5 * X[:, 0]) + 0.7 * X[:, 1] * X[:, 2] + 0.6 * X[:, 3] - X[:, 4]
    height = height + 0.15 * rng.normal(size=n)
    return X.astype(np.float32), np.digitize(height, [-1.3, -0.4, 0.4, 1.3])


def circuit(n: int, seed: int) -> Rows:
    """Friedman's second function: the impedance of a circuit; two columns are idle."""
    rng = np.random.default_rng(seed)
    unit = rng.random((n, 6))
    resistance, pace = 100 * unit[:, 0], np.pi * (40 + 520 * unit[:, 1])
    induced = pace * unit[:, 2] - 1 / (pace * (1 + 10 * unit[:, 3]))
    y = np.sqrt(resistance**2 + induced**2) + 20 * rng.normal(size=n)
    X = (unit - 0.5) * np.sqrt(12)
    return X.astype(np.float32), ((y - 465) / 375).astype(np.float32)


def arm(n: int, seed: int) -> Rows:
    """How far the hand of an arm with three joints gets from its shoulder."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.7, 1.7, size=(n, 5))
    first, second = X[:, 0], X[:, 0] + X[:, 1]
    lengths = 1 + 0.3 * X[:, 2:5]
    across = lengths[:, 0] + lengths[:, 1] * np.cos(first)
    across = across + lengths[:, 2] * np.cos(second)
    up = lengths[:, 1] * np.sin(first) + lengths[:, 2] * np.sin(second)
    y = np.hypot(across, up) + 0.05 * rng.normal(size=n)
    return X.astype(np.float32), ((y - 2.443) / 0.603).astype(np.float32)


def marks(n: int, seed: int) -> Rows:
    """Images of 9 x 9 pixels in noise; one of five marks stands somewhere in each."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros((5, 5, 5))
    drawn[0, 2, :] = drawn[0, :, 2] = 1
    drawn[1, range(5), range(5)] = drawn[1, range(5), range(4, -1, -1)] = 1
    drawn[2, [0, 4], :] = drawn[2, :, [0, 4]] = 1
    drawn[3, [1, 3], :] = 1
    drawn[4, :, [1, 3]] = 1
    y = rng.integers(0, 5, n)
    X = 0.5 * rng.normal(size=(n, 9, 9))
    for row, (down, right) in enumerate(rng.integers(0, 5, (n, 2))):
        X[row, down : down + 5, right : right + 5] += 1.6 * drawn[y[row]] - 0.3
    return X[..., None].astype(np.float32), y


def spots(n: int, seed: int) -> Rows:
    """Images of 8 x 8 pixels; the target is how far two spots are apart."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0.5, 6.5, (n, 2, 2))
    pixels = np.stack(np.mgrid[0:8, 0:8], -1)
    away = np.square(pixels - places[:, :, None, None]).sum(-1)
    X = 2.5 * np.exp(-away / 1.5).sum(1) - 0.4 + 0.15 * rng.normal(size=(n, 8, 8))
    y = np.sqrt(np.square(places[:, 0] - places[:, 1]).sum(1))
    return X[..., None].astype(np.float32), ((y - 3.1) / 1.5).astype(np.float32)


def pulses(n: int, seed: int) -> Rows:
    """Thirty steps of noise that hide one of four pulses: up, down, a hill, a dent."""
    rng = np.random.default_rng(seed)
    ramp, hill = np.linspace(-1.8, 1.8, 9), 2.2 * np.sin(np.linspace(0.2, 2.94, 9))
    shapes = np.stack([ramp, -ramp, hill, -hill])
    y, at = rng.integers(0, 4, n), rng.integers(0, 22, n)
    X = 0.5 * rng.normal(size=(n, 30))
    for step in range(9):
        X[np.arange(n), at + step] += shapes[y, step]
    return X[..., None].astype(np.float32), y


def marked(n: int, seed: int) -> Rows:
    """Eight steps of a number and a mark; the target sums the two that are marked."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-1.7, 1.7, (n, 8))
    marks = np.argsort(np.argsort(rng.random((n, 8)), 1), 1) < 2
    X = np.stack([values, 2.0 * marks - 0.5], -1)
    y = (values * marks).sum(1) / 1.39
    return X.astype(np.float32), y.astype(np.float32)


def since(n: int, seed: int) -> Rows:
    """Ten steps with knocks in noise; each step's class is how long ago the last was.

    Classes are 0 to 3 steps, and 3 means longer ago or never, too.
    """
    rng = np.random.default_rng(seed)
    knocks = rng.random((n, 10)) < 0.22
    X = 2.2 * knocks - 0.5 + 0.4 * rng.normal(size=(n, 10))
    y, waited = np.zeros((n, 10), np.int32), np.full(n, 3)
    for step in range(10):
        waited = np.where(knocks[:, step], 0, np.minimum(waited + 1, 3))
        y[:, step] = waited
    return X[..., None].astype(np.float32), y


def asked(n: int, seed: int) -> Rows:
    """A question of three and eight signs; whether the sign that it asks for is there.

    Signs 3 to 5 are asked for by 0 to 2; half of the rows have the one in question.
    """
    rng = np.random.default_rng(seed)
    question, y = rng.integers(0, 3, (n, 1)), rng.integers(0, 2, n)
    signs = rng.integers(3, SIGNS, (n, 8))
    signs = np.where(signs == question + 3, rng.integers(6, SIGNS, (n, 8)), signs)
    at = rng.integers(0, 8, n)
    signs[np.arange(n), at] = np.where(y, question[:, 0] + 3, signs[np.arange(n), at])
    return np.concatenate([question, signs], 1).astype(np.int32), y


def echo(n: int, seed: int) -> Rows:
    """Notes of which seven in ten repeat the one four steps before, at every step."""
    rng = np.random.default_rng(seed)
    text = rng.integers(0, NOTES, (n, 14))
    for step in range(4, 14):
        again = rng.random(n) < 0.7
        text[again, step] = text[again, step - 4]
    return text[:, :-1].astype(np.int32), text[:, 1:].astype(np.int32)

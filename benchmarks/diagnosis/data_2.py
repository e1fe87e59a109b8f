"""Data of the second held-out set: no problem and no draw of the first.

Generated problems are functions (rows, seed) -> (X, y); tables are random subsets of
rows and columns of scikit-learn's, standardized, and have as many rows as they have.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]
WORDS = 10
SYMBOLS = 9


def ripple(n: int, seed: int) -> Rows:
    """Whether a point lies above a sine; two further numbers mean nothing."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.7, 1.7, size=(n, 4))
    return X.astype(np.float32), (X[:, 1] > np.sin(3 * X[:, 0])).astype(int)


def sectors(n: int, seed: int) -> Rows:
    """Eight sectors of a circle that lies aslant in six dimensions."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, n)
    flat = np.stack([np.cos(angle), np.sin(angle)], 1) * rng.uniform(1, 2, (n, 1))
    plane = np.linalg.qr(np.random.default_rng(52).normal(size=(6, 6)))[0][:2]
    X = 1.5 * flat @ plane + 0.25 * rng.normal(size=(n, 6))
    return X.astype(np.float32), (angle / (np.pi / 4)).astype(int) % 8


def clusters(n: int, seed: int) -> Rows:
    """Ten classes of two clouds each, in twelve dimensions."""
    rng = np.random.default_rng(seed)
    centers = np.random.default_rng(53).normal(size=(20, 12))
    cloud = rng.integers(0, 20, n)
    X = centers[cloud] + 0.55 * rng.normal(size=(n, 12))
    return X.astype(np.float32), cloud % 10


def largest(n: int, seed: int) -> Rows:
    """Which of a product, a square and a number is the largest of the three."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    terms = [1.3 * X[:, 0] * X[:, 1], X[:, 2] ** 2 - 0.8, X[:, 3]]
    return X.astype(np.float32), np.argmax(terms, 0)


def heavy(n: int, seed: int) -> Rows:
    """A function of eight numbers in noise with heavy tails (Student's t, 3)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8))
    y = 1.5 * np.abs(X[:, 0]) + X[:, 1] * X[:, 2] + np.sin(2 * X[:, 3])
    y = y + 0.35 * rng.standard_t(3, n)
    return X.astype(np.float32), ((y - 1.2) / 1.7).astype(np.float32)


def hills(n: int, seed: int) -> Rows:
    """The height of a landscape of six hills and hollows, nearly without noise."""
    rng = np.random.default_rng(seed)
    place = np.random.default_rng(54)
    tops, heights = place.uniform(-1.5, 1.5, (6, 2)), place.choice([-1.5, 1.5], 6)
    X = rng.uniform(-1.7, 1.7, size=(n, 2))
    away = np.square(X[:, None] - tops).sum(2)
    y = (heights * np.exp(-2 * away)).sum(1) + 0.05 * rng.normal(size=n)
    return X.astype(np.float32), ((y + 0.242) / 0.714).astype(np.float32)


def grid(n: int, seed: int) -> Rows:
    """Three by three fields over two sums of waves; eight numbers in all."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8))
    first = X[:, 0] + np.sin(2 * X[:, 1])
    second = X[:, 2] - np.cos(2 * X[:, 3])
    low, high = (np.digitize(own, [-0.6, 0.6]) for own in (first, second + 0.1))
    return X.astype(np.float32), 3 * low + high


def twelve(n: int, seed: int) -> Rows:
    """Twelve classes: two signs, one of them of a product, and three levels."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    signs = 2 * (X[:, 0] > 0) + (X[:, 1] * X[:, 2] > 0)
    return X.astype(np.float32), 3 * signs + np.digitize(X[:, 3], [-0.45, 0.45])


def chirps(n: int, seed: int) -> Rows:
    """Noisy waves of 36 steps at any phase; the target is how fast they turn."""
    rng = np.random.default_rng(seed)
    pace = rng.uniform(1, 6, (n, 1))
    turns = pace * np.arange(36) / 36 + rng.random((n, 1))
    X = np.sqrt(2) * np.sin(2 * np.pi * turns) + 0.4 * rng.normal(size=(n, 36))
    y = (pace[:, 0] - 3.5) / 1.44
    return X[..., None].astype(np.float32), y.astype(np.float32)


def events(n: int, seed: int) -> Rows:
    """Ten steps with three events; the class is which of six orders they come in."""
    rng = np.random.default_rng(seed)
    at = np.argsort(rng.random((n, 10)), 1)[:, :3]
    X = 0.2 * rng.normal(size=(n, 10, 3))
    for event in range(3):
        X[np.arange(n), at[:, event], event] += 2
    ranks = np.argsort(at, 1)
    return X.astype(np.float32), 2 * ranks[:, 0] + (ranks[:, 1] > ranks[:, 2])


def neighbors(n: int, seed: int) -> Rows:
    """Eight signs in noise; each step's class counts plus signs on both its sides."""
    rng = np.random.default_rng(seed)
    plus = rng.integers(0, 2, (n, 8))
    padded = np.pad(plus, ((0, 0), (1, 1)))
    X = 2.0 * plus[..., None] - 1 + 0.3 * rng.normal(size=(n, 8, 1))
    return X.astype(np.float32), (padded[:, :-2] + padded[:, 2:]).astype(np.int32)


def order(n: int, seed: int) -> Rows:
    """Eight words, among them 0 and 1 once each; the class is which comes first."""
    rng = np.random.default_rng(seed)
    X = rng.integers(2, WORDS, (n, 8))
    at = np.argsort(rng.random((n, 8)), 1)[:, :2]
    X[np.arange(n), at[:, 0]], X[np.arange(n), at[:, 1]] = 0, 1
    return X.astype(np.int32), (at[:, 0] > at[:, 1]).astype(int)


def strides(n: int, seed: int) -> Rows:
    """Counting in strides that each row has for itself, with an error now and then."""
    rng = np.random.default_rng(seed)
    begin, stride = rng.integers(0, SYMBOLS, (n, 1)), rng.integers(1, 4, (n, 1))
    text = (begin + stride * np.arange(11)) % SYMBOLS
    slips = rng.random(text.shape) < 0.05
    text = np.where(slips, rng.integers(0, SYMBOLS, text.shape), text)
    return text[:, :-1].astype(np.int32), text[:, 1:].astype(np.int32)


@lru_cache
def table(name: str, n_rows: int, columns: tuple[int, ...], seed: int = 55
          ) -> tuple[Rows, Rows]:  # fmt: skip
    """Return training and test rows of a table of scikit-learn, standardized.

    Args:
        name: "wine", "breast_cancer", "digits" or "diabetes", whose targets are
            standardized, too.
        n_rows: Rows of the training part; the others are for the test.
        columns: Those that are kept.
        seed: Of the order of rows.
    """
    from sklearn import datasets

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    rows = np.random.default_rng(seed).permutation(len(X))
    X, y = X[rows][:, list(columns)], y[rows]
    X = (X - X[:n_rows].mean(0)) / X[:n_rows].std(0)
    if name == "diabetes":
        y = ((y - y[:n_rows].mean()) / y[:n_rows].std()).astype(np.float32)
    X = X.astype(np.float32)
    return (X[:n_rows], y[:n_rows]), (X[n_rows:], y[n_rows:])


@lru_cache
def digits(n_rows: int, n_test: int) -> tuple[Rows, Rows]:
    """Return some of scikit-learn's digits as images of 8 x 8 pixels around 0."""
    from sklearn import datasets

    X, y = datasets.load_digits(return_X_y=True)
    rows = np.random.default_rng(56).permutation(len(X))[: n_rows + n_test]
    X = ((X[rows] - 5) / 6).astype(np.float32).reshape(-1, 8, 8, 1)
    y = y[rows].astype(int)
    return (X[:n_rows], y[:n_rows]), (X[n_rows:], y[n_rows:])

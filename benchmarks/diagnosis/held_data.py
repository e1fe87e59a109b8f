"""Data of the held-out runs: none of them was at hand when thresholds were chosen.

Generated problems are functions (rows, seed) -> (X, y); tables are random subsets of
rows and columns of scikit-learn's, standardized, and have as many rows as they have.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]
TOKENS = 12
LETTERS = 8


def spirals(n: int, seed: int) -> Rows:
    """Two arms that wind once around each other."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    along = np.sqrt(rng.random(n))
    angle = 2 * np.pi * along + np.pi * y
    X = np.stack([along * np.cos(angle), along * np.sin(angle)], 1)
    X = 2 * X + 0.06 * rng.normal(size=(n, 2))
    return X.astype(np.float32), y


def checkerboard(n: int, seed: int) -> Rows:
    """A board of three by three fields, black or white."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.5, 1.5, size=(n, 2))
    y = np.floor(X + 1.5).clip(0, 2).sum(1).astype(int) % 2
    return (X / X.std(0)).astype(np.float32), y


def friedman(n: int, seed: int) -> Rows:
    """Friedman's first function of ten numbers, of which five matter."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, 10))
    y = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    y = y + 10 * X[:, 3] + 5 * X[:, 4] + rng.normal(size=n)
    X = (X - 0.5) * np.sqrt(12)
    return X.astype(np.float32), ((y - 14.4) / 5.0).astype(np.float32)


def exclusive(n: int, seed: int) -> Rows:
    """Whether two numbers of six have the same sign; the others are noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    return X.astype(np.float32), (X[:, 1] * X[:, 4] > 0).astype(int)


def mixture(n: int, seed: int) -> Rows:
    """Five classes that overlap so much that no model tells them well."""
    rng = np.random.default_rng(seed)
    centers = np.random.default_rng(77).normal(size=(5, 12)) * 0.55
    y = rng.integers(0, 5, n)
    X = centers[y] + rng.normal(size=(n, 12))
    return (X / 1.15).astype(np.float32), y


def textures(n: int, seed: int) -> Rows:
    """Gratings of 10 x 10 pixels in noise; the class is one of four directions."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n)
    down, right = np.mgrid[0:10, 0:10]
    angle = y * np.pi / 4 + rng.normal(0, 0.08, n)
    wave = np.cos(angle)[:, None, None] * right + np.sin(angle)[:, None, None] * down
    pace = rng.uniform(1.2, 1.8, (n, 1, 1))
    X = np.sin(pace * wave + rng.uniform(0, 2 * np.pi, (n, 1, 1)))
    X = X + 0.6 * rng.normal(size=X.shape)
    return X[..., None].astype(np.float32), y


def waveforms(n: int, seed: int) -> Rows:
    """Sine, square and saw-tooth of 32 steps, at any phase and pace, in noise."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    turns = rng.uniform(1.5, 3, (n, 1)) * np.arange(32) / 32 + rng.random((n, 1))
    shapes = np.stack([np.sqrt(2) * np.sin(2 * np.pi * turns),
                       np.sign(np.sin(2 * np.pi * turns)),
                       np.sqrt(3) * (2 * (turns % 1) - 1)])  # fmt: skip
    X = shapes[y, np.arange(n)] + 0.25 * rng.normal(size=(n, 32))
    return X[..., None].astype(np.float32), y


def delayed(n: int, seed: int) -> Rows:
    """Ten steps of four symbols and a mark; the class is the symbol at the mark."""
    rng = np.random.default_rng(seed)
    symbols, at = rng.integers(0, 4, (n, 10)), rng.integers(0, 5, n)
    X = np.concatenate([np.eye(4)[symbols], np.zeros((n, 10, 1))], 2)
    X[np.arange(n), at, 4] = 1
    return X.astype(np.float32), symbols[np.arange(n), at]


def parity(n: int, seed: int) -> Rows:
    """Six steps of signs; the class is whether the last two differ."""
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], (n, 6))
    X = signs[..., None] + 0.2 * rng.normal(size=(n, 6, 1))
    return X.astype(np.float32), (signs[:, -1] != signs[:, -2]).astype(int)


def tokens(n: int, seed: int) -> Rows:
    """Ten tokens; the class is whether 0 and 1, or 2 and 3, come more often."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, TOKENS, (n, 10))
    for row, more in enumerate(rng.integers(0, 2, n)):
        places = rng.choice(10, 3, replace=False)
        X[row, places] = rng.integers(2 * more, 2 * more + 2, 3)
    balance = (X < 2).sum(1) - ((X >= 2) & (X < 4)).sum(1)
    X[balance == 0, 0] = np.where(X[balance == 0, 0] < 2, 3, 1)
    balance = (X < 2).sum(1) - ((X >= 2) & (X < 4)).sum(1)
    return X.astype(np.int32), (balance < 0).astype(int)


def letters(n: int, seed: int) -> Rows:
    """Text of a machine with eight letters; the target is the next one each step."""
    rng = np.random.default_rng(seed)
    chances = np.random.default_rng(5).dirichlet(np.full(LETTERS, 0.15), (LETTERS,) * 2)
    text = rng.integers(0, LETTERS, (n, 14))
    for step in range(2, 14):
        edges = chances[text[:, step - 2], text[:, step - 1]].cumsum(1)
        drawn = rng.random((n, 1)) > edges
        text[:, step] = drawn.sum(1).clip(0, LETTERS - 1)
    return text[:, :-1].astype(np.int32), text[:, 1:].astype(np.int32)


@lru_cache
def table(name: str, n_rows: int, n_columns: int) -> tuple[Rows, Rows]:
    """Return training and test rows of a table of scikit-learn, standardized.

    Args:
        name: "iris", "wine", "breast_cancer" or "diabetes".
        n_rows: Rows of the training part; the others are for the test.
        n_columns: Random columns that are kept.
    """
    from sklearn import datasets

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    rng = np.random.default_rng(len(name))
    columns = rng.permutation(X.shape[1])[:n_columns]
    order = rng.permutation(len(X))
    X, y = X[order][:, columns], y[order]
    X = (X - X[:n_rows].mean(0)) / X[:n_rows].std(0)
    if name == "diabetes":
        y = (y - y[:n_rows].mean()) / y[:n_rows].std()
    y = y.astype(np.float32 if name == "diabetes" else int)
    X = X.astype(np.float32)
    return (X[:n_rows], y[:n_rows]), (X[n_rows:], y[n_rows:])

"""Data of the fourth held-out set: no problem and no draw of the first three.

Generated problems are functions (rows, seed) -> (X, y). Values are so many that no row
comes twice, and with tokens there are more rows to draw than could ever be drawn.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]
WORDS = 8
SYLLABLES = 12


def obtuse(n: int, seed: int) -> Rows:
    """Whether a triangle with a corner at 0 has an obtuse angle; most have."""
    rng = np.random.default_rng(seed)
    corners = rng.normal(size=(n, 2, 2))
    lengths = np.square(corners).sum(2)
    third = np.square(corners[:, 0] - corners[:, 1]).sum(1)
    sides = np.column_stack([lengths, third])
    y = 2 * sides.max(1) > sides.sum(1)
    return corners.reshape(n, 4).astype(np.float32), y.astype(int)


def planes(n: int, seed: int) -> Rows:
    """Which of four planes is nearest; some are favored, so that classes are uneven."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    normals = np.random.default_rng(181).normal(size=(4, 5))
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    away = np.abs(X @ normals.T) + np.array([0.0, 0.1, 0.25, 0.4])
    return X.astype(np.float32), away.argmin(1)


def coil(n: int, seed: int) -> Rows:
    """Six turns of a coil, one a class, aslant in seven dimensions, with noise."""
    rng = np.random.default_rng(seed)
    turns = rng.uniform(0, 6, n)
    angle = 2 * np.pi * turns
    along = np.stack([np.cos(angle), np.sin(angle), (turns - 3) / 1.5], 1)
    frame = np.linalg.qr(np.random.default_rng(182).normal(size=(7, 7)))[0][:3]
    X = 1.5 * along @ frame + 0.1 * rng.normal(size=(n, 7))
    return X.astype(np.float32), turns.astype(int)


def cells(n: int, seed: int) -> Rows:
    """Which of ten places is nearest, by the way along streets that lie aslant."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    place = np.random.default_rng(183)
    turned = X @ np.linalg.qr(place.normal(size=(4, 4)))[0]
    places = place.uniform(-1.4, 1.4, size=(10, 4))
    return X.astype(np.float32), np.abs(turned[:, None] - places).sum(2).argmin(1)


def petals(n: int, seed: int) -> Rows:
    """Whether a point lies in a flower of five petals."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.7, 1.7, size=(n, 2))
    angle, away = np.arctan2(X[:, 1], X[:, 0]), np.hypot(X[:, 0], X[:, 1])
    return X.astype(np.float32), (away < 1 + 0.5 * np.cos(5 * angle)).astype(int)


def swing(n: int, seed: int) -> Rows:
    """A swing that dies away, and a product; one of six columns is idle."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.7, 1.7, size=(n, 6))
    y = np.exp(-0.6 * np.abs(X[:, 1])) * np.cos(2 * X[:, 0] + X[:, 4])
    y = y + 0.4 * X[:, 2] * X[:, 3] + 0.05 * rng.normal(size=n)
    return X.astype(np.float32), (y / 0.6).astype(np.float32)


def surface(n: int, seed: int) -> Rows:
    """A wave times a number, and the larger of two numbers."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 7))
    y = np.sin(X[:, 0] + X[:, 1]) * X[:, 2] + np.maximum(X[:, 3], X[:, 4])
    y = y + 0.1 * rng.normal(size=n)
    return X.astype(np.float32), ((y - 0.56) / 1.06).astype(np.float32)


def discs(n: int, seed: int) -> Rows:
    """Images of 9 x 9 pixels with a disc, bright or dark; the target is its radius."""
    rng = np.random.default_rng(seed)
    radius, places = rng.uniform(0.8, 3.6, n), rng.uniform(2, 6, (n, 2))
    pixels = np.moveaxis(np.mgrid[0:9, 0:9], 0, -1)
    away = np.sqrt(np.square(pixels - places[:, None, None]).sum(-1))
    light = rng.choice([-1.0, 1.0], n) * rng.uniform(1, 2.5, n)
    inside = 1 / (1 + np.exp(3 * (away - radius[:, None, None])))
    X = light[:, None, None] * inside + 0.15 * rng.normal(size=away.shape)
    return X[..., None].astype(np.float32), ((radius - 2.2) / 0.81).astype(np.float32)


def jumps(n: int, seed: int) -> Rows:
    """Twenty-eight steps of a level in noise that jumps never, or up to three times."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n)
    at = 4 + 7 * np.argsort(rng.random((n, 3)), 1) + rng.integers(0, 5, (n, 3))
    sizes = rng.choice([-1, 1], (n, 3)) * rng.uniform(1.2, 2.2, (n, 3))
    sizes = np.where(np.arange(3) < y[:, None], sizes, 0)
    X = (sizes[..., None] * (np.arange(28) >= at[..., None])).sum(1)
    X = X + 0.2 * rng.normal(size=(n, 28)) + rng.normal(size=(n, 1))
    return (X / 1.7)[..., None].astype(np.float32), y


def reset(n: int, seed: int) -> Rows:
    """Nine steps of a number and a mark; the target sums what came since a mark."""
    rng = np.random.default_rng(seed)
    values, marks = rng.uniform(-1.7, 1.7, (n, 9)), rng.random((n, 9)) < 0.25
    y = np.zeros(n)
    for step in range(9):
        y = np.where(marks[:, step], 0, y) + values[:, step]
    X = np.stack([values, 2.0 * marks - 0.5], -1)
    return X.astype(np.float32), (y / 1.9).astype(np.float32)


def follows(n: int, seed: int) -> Rows:
    """Nine steps of three kinds in noise; how often the second follows the first."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(3, (n, 9), p=[0.4, 0.4, 0.2])
    y = ((kinds[:, :-1] == 0) & (kinds[:, 1:] == 1)).sum(1).clip(0, 3)
    X = 1.6 * np.eye(3)[kinds] - 0.5 + 0.25 * rng.normal(size=(n, 9, 3))
    return X.astype(np.float32), y


def again(n: int, seed: int) -> Rows:
    """Eight words; the class is whether the first of them comes again."""
    rng = np.random.default_rng(seed)
    y, X = rng.integers(0, 2, n), rng.integers(0, WORDS, (n, 8))
    others = (X[:, :1] + rng.integers(1, WORDS, (n, 7))) % WORDS
    X[:, 1:] = others
    at = rng.integers(1, 8, n)
    X[np.arange(n), at] = np.where(y, X[:, 0], X[np.arange(n), at])
    return X.astype(np.int32), y


def chant(n: int, seed: int) -> Rows:
    """Syllables of which five in eight answer the one three steps before.

    The answer to a syllable is always the same.
    """
    rng = np.random.default_rng(seed)
    answer = np.random.default_rng(184).permutation(SYLLABLES)
    text = rng.integers(0, SYLLABLES, (n, 13))
    for step in range(3, 13):
        right = rng.random(n) < 0.62
        text[right, step] = answer[text[right, step - 3]]
    return text[:, :-1].astype(np.int32), text[:, 1:].astype(np.int32)


@lru_cache
def squares(n_rows: int) -> tuple[Rows, Rows]:
    """Return digits as 16 means of 2 x 2 pixels, around 0; the last rows are a test."""
    from sklearn import datasets

    X, y = (np.asarray(own) for own in datasets.load_digits(return_X_y=True))
    rows = np.random.default_rng(185).permutation(len(X))
    blocks = X[rows].reshape(-1, 4, 2, 4, 2).mean((2, 4)).reshape(-1, 16)
    once = np.sort(np.unique(blocks, axis=0, return_index=True)[1])
    X, y = ((blocks[once] - 5) / 4).astype(np.float32), y[rows][once].astype(int)
    return (X[:n_rows], y[:n_rows]), (X[n_rows:], y[n_rows:])

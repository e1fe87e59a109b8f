"""Data and networks of the runs that are diagnosed; all bundled or generated."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

import fathom as fm
from fathom.models import sequential

Rows = tuple[np.ndarray, np.ndarray]


@lru_cache
def clouds(n: int = 600, apart: float = 1.0, classes: int = 3, seed: int = 0) -> Rows:
    """Clouds in eight dimensions; the smaller `apart`, the more they overlap."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    centers = rng.normal(size=(classes, 8)) * apart
    X = centers[y] + rng.normal(size=(n, 8))
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32), y


@lru_cache
def rings(n: int = 600, seed: int = 0) -> Rows:
    """Two rings, one around the other."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    angle, radius = rng.uniform(0, 2 * np.pi, n), 0.5 + y + 0.1 * rng.normal(size=n)
    X = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return X.astype(np.float32), y


@lru_cache
def rare(n: int = 1200, share: float = 0.06, apart: float = 1.2) -> Rows:
    """Two clouds, of which one is small."""
    rng = np.random.default_rng(0)
    y = (rng.random(n) < share).astype(int)
    X = rng.normal(size=(n, 6)) + apart * y[:, None]
    return X.astype(np.float32), y


@lru_cache
def wave(n: int = 600, noise: float = 0.3, seed: int = 0) -> Rows:
    """A smooth function of eight numbers, standardized."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8)).astype(np.float32)
    y = X[:, 0] + np.sin(2 * X[:, 1]) + X[:, 2] * X[:, 3] / 2
    y = y + noise * rng.normal(size=n)
    return X, ((y - y.mean()) / y.std()).astype(np.float32)


@lru_cache
def digits() -> Rows:
    """Handwritten digits as images of 8 x 8 pixels from 0 to 1."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32).reshape(-1, 8, 8, 1), y


@lru_cache
def flat_digits() -> Rows:
    """The same as rows of 64 numbers."""
    X, y = digits()
    return X.reshape(len(X), 64), y


@lru_cache
def sequences(n: int = 600, length: int = 8) -> Rows:
    """Steps of four numbers; the class is which of the first three is larger."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    X = rng.normal(size=(n, length, 4))
    X[np.arange(n), :, y] += 1.0
    return X.astype(np.float32), y


def mlp(
    inputs: int,
    outputs: int,
    hidden: tuple[int, ...] = (64, 64),
    activation: str = "relu",
    **how: Any,
) -> fm.Network:
    """Dense layers; a softmax if there is more than one output."""
    ending = "softmax" if outputs > 1 else "identity"
    layers = [fm.Dense(units, activation, **how) for units in hidden]
    return fm.Network([*layers, fm.Dense(outputs, ending)], (inputs,))


def cnn(activation: str = "relu", normalized: bool = False) -> fm.Network:
    """Two convolutions and a dense layer, for digits."""
    norm = [fm.BatchNorm()] if normalized else []
    return fm.Network(
        [fm.Conv(8, 3, activation=activation), *norm, fm.MaxPool(2),
         fm.Conv(16, 3, activation=activation), fm.Flatten(), fm.Dense(10, "softmax")],
        (8, 8, 1),
    )  # fmt: skip


def residual(blocks: int = 6) -> fm.Network:
    """Residual blocks of dense layers, for clouds."""
    block = fm.Residual([fm.LayerNorm(), fm.Dense(32, "relu"), fm.Dense(32)])
    return fm.Network(
        [fm.Dense(32),
         fm.Repeat(block, blocks), fm.Dense(3, "softmax")], (8,)
    )  # fmt: skip


def gru(units: int = 12) -> fm.Network:
    """One GRU and a dense layer, for sequences."""
    return fm.Network([fm.GRU(units), fm.Dense(3, "softmax")], (8, 4))


def transformer() -> fm.Network:
    """A small transformer, for sequences."""
    return sequential.transformer((8, 4), 3, "softmax", width=8, heads=2, n_blocks=1)

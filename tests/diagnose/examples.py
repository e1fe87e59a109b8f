"""Small generated data, and networks that can learn them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

import fathom as fm
from fathom.models import sequential

N, CLASSES = 300, 3


@lru_cache
def rows() -> tuple[np.ndarray, np.ndarray]:
    """Three clouds in eight dimensions, standardized."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, N)
    centers = rng.normal(size=(CLASSES, 8))
    X = centers[y] + rng.normal(size=(N, 8))
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32), y


@lru_cache
def numbers() -> tuple[np.ndarray, np.ndarray]:
    """A smooth function of eight numbers with some noise, standardized."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 8)).astype(np.float32)
    y = X[:, 0] + np.sin(2 * X[:, 1]) + 0.3 * rng.normal(size=N)
    return X, ((y - y.mean()) / y.std()).astype(np.float32)


@lru_cache
def images() -> tuple[np.ndarray, np.ndarray]:
    """Bars in one of three rows of 8 x 8 pixels, from 0 to 1."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, N)
    X = 0.3 * rng.random((N, 8, 8, 1))
    X[np.arange(N), 2 * y + 1] += 0.7
    return X.astype(np.float32), y


@lru_cache
def sequences() -> tuple[np.ndarray, np.ndarray]:
    """Six steps of four numbers; the class is which of the first three is large."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, N)
    X = rng.normal(size=(N, 6, 4))
    X[np.arange(N), :, y] += 1.0
    return X.astype(np.float32), y


def generated_table(copy: bool = False) -> fm.Table:
    """Numbers in odd units, a category, missing values; perhaps a copy of the kind."""
    X, y = rows()
    columns: dict[str, Any] = {
        "income": X[:, 0] * 2e4 + 5e4,
        "age": np.where(np.arange(N) % 9 == 0, np.nan, X[:, 1] * 10 + 40),
        "city": np.array(["Rome", "Oslo", "Lima"])[(X[:, 2] > 0).astype(int)],
        "kind": np.array(["a", "b", "c"])[y],
    }
    if copy:
        columns["code"] = np.array(["x1", "x2", "x3"])[y]
    return fm.read(columns, target="kind")


def mlp(units: int = CLASSES, inputs: int = 8, weight_init: str = "auto") -> fm.Network:
    """One hidden layer; a softmax if there is more than one output."""
    ending = "softmax" if units > 1 else "identity"
    hidden = fm.Dense(16, "relu", weight_init=weight_init)
    return fm.Network(
        [hidden, fm.Dense(units, ending, weight_init=weight_init)], (inputs,)
    )


def cnn(units: int = CLASSES, weight_init: str = "auto") -> fm.Network:
    """Two convolutions, pooling, one dense layer."""
    return fm.Network(
        [
            fm.Conv(9, 3, activation="relu", weight_init=weight_init),
            fm.Conv(8, 3, activation="relu", stride=2, weight_init=weight_init),
            fm.Flatten(),
            fm.Dense(units, "softmax", weight_init=weight_init),
        ],
        (8, 8, 1),
    )


def recurrent(units: int = CLASSES, weight_init: str = "auto") -> fm.Network:
    """One GRU and a dense layer, for sequences of any length."""
    draw = weight_init if weight_init != "auto" else "orthogonal"
    cell = fm.GRU(8, weight_init=weight_init, recurrent_init=draw)
    return fm.Network([cell, fm.Dense(units, "softmax", weight_init=weight_init)])


def transformer(units: int = CLASSES) -> fm.Network:
    """A small transformer."""
    return sequential.transformer(
        (6, 4), units, "softmax", width=8, heads=2, n_blocks=1
    )

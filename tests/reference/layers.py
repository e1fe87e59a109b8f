"""Slow, obvious NumPy twins of the layers, written from their formulas.

Each returns a function (variables, state, x) -> outputs in prediction mode.
"""

from __future__ import annotations

from typing import Any

import numpy as np

FUNCTIONS = {
    "identity": lambda z: z,
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(-1, keepdims=True),
}


def one_dense(variables: Any, x: np.ndarray, function: str) -> np.ndarray:
    """Neuron by neuron, place by place."""
    weight = np.asarray(variables["weight"])
    z = np.zeros((*x.shape[:-1], weight.shape[1]))
    for place in np.ndindex(*x.shape[:-1]):
        for unit in range(weight.shape[1]):
            for i in range(weight.shape[0]):
                z[(*place, unit)] += x[(*place, i)] * weight[i, unit]
            if "bias" in variables:
                z[(*place, unit)] += variables["bias"][unit]
    return FUNCTIONS[function](z)


def dense(function: str) -> Any:
    return lambda variables, state, x: one_dense(variables, x, function)


def activation(function: str) -> Any:
    return lambda variables, state, x: FUNCTIONS[function](x)


def flatten(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    return np.array([row.ravel() for row in x])


def reshape(shape: tuple[int, ...]) -> Any:
    return lambda variables, state, x: np.array([row.reshape(shape) for row in x])


def silence(*units: int) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        quiet = x.copy()
        quiet[..., list(units)] = 0
        return quiet

    return apply


def standardize(mean: tuple[float, ...], spread: tuple[float, ...]) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        a = np.zeros_like(x)
        for i in range(x.shape[-1]):
            m, s = mean[i % len(mean)], spread[i % len(spread)]
            if s > 0:
                a[..., i] = (x[..., i] - m) / s
        return a

    return apply


def same(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    return x


def batch_norm(epsilon: float) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        a = (x - state["mean"]) / np.sqrt(np.asarray(state["variance"]) + epsilon)
        return a * variables["scale"] + variables["bias"]

    return apply


def layer_norm(epsilon: float) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        a = (x - mean) / np.sqrt(variance + epsilon)
        return a * variables["scale"] + variables["bias"]

    return apply


def embedding(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    table = np.asarray(variables["weight"])
    return np.array([[table[token] for token in row] for row in x])


def chain(steps: list[tuple[str, str]]) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        for name, function in steps:
            x = one_dense(variables[name], x, function)
        return x

    return apply


def residual(function: str) -> Any:
    return lambda variables, state, x: x + one_dense(variables["dense_1"], x, function)


def concat(branches: list[tuple[str, str] | None]) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        parts = [
            x if branch is None else one_dense(variables[branch[0]], x, branch[1])
            for branch in branches
        ]
        return np.concatenate(parts, axis=-1)

    return apply


def repeat(n: int, function: str) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        stacked = variables["dense_1"]
        for i in range(n):
            own = {name: array[i] for name, array in stacked.items()}
            x = one_dense(own, x, function)
        return x

    return apply

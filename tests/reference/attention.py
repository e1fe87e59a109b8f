"""NumPy twins of attention, positions and normalizations, query by query.

Each returns a function (variables, state, x) -> outputs in prediction mode.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def attention(heads: int, causal: bool = False, rotary: bool = False) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        return np.array([one(variables, row, heads, causal, rotary) for row in x])

    return apply


def one(
    variables: Any, x: np.ndarray, heads: int, causal: bool, rotary: bool
) -> np.ndarray:
    """One sequence (time, width), head by head and query by query."""

    def project(name: str, values: np.ndarray) -> np.ndarray:
        bias = variables.get(f"bias_{name}", 0.0)
        return values @ np.asarray(variables[f"weight_{name}"]) + bias

    q, k, v = (project(name, x) for name in ("query", "key", "value"))
    d = q.shape[1] // heads
    means = np.zeros_like(q)
    for head in range(heads):
        own = slice(head * d, (head + 1) * d)
        for s in range(len(x)):
            last = s + 1 if causal else len(x)
            query = turned(q[s, own], s) if rotary else q[s, own]
            keys = [turned(k[t, own], t) if rotary else k[t, own] for t in range(last)]
            chances = np.exp([query @ key / math.sqrt(d) for key in keys])
            chances = chances / chances.sum()
            means[s, own] = sum(p * v[t, own] for t, p in enumerate(chances))
    return project("output", means)


def turned(u: np.ndarray, t: int) -> np.ndarray:
    """One vector at time t, pair by pair, as complex numbers."""
    half = len(u) // 2
    turned = np.zeros_like(u)
    for i in range(half):
        pair = complex(u[i], u[i + half]) * np.exp(1j * t * 10_000 ** (-2 * i / len(u)))
        turned[i], turned[i + half] = pair.real, pair.imag
    return turned


def learned_positions(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    return np.array([row + variables["weight"][: len(row)] for row in x])


def sinusoidal_positions(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    code = np.zeros(x.shape[1:])
    width = x.shape[2]
    for t in range(x.shape[1]):
        for i in range(0, width, 2):
            angle = t / 10_000 ** (i / width)
            code[t, i] = math.sin(angle)
            if i + 1 < width:
                code[t, i + 1] = math.cos(angle)
    return np.array([row + code for row in x])


def group_norm(groups: int, epsilon: float) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        a = np.zeros_like(x)
        for i, row in enumerate(x):
            for own in np.split(np.arange(x.shape[-1]), groups):
                part = row[..., own]
                spread = np.sqrt(part.var() + epsilon)
                a[i][..., own] = (part - part.mean()) / spread
        return a * variables["scale"] + variables["bias"]

    return apply


def rms_norm(epsilon: float) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        size = np.sqrt((x**2).mean(-1, keepdims=True) + epsilon)
        return x / size * variables["scale"]

    return apply

"""Slow, obvious twins of the spiking layers, and the gradient by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Twin = Callable[[Any, Any, np.ndarray], np.ndarray]


def membranes(
    z: np.ndarray, decay: float, threshold: float, reset: str
) -> tuple[np.ndarray, np.ndarray]:
    """u and s of one row's weighted sums (time, units), neuron by neuron."""
    u, s = np.zeros_like(z), np.zeros_like(z)
    for j in range(z.shape[1]):
        left = 0.0
        for t in range(len(z)):
            u[t, j] = left + z[t, j]
            fires = u[t, j] >= threshold
            s[t, j] = 1.0 if fires else 0.0
            left = decay * u[t, j]
            if fires:
                left = 0.0 if reset == "zero" else left - threshold
    return u, s


def spiking(
    decay: float = 0.9, threshold: float = 1.0, reset: str = "subtract"
) -> Twin:
    def twin(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        bias = variables.get("bias", 0.0)
        rows = [row @ variables["weight"] + bias for row in x]
        return np.array([membranes(z, decay, threshold, reset)[1] for z in rows])

    return twin


def leaky_readout(decay: float, over: str) -> Twin:
    read = {"mean": lambda u: u.mean(0), "max": lambda u: u.max(0),
            "last": lambda u: u[-1]}[over]  # fmt: skip

    def twin(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        bias = variables.get("bias", 0.0)
        rows = [row @ variables["weight"] + bias for row in x]
        return np.array([read(membranes(z, decay, np.inf, "zero")[0]) for z in rows])

    return twin


def encode(code: str, steps: int) -> Twin:
    def twin(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        out = np.zeros((len(x), steps, x.shape[1]), x.dtype)
        for (i, j), value in np.ndenumerate(x):
            p = min(max(float(value), 0.0), 1.0)
            if code == "constant":
                out[i, :, j] = value
            elif code == "latency" and p > 0:
                out[i, round((1 - p) * (steps - 1)), j] = 1
            elif code == "rate":
                for t in range(steps):
                    out[i, t, j] = float(int((t + 1) * p) > int(t * p))
        return out

    return twin


def gradient_by_hand(
    variables: Any, x: np.ndarray, mix: np.ndarray, derivative: Any, how: Any
) -> tuple[np.ndarray, np.ndarray]:
    """dL/dW and dL/db of L = sum(mix * s), for one row, step by step backwards."""
    z = x @ variables["weight"] + variables["bias"]
    u, s = membranes(z, how.decay, how.threshold, how.reset)
    dz, ahead = np.zeros_like(z), np.zeros(z.shape[1])
    for t in range(len(z) - 1, -1, -1):
        kept = how.decay * (1 - s[t] if how.reset == "zero" else 1)
        ahead = mix[t] * derivative(u[t] - how.threshold) + kept * ahead
        dz[t] = ahead
    return x.T @ dz, dz.sum(0)

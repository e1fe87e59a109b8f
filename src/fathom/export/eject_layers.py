"""Layers for an ejected file: NumPy functions that are copied as they stand.

`fathom.export.eject` writes those that a network uses into its file, source and all.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def dense(x: Array, weight: Array, bias: Array | float = 0.0) -> Array:
    """Return the weighted sums x W + b of every neuron.

    x (batch, inputs), weight (inputs, units), bias (units,) -> (batch, units).
    """
    return x @ weight + bias


def batch_norm(
    x: Array, mean: Array, variance: Array, scale: Array, bias: Array, epsilon: float
) -> Array:
    """Bring every feature to mean 0 and variance 1, then scale and shift it.

    Mean and variance are those that training saw on its way (running statistics).
    """
    return (x - mean) / np.sqrt(variance + epsilon) * scale + bias


def layer_norm(x: Array, scale: Array, bias: Array, epsilon: float) -> Array:
    """Bring each example to mean 0 and variance 1 over its last axis."""
    centered = x - x.mean(axis=-1, keepdims=True)
    variance = (centered**2).mean(axis=-1, keepdims=True)
    return centered / np.sqrt(variance + epsilon) * scale + bias


def group_norm(
    x: Array, groups: int, scale: Array, bias: Array, epsilon: float
) -> Array:
    """Bring each group of channels of an example to mean 0 and variance 1."""
    apart = x.reshape(len(x), -1, groups, x.shape[-1] // groups)
    centered = apart - apart.mean(axis=(1, 3), keepdims=True)
    variance = (centered**2).mean(axis=(1, 3), keepdims=True)
    normal = (centered / np.sqrt(variance + epsilon)).reshape(x.shape)
    return normal * scale + bias


def rms_norm(x: Array, scale: Array, epsilon: float) -> Array:
    """Divide each example by the root of the mean square of its last axis."""
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + epsilon) * scale


def tokens(x: Array, n_tokens: int) -> Array:
    """Return x as row numbers of a table; what is outside counts as the nearest."""
    return np.clip(x.astype(int), 0, n_tokens - 1)


def embedding(x: Array, weight: Array) -> Array:
    """Look up the vector of every token: row x of the weight (tokens, units)."""
    return weight[tokens(x, len(weight))]


def sinusoidal_positions(time: int, width: int) -> Array:
    """Return the code (time, width) of every position: sines and cosines.

    The wavelengths grow from 2 pi to 20,000 pi from the first column to the last.
    """
    even = np.arange(width) // 2 * 2
    angles = np.outer(np.arange(time), 10_000.0 ** (-even / width))
    code = np.where(np.arange(width) % 2, np.cos(angles), np.sin(angles))
    return code.astype(np.float32)


def silence(x: Array, units: list[int]) -> Array:
    """Set units, places of the last axis, to 0."""
    return np.where(np.isin(np.arange(x.shape[-1]), units), 0.0, x)


def scaled(x: Array, mean: list[float], spread: list[float]) -> Array:
    """Subtract a mean and divide by a spread, feature by feature; 0 at spread 0."""
    wide = np.array(spread, x.dtype)
    factor = np.where(wide > 0, 1 / np.where(wide > 0, wide, 1), 0).astype(x.dtype)
    return (x - np.array(mean, x.dtype)) * factor


def mean_of_steps(x: Array, real: Array) -> Array:
    """Return the mean (batch, units) of the real steps of x (batch, time, units)."""
    total = np.where(real[:, :, None], x, 0.0).sum(axis=1)
    return total / np.maximum(real.sum(axis=1, keepdims=True), 1).astype(x.dtype)


def layer(w: dict[str, Array], name: str, *block: int) -> dict[str, Array]:
    """Return the weights of one layer by their own names.

    Of a repeated layer, whose weights are stacked, those of block i (or block i, j).
    """
    start = name + "/"
    return {
        key.removeprefix(start): weight[block]
        for key, weight in w.items()
        if key.startswith(start)
    }

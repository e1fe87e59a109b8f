"""Activations for an ejected file: NumPy functions that are copied as they stand.

`fathom.export.eject` writes those that a network uses into its file, source and all.
"""

from __future__ import annotations

import math

import numpy as np

Array = np.ndarray


def step(z: Array) -> Array:
    """Return 1 where z >= 0, else 0."""
    return (z >= 0).astype(z.dtype)


def identity(z: Array) -> Array:
    """Return z as it is."""
    return z


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + exp(-z)), written so that no exp overflows."""
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


def tanh(z: Array) -> Array:
    """Return the hyperbolic tangent, from -1 to 1."""
    return np.tanh(z)


def relu(z: Array) -> Array:
    """Return z where z > 0, else 0."""
    return np.maximum(z, 0)


def leaky_relu(z: Array) -> Array:
    """Return z where z > 0, else 0.01 z."""
    return np.where(z > 0, z, 0.01 * z)


def elu(z: Array) -> Array:
    """Return z where z > 0, else exp(z) - 1."""
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


def selu(z: Array) -> Array:
    """Return 1.0507 z where z > 0, else 1.7581 (exp(z) - 1)."""
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(z > 0, z, alpha * (np.exp(np.minimum(z, 0)) - 1))


def gelu(z: Array) -> Array:
    """Return z times the share of a normal distribution that lies below z."""
    erf = np.vectorize(math.erf, otypes=[z.dtype])
    return z * (1 + erf(z / math.sqrt(2))) / 2


def silu(z: Array) -> Array:
    """Return z sigmoid(z)."""
    return z * sigmoid(z)


def softplus(z: Array) -> Array:
    """Return log(1 + exp(z)), written so that no exp overflows."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def softmax(z: Array) -> Array:
    """Return exp(z) over its sum on the last axis: numbers that add up to 1."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))  # less the largest: no overflow
    return e / e.sum(axis=-1, keepdims=True)

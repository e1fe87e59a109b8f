"""Recurrent layers and attention for an ejected file: NumPy functions.

`fathom.export.eject` writes those that a network uses into its file, source and all.
In all of them w holds the layer's own weights by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fathom.export.eject_activations import sigmoid, softmax
from fathom.export.eject_layers import dense

Array = np.ndarray
Weights = dict[str, Array]


def keep(new: Array, old: Array, real: Array | None, t: int) -> Array:
    """Return the new state, but the old one where step t is padding."""
    return new if real is None else np.where(real[:, t, None], new, old)


def rnn(
    x: Array, w: Weights, function: Callable[[Array], Array], real: Array | None = None
) -> Array:
    """Go over the steps with one layer that also sees its own last output h.

    x (batch, time, inputs) -> the outputs of all steps (batch, time, units).
    """
    h = np.zeros((len(x), len(w["weight_recurrent"])), x.dtype)
    outputs = []
    for t in range(x.shape[1]):
        z = x[:, t] @ w["weight"] + h @ w["weight_recurrent"] + w.get("bias", 0.0)
        h = keep(function(z), h, real, t)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def lstm(x: Array, w: Weights, real: Array | None = None) -> Array:
    """Go over the steps with a cell that gates write, keep and read.

    x (batch, time, inputs) -> the outputs of all steps (batch, time, units).
    """
    h = np.zeros((len(x), len(w["weight_recurrent"])), x.dtype)
    cell = np.zeros_like(h)
    outputs = []
    for t in range(x.shape[1]):
        z = x[:, t] @ w["weight"] + h @ w["weight_recurrent"] + w.get("bias", 0.0)
        z_write, z_forget, z_candidate, z_read = np.split(z, 4, axis=-1)
        write, forget, read = sigmoid(z_write), sigmoid(z_forget), sigmoid(z_read)
        candidate = np.tanh(z_candidate)
        cell = keep(forget * cell + write * candidate, cell, real, t)
        h = keep(read * np.tanh(cell), h, real, t)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def gru(x: Array, w: Weights, real: Array | None = None) -> Array:
    """Go over the steps with a state h that two gates reset and keep.

    x (batch, time, inputs) -> the outputs of all steps (batch, time, units).
    """
    h = np.zeros((len(x), len(w["weight_recurrent"])), x.dtype)
    outputs = []
    for t in range(x.shape[1]):
        new = x[:, t] @ w["weight"] + w.get("bias", 0.0)
        new_reset, new_update, new_candidate = np.split(new, 3, axis=-1)
        past = h @ w["weight_recurrent"]
        past_reset, past_update, past_candidate = np.split(past, 3, axis=-1)
        reset = sigmoid(new_reset + past_reset)
        update = sigmoid(new_update + past_update)
        past_candidate = past_candidate + w.get("bias_recurrent", 0.0)
        candidate = np.tanh(new_candidate + reset * past_candidate)
        h = keep((1 - update) * candidate + update * h, h, real, t)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def attention(
    x: Array,
    memory: Array,
    w: Weights,
    heads: int,
    mask: Array | None = None,
    turn: Callable[[Array], Array] | None = None,
) -> Array:
    """Let every step of x (batch, time, width) look at all steps of a memory.

    The memory is x itself in self-attention. Each head has its own d columns of the
    query, key and value: softmax(q k^T / sqrt(d)) v. The mask is True where a query
    (axis 2) may look at a key (axis 3); `turn` gives queries and keys their position.
    """

    def project(values: Array, name: str) -> Array:
        z = dense(values, w["weight_" + name], w.get("bias_" + name, 0.0))
        return z.reshape(*z.shape[:2], heads, -1).swapaxes(1, 2)

    q, k, v = project(x, "query"), project(memory, "key"), project(memory, "value")
    if turn is not None:
        q, k = turn(q), turn(k)
    scores = q @ k.swapaxes(2, 3) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -1e30)
    shares = softmax(scores)  # (batch, heads, queries, keys)
    if mask is not None:
        shares = np.where(mask, shares, 0.0)  # a query that may look nowhere: 0
    seen = (shares @ v).swapaxes(1, 2).reshape(*x.shape[:2], -1)  # heads side by side
    return dense(seen, w["weight_output"], w.get("bias_output", 0.0))


def causal(time: int) -> Array:
    """Return a mask (1, 1, time, time): step i may look at the steps 0 to i."""
    return np.tril(np.ones((1, 1, time, time), bool))


def rotate(u: Array) -> Array:
    """Turn the pairs (u_i, u_{i + d/2}) at time t by the angle t * 10000^(-2i/d)."""
    time, d = u.shape[-2:]
    angles = np.outer(np.arange(time), 10_000.0 ** (-np.arange(0, d, 2) / d))
    cos, sin = np.cos(angles).astype(u.dtype), np.sin(angles).astype(u.dtype)
    first, second = np.split(u, 2, axis=-1)
    turned = [first * cos - second * sin, second * cos + first * sin]
    return np.concatenate(turned, axis=-1)

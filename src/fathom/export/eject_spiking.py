"""Spiking layers for an ejected file: NumPy functions.

`fathom.export.eject` writes those that a network uses into its file, source and all.
"""

from __future__ import annotations

import numpy as np

from fathom.export.eject_layers import dense

Array = np.ndarray
Weights = dict[str, Array]


def constant_current(x: Array, steps: int) -> Array:
    """Return every row at every step, (batch, steps, inputs)."""
    return np.repeat(x[:, None], steps, axis=1)


def even_spikes(x: Array, steps: int) -> Array:
    """Return spikes at a rate of x per step, evenly spaced, (batch, steps, inputs)."""
    t = np.arange(steps, dtype=x.dtype)[None, :, None]
    rate = np.clip(x, 0, 1)[:, None]
    rate = rate * (1 + 4 * np.finfo(x.dtype).eps)  # a fifth is a fifth
    return (np.floor((t + 1) * rate) > np.floor(t * rate)).astype(x.dtype)


def first_spikes(x: Array, steps: int) -> Array:
    """Return one spike for each input, the strongest first, (batch, steps, inputs)."""
    t, strength = np.arange(steps)[None, :, None], np.clip(x, 0, 1)[:, None]
    now = t == np.round((1 - strength) * (steps - 1))
    return (now & (strength > 0)).astype(x.dtype)


def spiking(
    x: Array,
    w: Weights,
    decay: float,
    threshold: float,
    reset: str,
    real: Array | None = None,
) -> Array:
    """Go over the steps with neurons that leak, sum and spike: 0 or 1 at every step.

    x (batch, time, inputs) -> (batch, time, units).
    """
    z = dense(x, w["weight"], w.get("bias", 0.0))
    u = np.zeros_like(z[:, 0])
    spikes = []
    for t in range(x.shape[1]):
        fired = u >= threshold
        left = decay * u - threshold * fired if reset == "subtract" else decay * u
        if reset == "zero":
            left = np.where(fired, 0, left)
        new = (left + z[:, t]).astype(z.dtype)
        now = np.ones((len(x), 1), bool) if real is None else real[:, t, None]
        u = np.where(now, new, u)
        spikes.append((u >= threshold) & now)
    return np.stack(spikes, axis=1).astype(z.dtype)


def leaky_readout(
    x: Array, w: Weights, decay: float, over: str, real: Array | None = None
) -> Array:
    """Sum the inputs with a leak, and read the mean, maximum or last of it over time.

    x (batch, time, inputs) -> (batch, units).
    """
    z = dense(x, w["weight"], w.get("bias", 0.0))
    now = np.ones(z.shape[:2], bool) if real is None else real
    u = np.zeros_like(z[:, 0])
    potentials = []
    for t in range(x.shape[1]):
        u = np.where(now[:, t, None], decay * u + z[:, t], u).astype(z.dtype)
        potentials.append(u)
    if over == "last":
        return u
    every, count = np.stack(potentials, axis=1), now.sum(axis=1)[:, None]
    if over == "max":
        most = np.where(now[:, :, None], every, -np.inf).max(axis=1)
        return np.where(count > 0, most, 0).astype(z.dtype)
    total = np.where(now[:, :, None], every, 0).sum(axis=1)
    return (total / np.maximum(count, 1)).astype(z.dtype)

"""Decoders: what spikes say, read by their number, their first, or their place.

`mutual_information` measures how much of a value gets through a code and its decoder.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom.errors import InputError

# What a decoder of classes returns when no cell has fired.
SILENT = -1


def decode_count(spikes: Any) -> jax.Array:
    """Return the cell that fired most, the first of equals, and -1 if none fired.

    Args:
        spikes: (time, ..., cells).

    Returns:
        (...) int32.

    Example:
        >>> import numpy as np
        >>> decode_count(np.array([[1, 0], [0, 1], [0, 1]])).item()
        1
    """
    counts = jnp.asarray(spikes).astype(jnp.int32).sum(0)
    most = jnp.argmax(counts, -1).astype(jnp.int32)
    return jnp.where(counts.max(-1) > 0, most, SILENT)


def first_spike(spikes: Any) -> jax.Array:
    """Return the step of each cell's first spike, and the number of steps if none.

    Args:
        spikes: (time, ...).

    Returns:
        (...) int32.

    Example:
        >>> import numpy as np
        >>> first_spike(np.array([[0, 0, 0], [1, 0, 0], [1, 0, 1]])).tolist()
        [1, 3, 2]
    """
    fired = jnp.asarray(spikes).astype(bool)
    first = jnp.argmax(fired, 0).astype(jnp.int32)
    return jnp.where(fired.any(0), first, len(fired))


def decode_first_spike(spikes: Any) -> jax.Array:
    """Return the cell that fired first, the first of equals, and -1 if none fired.

    Args:
        spikes: (time, ..., cells).

    Returns:
        (...) int32.

    Example:
        >>> import numpy as np
        >>> decode_first_spike(np.array([[0, 1], [1, 0], [1, 0]])).item()
        1
    """
    times = first_spike(spikes)
    soonest = jnp.argmin(times, -1).astype(jnp.int32)
    return jnp.where(times.min(-1) < len(jnp.asarray(spikes)), soonest, SILENT)


def decode_rate(spikes: Any, dt: float = 1.0) -> jax.Array:
    """Return how often each cell fired: (time, ...) -> (...) in Hz.

    Example:
        >>> import numpy as np
        >>> decode_rate(np.tile([True, False], 50)).item()
        500.0
    """
    return jnp.asarray(spikes).astype(jnp.float32).mean(0) * (1000 / dt)


def decode_delta(spikes: Any, threshold: float = 0.1, start: float = 0.0) -> jax.Array:
    """Return the signal that `delta` told: (time, ..., 2) -> (time, ...).

    It is within one threshold of the true one where that changed slowly.

    Args:
        spikes: Of `fathom.brain.delta`.
        threshold: The one they were made with.
        start: The signal's first value.
    """
    changes = jnp.asarray(spikes).astype(jnp.float32)
    return start + threshold * jnp.cumsum(changes[..., 0] - changes[..., 1], 0)


def decode_population(spikes: Any, low: float = 0.0, high: float = 1.0) -> jax.Array:
    """Return the mean of what the cells prefer, each as often as it fired.

    Args:
        spikes: (time, ..., cells), or counts with a time axis of 1.
        low: What the first cell prefers.
        high: What the last one prefers.

    Returns:
        (...), and the middle of the range where no cell fired.
    """
    counts = jnp.asarray(spikes).astype(jnp.float32).sum(0)
    cells = counts.shape[-1]
    total = counts.sum(-1)
    sums = counts @ jnp.linspace(low, high, cells, dtype=jnp.float32)
    return jnp.where(total > 0, sums / jnp.maximum(total, 1.0), (low + high) / 2)


def mutual_information(values: Any, answers: Any) -> float:
    """Return how many bits the answers say about the values, from pairs of both.

    I = sum of p(v, a) log2(p(v, a) / (p(v) p(a))) over the pairs, with Miller and
    Madow's correction for the bias of few examples.

    Args:
        values: (examples,) of a few kinds.
        answers: (examples,) of a few kinds.

    Raises:
        InputError: If there are not as many of both, or none.

    Example:
        >>> mutual_information([0, 1, 2, 3] * 100, [0, 1, 2, 3] * 100)
        2.0
    """
    values, answers = np.asarray(values).ravel(), np.asarray(answers).ravel()
    if len(values) != len(answers) or not len(values):
        raise InputError(
            f"mutual_information takes as many values as answers. Got {len(values)} "
            f"and {len(answers)}."
        )
    _, rows = np.unique(values, return_inverse=True)
    _, columns = np.unique(answers, return_inverse=True)
    joint = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(joint, (rows, columns), 1)
    n = len(values)
    seen = joint > 0
    by_chance = np.outer(joint.sum(1), joint.sum(0)) / n
    bits = (joint[seen] / n * np.log2(joint[seen] / by_chance[seen])).sum()
    extra = (seen.sum() - len(joint) - joint.shape[1] + 1) / (2 * n * np.log(2))
    most = np.log2(min(joint.shape))
    return float(np.clip(bits - extra, 0.0, most))

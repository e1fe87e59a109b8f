"""Codes: how a value becomes spikes over time.

    code            a value is               spikes         how fast
    poisson_rate    how often a cell fires   many           slow: noise averages out
    latency         when it fires first      one            by the first spike
    delta           how often it changed     one a change   at once, for changes
    population      which cells fire most    many           fast: averages over cells
    one_hot         which cell fires         one            a single step

Time is the first axis; spikes are boolean. `fathom.brain.decoding` reads them back.
Source: Dayan and Abbott, "Theoretical Neuroscience" (2001), chapters 1 and 3; Thorpe,
Delorme and Van Rullen (2001) for the first spike.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from fathom.errors import InputError, is_number, is_whole, require


def poisson_rate(key: jax.Array, rates: Any, steps: int, dt: float = 1.0) -> jax.Array:
    """Return spikes that come at random, with given rates.

    A step has a spike with probability 1 - exp(-rate dt / 1000): at least one of a
    Poisson process falls into it.

    Args:
        key: For what is drawn.
        rates: (...) in Hz, at least 0.
        steps: How many.
        dt: Length of a step in ms.

    Returns:
        (steps, ...) boolean.

    Raises:
        InputError: If a rate is below 0, or the number of steps is none.
    """
    _check_steps("poisson_rate", steps)
    rates = jnp.asarray(rates, jnp.float32)
    _refuse("poisson_rate", "rates of at least 0 Hz", rates, rates < 0)
    chance = -jnp.expm1(-rates * (dt / 1000))
    return jax.random.bernoulli(key, chance[None], (steps, *rates.shape))


def latency(values: Any, steps: int) -> jax.Array:
    """Return one spike for each value, the earlier the larger it is.

    A value of 1 fires in the first step, one just above 0 in the last, 0 never; between
    them time falls in proportion: step round((1 - value) (steps - 1)).

    Args:
        values: (...) from 0 to 1.
        steps: How many.

    Returns:
        (steps, ...) boolean.

    Raises:
        InputError: If a value is not from 0 to 1, or the number of steps is none.

    Example:
        >>> latency([1.0, 0.5, 0.0], steps=5).astype(int).tolist()
        [[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]
    """
    _check_steps("latency", steps)
    values = jnp.asarray(values, jnp.float32)
    _refuse("latency", "values from 0 to 1", values, (values < 0) | (values > 1))
    when = jnp.round((1 - values) * (steps - 1)).astype(jnp.int32)
    time = jnp.arange(steps, dtype=jnp.int32).reshape(-1, *[1] * values.ndim)
    return (time == when[None]) & (values > 0)[None]


def delta(signal: Any, threshold: float = 0.1) -> jax.Array:
    """Return a spike for each change by a threshold, as an event camera does.

    A cell remembers a level, from the first value on. When the signal is the threshold
    above it, the cell for up fires and the level rises by the threshold; likewise down.
    One step has at most one spike, so that a jump is told over several.

    Args:
        signal: (time, ...).
        threshold: Change that makes a spike.

    Returns:
        (time, ..., 2) boolean: up and down.

    Raises:
        InputError: If the threshold is not above 0, or there is no time axis.

    Example:
        >>> delta([0.0, 1.0, 2.0, 0.0], threshold=1.0).astype(int).tolist()
        [[0, 0], [1, 0], [1, 0], [0, 1]]
    """
    good = is_number(threshold) and threshold > 0
    require(good, "delta", "threshold", "a number above 0", threshold)
    signal = jnp.asarray(signal, jnp.float32)
    if signal.ndim < 1 or not len(signal):
        raise InputError(f"delta takes a signal (time, ...). Got {signal.shape}.")

    def step(level: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
        up, down = now - level >= threshold, level - now >= threshold
        moved = jnp.where(up, threshold, 0.0) - jnp.where(down, threshold, 0.0)
        return level + moved, jnp.stack([up, down], -1)

    return jax.lax.scan(step, signal[0], signal)[1]


def population(
    values: Any, cells: int = 10, low: float = 0.0, high: float = 1.0
) -> jax.Array:
    """Return how strongly each cell of a population answers, from 0 to 1.

    Each cell prefers another value; the preferred ones are spread evenly from `low` to
    `high`, and the answer is a Gaussian as wide as their distance. Times a largest
    rate, these are rates for `poisson_rate`.

    Args:
        values: (...).
        cells: How many share a value, at least 2.
        low: What the first cell prefers.
        high: What the last one prefers.

    Returns:
        (..., cells).

    Raises:
        InputError: If there are fewer than 2 cells, or no range.

    Example:
        >>> print(population(1.0, cells=3).round(1))
        [0.1 0.6 1. ]
    """
    expected = "a whole number of at least 2"
    require(is_whole(cells, 2), "population", "cells", expected, cells)
    require(high > low, "population", "high", f"above the low end, {low}", high)
    values = jnp.asarray(values, jnp.float32)
    preferred = jnp.linspace(low, high, cells).reshape(*[1] * values.ndim, cells)
    distance = (values[..., None] - preferred) / ((high - low) / (cells - 1))
    return jnp.exp(-0.5 * distance * distance)


def one_hot(labels: Any, classes: int) -> jax.Array:
    """Return one step in which the cell of each label fires.

    Args:
        labels: (...) whole numbers from 0.
        classes: How many there are.

    Returns:
        (1, ..., classes) boolean.

    Raises:
        InputError: If a label is not one of the classes.

    Example:
        >>> one_hot([2, 0], classes=3).astype(int).tolist()
        [[[0, 0, 1], [1, 0, 0]]]
    """
    labels = jnp.asarray(labels, jnp.int32)
    wrong = (labels < 0) | (labels >= classes)
    _refuse("one_hot", f"labels from 0 to {classes - 1}", labels, wrong)
    return jax.nn.one_hot(labels, classes, dtype=bool)[None]


def _check_steps(owner: str, steps: int) -> None:
    expected = "a whole number of at least 1"
    require(is_whole(steps), owner, "steps", expected, steps)


def _refuse(owner: str, expected: str, values: jax.Array, wrong: jax.Array) -> None:
    """Raise if a value is wrong; what is being traced cannot be looked at."""
    if isinstance(wrong, Tracer) or not bool(wrong.any()):
        return
    first = np.asarray(values)[np.asarray(wrong)].ravel()[0]
    raise InputError(f"{owner} takes {expected}. Got {first:g} among them.")

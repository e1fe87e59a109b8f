"""Which learning rates work: from the losses of trials to a range.

    share(rate, seed) = (loss before - loss after) / (the same at the best rate)

The best rate is that of the lowest mean loss, where a rate counts no less than the
median of it and its two neighbors, so that a lucky one among bad ones is not taken. A
rate works if with every seed its share is at least 0.8. The range goes from the best
rate down and up to where the worst seed's share crosses that, between two rates by a
straight line over the logarithm of the rate. Shares, and not losses, because losses
have any scale and sign. Why 0.8, and three times: docs/decisions, 009.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Share of the best rate's gain that a rate must reach with every seed.
WORKS = 0.8
# How far above the smallest rate that works the suggestion lies. It hangs on that end,
# because it is the one that other seeds move least, and short trials flatter large
# steps.
ABOVE_LOW = 3.0
# A loss that has risen by what it fell at the best rate has diverged.
DIVERGED = -1.0


class Range(NamedTuple):
    """The rates that work.

    Attributes:
        low: The smallest.
        high: The largest.
        best: Three times the smallest, at most the middle on a logarithmic scale.
    """

    low: float
    high: float
    best: float


def shares(before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
    """Return every trial's share of what its seed gains at the best rate.

    Args:
        before: (seeds,) losses with the start values.
        after: (rates, seeds) losses after training; NaN where there is none.

    Returns:
        (rates, seeds), 1 for the best rate and -infinity where there is no finite loss;
        None if the best rate does not lower the loss of every seed.

    Example:
        >>> shares(np.array([2.0]), np.array([[1.5], [1.0], [np.nan]])).ravel().tolist()
        [0.5, 1.0, -inf]
    """
    losses = np.where(np.isfinite(after), after, np.inf)
    gain = before - losses[_best(losses)]
    if not np.all(np.isfinite(gain) & (gain > 0)):
        return None
    return (before - losses) / gain


def _best(losses: np.ndarray) -> int:
    """Return the place of the best rate.

    Example:
        >>> _best(np.array([[0.9], [0.5], [0.6], [3.0], [0.1], [2.0]]))
        1
    """
    means = losses.mean(axis=1)
    padded = np.pad(means, 1, mode="edge")
    around = np.median([padded[:-2], means, padded[2:]], axis=0)
    return int(np.lexsort((means, np.maximum(means, around)))[0])


def diverged(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return which trials diverged, (rates, seeds).

    Their loss is NaN or infinite, or has risen by as much as it fell at the best rate.
    """
    found = shares(before, after)
    bad = ~np.isfinite(after)
    return bad if found is None else bad | (found < DIVERGED)


def working_range(
    rates: Sequence[float], before: np.ndarray, after: np.ndarray
) -> Range | None:
    """Return the rates that work, or None if the best one does not lower every loss.

    Args:
        rates: In ascending order.
        before: (seeds,) losses with the start values.
        after: (rates, seeds) losses after training; NaN where there is none.

    Example:
        >>> after = np.array([[0.9], [0.2], [0.0], [0.2], [np.nan]])
        >>> found = working_range([1e-4, 1e-3, 1e-2, 1e-1, 1.0], np.ones(1), after)
        >>> [f"{rate:.1g}" for rate in found]
        ['0.001', '0.1', '0.003']
    """
    found = shares(before, after)
    if found is None:
        return None
    worst, logs = found.min(axis=1), np.log10(np.array(rates, float))
    middle = _best(np.where(np.isfinite(after), after, np.inf))
    low = _crossing(logs[middle::-1], worst[middle::-1])
    high = _crossing(logs[middle:], worst[middle:])
    best = low + min(np.log10(ABOVE_LOW), (high - low) / 2)
    return Range(*(float(10.0**exponent) for exponent in (low, high, best)))


def _crossing(logs: np.ndarray, worst: np.ndarray) -> float:
    """Return where the shares, followed from the best rate on, fall below the limit."""
    below = np.flatnonzero(worst < WORKS)
    if not below.size:
        return float(logs[-1])
    i = int(below[0])
    inside, outside = worst[i - 1], max(worst[i], DIVERGED)
    way = (inside - WORKS) / (inside - outside)
    return float(logs[i - 1] + way * (logs[i] - logs[i - 1]))

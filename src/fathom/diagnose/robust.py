"""Middle and spread of numbers of which a few are far off all others."""

from __future__ import annotations

from typing import Any

import numpy as np

PLAIN, ROBUST, EVEN = "standardize", "standardize by quartiles", "even out"
# A number is far off from so many spreads on; more than this share are no outliers.
FAR, FEW = 20.0, 0.05
# Of so many values of a column it is seen well enough.
MOST = 20_000
# Quartiles of a normal distribution are so many deviations apart.
DEVIATIONS = 1.349


def middle(x: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return median and spread of every column of (rows, ...) numbers.

    The spread is that of a normal distribution with the same quartiles, and the
    standard deviation where these are one number.
    """
    flat = _flat(x).astype(np.float64)
    low, center, high = np.quantile(flat, (0.25, 0.5, 0.75), axis=0)
    spread = (high - low) / DEVIATIONS
    return center, np.where(spread > 0, spread, flat.std(0))


def share_far(x: Any) -> np.ndarray:
    """Return the share of each column that is far off."""
    center, spread = middle(x)
    flat = _columns(x)
    return (np.abs(flat - center) > FAR * np.where(spread > 0, spread, 1)).mean(0)


def fences(x: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return where the columns begin, and how far their lower and upper parts reach.

    Values that stand for missing ones are outside: beyond four times the distance from
    the median to a quartile nothing counts.
    """
    flat = _columns(x)
    quantiles = np.quantile(flat, (0.25, 0.5, 0.75, 0.95), axis=0)
    first, center, third, most = quantiles
    low = np.maximum(flat.min(0), center - 4 * (center - first))
    high = np.minimum(most, third + 4 * (third - center))
    usual = flat.std(0)
    sizes = [np.where(s > 0, s, usual) for s in (first - low, high - low)]
    return low, sizes


def _flat(x: Any) -> np.ndarray:
    x = np.asarray(x)
    return x.reshape(-1, x.shape[-1] if x.ndim > 1 else 1)


def _columns(x: Any) -> np.ndarray:
    flat = _flat(x)
    return flat[:: max(len(flat) // MOST, 1)].astype(np.float64)


def way(y: Any) -> str:
    """Return how targets are best standardized.

    Example:
        >>> way(np.array([[0.0], [1.0], [2.0], [3.0]]))
        'standardize'
    """
    share = share_far(y)
    return ROBUST if ((share > 0) & (share < FEW)).any() else PLAIN

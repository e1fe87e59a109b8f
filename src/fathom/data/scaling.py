"""Mean and standard deviation of numbers of any size."""

from __future__ import annotations

import numpy as np

# Further out an input says no more, and float32 would overflow in the network.
FURTHEST = 1e6


def center_and_spread(values: np.ndarray) -> tuple[float, float]:
    """Return (mean, standard deviation), the latter 0 if all values are equal.

    The deviation is the square root of the mean squared deviation (n, not n - 1).
    Values near the largest float do not overflow, and equal values have no rounding
    noise for a deviation.

    Args:
        values: (rows,) finite float64, at least one.

    Example:
        >>> center_and_spread(np.array([1.0, 3.0]))
        (2.0, 1.0)
    """
    low, high = float(values.min()), float(values.max())
    if low == high:
        return low, 0.0
    scale = max(abs(low), abs(high))
    unit = values / scale
    mean = float(unit.mean())
    spread = float(np.sqrt(np.mean((unit - mean) ** 2)))
    return mean * scale, spread * scale


def standardize(values: np.ndarray, mean: float, std: float) -> np.ndarray:
    """Return (values - mean) / std, cut at a million standard deviations.

    Args:
        values: (rows,) finite float64.
        mean: Of the training part.
        std: Of the training part, above 0.
    """
    with np.errstate(over="ignore"):
        return np.clip((values - mean) / std, -FURTHEST, FURTHEST)

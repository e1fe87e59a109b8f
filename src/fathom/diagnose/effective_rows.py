"""How many rows count where their weights are unequal."""

from __future__ import annotations

import numpy as np


def effective_share(weight: np.ndarray, labels: np.ndarray | None) -> float:
    """Return the share of the rows that count, from the inequality of their weights.

    `(sum w)^2 / sum w^2` over the number of rows with a weight (Kish, "Survey
    Sampling", 1965), in each class by itself, so that weights of classes do not matter.

    Args:
        weight: (rows,)
        labels: (rows,) classes, or None.

    Example:
        >>> effective_share(np.array([1.0, 1.0, 0.0, 0.0]), None)
        1.0
    """
    count = effective_rows(weight, labels)
    return count / max(int((np.asarray(weight) > 0).sum()), 1)


def effective_rows(weight: np.ndarray, labels: np.ndarray | None) -> float:
    """Return the number of rows that count, of which `effective_share` is the share."""
    weight = np.asarray(weight, np.float64)
    groups = np.zeros(len(weight), np.int64) if labels is None else labels
    if len(groups) != len(weight):
        return float(len(weight))
    sums, squares = np.bincount(groups, weight), np.bincount(groups, weight**2)
    used = squares > 0
    return float((np.square(sums[used]) / squares[used]).sum())

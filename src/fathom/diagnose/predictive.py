"""How much a single column says about the target."""

from __future__ import annotations

import numpy as np

BINS = 32


def class_progress(values: np.ndarray, labels: np.ndarray, n_classes: int) -> float:
    """Return how far a column gets from guessing (0) to telling all classes (1).

    The most frequent class of each of its values (or of 32 bins) is taken from every
    other row and tried on the rest.

    Args:
        values: (rows,) numbers, NaN where missing.
        labels: (rows,) classes.
        n_classes: How many there are.

    Example:
        >>> values, labels = np.arange(8.0) // 4, np.array([0, 0, 0, 0, 1, 1, 1, 1])
        >>> class_progress(values, labels, 2)
        1.0
    """
    bins = _binned(values)
    counts = np.zeros((bins.max() + 1, n_classes), np.int64)
    np.add.at(counts, (bins[::2], labels[::2]), 1)
    guess = np.where(counts.any(1), counts.argmax(1), counts.sum(0).argmax())
    tried = labels[1::2]
    right = float((guess[bins[1::2]] == tried).mean())
    majority = np.bincount(tried, minlength=n_classes).max() / len(tried)
    return 0.0 if majority >= 1 else float((right - majority) / (1 - majority))


def _binned(values: np.ndarray) -> np.ndarray:
    present = values[np.isfinite(values)]
    if not len(present):
        return np.zeros(len(values), np.int64)
    edges = np.unique(present)
    if len(edges) > BINS:
        edges = np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)[1:-1]))
    filled = np.where(np.isfinite(values), values, np.inf)
    return np.searchsorted(edges, filled, side="right")


def is_copy_of_classes(values: np.ndarray, labels: np.ndarray) -> bool:
    """Say whether values and classes stand for each other, one to one."""
    if not np.isfinite(values).all():
        return False
    pairs = len(np.unique(np.stack([values, labels], axis=1), axis=0))
    return pairs == len(np.unique(values)) == len(np.unique(labels))


def variance_within(values: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of a column's variance that is within the classes, 0 to 1.

    Args:
        values: (rows,) numbers; 1 is returned if one is missing, or none varies.
        labels: (rows,) classes.

    Example:
        >>> values, labels = np.array([0.0, 0.2, 1.0, 1.2]), np.array([0, 0, 1, 1])
        >>> round(variance_within(values, labels), 3)
        0.038
    """
    if not np.isfinite(values).all() or values.std() == 0:
        return 1.0
    counts = np.bincount(labels)
    means = np.bincount(labels, values) / np.maximum(counts, 1)
    return float(np.square(values - means[labels]).mean() / values.var())


def rank_correlation(values: np.ndarray, target: np.ndarray) -> float:
    """Return the size of Spearman's correlation, of the rows where both are there."""
    return linear_correlation(_ranks(values), _ranks(target))


def linear_correlation(values: np.ndarray, target: np.ndarray) -> float:
    """Return the size of Pearson's correlation; 0 where one does not vary."""
    there = np.isfinite(values) & np.isfinite(target)
    a, b = values[there].astype(np.float64), target[there].astype(np.float64)
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float(abs((a * b).sum()) / np.sqrt((a * a).sum() * (b * b).sum()))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks, the mean of them for equal values; NaN stays."""
    there = np.isfinite(values)
    _, place, counts = np.unique(values[there], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = np.full(len(values), np.nan)
    ranks[there] = (ends - (counts - 1) / 2)[place]
    return ranks

"""Metrics on rows drawn with replacement, many draws at once.

A draw is a weight for every row: how often it was drawn. With the weights of all draws
as a matrix, sums over rows are matrix products, and every metric here is made of sums.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

N_DRAWS = 1000
# Weights of so many draws and rows are held at once.
MOST_WEIGHTS = 4_000_000

Values = dict[str, np.ndarray]


def resampled(
    task: str,
    known: np.ndarray,
    given: np.ndarray,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> Values:
    """Return every metric on rows drawn with replacement.

    Args:
        task: "classification" or "regression".
        known: (rows,) class numbers, or (rows, targets) numbers.
        given: (rows, classes) probabilities, or numbers like `known`.
        n_draws: How often as many rows as there are are drawn.
        seed: Fixes the draws.

    Returns:
        {metric: (draws,)}; NaN where a draw leaves a metric undefined.
    """
    rng, n = np.random.default_rng(seed), len(known)
    size = max(1, min(n_draws, MOST_WEIGHTS // n))
    is_class = task == "classification"
    measure = (_of_classes if is_class else _of_numbers)(known, given)
    pieces = [
        measure(_draws(rng, min(size, n_draws - begin), n))
        for begin in range(0, n_draws, size)
    ]
    names = pieces[0]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in names}


def _draws(rng: np.random.Generator, n_draws: int, n: int) -> np.ndarray:
    """Return how often each row is drawn, (draws, rows)."""
    places = rng.integers(n, size=(n_draws, n)) + n * np.arange(n_draws)[:, None]
    counts = np.bincount(places.ravel(), minlength=n_draws * n)
    return counts.reshape(n_draws, n).astype(np.float64)


def _of_classes(
    classes: np.ndarray, shares: np.ndarray
) -> Callable[[np.ndarray], Values]:
    n_classes = shares.shape[1]
    labels = np.arange(n_classes)
    shares = np.maximum(np.asarray(shares, float), np.finfo(float).tiny)
    shares = shares / shares.sum(axis=1, keepdims=True)
    is_class = classes[:, None] == labels
    is_chosen = shares.argmax(axis=1)[:, None] == labels
    lowest = np.finfo(float).eps  # as scikit-learn's log_loss has it
    loss = -np.log(np.clip(shares[np.arange(len(classes)), classes], lowest, 1))
    scored = labels[1:] if n_classes == 2 else labels
    ranked = [_area(is_class[:, label], shares[:, label]) for label in scored]

    def measure(weight: np.ndarray) -> Values:
        n = weight.sum(axis=1)
        hit, true = weight @ (is_class & is_chosen), weight @ is_class
        either = true + weight @ is_chosen
        found = _mean_over(hit, true)
        return {
            "accuracy": hit.sum(axis=1) / n,
            "balanced_accuracy": np.where((true > 0).sum(axis=1) > 1, found, np.nan),
            "macro_f1": _mean_over(2 * hit, either),
            "log_loss": weight @ loss / n,
            "roc_auc": np.mean([area(weight) for area in ranked], axis=0),
        }

    return measure


def _mean_over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return the mean over the classes that are there of part / whole."""
    ratio = np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
    return ratio.sum(axis=1) / (whole > 0).sum(axis=1)


def _area(
    is_class: np.ndarray, score: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the area under the ROC curve as a function of weights (draws, rows).

    It is the share of pairs, one row of the class and one of the rest, in which the
    former has the higher score; equal scores count half.
    """
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))

    def area(weight: np.ndarray) -> np.ndarray:
        own = np.add.reduceat((weight * is_class)[:, order], starts, axis=1)
        rest = np.add.reduceat((weight * ~is_class)[:, order], starts, axis=1)
        below = np.cumsum(rest, axis=1) - rest / 2
        pairs = own.sum(axis=1) * rest.sum(axis=1)
        wins = (own * below).sum(axis=1)
        return np.divide(wins, pairs, out=np.full(len(weight), np.nan), where=pairs > 0)

    return area


def _of_numbers(known: np.ndarray, given: np.ndarray) -> Callable[[np.ndarray], Values]:
    known = np.asarray(known, float).reshape(len(known), -1)
    apart = np.asarray(given, float).reshape(known.shape) - known
    centered = known - known.mean(axis=0)

    def measure(weight: np.ndarray) -> Values:
        share = weight / weight.sum(axis=1, keepdims=True)
        squared = share @ apart**2
        spread = share @ centered**2 - (share @ centered) ** 2
        r2 = np.full(squared.shape, np.nan)
        np.divide(squared, spread, out=r2, where=spread > 0)
        return {
            "r2": (1 - r2).mean(axis=1),
            "root_mean_squared_error": np.sqrt(squared).mean(axis=1),
            "mean_absolute_error": (share @ np.abs(apart)).mean(axis=1),
        }

    return measure

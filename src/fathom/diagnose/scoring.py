"""How good a network's answers on the validation rows are, row by row.

    classes    1 for a right answer, 0 for a wrong one: the mean is the accuracy
    numbers    1 - squared error / variance: the mean is R2

Neither depends on the loss or on the scale of the targets, so runs can be compared that
differ in these. Two runs are compared row by row: the mean of the differences against
its standard error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from fathom.diagnose.effective_rows import effective_share
from fathom.diagnose.robust import FAR, FEW, middle, share_far
from fathom.network import Network
from fathom.training.objective import Batch, targets_of

MOST_ROWS = 4096
# A single row may count so much against R2 and no more.
WORST = -1e4
# By how many standard errors a run must be ahead to count as better, and by how much
# at least: the least difference that anybody would notice.
SIGMAS, LEAST = 2.0, 0.003
# Weights that leave no more than this share of the rows a say judge nothing.
HANDFUL = 0.1


@dataclass(frozen=True, eq=False)
class Score:
    """Answers on validation rows, judged.

    Attributes:
        name: "accuracy" or "R2".
        rows: (rows,) score of each.
        soft: (rows,) the same, but half of it the probability of the right answer,
            which tells sooner that something is learned.
        weight: (rows,) weight of each.
        even: (rows,) weight that makes all classes count the same.
    """

    name: str
    rows: np.ndarray
    soft: np.ndarray
    weight: np.ndarray
    even: np.ndarray

    @property
    def value(self) -> float:
        """The mean over the rows."""
        return float(np.average(self.rows, weights=self.weight))

    @property
    def balanced(self) -> float:
        """The mean over the classes."""
        return float(np.average(self.rows, weights=self.even))

    def ahead(self, other: Score, soft: bool = False, even: bool = False) -> float:
        """Return by how many standard errors this is better than another.

        0 if the two judge different things, or hardly differ.

        Args:
            other: Of the same rows.
            soft: Whether probabilities count, too.
            even: Whether all classes count the same.
        """
        if self.name != other.name or len(self.rows) != len(other.rows):
            return 0.0
        mine, its = (self.soft, other.soft) if soft else (self.rows, other.rows)
        weight = self.even if even else self.weight
        d = mine - its
        mean = float(np.average(d, weights=weight))
        if abs(mean) < LEAST:
            return 0.0
        share = weight / weight.sum()
        error = float(np.sqrt((share**2 * (d - mean) ** 2).sum()))
        return mean / max(error, 1e-12)


def score(network: Network, variables: Mapping[str, Any], held: Batch) -> Score:
    """Return how good the answers on the first 4,096 validation rows are."""
    x, y, weight = jax.tree.map(
        lambda a: a[:MOST_ROWS], (held.x, targets_of(held), held.weight)
    )
    weight = _known_to_many(weight)
    outputs = np.asarray(network.compiled_apply(dict(variables), x), np.float64)
    outputs = np.where(np.isfinite(outputs), outputs, np.inf)
    if y.dtype == np.int32:
        return _of_classes(outputs, y, weight)
    is_coded = y.ndim == 2 and y.shape[1] > 1 and outputs.shape == y.shape
    if is_coded and bool(np.isin(y, (0, 1)).all()) and bool((y.sum(1) == 1).all()):
        return _of_classes(outputs, y.argmax(1).astype(np.int32), weight)
    return _of_numbers(outputs, y, weight)


def _known_to_many(weight: np.ndarray) -> np.ndarray:
    """Return the weights of rows, even ones where a handful of rows would judge."""
    weight = np.asarray(weight, np.float64)
    many = effective_share(weight, None) >= HANDFUL
    return weight if many else (weight > 0).astype(float)


def _of_classes(outputs: np.ndarray, y: np.ndarray, weight: np.ndarray) -> Score:
    if outputs.size == y.size:  # one sigmoid
        outputs = np.stack([1 - outputs.reshape(y.shape), outputs.reshape(y.shape)], -1)
    right = (outputs.argmax(-1) == y) & np.isfinite(outputs).all(-1)
    share = np.take_along_axis(outputs, np.maximum(y, 0)[..., None], -1)[..., 0]
    low, total = outputs.min(-1), outputs.sum(-1)
    known = (low >= 0) & (np.abs(total - 1) < 1e-3)
    soft = np.where(known, (right + np.where(known, share, 0)) / 2, right)
    even = weight
    if y.ndim == 1:
        counts = np.bincount(y, weight)
        even = weight / np.maximum(counts[y], 1e-12)
    else:  # a class for every step; -1 for none
        real = (y >= 0).astype(float)
        right, soft = ((a * real).sum(1) / np.maximum(real.sum(1), 1)
                       for a in (right, soft))  # fmt: skip
    return Score("accuracy", right.astype(float), soft, weight, even)


def _of_numbers(outputs: np.ndarray, y: np.ndarray, weight: np.ndarray) -> Score:
    y = y.reshape(len(y), -1).astype(np.float64)
    z = outputs.reshape(len(y), -1)
    center = np.average(y, axis=0, weights=weight)
    spread = np.average((y - center) ** 2, axis=0, weights=weight)
    known = spread > 0
    if z.shape != y.shape or not known.any():
        rows = soft = np.zeros(len(y))
    else:
        with np.errstate(over="ignore"):
            lost = (z - y)[:, known] ** 2 / spread[known]
        rows = np.maximum(1 - np.minimum(lost, 1e300), WORST).mean(1)
        soft = _without_outliers(z, y, weight, rows)
    return Score("R2", rows, soft, weight, weight)


def _without_outliers(
    z: np.ndarray, y: np.ndarray, weight: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Return the scores with targets far off the others taken for what is next to it.

    A few of these are nearly all of a variance, and R2 then says nothing of the others.
    """
    share = share_far(y)
    if not ((share > 0) & (share < FEW)).any():
        return rows
    center, spread = middle(y)
    low, high = center - FAR / 4 * spread, center + FAR / 4 * spread
    z, y = (np.clip(np.nan_to_num(a), low, high) for a in (z, y))
    mean = np.average(y, axis=0, weights=weight)
    square = np.average((y - mean) ** 2, axis=0, weights=weight)
    return (1 - (z - y) ** 2 / np.where(square > 0, square, 1)).mean(1)

"""The rows that training sees: weighted, split, merged and filled up.

Two habits of estimators are answered here. A row handed over twice is a row of weight
two, and a row of weight zero is not there: where all rows make one batch, this holds to
the bit, because equal rows are merged and the rest sorted. And folds of a
cross-validation differ by a row or two: rows of weight zero fill them up to round
numbers, so that one compiled program serves them all.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np

from fathom.training.objective import Batch

# Numbers of rows are rounded up by less than one part in this many.
PARTS = 8
LEAST = 8


class Rows(NamedTuple):
    """Some rows: X (rows, ...) or a `Table`, y (rows, ...), weight (rows,)."""

    X: Any
    y: np.ndarray
    weight: np.ndarray


def merged(rows: Rows) -> Rows:
    """Return different rows in sorted order, with the sums of their weights.

    Example:
        >>> X, y = np.array([[2.0], [1.0], [2.0]]), np.array([0, 1, 0])
        >>> rows = Rows(X, y, np.ones(3))
        >>> [part.tolist() for part in merged(rows)]
        [[[1.0], [2.0]], [1, 0], [1.0, 2.0]]
    """
    n = len(rows.X)
    both = [rows.X.reshape(n, -1), rows.y.reshape(n, -1)]
    table = np.concatenate([part.astype(np.float64) for part in both], axis=1)
    _, first, place = np.unique(table, axis=0, return_index=True, return_inverse=True)
    weight = np.bincount(place.reshape(-1), rows.weight)
    return Rows(rows.X[first], rows.y[first], weight)


def round_number(n: int) -> int:
    """Return the next number of rows that programs are compiled for.

    Example:
        >>> [round_number(n) for n in (3, 119, 120, 121, 1000)]
        [8, 120, 120, 128, 1024]
    """
    step = max((1 << max(n - 1, 1).bit_length()) // (2 * PARTS), 1)
    return max(-(-n // step) * step, LEAST)


def filled(batch: Batch, size: int) -> Batch:
    """Return a batch filled up to `size` rows with copies of row 0 of weight 0."""
    missing = size - len(batch.weight)
    if missing <= 0:
        return batch

    def longer(array: np.ndarray) -> np.ndarray:
        return np.concatenate([array, np.repeat(array[:1], missing, axis=0)])

    weight = np.concatenate([batch.weight, np.zeros(missing, np.float32)])
    x, y = jax.tree.map(longer, (batch.x, batch.y))  # no y for those that restore x
    return Batch(x, y, weight)


def training_size(n: int, batch_size: int) -> tuple[int, int]:
    """Return the number of rows to fill up to, and the batch size.

    Whole batches: it takes as many steps as before, and no batch is a small rest.

    Example:
        >>> training_size(119, 200), training_size(799, 200)
        ((120, 120), (800, 200))
    """
    if n <= batch_size:
        size = round_number(n)
        return size, size
    return -(-n // batch_size) * batch_size, batch_size

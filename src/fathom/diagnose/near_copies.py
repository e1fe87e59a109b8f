"""Validation rows that are training rows but for a little noise.

Around an honest row the others thin out gradually: the next nearest is hardly farther
than the one before. Around a copy there are the other copies, and then nothing for a
long way. That step, beside answers that agree, sets copies apart from dense data of any
dimension.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fathom.training.objective import Batch

MOST_ROWS, MOST_HELD, MOST_FEATURES, LOOKED_AT = 2_000, 300, 512, 65
# Different values of a feature from which on distances are no lattice's.
MANY_VALUES = 20
# Farther than that from the other rows, in units of the distance to the copies.
STEP = 4.0


class NearCopies(NamedTuple):
    """What was found.

    Attributes:
        share: Of validation rows whose nearest rows are copies.
        step: Median of how much farther the next row is than the farthest copy.
        of: How many rows were looked at.
    """

    share: float
    step: float
    of: int


def near_copies(training: Batch, validation: Batch) -> NearCopies | None:
    """Look for copies among the nearest training rows of validation rows.

    Returns:
        None where distances say nothing: tokens, categories, few features or rows.
    """
    x, other, y = training.x, validation.x, training.y
    if not isinstance(x, np.ndarray) or not isinstance(other, np.ndarray):
        return None
    if x.dtype != np.float32 or not isinstance(y, np.ndarray) or validation.y is None:
        return None
    flat = x[:MOST_ROWS].reshape(min(len(x), MOST_ROWS), -1).astype(np.float64)
    held = other[:MOST_HELD].reshape(min(len(other), MOST_HELD), -1)
    spread = flat.std(0)
    used = spread > 0
    if not 2 <= used.sum() <= MOST_FEATURES or len(flat) < 3 * LOOKED_AT:
        return None
    if min(len(np.unique(column)) for column in flat[:, used].T) < MANY_VALUES:
        return None
    flat, held = flat[:, used] / spread[used], held[:, used] / spread[used]
    squares = np.square(held).sum(1)[:, None] + np.square(flat).sum(1)
    squares = (squares - 2 * held @ flat.T).clip(0)
    near = np.argsort(squares, 1)[:, :LOOKED_AT]
    away = np.sqrt(np.take_along_axis(squares, near, 1))
    steps = away[:, 1:] / np.maximum(away[:, :-1], 1e-6)
    copies = steps.argmax(1) + 1
    rows = np.arange(len(held))
    same = _same(y[: len(flat)], np.asarray(validation.y)[: len(held)], near)
    agree = np.array([same[row, : copies[row]].all() for row in rows])
    is_copy = agree & (steps.max(1) > STEP)
    step = float(np.median(steps.max(1)[is_copy])) if is_copy.any() else 1.0
    return NearCopies(float(is_copy.mean()), step, len(held))


def _same(y: np.ndarray, held: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return (validation rows, near rows) whether the answers are the same."""
    y, held = y.reshape(len(y), -1), held.reshape(len(held), -1)
    return (y[near] == held[:, None]).all(-1)

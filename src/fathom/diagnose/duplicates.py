"""Rows that are on both sides of a split."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fathom.diagnose.thresholds import CHANCE_FACTOR
from fathom.training.objective import Batch

# Fewer may be a coincidence, or a twin.
FEWEST = 5


class SharedRows(NamedTuple):
    """Validation rows that are training rows, too.

    Attributes:
        n: How many.
        of: How many validation rows there are.
        chance: Share that independent columns would give.
    """

    n: int
    of: int
    chance: float

    @property
    def share(self) -> float:
        """The share of the validation rows."""
        return self.n / self.of

    @property
    def beyond_chance(self) -> bool:
        """Whether there are many more than independent columns would give."""
        enough = self.n >= FEWEST
        return enough and self.share > CHANCE_FACTOR.value * self.chance


def shared_rows(training: Batch, validation: Batch) -> SharedRows | None:
    """Count validation rows whose inputs and target are those of a training row.

    Returns:
        None if the inputs are not one array of numbers.
    """
    x, other = training.x, validation.x
    if not isinstance(x, np.ndarray) or not isinstance(other, np.ndarray):
        return None
    count = int(is_shared(training, validation).sum())
    return SharedRows(count, len(other), _chance(x, len(x)))


def is_shared(training: Batch, validation: Batch) -> np.ndarray:
    """Return (validation rows,) whether each is a training row, too."""
    known = set(_keys(training))
    return np.array([key in known for key in _keys(validation)], bool)


def _keys(batch: Batch) -> list[bytes]:
    x = np.ascontiguousarray(batch.x.reshape(len(batch.x), -1)) + 0  # -0.0 is 0.0
    if batch.y is None:
        return [row.tobytes() for row in x]
    y = np.ascontiguousarray(batch.y.reshape(len(x), -1))
    return [a.tobytes() + b.tobytes() for a, b in zip(x, y, strict=True)]


def _chance(x: np.ndarray, n: int) -> float:
    """Return the chance that one of n rows equals another, columns being independent.

    Two rows agree in a column with the sum of its squared shares.
    """
    flat, log_chance = x.reshape(len(x), -1), 0.0
    for column in flat.T:
        counts = np.unique(column, return_counts=True)[1]
        log_chance += float(np.log(((counts / len(x)) ** 2).sum()))
        if log_chance < -60:
            break
    return min(float(np.exp(log_chance)) * n, 1.0)

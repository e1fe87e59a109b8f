"""How large numbers are, feature by feature."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# So many numbers tell a scale as well as all do.
ENOUGH = 4_000_000
# Rows, of those, whose quartiles are looked at.
MOST_SORTED = 5_000


class Scale(NamedTuple):
    """Mean, spread and reach of every feature.

    A feature that is 0 in most rows (a rare word, a pixel at the edge) has a small
    spread and is none the worse for it; its reach shows its unit.

    Attributes:
        mean: (features,)
        spread: (features,) standard deviations.
        reach: (features,) largest distance of a value from the mean.
        middle: (features,) width of the middle half of the values.
    """

    mean: np.ndarray
    spread: np.ndarray
    reach: np.ndarray
    middle: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """(features,) the greater of the distance from 0 and the spread."""
        return np.maximum(np.abs(self.mean), self.spread)


def scale_of(x: np.ndarray) -> Scale:
    """Return the scale of an array (rows, features), or by channel of its last axis.

    Example:
        >>> scale_of(np.array([[1.0, 0.0], [3.0, 0.0]])).spread.tolist()
        [1.0, 0.0]
    """
    rows = max(ENOUGH // max(int(np.prod(x.shape[1:])), 1), 100)
    step = max(len(x) // rows, 1)
    flat = x[::step].reshape(-1, x.shape[-1]).astype(np.float64)
    mean = flat.mean(0)
    reach = np.maximum(flat.max(0) - mean, mean - flat.min(0))
    low, high = np.quantile(
        flat[:: max(len(flat) // MOST_SORTED, 1)], [0.25, 0.75], axis=0
    )
    return Scale(mean, flat.std(0), reach, high - low)

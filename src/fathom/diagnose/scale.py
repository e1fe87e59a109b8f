"""How large numbers are, feature by feature."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# A feature that is 0 in most rows (a rare word, a pixel at the edge) has a small spread
# and is none the worse for it.
MOSTLY_ZERO = 0.9
# So many numbers tell a scale as well as all do.
ENOUGH = 4_000_000


class Scale(NamedTuple):
    """Mean and spread of every feature.

    Attributes:
        mean: (features,)
        spread: (features,) standard deviations.
        is_sparse: (features,) whether it is 0 in most rows, or only 0 and 1.
    """

    mean: np.ndarray
    spread: np.ndarray
    is_sparse: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """(features,) the greater of the distance from 0 and the spread."""
        return np.maximum(np.abs(self.mean), self.spread)

    @property
    def dense_spread(self) -> np.ndarray:
        """The spreads of the features that vary and are not sparse."""
        return self.spread[~self.is_sparse & (self.spread > 0)]


def scale_of(x: np.ndarray) -> Scale:
    """Return the scale of an array (rows, features), or by channel of its last axis.

    Example:
        >>> scale_of(np.array([[1.0, 0.0], [3.0, 0.0]])).spread.tolist()
        [1.0, 0.0]
    """
    rows = max(ENOUGH // max(int(np.prod(x.shape[1:])), 1), 100)
    step = max(len(x) // rows, 1)
    flat = x[::step].reshape(-1, x.shape[-1]).astype(np.float64)
    zero = flat == 0
    binary = (zero | (flat == 1)).all(0)
    sparse = binary | (zero.mean(0) >= MOSTLY_ZERO)
    return Scale(flat.mean(0), flat.std(0), sparse)

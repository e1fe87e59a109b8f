"""The region that data lie in: within their range, and not too far from their mean.

    low <= x <= high,  |(x - mean) / std| <= limit

Shapes: x (rows, *shape). The places of an image or a series share range and deviation,
channel by channel, so that a corner that is always black may be white.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Region:
    """Where data lie.

    Attributes:
        low: (units,) least value.
        high: (units,) greatest value.
        mean: (*shape) of each number.
        std: (units,) of each feature or channel; 0 where it does not vary.
        limit: Largest distance from the mean.

    Example:
        >>> region = Region.of(np.array([[0.0, 1.0], [2.0, 1.0]]), limit=9.0)
        >>> region.inside(np.array([[9.0, 9.0]])).tolist()
        [[2.0, 1.0]]
    """

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    limit: float

    @classmethod
    def of(cls, x: np.ndarray, limit: float | None) -> Region:
        """Return the region of rows x; its limit is their median distance if None."""
        axes = tuple(range(x.ndim - 1))
        mean = x.mean(0)
        std = np.sqrt(((x - mean) ** 2).mean(axes))
        region = cls(x.min(axes), x.max(axes), mean, std, np.inf)
        if limit is None:
            limit = float(np.median(region.distances(x)))
        return cls(region.low, region.high, mean, std, limit)

    def distances(self, x: np.ndarray) -> np.ndarray:
        """Return the distances (rows,) from the mean, in standard deviations."""
        away = self._away(x)
        return np.sqrt((away**2).reshape(len(x), -1).sum(1))

    def inside(self, x: np.ndarray) -> np.ndarray:
        """Return x brought back into the region."""
        far = self.distances(x)
        share = np.minimum(1, self.limit / np.maximum(far, 1e-30))
        x = self.mean + (x - self.mean) * share.reshape(-1, *(1,) * (x.ndim - 1))
        # The mean is within the range, so clipping brings no number farther from it.
        return np.clip(x, self.low, self.high).astype(self.mean.dtype)

    def step(self, slopes: np.ndarray, length: float) -> np.ndarray:
        """Return the steepest step of a length, measured in standard deviations."""
        steep = slopes * self.std
        size = np.sqrt((steep**2).reshape(len(slopes), -1).sum(1))
        scale = length / np.maximum(size, 1e-30)
        return steep * self.std * scale.reshape(-1, *(1,) * (slopes.ndim - 1))

    def _away(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) / np.where(self.std > 0, self.std, 1)

"""Inputs brought to mean 0 and spread 1 by numbers that are known before training.

a = (x - mean) / spread, and 0 where the spread is 0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from fathom.errors import is_number
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.scope import Scope


@dataclass(frozen=True)
class Standardize(Layer):
    """Subtract a mean and divide by a spread, feature by feature (last axis).

    The numbers are settings, measured on the training rows, and do not learn: so a
    network takes raw rows of any size, and its scaling is saved with it. Features of
    spread 0 go in as 0. Source: LeCun et al., "Efficient BackProp" (1998).

    Attributes:
        mean: Of every feature, or one number for all of them.
        spread: Standard deviation likewise.

    Example:
        >>> import numpy as np
        >>> layer = Standardize.fit(np.array([[1.0, 10.0], [3.0, 10.0]]))
        >>> layer.mean, layer.spread
        ((2.0, 10.0), (1.0, 0.0))
    """

    mean: float | tuple[float, ...]
    spread: float | tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        for name in ("mean", "spread"):
            given: Any = getattr(self, name)
            values = tuple(given) if isinstance(given, (tuple, list)) else (given,)
            fits = all(is_number(v) and np.isfinite(v) for v in values) and values
            low = name == "mean" or (fits and min(values) >= 0)
            least = "" if name == "mean" else " of at least 0"
            self.require(
                bool(fits and low), name, f"a finite number{least}, or several"
            )
            object.__setattr__(self, name, tuple(map(float, values)))

    @classmethod
    def fit(cls, x: np.ndarray) -> Standardize:
        """Return the layer for rows (rows, ..., features), all places of them alike."""
        flat = np.asarray(x, np.float64).reshape(-1, x.shape[-1])
        spread = np.where(np.ptp(flat, axis=0) > 0, flat.std(0), 0.0)
        return cls(tuple(flat.mean(0).tolist()), tuple(spread.tolist()))

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        sizes = {len(np.atleast_1d(v)) for v in (self.mean, self.spread)} - {1}
        if not shape or sizes - {shape[-1]}:
            wanted = f"{min(sizes)} features" if sizes else "at least one axis"
            raise shape_error(self, shape, wanted)
        return shape

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the standardized values."""
        spread = np.atleast_1d(self.spread).astype(x.dtype)
        factor = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0)
        axes = (1,) * (x.ndim - 1)
        mean = np.atleast_1d(self.mean).astype(x.dtype).reshape(*axes, -1)
        return (x - mean) * factor.astype(x.dtype).reshape(*axes, -1)

"""Units that are switched off: what a network does without some of its neurons.

a_j = 0 for the silenced units j, x_j for all others
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from fathom.errors import is_whole
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.scope import Scope


@dataclass(frozen=True)
class Silence(Layer):
    """Set units (last axis) to 0, and hand the others through.

    Put behind a layer, it ablates neurons without changing a weight (Meyes et al.,
    "Ablation studies in artificial neural networks", 2019).

    Attributes:
        units: Which units are silent.

    Example:
        >>> Silence((0, 2)).output_shape((5, 3))
        (5, 3)
    """

    units: int | tuple[int, ...]

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        given: Any = self.units
        units = (given,) if is_whole(given, 0) else given
        fits = isinstance(units, (tuple, list)) and all(is_whole(u, 0) for u in units)
        self.require(fits, "units", "a whole number of at least 0, or several")
        object.__setattr__(self, "units", tuple(sorted(set(units))))

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        units = tuple(self.units) if isinstance(self.units, tuple) else (self.units,)
        if not shape or (units and units[-1] >= shape[-1]):
            expected = f"more than {units[-1]} units" if units else "at least one axis"
            raise shape_error(self, shape, expected)
        return shape

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return x with the silent units at 0."""
        self.output_shape(x.shape[1:])
        keep = np.ones(x.shape[-1], x.dtype)
        keep[list(np.atleast_1d(self.units))] = 0
        axes = (1,) * (x.ndim - 1)
        return scope.tap("activation", x * keep.reshape(*axes, -1))

"""Finding the padded steps of a sequence, for the layers behind to leave out.

    real_t = 1 if any feature of x_t differs from the padding value, else 0

Recurrent layers, attention and pooling look at `scope.steps`, the mask (batch, time)
that is found here or by `Embedding(padding=...)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax

from fathom.errors import is_number
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.scope import Scope


def mark_steps(real: jax.Array, x: jax.Array, scope: Scope) -> None:
    """Tell the layers behind which steps are real, beside what was known.

    Args:
        real: (batch, time) True where a step is real.
        x: Array whose dtype the mask takes.
        scope: Where the mask goes.
    """
    found = real.astype(x.dtype)
    known = scope.steps
    fits = known is not None and known.shape == found.shape
    scope.steps = found * known.astype(x.dtype) if known is not None and fits else found


@dataclass(frozen=True)
class Masking(Layer):
    """Call a step padding if all of its features equal `value`; x stays as it is.

    Attributes:
        value: What padded steps are filled with.

    Example:
        >>> Masking().output_shape((10, 3))
        (10, 3)
    """

    value: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(is_number(self.value), "value", "a number")

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        if len(shape) != 2:
            raise shape_error(self, shape, "(time, features)")
        return shape

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return x, and mark its steps."""
        mark_steps((x != self.value).any(-1), x, scope)
        return x

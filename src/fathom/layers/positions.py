"""Layers that tell steps of a sequence apart by adding a code of their position.

    a_t = x_t + c_t

Shapes: x (batch, time, width), c (time, width), a (batch, time, width). Attention alone
sees a set and not a sequence. For positions inside the attention, see
`Attention(rotary=True)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from fathom import initializers
from fathom.errors import is_whole
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.rotation import LONGEST
from fathom.layers.scope import Scope


@dataclass(frozen=True)
class LearnedPositions(Layer):
    """Add a learned vector for each position: a_t = x_t + W_t.

    W (length, width). Knows no position beyond `length`. Source: Gehring et al.,
    "Convolutional sequence to sequence learning" (2017); GPT and BERT use it.

    Attributes:
        length: The longest sequence.
        weight_init: Name of an initializer, or a function. The default is GPT-2's.
    """

    length: int
    weight_init: str | initializers.Initializer = "normal(0.02)"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(is_whole(self.length), "length", "a whole number of at least 1")
        initializers.get(self.weight_init)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        if len(shape) != 2:
            raise shape_error(self, shape, "(time, width)")
        if shape[0] > self.length:
            raise shape_error(
                self, shape, f"at most {self.length} steps; or set a larger `length`"
            )
        return shape

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the weight (length, width)."""
        width = self.output_shape(shape)[-1]
        draw = initializers.get(self.weight_init)
        size = (self.length, width)
        return {"weight": draw(key, size, fan_in=width, fan_out=width)}

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return x plus the vectors of the first positions."""
        self.output_shape(x.shape[1:])
        return scope.tap("activation", x + variables["weight"][None, : x.shape[1]])


@dataclass(frozen=True)
class SinusoidalPositions(Layer):
    """Add sines and cosines of the position, of wavelengths 2 pi to 20,000 pi.

    c[t, 2i] = sin(t / 10000^(2i / width)) and c[t, 2i + 1] = cos of the same; an odd
    width ends in a sine. Nothing is learned, and any length will do. Source: Vaswani
    et al., "Attention is all you need" (2017), section 3.5.

    Example:
        >>> SinusoidalPositions().output_shape((5, 8))
        (5, 8)
    """

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        if len(shape) != 2:
            raise shape_error(self, shape, "(time, width)")
        return shape

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return x plus the code."""
        time, width = x.shape[1:]
        even = np.arange(width) // 2 * 2
        angles = np.outer(np.arange(time), LONGEST ** (-even / width))
        code = np.where(np.arange(width) % 2, np.cos(angles), np.sin(angles))
        return scope.tap("activation", x + jnp.asarray(code, x.dtype)[None])

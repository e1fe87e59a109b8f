"""Normalizations of one example alone, by groups of channels or by size only.

    group:  a = scale * (x - mean) / sqrt(variance + epsilon) + bias
    RMS:    a = scale * x / sqrt(mean(x^2) + epsilon)

Shapes stay as they are; channels are the last axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import lax

from fathom.errors import is_number, is_whole
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.normalization import over_features
from fathom.layers.scope import Scope

_POSITIVE = "a number above 0"


@dataclass(frozen=True)
class GroupNorm(Layer):
    """Normalize each example over all places and the channels of a group.

    The same in training and prediction, and for any batch size. One group is layer
    normalization of a whole image, as many groups as channels is instance
    normalization. Source: Wu and He, "Group normalization" (2018).

    Attributes:
        groups: How many groups of neighboring channels; must divide the channels.
        epsilon: Added to the variance, so that a constant input divides by no zero.
    """

    groups: int
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(is_whole(self.groups), "groups", "a whole number of at least 1")
        fits = is_number(self.epsilon) and self.epsilon > 0
        self.require(fits, "epsilon", _POSITIVE)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        if not shape or shape[-1] % self.groups:
            expected = f"(..., channels), with channels a multiple of {self.groups}"
            raise shape_error(self, shape, expected)
        return shape

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return scale 1 and bias 0 for every channel."""
        channels = self.output_shape(shape)[-1]
        return {
            "scale": jnp.ones(channels, jnp.float32),
            "bias": jnp.zeros(channels, jnp.float32),
        }

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the normalized, scaled and shifted values."""
        apart = x.reshape(x.shape[0], -1, self.groups, x.shape[-1] // self.groups)
        centered = apart - apart.mean((1, 3), keepdims=True)
        variance = (centered * centered).mean((1, 3), keepdims=True)
        a = (centered * lax.rsqrt(variance + self.epsilon)).reshape(x.shape)
        a = a * over_features(variables["scale"], a)
        return scope.tap("activation", a + over_features(variables["bias"], a))


@dataclass(frozen=True)
class RMSNorm(Layer):
    """Divide each example by the root mean square of its last axis.

    Layer normalization without the mean and the bias, which costs less and does as
    well in transformers. Source: Zhang and Sennrich, "Root mean square layer
    normalization" (2019).

    Attributes:
        epsilon: Added to the mean square, so that zeros divide by no zero.
    """

    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        fits = is_number(self.epsilon) and self.epsilon > 0
        self.require(fits, "epsilon", _POSITIVE)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        if not shape:
            raise shape_error(self, shape, "at least one axis, (..., features)")
        return shape

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return scale 1 for every feature of the last axis."""
        return {"scale": jnp.ones(self.output_shape(shape)[-1], jnp.float32)}

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the values divided by their size, and scaled."""
        a = x * lax.rsqrt((x * x).mean(-1, keepdims=True) + self.epsilon)
        return scope.tap("activation", a * over_features(variables["scale"], a))

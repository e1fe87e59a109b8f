"""Layers that bring values to mean 0 and variance 1, then scale and shift them.

    a = scale * (x - mean) / sqrt(variance + epsilon) + bias

They differ in what the mean and the variance are taken over. Shapes stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import lax

from fathom.errors import is_number
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.scope import Scope


@dataclass(frozen=True)
class _Normalization(Layer):
    """What both normalizations share: scale and bias over the last axis."""

    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(
            is_number(self.epsilon) and self.epsilon > 0, "epsilon", "a number above 0"
        )

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        if not shape:
            raise shape_error(self, shape, "at least one axis, (..., features)")
        return shape

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return scale 1 and bias 0 for every feature of the last axis."""
        self.output_shape(shape)
        features = shape[-1]
        return {
            "scale": jnp.ones(features, jnp.float32),
            "bias": jnp.zeros(features, jnp.float32),
        }


@dataclass(frozen=True)
class LayerNorm(_Normalization):
    """Normalize each example over its last axis.

    The same in training and prediction. Source: Ba, Kiros and Hinton, "Layer
    normalization" (2016).

    Attributes:
        epsilon: Added to the variance, so that a constant input divides by no zero.
    """

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the normalized, scaled and shifted values."""
        centered = x - x.mean(-1, keepdims=True)
        variance = (centered * centered).mean(-1, keepdims=True)
        a = centered * lax.rsqrt(variance + self.epsilon)
        return _scaled(a, variables, scope)


@dataclass(frozen=True)
class BatchNorm(_Normalization):
    """Normalize each feature (last axis) over the batch and all places.

    Training uses the statistics of the batch, without its padding and without rows
    of weight 0, and keeps a running mean of them; prediction uses the running
    statistics. As in the source, the running variance is the unbiased one (n - 1).
    Source: Ioffe and Szegedy, "Batch normalization" (2015).

    Attributes:
        epsilon: Added to the variance, so that a constant feature divides by no zero.
        momentum: Share of the running statistics that one step keeps.
    """

    momentum: float = 0.9

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(
            is_number(self.momentum) and 0 <= self.momentum < 1,
            "momentum",
            "a number, 0 or more and below 1",
        )

    def init_state(self, shape: Shape) -> Variables:
        """Return running mean 0 and running variance 1 of every feature."""
        features = shape[-1]
        return {
            "mean": jnp.zeros(features, jnp.float32),
            "variance": jnp.ones(features, jnp.float32),
        }

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the normalized, scaled and shifted values."""
        if scope.training and not scope.is_frozen:
            mean, variance = self._batch_statistics(x, scope)
        else:
            mean, variance = scope.state["mean"], scope.state["variance"]
        spread = lax.rsqrt(variance + self.epsilon)
        a = (x - over_features(mean, x)) * over_features(spread, x)
        return _scaled(a, variables, scope)

    def _batch_statistics(
        self, x: jax.Array, scope: Scope
    ) -> tuple[jax.Array, jax.Array]:
        axes = tuple(range(x.ndim - 1))
        mask = jnp.ones(x.shape[0], x.dtype) if scope.mask is None else scope.mask
        share = mask.astype(x.dtype).reshape(-1, *[1] * (x.ndim - 1))  # (batch, 1 ...)
        places = x.size // (x.shape[0] * x.shape[-1])
        count = mask.sum().astype(x.dtype) * places
        mean = (share * x).sum(axes) / jnp.maximum(count, 1)
        centered = x - over_features(mean, x)
        variance = (share * centered * centered).sum(axes) / jnp.maximum(count, 1)
        unbiased = variance * count / jnp.maximum(count - 1, 1)
        old = scope.state
        # One value has no variance, and none has no mean: nothing is learned of them.
        new = jnp.where(count > 0, 1 - self.momentum, 0).astype(x.dtype)
        spread = jnp.where(count > 1, new, 0)
        scope.update(
            mean=old["mean"] + new * lax.stop_gradient(mean - old["mean"]),
            variance=old["variance"]
            + spread * lax.stop_gradient(unbiased - old["variance"]),
        )
        return mean, variance


def over_features(values: jax.Array, x: jax.Array) -> jax.Array:
    """Return (features,) values with as many axes as x, to meet its last axis."""
    return values.reshape(*[1] * (x.ndim - 1), -1)


def _scaled(a: jax.Array, variables: Variables, scope: Scope) -> jax.Array:
    scale, bias = variables["scale"], variables["bias"]
    return scope.tap("activation", a * over_features(scale, a) + over_features(bias, a))

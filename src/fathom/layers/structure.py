"""Layers without parameters of their own that shape the flow of values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from fathom import activations
from fathom.errors import is_number, is_whole
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.scope import Scope


@dataclass(frozen=True)
class Activation(Layer):
    """Apply a function to every value: a = f(z). Shapes stay as they are.

    Attributes:
        activation: Name of an activation, or a function.
    """

    activation: str | activations.Activation

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        activations.get(self.activation)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return f(x)."""
        z = scope.tap("weighted_sum", x)
        return scope.tap("activation", activations.get(self.activation)(z))


@dataclass(frozen=True)
class Flatten(Layer):
    """Lay all axes of an example out as one: (batch, a, b, c) -> (batch, a * b * c)."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the product of all axes, as one axis."""
        return (math.prod(shape),)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return x with one axis behind the batch axis."""
        return x.reshape(x.shape[0], -1)


@dataclass(frozen=True)
class Reshape(Layer):
    """Give every example another shape with the same number of values.

    Attributes:
        shape: The new shape, without the batch axis. One axis may be -1, which means
            "what remains".
    """

    shape: Shape

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        fits = (
            isinstance(self.shape, (tuple, list))
            and len(self.shape) > 0
            and all(n == -1 or is_whole(n) for n in self.shape)
            and list(self.shape).count(-1) <= 1
        )
        self.require(
            fits, "shape", "whole numbers of at least 1, of which one may be -1"
        )
        object.__setattr__(self, "shape", tuple(self.shape))

    def output_shape(self, shape: Shape) -> Shape:
        """Return the new shape with -1 worked out."""
        known = math.prod(n for n in self.shape if n != -1)
        total = math.prod(shape)
        if total % known or (-1 not in self.shape and total != known):
            raise shape_error(
                self, shape, f"as many values as {self.shape} holds ({known})"
            )
        return tuple(total // known if n == -1 else n for n in self.shape)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return x in the new shape."""
        return x.reshape(x.shape[0], *self.output_shape(x.shape[1:]))


@dataclass(frozen=True)
class Dropout(Layer):
    """Set a random share of the values to 0 in training, and scale up the rest.

    a = x * m / (1 - rate), with m drawn anew for every value and step: 0 with
    probability `rate`, else 1. At prediction time a = x. Shapes stay as they are.
    Source: Srivastava et al., "Dropout", JMLR 15 (2014).

    Attributes:
        rate: Probability of dropping a value, 0 <= rate < 1.
    """

    rate: float

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(
            is_number(self.rate) and 0 <= self.rate < 1,
            "rate",
            "a probability, 0 or more and below 1",
        )

    @property
    def is_random(self) -> bool:
        """Whether anything can be dropped."""
        return self.rate > 0

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return x with values dropped in training, x itself otherwise."""
        if not scope.training or not self.rate or scope.key is None:
            return x
        keep = jax.random.bernoulli(scope.key, 1 - self.rate, x.shape)
        return jnp.where(keep, x / (1 - self.rate), jnp.zeros_like(x))

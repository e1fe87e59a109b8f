"""Weight tying: two layers that learn one weight.

a = f(x W^T + b),  with W the weight of another layer
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from fathom import activations
from fathom.errors import is_whole
from fathom.layers.layer import Layer, Shape, ShapeError, Variables, shape_error
from fathom.layers.products import product
from fathom.layers.scope import Scope


@dataclass(frozen=True)
class Tied(Layer):
    """Use an earlier layer's weight once more, the other way round.

    The output layer of a language model may share the embedding's weight (Press and
    Wolf, "Using the output embedding to improve language models", 2017), and a decoder
    its encoder's. a = f(x W^T + b); only the bias is this layer's own.

    Shapes: x (batch, ..., units of the other layer) -> (batch, ..., units).

    Attributes:
        layer: Address of the other layer, which must come before this one.
        units: Inputs of the other layer (an embedding's number of tokens).
        activation: Name of an activation, or a function.
        use_bias: Whether each output has a bias, starting at 0.
    """

    layer: str
    units: int
    activation: str | activations.Activation = "identity"
    use_bias: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(isinstance(self.layer, str), "layer", "the address of a layer")
        self.require(is_whole(self.units), "units", "a whole number of at least 1")
        self.require(isinstance(self.use_bias, bool), "use_bias", "True or False")
        activations.get(self.activation)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (..., units)."""
        if not shape:
            raise shape_error(self, shape, "at least one axis, (..., inputs)")
        return (*shape[:-1], self.units)

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the bias (units,), if used."""
        return {"bias": jnp.zeros(self.units)} if self.use_bias else {}

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return f(x W^T + b), tapping the weighted sum and the activation."""
        weight = self._weight(scope.seen, x.shape[-1])
        z = product(x.reshape(-1, x.shape[-1]), weight.T, scope)
        z = z.reshape(*x.shape[:-1], self.units)
        if self.use_bias:
            z = z + variables["bias"].reshape((1,) * (z.ndim - 1) + (self.units,))
        z = scope.tap("weighted_sum", z)
        return scope.tap("activation", activations.get(self.activation)(z))

    def _weight(self, seen: Mapping[str, Any], inputs: int) -> jax.Array:
        weight = seen.get(self.layer, {}).get("weight")
        expected = (self.units, inputs)
        if weight is None or weight.shape != expected:
            came = "none" if weight is None else str(weight.shape)
            raise ShapeError(
                f"Layer {self.label} uses the weight of '{self.layer}' once more, "
                f"which must come before it with a weight of shape {expected}. Got "
                f"{came}."
            )
        return weight

    def multiply_adds(self, shape: Shape) -> int:
        """Return inputs x units for every place of the leading axes."""
        return math.prod(shape) * self.units

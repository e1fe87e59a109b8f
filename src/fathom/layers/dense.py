"""Fully connected neurons: weighted sum of the inputs, plus bias, through a function.

    z = x W + b,  a = f(z)

Shapes: x (batch, ..., inputs), W (inputs, units), b (units,), a (batch, ..., units).
Source: Rosenblatt, "The perceptron", Psychological Review 65 (1958).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from fathom import activations, initializers
from fathom.errors import is_whole
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.products import affine
from fathom.layers.scope import Scope

Activation = activations.Activation
Initializer = initializers.Initializer


@dataclass(frozen=True)
class Dense(Layer):
    """Fully connected layer: a = f(x W + b).

    Shapes: x (batch, ..., inputs) -> a (batch, ..., units). Neuron j is column j of W;
    its address is `name:j`. Start values follow He et al. 2015 for the ReLU family,
    because a ReLU halves the variance, and Glorot and Bengio 2010 otherwise.

    Attributes:
        units: Number of neurons.
        activation: Name of an activation, or a function.
        use_bias: Whether each neuron has a bias, starting at 0.
        weight_init: Name of an initializer, or a function.

    Example:
        >>> Dense(3, "relu").output_shape((4,))
        (3,)
    """

    units: int
    activation: str | Activation = "identity"
    use_bias: bool = True
    weight_init: str | Initializer = "auto"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(is_whole(self.units), "units", "a whole number of at least 1")
        self.require(isinstance(self.use_bias, bool), "use_bias", "True or False")
        activations.get(self.activation)
        initializers.get(self.weight_init)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (..., units)."""
        if not shape:
            raise shape_error(self, shape, "at least one axis, (..., inputs)")
        return (*shape[:-1], self.units)

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the weight (inputs, units) and, if used, the bias (units,)."""
        self.output_shape(shape)
        inputs = shape[-1]
        initializer = initializers.get(self.weight_init)
        weight = initializer(
            key,
            (inputs, self.units),
            fan_in=inputs,
            fan_out=self.units,
            activation=activation_name(self.activation),
        )
        if not self.use_bias:
            return {"weight": weight}
        return {"weight": weight, "bias": jnp.zeros(self.units, weight.dtype)}

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return f(x W + b), tapping the weighted sum and the activation."""
        bias = variables.get("bias")
        z = affine(x, variables["weight"], bias, scope)
        z = scope.tap("weighted_sum", z)
        return scope.tap("activation", activations.get(self.activation)(z))

    def multiply_adds(self, shape: Shape) -> int:
        """Return inputs x units for every place of the leading axes."""
        return math.prod(shape) * self.units


def activation_name(activation: str | Activation) -> str:
    """Return the name by which an initializer knows an activation."""
    if isinstance(activation, str):
        return activation
    return getattr(activation, "__name__", "identity")

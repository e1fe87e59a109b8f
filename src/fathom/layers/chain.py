"""Layers one after the other: what every network and every layer of layers is made of.

a_0 = x,  a_k = layer_k(a_{k-1})
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import jax

from fathom.errors import InputError
from fathom.layers.layer import (
    Layer,
    Shape,
    ShapeError,
    Shapes,
    Variables,
    name_layers,
    name_of,
)
from fathom.layers.scope import Scope


def chain_shape(layers: Sequence[Layer], shape: Shape) -> Shape:
    """Return the shape that comes out of layers applied one after the other."""
    for layer in layers:
        shape = _shape_behind(layer, shape)
    return shape


def _shape_behind(layer: Layer, shape: Any) -> Any:
    if isinstance(shape, Shapes) and not layer.takes_streams:
        raise ShapeError(
            f"Layer {layer.label} takes one array, and {len(shape)} named ones reach "
            f"it: {', '.join(shape)}. Apply layers to one with On(name, layers), or "
            f"make one of them with Join(...)."
        )
    if layer.takes_streams and not isinstance(shape, Shapes):
        raise ShapeError(
            f"Layer {layer.label} takes named arrays, and one of shape {shape} reaches "
            f"it. Name a network's inputs with input_shape={{'left': (4,), ...}}."
        )
    return layer.output_shape(cast("Shape", shape))


def chain_init(layers: Sequence[Layer], key: jax.Array, shape: Shape) -> dict[str, Any]:
    """Return the starting parameters of a chain by layer name."""
    parameters: dict[str, Any] = {}
    for layer, layer_key in zip(
        layers, jax.random.split(key, len(layers)), strict=True
    ):
        own = layer.init(layer_key, shape)
        if own:
            parameters[name_of(layer)] = own
        shape = layer.output_shape(shape)
    return parameters


def chain_state(layers: Sequence[Layer], shape: Shape) -> dict[str, Any]:
    """Return the starting running statistics of a chain by layer name."""
    state: dict[str, Any] = {}
    for layer in layers:
        own = layer.init_state(shape)
        if own:
            state[name_of(layer)] = own
        shape = layer.output_shape(shape)
    return state


def chain_apply(
    layers: Sequence[Layer], variables: Variables, x: jax.Array, scope: Scope
) -> jax.Array:
    """Apply layers one after the other, each under its own address."""
    for layer in layers:
        name = name_of(layer)
        inner = scope.child(name)
        own = variables.get(name, {})
        scope.seen[inner.address] = own
        x = inner.tap("input", x)
        if scope.steps is not None:
            inner.tap("steps", scope.steps)
        x = layer.apply(own, x, inner)
        x = inner.tap("output", x)
        scope.steps = _steps_of(inner.steps, x)
    return x


def _steps_of(steps: jax.Array | None, x: Any) -> jax.Array | None:
    """Return the mask of padded steps if the values still have that time axis."""
    if steps is None or getattr(x, "ndim", 0) < 3:
        return None
    return steps if x.shape[:2] == steps.shape else None


def chain_multiply_adds(layers: Sequence[Layer], shape: Shape) -> int:
    """Return the multiply-adds of a chain for one example."""
    total = 0
    for layer in layers:
        total += layer.multiply_adds(shape)
        shape = layer.output_shape(shape)
    return total


@dataclass(frozen=True)
class Chain(Layer):
    """Several layers, one after the other, as one layer.

    Attributes:
        layers: A layer or a list of layers.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        """Name the layers inside."""
        super().__post_init__()
        object.__setattr__(self, "layers", name_layers(as_layers(self.layers)))

    @property
    def takes_streams(self) -> bool:
        """Whether the first layer does."""
        return bool(self.layers) and self.layers[0].takes_streams

    @property
    def has_convolutions(self) -> bool:
        """Whether any layer inside convolves."""
        return any(layer.has_convolutions for layer in self.layers)

    @property
    def is_random(self) -> bool:
        """Whether any layer inside draws random numbers in training."""
        return any(layer.is_random for layer in self.layers)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape behind the last layer."""
        return chain_shape(self.layers, shape)

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the parameters by the name of the layer inside."""
        return chain_init(self.layers, key, shape)

    def init_state(self, shape: Shape) -> Variables:
        """Return the running statistics by the name of the layer inside."""
        return chain_state(self.layers, shape)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return what comes out of the last layer."""
        return chain_apply(self.layers, variables, x, scope)

    def multiply_adds(self, shape: Shape) -> int:
        """Return the sum over the layers."""
        return chain_multiply_adds(self.layers, shape)


def as_layers(given: object) -> tuple[Layer, ...]:
    """Return one layer or a list of layers as a tuple."""
    if isinstance(given, Layer):
        return (given,)
    if isinstance(given, (list, tuple)):
        return tuple(cast("Sequence[Layer]", given))
    raise InputError(f"Expected a layer or a list of layers. Got {given!r} instead.")

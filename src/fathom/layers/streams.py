"""Several named arrays side by side: networks with more than one input.

A network whose `input_shape` is {"left": (4,), "right": (4,)} starts with the arrays of
these names instead of one. `On` applies layers to one of them, or the same layers with
the same parameters to several (a Siamese network; Bromley et al., "Signature
verification using a Siamese time delay neural network", 1993). `Join` makes one array
of them.
"""

from __future__ import annotations

import dataclasses
import math
import re
import zlib
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from fathom.errors import choose
from fathom.layers.chain import (
    Chain,
    chain_apply,
    chain_init,
    chain_multiply_adds,
    chain_shape,
    chain_state,
)
from fathom.layers.layer import Layer, Shape, ShapeError, Shapes, Variables
from fathom.layers.scope import Scope

# A mask of padded steps travels with its array under the array's name and this.
STEPS = ".steps"


def require_streams(shape: Any, names: tuple[str, ...], layer: Layer) -> None:
    """Raise ShapeError unless all names are among those of the arrays that come."""
    for name in names:
        if name not in shape:
            raise ShapeError(
                f"Layer {layer.label} works on '{name}', and the named arrays that "
                f"reach it are: {', '.join(shape)}."
            )


def as_names(layer: Layer, given: Any) -> tuple[str, ...]:
    """Return one name or several as a tuple."""
    names = (given,) if isinstance(given, str) else given
    fits = isinstance(names, (tuple, list)) and all(
        isinstance(name, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
        for name in names
    )
    layer.require(bool(fits and names), "names", "a name, or a list of names")
    return tuple(names)


@dataclass(frozen=True)
class On(Layer):
    """Apply layers to one of several named arrays, and hand the others through.

    With several names, the same layers with the same parameters are applied to each.
    Layers inside may look at the other arrays, as `Attention(memory="source")` does.

    Attributes:
        names: Which array, or which ones.
        layers: A layer or a list of layers.
    """

    names: str | tuple[str, ...]
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        """Check the names, and name the layers inside."""
        super().__post_init__()
        object.__setattr__(self, "names", as_names(self, self.names))
        distinct = len(set(self.names)) == len(self.names)
        self.require(distinct, "names", "names that differ")
        object.__setattr__(self, "layers", Chain(self.layers).layers)

    @property
    def takes_streams(self) -> bool:
        """Always."""
        return True

    @property
    def has_convolutions(self) -> bool:
        """Whether any layer inside convolves."""
        return any(layer.has_convolutions for layer in self.layers)

    @property
    def is_random(self) -> bool:
        """Whether any layer inside draws random numbers in training."""
        return any(layer.is_random for layer in self.layers)

    def output_shape(self, shape: Any) -> Any:
        """Return the same shapes, with those of `names` behind the layers."""
        require_streams(shape, tuple(self.names), self)
        first = shape[self.names[0]]
        for name in self.names:
            if shape[name][-1:] != first[-1:]:
                raise ShapeError(
                    f"Layer {self.label} shares its parameters between inputs of "
                    f"shapes {first} and {shape[name]}: the last axis must be the same."
                )
            if shape[name] != first and self._sizes(shape[name]) != self._sizes(first):
                raise ShapeError(
                    f"Layer {self.label} shares its parameters between inputs of "
                    f"shapes {first} and {shape[name]}, for which a layer inside has "
                    f"parameters of different sizes: give both one shape, or each an "
                    f"On of its own."
                )
        behind = {name: chain_shape(self.layers, shape[name]) for name in self.names}
        return Shapes({**shape, **behind})

    def _sizes(self, shape: Shape) -> Any:
        chain_shape(self.layers, shape)  # names the layer that does not fit
        return jax.eval_shape(
            lambda key: chain_init(self.layers, key, shape), jax.random.key(0)
        )

    def init(self, key: jax.Array, shape: Any) -> Variables:
        """Return the parameters by the name of the layer inside."""
        return chain_init(self.layers, key, shape[self.names[0]])

    def init_state(self, shape: Any) -> Variables:
        """Return the running statistics by the name of the layer inside."""
        return chain_state(self.layers, shape[self.names[0]])

    def apply(self, variables: Variables, x: Any, scope: Scope) -> Any:
        """Return the arrays with those of `names` replaced."""
        result = dict(x)
        others = {**scope.streams, **x}
        for name in self.names:
            steps = x.get(name + STEPS)
            inner = dataclasses.replace(scope, streams=others, steps=steps)
            if len(self.names) > 1:
                inner = self._shared(inner, name)
            result[name] = chain_apply(self.layers, variables, x[name], inner)
            result.pop(name + STEPS, None)
            if inner.steps is not None:
                result[name + STEPS] = inner.steps
        return result

    def _shared(self, scope: Scope, name: str) -> Scope:
        """Return the scope of one of several arrays.

        Each has its own taps and random numbers, and goes on from the running
        statistics that the one before it left.
        """
        key = scope.key
        if key is not None:
            key = jax.random.fold_in(key, zlib.crc32(name.encode()))
        path = f"{scope.path}[{name}]"
        state = {**scope.state, **scope.new_state}
        return dataclasses.replace(scope, key=key, path=path, state=state)

    def multiply_adds(self, shape: Any) -> int:
        """Return the sum over the layers and the arrays."""
        return sum(chain_multiply_adds(self.layers, shape[n]) for n in self.names)


@dataclass(frozen=True)
class Join(Layer):
    """Make one array of several named ones.

    Attributes:
        names: Which, in this order; a single name takes that array as it is.
        how: "concat" on the last axis; or "add", "subtract", "multiply", number by
            number.
    """

    names: str | tuple[str, ...]
    how: str = "concat"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        object.__setattr__(self, "names", as_names(self, self.names))
        choose(_WAYS, self.how, "way to join")

    @property
    def takes_streams(self) -> bool:
        """Always."""
        return True

    def output_shape(self, shape: Any) -> Shape:
        """Return the shape of the joined array."""
        require_streams(shape, tuple(self.names), self)
        shapes = [shape[name] for name in self.names]
        leading = [s[:-1] if self.how == "concat" else s for s in shapes]
        if any(axes != leading[0] for axes in leading) or not shapes[0]:
            raise ShapeError(
                f"Layer {self.label} cannot join shapes "
                f"{', '.join(map(str, shapes))} by '{self.how}'."
            )
        if self.how != "concat":
            return shapes[0]
        return (*shapes[0][:-1], sum(s[-1] for s in shapes))

    def apply(self, variables: Variables, x: Any, scope: Scope) -> jax.Array:
        """Return the joined array."""
        parts = [x[name] for name in self.names]
        if len(parts) == 1:
            scope.steps = x.get(self.names[0] + STEPS)
        return scope.tap("activation", _WAYS[self.how](parts))


def _subtract(parts: list[jax.Array]) -> jax.Array:
    first, *rest = parts
    return first - sum(rest[1:], rest[0]) if rest else first


_WAYS = {
    "concat": lambda parts: jnp.concatenate(parts, axis=-1),
    "add": lambda parts: sum(parts[1:], parts[0]),
    "subtract": _subtract,
    "multiply": lambda parts: math.prod(parts[1:], start=parts[0]),
}

"""What a layer is: plain settings that know three things.

`output_shape(shape)` says what shape comes out, `init(key, shape)` makes the starting
parameters, and `apply(variables, x, scope)` computes. Shapes never include the batch
axis; `x` always does, in front. A new family is one file with a frozen dataclass that
derives from `Layer`, and one row in `tests/catalogue.py`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax
import numpy as np

from fathom.errors import InputError, require
from fathom.layers.scope import Scope

Shape = tuple[int, ...]


class Shapes(dict[str, Shape]):
    """Shapes of several named arrays that flow side by side; not to be changed."""

    def __hash__(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Hash by content, because networks are looked up by theirs."""
        return hash(tuple(sorted(self.items())))


Variables = Mapping[str, Any]

# A name is part of an address (`block/hidden_1:17`), so these characters are taken.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED = frozenset({"state"})


@dataclass(frozen=True)
class Layer:
    """Settings of one layer; the parameters live beside it, never inside it.

    Attributes:
        name: Its address in the network; numbered by kind (`dense_1`) if not given.
    """

    name: str | None = field(default=None, kw_only=True)

    registry: ClassVar[dict[str, type[Layer]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the family, so that JSON can name it."""
        super().__init_subclass__(**kwargs)
        if not cls.__name__.startswith("_"):
            Layer.registry[cls.__name__] = cls

    def __post_init__(self) -> None:
        """Check the settings; a family adds its own checks."""
        for own in dataclasses.fields(self):
            value = getattr(self, own.name)
            if isinstance(value, np.generic):  # Dense(y.max() + 1)
                object.__setattr__(self, own.name, value.item())
        fits = self.name is None or (
            isinstance(self.name, str)
            and _NAME.fullmatch(self.name) is not None
            and self.name not in RESERVED
        )
        self.require(
            fits,
            "name",
            "letters, digits and underscores, not starting with a digit, and not "
            "'state'",
        )

    def require(self, holds: bool, parameter: str, expected: str) -> None:
        """Raise the one-sentence message if a setting does not hold."""
        require(
            holds, type(self).__name__, parameter, expected, getattr(self, parameter)
        )

    @property
    def kind(self) -> str:
        """The family in lower snake case, which unnamed layers are numbered by."""
        words = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"  # RMSNorm: rms_norm
        return re.sub(words, "_", type(self).__name__).lower()

    @property
    def label(self) -> str:
        """How messages call this layer."""
        return f"'{self.name}' ({type(self).__name__})" if self.name else self.kind

    @property
    def is_random(self) -> bool:
        """Whether training this layer draws random numbers."""
        return False

    @property
    def output_activation(self) -> str | None:
        """The name of the activation that is the last thing the layer does, if any."""
        activation = getattr(self, "activation", None)
        return activation if isinstance(activation, str) else None

    @property
    def has_convolutions(self) -> bool:
        """Whether it convolves, which is compiled with options of its own."""
        return False

    @property
    def takes_streams(self) -> bool:
        """Whether this layer takes several named arrays instead of one."""
        return False

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one output for the shape of one input."""
        return shape

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the starting parameters, a named tree of arrays."""
        return {}

    def init_state(self, shape: Shape) -> Variables:
        """Return the starting running statistics, a named tree of arrays."""
        return {}

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Compute the outputs (batch, *output_shape) of x (batch, *shape)."""
        raise NotImplementedError

    def multiply_adds(self, shape: Shape) -> int:
        """Return how many multiply-adds one example costs in the forward pass."""
        return 0


def with_name(layer: Layer, name: str) -> Layer:
    """Return the same layer under another name."""
    return dataclasses.replace(layer, name=name)


def name_layers(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Give every unnamed layer a name by kind and number: `dense_1`, `dense_2`.

    Names that are given stay, so an edited network keeps its addresses.

    Raises:
        InputError: If something is not a layer, or two layers share a name.
    """
    layers = tuple(layers)
    for layer in layers:
        if not isinstance(layer, Layer):
            raise InputError(
                f"Expected a layer such as Dense(64, 'relu'). Got {layer!r} instead."
            )
    taken = [layer.name for layer in layers if layer.name is not None]
    for name in taken:
        if taken.count(name) > 1:
            raise InputError(f"Two layers are named '{name}': give each its own name.")
    named: list[Layer] = []
    numbers: dict[str, int] = {}
    for layer in layers:
        if layer.name is None:
            name = _free_name(layer.kind, numbers, taken)
            layer = with_name(layer, name)
        named.append(layer)
    return tuple(named)


def _free_name(kind: str, numbers: dict[str, int], taken: Sequence[str]) -> str:
    while True:
        numbers[kind] = numbers.get(kind, 0) + 1
        name = f"{kind}_{numbers[kind]}"
        if name not in taken:
            return name


def name_of(layer: Layer) -> str:
    """Return the name of a layer that has been named.

    Raises:
        InputError: If the layer was never put in a network.
    """
    if layer.name is None:
        raise InputError(f"This {type(layer).__name__} has no name yet.")
    return layer.name


class ShapeError(InputError):
    """Shapes that do not fit: names the layer, what came and what was expected."""


def shape_error(layer: Layer, came: Shape, expected: str) -> ShapeError:
    """Build the message for an input shape that a layer cannot take."""
    return ShapeError(
        f"Layer {layer.label} cannot take inputs of shape {came}: it expects "
        f"{expected}."
    )

"""What a forward pass through a network takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

import jax
import jax.numpy as jnp

from fathom.errors import is_whole, require
from fathom.layers.layer import ShapeError, Shapes
from fathom.variables import Variables


class Forward(NamedTuple):
    """What one forward pass gives.

    Attributes:
        outputs: (batch, *output_shape).
        state: Running statistics after the pass, by layer; empty if there are none.
        taps: {address: {name: value}} of every layer, if listening, else empty.
        penalty: (batch,) what layers add to each example's loss, or None if none does.
    """

    outputs: jax.Array
    state: Variables
    taps: dict[str, dict[str, Any]]
    penalty: jax.Array | None = None


class Pass(TypedDict, total=False):
    """What a forward pass may be asked for.

    Attributes:
        training: Drop (needs `key`), and use and update batch statistics.
        key: Random key of this pass.
        mask: (batch,) 1 for a real row, 0 for padding.
        listen: Return the taps of every layer: weighted sums, activations.
        probes: {address: {name: value}} added to taps; the gradient with respect to a
            probe of zeros is the gradient with respect to the tapped value.
        precision: "float32", or "bfloat16" for the factors of matrix products.
        frozen: Addresses of layers whose batch statistics stay as they are.
    """

    training: bool
    key: jax.Array | None
    mask: jax.Array | None
    listen: bool
    probes: Mapping[str, Any] | None
    precision: str
    frozen: frozenset[str]


def checked_input(x: Any, wanted: Any) -> Any:
    """Return x as an array, or a dict of arrays, of a network's input shape.

    Raises:
        ShapeError: If it has another shape.
    """
    if isinstance(x, Mapping):
        x = {name: jnp.asarray(array) for name, array in x.items()}
        came: Any = {name: array.shape[1:] for name, array in x.items()}
    else:
        x = jnp.asarray(x)
        came = x.shape[1:]
    if wanted is not None and came != wanted:
        shape = _batched(came) if isinstance(came, dict) else x.shape
        raise ShapeError(
            f"The network expects inputs of shape {_batched(wanted)}. Got {shape} "
            f"instead."
        )
    return x


def checked_shape(shape: Any) -> Any:
    """Return an input shape as a tuple, or as `Shapes` by name.

    Raises:
        InputError: If it is neither.
    """
    if shape is None:
        return None
    if isinstance(shape, Mapping) and shape:
        for name in shape:
            require(
                isinstance(name, str) and name.isidentifier(),
                "Network", "name of an input", "letters, digits and underscores", name,
            )  # fmt: skip
        for own in shape.values():
            require(
                isinstance(own, (tuple, list)),
                "Network", "input_shape", "a shape, such as (4,), for each name", shape,
            )  # fmt: skip
        return Shapes({name: checked_shape(own) for name, own in shape.items()})
    fits = isinstance(shape, (tuple, list)) and all(is_whole(n) for n in shape)
    expected = (
        "a tuple of whole numbers of at least 1, such as (4,), or a dict of such by "
        "the name of the input"
    )
    require(fits, "Network", "input_shape", expected, shape)
    return tuple(shape)


def _batched(shape: Any) -> str:
    if isinstance(shape, Mapping):
        return "{" + ", ".join(f"{n!r}: {_batched(s)}" for n, s in shape.items()) + "}"
    return f"(batch, {', '.join(map(str, shape))})"

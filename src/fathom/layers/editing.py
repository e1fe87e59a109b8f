"""Finding and changing layers by address, inside other layers too.

An address is names with slashes between: `residual_1/dense_2`. Block i of a `Repeat`
is written `repeat_1[i]`; all blocks share one layer's settings.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from fathom.errors import InputError, did_you_mean
from fathom.layers.layer import Layer

Layers = tuple[Layer, ...]


def find(layers: Sequence[Layer], address: str) -> Layer:
    """Return the layer at an address.

    Raises:
        InputError: If there is none; says what there is.
    """
    head, _, rest = address.partition("/")
    layer = layers[position(layers, head)]
    return find(_inside(layer), rest) if rest else layer


def edit(
    layers: Layers, address: str, change: Callable[[Layers, int], Layers]
) -> Layers:
    """Return the layers with a change made where an address points.

    Args:
        layers: The outermost layers.
        address: Of the layer whose surroundings change.
        change: (layers around it, its position) -> the layers instead.

    Raises:
        InputError: If there is no such layer.
    """
    head, _, rest = address.partition("/")
    i = position(layers, head)
    if not rest:
        return change(layers, i)
    inner = edit(_inside(layers[i]), rest, change)
    changed = dataclasses.replace(layers[i], layers=inner)  # pyright: ignore
    return (*layers[:i], changed, *layers[i + 1 :])


def position(layers: Sequence[Layer], name: str) -> int:
    """Return which of the layers has a name.

    Raises:
        InputError: If none has; says what there is.
    """
    name = name.partition("[")[0]
    names = [layer.name or "" for layer in layers]
    if name not in names:
        raise InputError(
            f"There is no layer '{name}'.{did_you_mean(name, names)} "
            f"Layers: {', '.join(names) or 'none'}."
        )
    return names.index(name)


def _inside(layer: Layer) -> Layers:
    layers = getattr(layer, "layers", None)
    if not layers:
        raise InputError(f"Layer {layer.label} has no layers inside it.")
    return layers

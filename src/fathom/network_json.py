"""Networks as JSON text, both ways, without running anything from the text.

    {"format": "fathom network", "version": 1, "input_shape": [4],
     "layers": [{"kind": "Dense", "name": "dense_1", "units": 3, ...}]}

Reading checks every name and value through the layers' own checks, so that an edited
or hostile file gives a clear error.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any, cast

from fathom.errors import InputError, choose
from fathom.layers.layer import Layer, Shapes
from fathom.network import Network

FORMAT = "fathom network"
VERSION = 1
# More than any real network needs; a deeper file would exhaust the stack.
MAX_DEPTH = 50


def network_to_json(network: Network, indent: int | None) -> str:
    """Return the network as JSON text."""
    shape = network.input_shape
    document = {
        "format": FORMAT,
        "version": VERSION,
        "input_shape": _plain_shape(shape),
        "layers": [_layer_to_dict(layer) for layer in network.layers],
    }
    return json.dumps(document, indent=indent)


def network_from_json(text: str) -> Network:
    """Return the network in JSON text, or say what is wrong with it."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"This is not the JSON text of a network: {error}.") from error
    if not isinstance(document, dict):
        raise InputError("The JSON text of a network must be an object.")
    document = cast("dict[str, Any]", document)
    if document.get("format") != FORMAT or document.get("version") != VERSION:
        raise InputError(
            f"Expected format '{FORMAT}' version {VERSION}. Got "
            f"{document.get('format')!r} version {document.get('version')!r}."
        )
    layers = [_layer_from_dict(item, 0) for item in _list(document.get("layers"))]
    shape = document.get("input_shape")
    if isinstance(shape, dict):
        named = cast("dict[str, Any]", shape)
        return Network(layers, {name: _list(own) for name, own in named.items()})
    return Network(layers, None if shape is None else _list(shape))


def _plain_shape(shape: Any) -> Any:
    if isinstance(shape, Shapes):
        return {name: list(own) for name, own in shape.items()}
    return None if shape is None else list(shape)


def _layer_to_dict(layer: Layer) -> dict[str, Any]:
    settings: dict[str, Any] = {"kind": type(layer).__name__, "name": layer.name}
    for field in dataclasses.fields(layer):
        if field.name != "name":
            value = getattr(layer, field.name)
            settings[field.name] = _plain(value, layer, field.name)
    return settings


def _plain(value: Any, layer: Layer, field: str) -> Any:
    if isinstance(value, Layer):
        return _layer_to_dict(value)
    if isinstance(value, tuple):
        items = cast("tuple[Any, ...]", value)
        return [_plain(item, layer, field) for item in items]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise InputError(
        f"Layer {layer.label} cannot be written as JSON: its '{field}' is {value!r}. "
        f"Use a name from the tables instead of a function."
    )


def _layer_from_dict(item: Any, depth: int) -> Layer:
    if depth > MAX_DEPTH:
        raise InputError(f"Layers are nested more than {MAX_DEPTH} deep.")
    if not isinstance(item, dict):
        raise InputError(f"Expected a layer with a 'kind'. Got {item!r:.80} instead.")
    settings = dict(cast("dict[str, Any]", item))
    kind = settings.pop("kind", None)
    if not isinstance(kind, str):
        raise InputError(f"Expected a layer with a 'kind'. Got {item!r:.80} instead.")
    family = choose(Layer.registry, kind, "layer")
    known = {field.name for field in dataclasses.fields(family)}
    for name, value in settings.items():
        if name not in known:
            raise InputError(
                f"{kind} has no setting '{name}'. Known: {', '.join(sorted(known))}."
            )
        settings[name] = _value(value, depth)
    try:
        return family(**settings)
    except TypeError as error:
        raise InputError(f"{kind} cannot be made from {settings!r:.120}.") from error


def _value(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return _layer_from_dict(value, depth + 1)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return tuple(_value(item, depth + 1) for item in items)
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"Expected a list. Got {value!r:.80} instead.")
    return cast("list[Any]", value)

"""Layers that are drawn as one block: kind, output shape, parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fathom.layers import Layer
from fathom.layers.layer import name_of
from fathom.report import diagram_glyphs
from fathom.report.diagram_boxes import Box
from fathom.report.diagram_svg import (
    element,
    fitted,
    heading,
    moved,
    text,
    text_width,
    title,
)

WIDTH = 122.0


def block(
    layer: Layer, address: str, shape: Any, out: Any, variables: Mapping[str, Any]
) -> Box:
    """Return a layer as a block.

    Args:
        layer: The layer.
        address: Its address in the network.
        shape: Shape of one input.
        out: Shape of one output.
        variables: Its parameters, or shapes of parameters.
    """
    n = count(variables)
    kind, own = kind_of(layer), f"{n:,} parameters" if n else "no parameters"
    shape = max(shape.values(), key=len) if isinstance(shape, dict) else shape
    lines = (name_of(layer), *_wrapped(kind), spelled(out), own if n else "")
    drawing = diagram_glyphs.glyph(layer, out if isinstance(out, tuple) else shape)
    return labelled(
        lines, drawing, f"{address}: {kind}, {spelled(out)}, {own}", address
    )


def labelled(
    lines: Sequence[str], drawing: str, about: str, address: str | None = None
) -> Box:
    """Return a block with a drawing, a name in the first line, and what it is below."""
    shown = [line for line in lines if line]
    height = 60.0 + 14 * len(shown)
    parts = [
        title(about),
        element("rect", x=0.5, y=0.5, width=WIDTH - 1, height=height - 1, rx=8,
                class_="box"),
        moved((WIDTH - diagram_glyphs.WIDTH) / 2, 8, drawing),
    ]  # fmt: skip
    for i, line in enumerate(shown):
        x, y = WIDTH / 2, 64 + 14 * i
        below = text(x, y, fitted(line, WIDTH - 6, 10), "about")
        parts.append(below if i else heading(x, y, line, WIDTH - 6))
    body = element("g", *parts, data_address=address)
    return Box(WIDTH, height, body, 28, 28)


def _wrapped(kind: str) -> list[str]:
    """Return a family and its settings in lines that fit in a block."""
    lines: list[str] = []
    for words in kind.split(", "):
        if lines and text_width(f"{lines[-1]}, {words}", 10) <= WIDTH - 6:
            lines[-1] += f", {words}"
        else:
            lines.append(words)
    return lines


def kind_of(layer: Layer) -> str:
    """Return the family of a layer and the settings that matter most.

    Example:
        >>> from fathom.layers import Conv
        >>> kind_of(Conv(6, 5, "tanh"))
        'Conv 5, tanh'
    """
    words = [type(layer).__name__]
    for name in ("kernel", "size", "factor", "groups"):
        value = getattr(layer, name, None)
        if value is not None and (name != "groups" or value != 1):
            words.append(_sizes(value))
    heads = getattr(layer, "heads", None)
    if heads is not None:
        words.append(f"{heads} head" + ("s" if heads > 1 else ""))
    rate = getattr(layer, "rate", None)
    if rate is not None:
        words.append(f"{rate:g}")
    more = [
        f"looks at {layer.memory}" if getattr(layer, "memory", None) else "",  # pyright: ignore
        "causal" if getattr(layer, "causal", False) else "",
        "both ways" if getattr(layer, "bidirectional", False) else "",
        activation_of(layer),
        getattr(layer, "how", ""),
    ]
    return ", ".join([" ".join(words), *filter(None, more)])


def activation_of(layer: Layer) -> str:
    """Return the name of a layer's activation; "" if there is none."""
    activation = getattr(layer, "activation", None)
    if activation is None or activation == "identity":
        return ""
    given = getattr(activation, "__name__", type(activation).__name__)
    return activation if isinstance(activation, str) else given


def spelled(shape: Any) -> str:
    """Return a shape as people write it.

    Example:
        >>> spelled((28, 28, 1)), spelled((4,)), spelled({"left": (3,)})
        ('28 x 28 x 1', '4', 'left 3')
    """
    if isinstance(shape, Mapping):
        return ", ".join(f"{name} {spelled(own)}" for name, own in shape.items())
    return " x ".join(map(str, shape)) or "one number"


def count(variables: Any) -> int:
    """Return how many numbers a tree of arrays, or of shapes, holds."""
    if isinstance(variables, Mapping):
        return sum(count(own) for own in variables.values())
    return math.prod(variables.shape)


def _sizes(value: Any) -> str:
    return " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)

"""Small drawings of what a layer does, one for each family, 44 wide and 40 high."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from fathom import activations
from fathom.layers import (
    GRU,
    LSTM,
    RNN,
    Activation,
    Attention,
    AveragePool,
    BatchNorm,
    Conv,
    ConvTranspose,
    CutOut,
    Dense,
    Dropout,
    Embedding,
    Encode,
    Flatten,
    Flip,
    GlobalAveragePool,
    GlobalMaxPool,
    GroupNorm,
    Jitter,
    Join,
    Layer,
    LayerNorm,
    LeakyReadout,
    LearnedPositions,
    Masking,
    MaxPool,
    Noise,
    Reshape,
    RMSNorm,
    Rotate,
    Sample,
    Shift,
    SinusoidalPositions,
    Spiking,
    Standardize,
    Tied,
    Upsample,
)
from fathom.report.diagram_svg import element, number, path

WIDTH, HEIGHT = 44.0, 40.0


def glyph(layer: Layer, shape: Any) -> str:
    """Return the drawing of a layer whose outputs have a shape."""
    for families, draw in _GLYPHS:
        if isinstance(layer, families):
            return draw(layer, shape)
    return _dots(layer, shape)


def arrays(shape: Any) -> str:
    """Return the drawing of values of a shape: maps, steps, or a column."""
    if isinstance(shape, tuple) and len(shape) in (3, 4):
        return _maps(shape[-1], 14 + 5 * math.log10(max(1, min(shape[:2]))))
    if isinstance(shape, tuple) and len(shape) == 2:
        return _steps()
    return _column()


def _rect(x: float, y: float, width: float, height: float, kind: str = "glyph") -> str:
    return element("rect", x=x, y=y, width=width, height=height, rx=1.5, class_=kind)


def _disc(x: float, y: float, r: float, opacity: float) -> str:
    return element("circle", cx=x, cy=y, r=r, class_="full", fill_opacity=f"{opacity}")


def _maps(n: int, side: float) -> str:
    """Return squares one behind the other, at most five."""
    n, side = min(n, 5), min(side, 28.0)
    step = 3.0
    x, y = (WIDTH - side - step * (n - 1)) / 2, (HEIGHT - side - step * (n - 1)) / 2
    back = [_rect(x + step * i, y + step * i, side, side) for i in range(n)]
    return "".join(back)


def _steps() -> str:
    """Return one column of values for each of a few steps."""
    return "".join(
        _rect(2 + 10.5 * step, 5 + 10 * row, 8.5, 8) for step in range(4)
        for row in range(3)
    )  # fmt: skip


def _column() -> str:
    return "".join(_rect(17, 1 + 10 * row, 10, 8) for row in range(4))


def _convolution(layer: Any, shape: Any) -> str:
    kernel = _rect(4, 4, 11, 11, "full")
    if len(shape) == 2:
        return _steps() + _rect(2, 5, 19, 28, "glyph")
    faint = element("g", kernel, opacity="0.35")
    return arrays(shape) + faint


def _pool(layer: Any, shape: Any) -> str:
    grid = "".join(
        _rect(3 + 7 * i, 10 + 7 * j, 6, 6) for i in range(3) for j in range(3)
    )
    return grid + path("M27 20h5m-3 -3l3 3l-3 3", "glyph") + _rect(35, 17, 6, 6, "full")


def _upsample(layer: Any, shape: Any) -> str:
    grid = "".join(
        _rect(21 + 7 * i, 10 + 7 * j, 6, 6) for i in range(3) for j in range(3)
    )
    return _rect(3, 17, 6, 6, "full") + path("M11 20h6m-3 -3l3 3l-3 3", "glyph") + grid


def _overall(layer: Any, shape: Any) -> str:
    grid = "".join(
        _rect(2 + 6 * i, 8 + 6 * j, 5, 5) for i in range(4) for j in range(4)
    )
    arrow = path("M28 20h6m-3 -3l3 3l-3 3", "glyph")
    return grid + arrow + _disc(39, 20, 3.2, 0.8)


def _recurrent(layer: Any, shape: Any) -> str:
    box = _rect(8, 17, 28, 18)
    loop = path("M36 25h3q4 0 4 -4v-9q0 -4 -4 -4h-34q-4 0 -4 4v9q0 4 4 4h3", "glyph")
    head = path("M4.5 22l3.5 3l-3.5 3", "glyph")
    gates = {LSTM: 4, GRU: 3}.get(type(layer), 1)
    first = 22 - 3 * (gates - 1)
    return box + loop + head + "".join(
        _disc(first + 6 * i, 26, 2, 0.8) for i in range(gates)
    )  # fmt: skip


def _attention(layer: Any, shape: Any) -> str:
    """Return who looks at whom, three steps for each of up to four heads."""
    heads = min(layer.heads, 4)
    across = 1 if heads == 1 else 2
    cell = 10.0 if heads == 1 else (5.6 if heads > 2 else 6.4)
    parts: list[str] = []
    for head in range(heads):
        x = (WIDTH - across * 3 * cell - (across - 1) * 4) / 2
        x += (head % across) * (3 * cell + 4)
        y = (HEIGHT - (3 * cell * (1 + (heads > 2)) + 4 * (heads > 2))) / 2
        y += (head // across) * (3 * cell + 4)
        for row in range(3):
            for column in range(3):
                seen = not layer.causal or column <= row
                look = 0.15 + 0.7 * ((row + 2 * column + head * row) % 3 == 0)
                box = _rect(
                    x + column * cell, y + row * cell, cell - 1, cell - 1, "full"
                )
                parts.append(element("g", box, opacity=f"{look * seen + 0.05:.2f}"))
    return "".join(parts)


def _embedding(layer: Any, shape: Any) -> str:
    rows = "".join(_rect(8, 2 + 7 * row, 28, 5.5) for row in range(5))
    return rows + _rect(8, 16, 28, 5.5, "full")


def _bell(layer: Any, shape: Any) -> str:
    return path("M3 34C14 34 15 7 22 7S30 34 41 34", "glyph") + path("M3 37H41", "wire")


def _waves(layer: Any, shape: Any) -> str:
    return path("M2 12q5 -12 10 0t10 0t10 0t10 0", "glyph") + path(
        "M2 29q10 -12 20 0t20 0", "glyph"
    )


def _curve(layer: Any, shape: Any) -> str:
    """Return the graph of an activation from -3 to 3."""
    x = np.linspace(-3, 3, 25, dtype=np.float32)
    y = np.asarray(activations.get(layer.activation)(jnp.asarray(x)), float)
    y = np.nan_to_num(y)
    low, high = float(y.min()), float(y.max())
    share = (y - low) / ((high - low) or 1.0)
    points = zip((x + 3) / 6, share, strict=True)
    places = [f"{number(4 + 36 * a)} {number(35 - 28 * b)}" for a, b in points]
    return path("M4 37H40M22 37V4", "wire") + path("M" + "L".join(places), "glyph")


def _neurons(layer: Any, shape: Any) -> str:
    lines = path(
        "M10 9L34 14M10 9L34 27M10 20L34 14M10 20L34 27M10 31L34 14M10 31L34 27", "wire"
    )
    places = ((10, 9), (10, 20), (10, 31), (34, 14), (34, 27))
    return lines + "".join(_disc(x, y, 3.2, 0.75) for x, y in places)


def _dropped(layer: Any, shape: Any) -> str:
    parts = [
        element("circle", cx=10 + 12 * i, cy=8 + 12 * j, r=3.6, class_="glyph")
        if (i + 2 * j) % 3 == 0
        else _disc(10 + 12 * i, 8 + 12 * j, 3.6, 0.75)
        for i in range(3)
        for j in range(3)
    ]
    return "".join(parts)


def _laid_out(layer: Any, shape: Any) -> str:
    grid = "".join(
        _rect(2 + 6 * i, 11 + 6 * j, 5, 5) for i in range(3) for j in range(3)
    )
    column = "".join(_rect(36, 1.5 + 6.4 * row, 5, 5) for row in range(6))
    return grid + path("M23 20h8m-3 -3l3 3l-3 3", "glyph") + column


def _changed(layer: Any, shape: Any) -> str:
    """Return a picture and the same one turned: a change in training only."""
    turned = element("g", _rect(10, 8, 24, 24), transform="rotate(14 22 20)")
    return element("g", _rect(10, 8, 24, 24), opacity="0.4") + turned


def _joined(layer: Any, shape: Any) -> str:
    sign = {"add": "+", "subtract": "-", "multiply": "x"}.get(layer.how)
    lines = path("M3 8C16 8 16 20 24 20M3 32C16 32 16 20 24 20M24 20h15", "glyph")
    if sign is None:
        return lines
    mark = element("text", sign, x=33, y=15, text_anchor="middle", class_="name")
    return lines + mark


def _dots(layer: Any, shape: Any) -> str:
    return "".join(_disc(12 + 10 * i, 20, 2.6, 0.6) for i in range(3))


def _spikes(layer: Any, shape: Any) -> str:
    """Return two spikes on a line, which is what such a neuron sends."""
    return path("M2 32h10V8v24h16V8v24h14", "glyph")


_Draw = Callable[[Any, Any], str]
_GLYPHS: list[tuple[tuple[type[Layer], ...], _Draw]] = [
    ((Conv, ConvTranspose), _convolution),
    ((MaxPool, AveragePool), _pool),
    ((GlobalAveragePool, GlobalMaxPool), _overall),
    ((Upsample,), _upsample),
    ((RNN, LSTM, GRU), _recurrent),
    ((Attention,), _attention),
    ((Embedding,), _embedding),
    ((BatchNorm, LayerNorm, GroupNorm, RMSNorm, Sample, Standardize), _bell),
    ((LearnedPositions, SinusoidalPositions), _waves),
    ((Activation,), _curve),
    ((Dense, Tied, LeakyReadout), _neurons),
    ((Spiking, Encode), _spikes),
    ((Dropout, Masking), _dropped),
    ((Flatten, Reshape), _laid_out),
    ((Shift, Rotate, Flip, CutOut, Noise, Jitter), _changed),
    ((Join,), _joined),
]

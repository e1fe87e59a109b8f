"""Fully connected layers of a diagram: a column of neurons each, and lines for weights.

The address of a neuron is `layer:unit`; that of a weight is where it is in the
variables, `layer/weight:input,unit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.layers import Dense, Layer
from fathom.layers.layer import name_of
from fathom.report.diagram_blocks import activation_of, count, kind_of
from fathom.report.diagram_boxes import Box
from fathom.report.diagram_shown import Shown, strength
from fathom.report.diagram_svg import (
    element,
    escape,
    fitted,
    heading,
    number,
    path,
    text,
    text_width,
    title,
)

RADIUS = 6.5
# Above the neurons: three lines about the layer.
HEAD = 56.0
# From one column to the next; the width of a layer without weights between.
STEP, GATE = 124.0, 40.0


@dataclass(frozen=True)
class Column:
    """A column of neurons, or of inputs.

    Attributes:
        name: In the first line above.
        about: In the lines below it.
        address: Of the layer whose outputs they are; "" for inputs.
        is_layer: Whether they are neurons, and not values that come in.
        names: What each value is called, if anything; at its side.
        notes: What else is known of each unit, by index: bias and values.
        activations: The value of each unit for one example, if known.
        weight: (inputs, units), if known; None for inputs.
        gates: Layers without weights that follow, with their addresses.
    """

    name: str
    about: tuple[str, ...]
    address: str = ""
    is_layer: bool = True
    names: Sequence[str] = ()
    notes: Sequence[str] = ()
    activations: np.ndarray | None = None
    weight: np.ndarray | None = None
    gates: tuple[tuple[Layer, str], ...] = ()

    def called(self, unit: int) -> str:
        """Return the name of a unit, with its index or address."""
        place = f"{self.address}:{unit}" if self.address else f"input {unit}"
        return f"{self.names[unit]} ({place})" if len(self.names) else place


def dense_column(
    layer: Dense, address: str, variables: Any, values: dict[str, Any]
) -> Column:
    """Return the column of a layer.

    Args:
        layer: The layer.
        address: Its address.
        variables: Its parameters; without arrays if they are not known.
        values: What it tapped for one example, by name, without the batch axis.
    """
    n, is_known = layer.units, isinstance(variables.get("weight"), np.ndarray)
    bias = variables.get("bias") if is_known else None
    known = {"bias": bias, "weighted sum": values.get("weighted_sum")}
    known["activation"] = values.get("activation")
    notes = [
        ", ".join(f"{k} {v[j]:.4g}" for k, v in known.items() if v is not None)
        for j in range(n)
    ]
    units = f"{n} neuron" + ("s" if n > 1 else "")
    kind = activation_of(layer)
    return Column(
        name_of(layer),
        (units + (f", {kind}" if kind else ""), f"{count(variables):,} parameters"),
        address,
        notes=notes,
        activations=values.get("activation"),
        weight=np.asarray(variables["weight"]) if is_known else None,
    )


def neurons(
    columns: Sequence[Column], shown: Shown, is_start: bool, is_end: bool
) -> Box:
    """Return columns of neurons with their weights between.

    Args:
        columns: First what comes in, then the layers.
        shown: What is drawn of them.
        is_start: Whether what comes in are the network's inputs.
        is_end: Whether these are the last layers of the network.
    """
    spread = [_heights(columns[i], shown, i) for i in range(len(columns))]
    tallest = max(max(ys.values()) for ys in spread) + RADIUS + 4
    middle = HEAD + (tallest - HEAD) / 2
    spread = [_centered(ys, middle) for ys in spread]
    parts: list[str] = []
    circles: list[str] = []
    x = max(_side(columns[0], shown.units[0]), _head_width(columns[0]) / 2) + 10
    start = x
    previous = x
    for i, column in enumerate(columns):
        ys = spread[i]
        if i:
            before = spread[i - 1]
            parts.append(_edges(column, columns[i - 1], shown.edges[i - 1],
                                (previous, before), (x, ys)))  # fmt: skip
        circles.append(_column(column, shown, i, x, ys, i == len(columns) - 1))
        previous = x + RADIUS
        for layer, address in column.gates:
            parts.append(_gate(layer, address, previous, ys))
            previous += GATE
        x = previous - RADIUS + STEP
    last = columns[-1]
    names = _side(last, shown.units[-1])
    width = previous + 10 + max(names, _head_width(last) / 2 - 10)
    if not is_start:
        parts.append(_gather(spread[0], start - RADIUS - 5, 0, middle))
    if not is_end:
        parts.append(_gather(spread[-1], previous + 5, width, middle))
    return Box(width, tallest + 14, "".join([*parts, *circles]), middle, middle)


def _heights(column: Column, shown: Shown, i: int) -> dict[int, float]:
    """Return the height of each unit shown; -1 is the place of the dots for others."""
    units = shown.units[i]
    step = 20.0 if len(units) <= 20 else 16.0 if len(units) <= 32 else 12.0
    ys = {int(unit): HEAD + RADIUS + 4 + step * k for k, unit in enumerate(units)}
    if shown.sizes[i] > len(units):
        ys[-1] = HEAD + RADIUS + 6 + step * len(units)
    return ys


def _centered(ys: dict[int, float], middle: float) -> dict[int, float]:
    shift = middle - (min(ys.values()) + max(ys.values())) / 2
    return {unit: y + shift for unit, y in ys.items()}


def _side(column: Column, units: np.ndarray) -> float:
    """Return the room that the names at the side of a column take."""
    if not len(column.names):
        return 8.0
    longest = max(text_width(_short(column.names[int(u)])) for u in units)
    return longest + RADIUS + 12


def _short(name: str) -> str:
    return fitted(name, 150)


def _head_width(column: Column) -> float:
    return max(text_width(column.name), *(text_width(a, 10) for a in column.about))


def _column(
    column: Column, shown: Shown, i: int, x: float, ys: dict[int, float], is_last: bool
) -> str:
    """Return the neurons of a column, its heading and the names at its side."""
    lines = [heading(x, 14, column.name, STEP - 8)]
    lines += [
        text(x, 29 + 14 * k, fitted(line, STEP - 6, 10), "about")
        for k, line in enumerate(column.about)
    ]
    radius = RADIUS if column.is_layer and len(ys) <= 33 else 4.5
    largest = 0.0
    if column.activations is not None:
        largest = float(strength(column.activations).max())
    marks = [
        _neuron(column, unit, (x, y), radius, largest)
        for unit, y in ys.items()
        if unit >= 0
    ]
    if -1 in ys:
        rest = shown.sizes[i] - len(shown.units[i])
        marks.append(text(x, ys[-1] + 4, f"... {rest:,} more", "about"))
    if len(column.names):
        side, anchor = (RADIUS + 7, "start") if is_last and i else (-RADIUS - 7, "end")
        marks += [
            text(x + side, y + 4, _short(column.names[unit]), "", anchor)
            for unit, y in ys.items()
            if unit >= 0
        ]
    address = column.address if column.is_layer else None
    return element("g", *lines, *marks, data_address=address)


def _neuron(
    column: Column, unit: int, place: tuple[float, float], radius: float, largest: float
) -> str:
    """Return a neuron, filled by its activation where one is known."""
    note = column.notes[unit] if len(column.notes) else ""
    about = fitted(column.called(unit), 500) + (f": {note}" if note else "")
    kind, opacity = "neuron", "0.1"
    if column.activations is not None:
        value = float(column.activations[unit])
        share = strength(np.array(value)) / (largest or 1.0)
        kind += " plus" if value > 0 else " minus" if value < 0 else ""
        opacity = f"{0.06 + 0.94 * float(share):.2f}"
    address = f"{column.address}:{unit}" if column.address else None
    return element(
        "circle", title(about), cx=place[0], cy=place[1], r=radius, class_=kind,
        fill_opacity=opacity, data_address=address,
        data_input=None if column.is_layer else str(unit),
    )  # fmt: skip


def _edges(
    column: Column,
    before: Column,
    pairs: np.ndarray,
    start: tuple[float, dict[int, float]],
    end: tuple[float, dict[int, float]],
) -> str:
    """Return the weights into a column, weakest first so that strong ones lie above."""
    (x1, from_ys), (x2, to_ys) = start, end
    weight = column.weight
    largest = 1.0 if weight is None else float(strength(weight).max()) or 1.0
    parts: list[str] = []
    for source, unit in pairs.tolist():
        line = f"M{number(x1)} {number(from_ys[source])}L{number(x2 - RADIUS)} "
        line += number(to_ys[unit])
        if weight is None:
            parts.append(path(line, "edge", stroke_opacity="0.25"))
            continue
        value = float(weight[source, unit])
        share = float(strength(np.array(value))) / largest
        kind = "plus" if value > 0 else "minus" if value < 0 else "none"
        kind = kind if np.isfinite(value) else "broken"
        about = f"{fitted(before.called(source), 300)} to {column.called(unit)}: "
        parts.append(
            element(
                "path", title(f"{about}weight {value:.4g}"), d=line,
                class_=f"edge {kind}", stroke_width=f"{0.3 + 2.7 * share:.2f}",
                stroke_opacity=f"{0.15 + 0.7 * share:.2f}",
                data_address=f"{column.address}/weight:{source},{unit}",
            )
        )  # fmt: skip
    return element("g", *parts)


def _gate(layer: Layer, address: str, x: float, ys: dict[int, float]) -> str:
    """Return a layer without weights: every value passes it by itself."""
    top = min(ys.values()) - RADIUS - 5
    height = max(y for unit, y in ys.items() if unit >= 0) + RADIUS + 5 - top
    wires = "".join(
        f"M{number(x)} {number(y)}h10M{number(x + 30)} {number(y)}h10"
        for unit, y in ys.items()
        if unit >= 0
    )
    words = fitted(name_of(layer), max(height, 60) - 6, 10)
    middle = top + height / 2
    return element(
        "g",
        title(f"{address}: {kind_of(layer)}"),
        path(wires, "wire"),
        element("rect", x=x + 10, y=top, width=20, height=height, rx=6, class_="box"),
        element(
            "text", escape(words), x=x + 20, y=middle, class_="about",
            text_anchor="middle", dominant_baseline="central",
            transform=f"rotate(-90 {number(x + 20)} {number(middle)})",
        ),
        data_address=address,
    )  # fmt: skip


def _gather(ys: dict[int, float], x: float, end: float, middle: float) -> str:
    """Return the line beside a column from or to which all its values go."""
    places = [y for unit, y in ys.items() if unit >= 0]
    line = f"M{number(x)} {number(min(places) - 6)}V{number(max(places) + 6)}"
    return path(f"{line}M{number(x)} {number(middle)}H{number(end)}", "arrow")

"""Fully connected layers in a row: where they are in a network, and how they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fathom.layers import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    GroupNorm,
    Layer,
    LayerNorm,
    Masking,
    Noise,
    RMSNorm,
    Standardize,
)
from fathom.layers.layer import name_of
from fathom.report.diagram_boxes import Box
from fathom.report.diagram_neurons import Column, dense_column, neurons
from fathom.report.diagram_shown import Detail, Shown, shown

# Layers that leave every value of a row in its place.
IN_PLACE = (
    Activation, BatchNorm, Dropout, GroupNorm, LayerNorm, Masking, Noise, RMSNorm,
    Standardize,
)  # fmt: skip


@dataclass
class Drawing:
    """What is the same for all layers of one diagram, and what has been drawn.

    Attributes:
        detail: How much is drawn.
        taps: {address: {name: array}} of one example, without the batch axis.
        input_names: What the values of a row are called.
        output_names: What the last neurons are called.
        parts: Of every group of fully connected layers, what is shown.
    """

    detail: Detail
    taps: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    input_names: Sequence[str] = ()
    output_names: Sequence[str] = ()
    parts: list[Shown] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where in the network some layers are.

    Attributes:
        prefix: Of their addresses.
        variables: Their parameters by name, or shapes of parameters.
        is_top: Whether they are the network's own.
        source: Address of what they start from; None for the network's inputs, "" for
            what comes into a layer of layers.
        are_neurons: Whether neurons may be drawn one by one.
        limit: Width of a row of boxes.
    """

    prefix: str
    variables: Mapping[str, Any]
    is_top: bool = True
    source: str | None = None
    are_neurons: bool = True
    limit: float = 780.0

    def inside(self, layer: Layer, are_neurons: bool) -> Place:
        """Return the place of the layers inside a layer."""
        name = name_of(layer)
        own = self.variables.get(name, {})
        neurons = self.are_neurons and are_neurons
        return Place(f"{self.prefix}{name}/", own, False, "", neurons, self.limit - 56)


def end_of_run(
    layers: Sequence[Layer], i: int, shape: Any, place: Place, drawing: Drawing
) -> int:
    """Return the index behind the fully connected layers that start at i, or i."""
    is_row = isinstance(shape, tuple) and len(shape) == 1
    if not (place.are_neurons and is_row) or isinstance(shape, Mapping):
        return i
    start, end = i, i
    while start > 0 and isinstance(layers[start - 1], (Dense, *IN_PLACE)):
        start -= 1
    while end < len(layers) and isinstance(layers[end], (Dense, *IN_PLACE)):
        end += 1
    # Of so many that they become blocks, the last ones do as well.
    is_few = _n_dense(layers[start:end]) <= drawing.detail.columns
    return end if is_few and _n_dense(layers[i:end]) else i


def _n_dense(layers: Sequence[Layer]) -> int:
    return sum(isinstance(layer, Dense) for layer in layers)


def is_shown_by_next(
    layers: Sequence[Layer], i: int, shape: Any, place: Place, drawing: Drawing
) -> bool:
    """Whether a Flatten is drawn as the column of values that neurons start from."""
    if not isinstance(layers[i], Flatten) or isinstance(shape, Mapping):
        return False
    out = layers[i].output_shape(shape)
    return end_of_run(layers, i + 1, out, place, drawing) > i + 1


@dataclass(frozen=True)
class Run:
    """Fully connected layers in a row, and where they start and end."""

    layers: tuple[Layer, ...]
    shape: Any
    source: str | None
    is_end: bool


def draw(run: Run, place: Place, drawing: Drawing) -> Box:
    """Return fully connected layers, and what stands between, as neurons."""
    first = _incoming(run, place, drawing)
    columns, gates = [first], dict[int, list[tuple[Layer, str]]]()
    for layer in run.layers:
        address = f"{place.prefix}{name_of(layer)}"
        if not isinstance(layer, Dense):
            gates.setdefault(len(columns) - 1, []).append((layer, address))
            continue
        own = place.variables.get(name_of(layer), {})
        values = drawing.taps.get(address, {})
        columns.append(dense_column(layer, address, own, dict(values)))
    columns = [replace(c, gates=tuple(gates.get(i, ()))) for i, c in enumerate(columns)]
    is_end = run.is_end and place.is_top
    dense = [layer for layer in run.layers if isinstance(layer, Dense)]
    if is_end and len(drawing.output_names) == dense[-1].units:
        columns[-1] = replace(columns[-1], names=tuple(drawing.output_names))
    sizes = [run.shape[0], *(layer.units for layer in dense)]
    part = shown(sizes, [c.weight for c in columns[1:]], drawing.detail)
    drawing.parts.append(part)
    return neurons(columns, part, run.source is None, is_end)


def _incoming(run: Run, place: Place, drawing: Drawing) -> Column:
    """Return the column of values that fully connected layers start from."""
    n, source = run.shape[0], run.source or ""
    is_input = run.source is None
    address = f"{place.prefix}{name_of(run.layers[0])}"
    values = drawing.taps.get(address, {}).get("input")
    named = is_input and len(drawing.input_names) == n
    return Column(
        "inputs" if is_input else source.rpartition("/")[2] or "values",
        (f"{n} value" + ("s" if n > 1 else ""),),
        source,
        is_layer=False,
        names=tuple(drawing.input_names) if named else (),
        notes=() if values is None else [f"value {v:.4g}" for v in values],
        activations=values,
    )

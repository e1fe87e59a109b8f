"""From the layers of a network to the boxes of its diagram, also inside layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fathom.layers import Chain, Concat, Join, Layer, On, Repeat, Residual
from fathom.layers.chain import chain_shape
from fathom.layers.layer import name_of
from fathom.report import diagram_glyphs
from fathom.report.diagram_blocks import block, labelled, spelled
from fathom.report.diagram_boxes import Box, flow, framed, lanes
from fathom.report.diagram_runs import (
    Drawing,
    Place,
    Run,
    draw,
    end_of_run,
    is_shown_by_next,
)


def boxes_of(
    layers: Sequence[Layer], shape: Any, place: Place, drawing: Drawing
) -> list[Box]:
    """Return the boxes of layers, one after the other."""
    boxes: list[Box] = []
    i = 0
    source = place.source
    most = drawing.detail.layers
    skipped = range(most - 8, len(layers) - 8) if len(layers) > most else range(0)
    while i < len(layers):
        near = layers[: skipped.start] if i < skipped.start else layers
        end = i if i in skipped else end_of_run(near, i, shape, place, drawing)
        if end > i:
            run = Run(tuple(layers[i:end]), shape, source, end == len(layers))
            boxes.append(draw(run, place, drawing))
        elif i in skipped:
            boxes.append(_more(len(skipped)))
            end = skipped.stop
        else:
            end = i + 1
            if source is None:
                boxes.append(input_box(shape))
            if not is_shown_by_next(layers, i, shape, place, drawing):
                boxes.append(_box(layers[i], shape, place, drawing))
        for layer in layers[i:end]:
            shape = layer.output_shape(shape)
        source = f"{place.prefix}{layers[end - 1].name}"
        i = end
    return boxes


def input_box(shape: Any, name: str = "input") -> Box:
    """Return the block of what comes in."""
    lines = (name, spelled(shape))
    return labelled(lines, diagram_glyphs.arrays(shape), f"{name}: {spelled(shape)}")


def _more(n: int) -> Box:
    dots = diagram_glyphs.glyph(Layer(), ())
    return labelled((f"{n:,} more layers",), dots, f"{n} layers that are not drawn")


def _box(layer: Layer, shape: Any, place: Place, drawing: Drawing) -> Box:
    """Return a layer that is not drawn as neurons."""
    address = f"{place.prefix}{name_of(layer)}"
    own = place.variables.get(name_of(layer), {})
    if not drawing.detail.inside:
        return block(layer, address, shape, layer.output_shape(shape), own)
    if isinstance(layer, Concat):
        inside = place.inside(layer, True)
        branches = [_chain([b], shape, inside, drawing) for b in layer.layers]
        return framed(lanes(branches), f"{layer.name}: side by side")
    if isinstance(layer, Repeat):
        box = _chain(layer.layers, shape, place.inside(layer, False), drawing)
        shared = ", the same parameters" if layer.shared else ""
        return framed(box, f"{layer.name}: x {layer.n:,}{shared}")
    if isinstance(layer, Residual):
        box = _chain(layer.layers, shape, place.inside(layer, True), drawing)
        return framed(box, f"{layer.name}: added to what comes in", arc=True)
    if isinstance(layer, Chain):
        box = _chain(layer.layers, shape, place.inside(layer, True), drawing)
        return framed(box, name_of(layer))
    return block(layer, address, shape, layer.output_shape(shape), own)


def _chain(layers: Sequence[Layer], shape: Any, place: Place, drawing: Drawing) -> Box:
    if isinstance(shape, Mapping):
        return flow(streams(layers, shape, place, drawing), place.limit)
    # A branch that is a Chain is drawn without a frame of its own.
    if len(layers) == 1 and type(layers[0]) is Chain:
        place = place.inside(layers[0], True)
        layers = layers[0].layers
    return flow(boxes_of(layers, shape, place, drawing), place.limit)


def streams(
    layers: Sequence[Layer], shapes: Any, place: Place, drawing: Drawing
) -> list[Box]:
    """Return the boxes of layers that several named arrays come to.

    Every array has a lane of its own until a layer makes one of them.
    """
    inside = replace(place, is_top=False, limit=place.limit - 60)
    rows = {name: [input_box(shape, name)] for name, shape in shapes.items()}
    for i, layer in enumerate(layers):
        if not isinstance(layer, On):
            return _joined(layers, i, shapes, rows, place, drawing)
        for k, name in enumerate(layer.names):
            rows[name].append(_on(layer, k, shapes[name], inside, drawing))
        shapes = layer.output_shape(shapes)
    made = [flow(row, inside.limit) for row in rows.values()]
    return [lanes(made, is_fed=place.source is not None)]


def _joined(
    layers: Sequence[Layer],
    i: int,
    shapes: Any,
    rows: Mapping[str, Sequence[Box]],
    place: Place,
    drawing: Drawing,
) -> list[Box]:
    """Return the lanes so far, the layer that takes them, and all behind it."""
    layer, limit = layers[i], place.limit - 60
    used = layer.names if isinstance(layer, Join) else tuple(rows)
    merged = lanes(
        [flow(row, limit) for row in rows.values()],
        [name in used for name in rows],
        is_fed=place.source is not None,
    )
    out = layer.output_shape(shapes)
    box = _box(layer, shapes, place, drawing)
    rest = layers[i + 1 :]
    behind = replace(place, source=f"{place.prefix}{layer.name}")
    if isinstance(out, Mapping):
        return [merged, box, *streams(rest, out, behind, drawing)]
    return [merged, box, *boxes_of(rest, out, behind, drawing)]


def _on(layer: On, k: int, shape: Any, place: Place, drawing: Drawing) -> Box:
    """Return layers applied to the k-th of some arrays; drawn once if they share."""
    if k:
        lines = (name_of(layer), f"as for {layer.names[0]}", "same parameters")
        dots = diagram_glyphs.glyph(layer, shape)
        return labelled(lines, dots, f"{layer.name}: the same layers and parameters")
    name = f"{layer.name}: on {layer.names[0]}"
    if not drawing.detail.inside:
        own = place.variables.get(name_of(layer), {})
        out = chain_shape(layer.layers, shape)
        address = f"{place.prefix}{layer.name}"
        return block(layer, address, shape, out, own)
    return framed(_chain(layer.layers, shape, place.inside(layer, True), drawing), name)

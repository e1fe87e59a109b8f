"""How to read a diagram of a network, and what it shows, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fathom.layers import Dense
from fathom.layers.layer import Layer, name_of
from fathom.network import Network
from fathom.report.diagram_blocks import count, kind_of, spelled
from fathom.report.diagram_shown import Shown, strength

# Layers named one by one in the words for those who cannot see the drawing.
NAMED = 12


def reading(parts: Sequence[Shown], is_known: bool, has_values: bool) -> str:
    """Return the line that says how to read the drawing.

    Args:
        parts: What is shown of the fully connected layers.
        is_known: Whether the weights are known.
        has_values: Whether neurons show the values of one example.
    """
    if not parts:
        return (
            "Each block is a layer with its output shape; values flow along the arrows."
        )
    lines = ["Each circle is a neuron and each line a weight"]
    if is_known:
        lines[0] += (
            ": blue is positive, orange negative, and the thicker the line, the larger "
            "the weight within its layer"
        )
    if has_values:
        lines.append(
            "A neuron is filled by its activation for this example, blue above 0 and "
            "orange below"
        )
    if not all(part.is_whole for part in parts):
        lines.append(_left_out(parts, is_known))
    lines.append("Point at a mark to see its address and numbers")
    return ". ".join(lines) + "."


def _left_out(parts: Sequence[Shown], is_known: bool) -> str:
    drawn = sum(len(edges) for part in parts for edges in part.edges)
    total = sum(
        a * b for part in parts
        for a, b in zip(part.sizes[:-1], part.sizes[1:], strict=True)
    )  # fmt: skip
    if not is_known:
        return f"Of {total:,} weights {drawn:,} are drawn"
    return (
        f"Of {total:,} weights the {drawn:,} strongest of the neurons shown are drawn; "
        f"of wide layers, the neurons with the largest sum of |outgoing weights|"
    )


def alternative(
    network: Network,
    parameters: Mapping[str, Any],
    is_known: bool,
    parts: Sequence[Shown],
) -> str:
    """Return what the drawing shows, with its main numbers."""
    shape, layers = network.known_input_shape, network.layers
    lines = [
        f"A network of {len(layers)} layer{'s' if len(layers) > 1 else ''} and "
        f"{count(parameters):,} parameters, from inputs of shape {spelled(shape)} to "
        f"outputs of shape {spelled(network.output_shape)}"
    ]
    named: list[str] = []
    for layer in layers[:NAMED]:
        shape = layer.output_shape(shape)
        named.append(f"{name_of(layer)} ({kind_of(layer)}, {spelled(shape)})")
    more = f" and {len(layers) - NAMED} more" if len(layers) > NAMED else ""
    lines.append(f"In order: {', '.join(named)}{more}")
    if is_known:
        lines += _strongest(layers, parameters)
    return ". ".join(lines) + "."


def _strongest(layers: Sequence[Layer], parameters: Mapping[str, Any]) -> list[str]:
    """Return a sentence on the largest weight of the fully connected layers."""
    best: tuple[float, str] | None = None
    for layer in layers:
        weight = parameters.get(name_of(layer), {}).get("weight")
        if not isinstance(layer, Dense) or weight is None:
            continue
        size = strength(weight)
        place = np.unravel_index(int(size.argmax()), size.shape)
        words = (
            f"The strongest weight of the fully connected layers is "
            f"{float(weight[place]):.4g}, from value {place[0]} to "
            f"{name_of(layer)}:{place[1]}"
        )
        if best is None or size[place] > best[0]:
            best = float(size[place]), words
    return [] if best is None else [best[1]]

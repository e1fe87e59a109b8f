"""The network as a drawing: neurons and weights, each with its address.

Fully connected layers are columns of neurons; every other layer is a block. The drawing
depends on nothing but what it is given, so the same network has the same elements, and
a live page can find one by its address and change it:

    svg.querySelector('[data-address="hidden_1:17"]')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from fathom.network import Network
from fathom.report.diagram_boxes import flow
from fathom.report.diagram_layers import boxes_of, streams
from fathom.report.diagram_runs import Drawing, Place
from fathom.report.diagram_shown import Detail, Shown
from fathom.report.diagram_svg import STYLE, element, moved, number, title
from fathom.report.diagram_words import alternative, reading
from fathom.report.picture import Picture
from fathom.variables import split_state

# A larger drawing is made again with less in it.
MOST_BYTES = 400_000
DETAILS = (
    Detail(),
    Detail(neurons=8, edges=3, layers=24, columns=8),
    Detail(neurons=4, edges=2, layers=16, inside=False, columns=4),
)
MARGIN = 10.0


def network_diagram(
    network: Network,
    variables: Mapping[str, Any] | None = None,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    taps: Mapping[str, Mapping[str, Any]] | None = None,
    row: int = 0,
) -> Picture:
    """Return a drawing of a network.

    Args:
        network: Any network whose input shape is known.
        variables: Its parameters; without them lines have no strength and no sign.
        input_names: What the values of a row are called; ignored if there are others.
        output_names: What the last neurons are called, such as the classes.
        taps: What the layers tapped (`network.forward(..., listen=True).taps`), so that
            neurons show their values.
        row: Of which example in the taps.

    Raises:
        InputError: If the network's input shape is still open.

    Example:
        >>> import fathom as fm
        >>> network = fm.Network([fm.Dense(3, "relu"), fm.Dense(1)], input_shape=(2,))
        >>> picture = network_diagram(network, network.init(0), ["height", "weight"])
        >>> picture.drawing.count("<circle"), picture.drawing.count('class="edge')
        (6, 9)
    """
    shapes = jax.eval_shape(lambda: network.init(0))
    parameters = split_state(shapes if variables is None else _numpy(variables))[0]
    chosen = {
        address: {name: own for name, value in values.items()
                  if (own := _of_row(value, row)) is not None}
        for address, values in (taps or {}).items()
    }  # fmt: skip
    words = tuple(map(str, input_names)), tuple(map(str, output_names))
    drawings = (Drawing(detail, chosen, *words) for detail in DETAILS)
    made = ((_svg(network, parameters, drawing), drawing) for drawing in drawings)
    svg, drawing = next(made)
    while len(svg) > MOST_BYTES and drawing.detail is not DETAILS[-1]:
        svg, drawing = next(made)
    is_known = variables is not None
    return Picture(
        "What is the network made of, and which weights are strong?",
        reading(drawing.parts, is_known, bool(chosen)),
        alternative(network, parameters, is_known, drawing.parts),
        drawing=svg,
    )


def _svg(network: Network, parameters: Mapping[str, Any], drawing: Drawing) -> str:
    """Return the drawing in a frame that scrolls where the screen is too narrow."""
    shape, place = network.known_input_shape, Place("", parameters)
    parts = streams if isinstance(shape, Mapping) else boxes_of
    box = flow(parts(network.layers, shape, place, drawing), place.limit, is_all=True)
    width, height = box.width + 2 * MARGIN, box.height + 2 * MARGIN
    svg = element(
        "svg",
        title(f"Network of {len(network.layers)} layers"),
        element("desc", _description(drawing.parts)),
        element("style", STYLE),
        moved(MARGIN, MARGIN, box.svg),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        class_="fathom-network",
        role="img",
        style=f"display:block;margin:auto;width:100%;height:auto;"
        f"min-width:{0.85 * width:.0f}px;max-width:{1.35 * width:.0f}px",
    )
    return f'<div class="fathom-scroll" style="overflow-x:auto">{svg}</div>'


def _description(parts: Sequence[Shown]) -> str:
    n = sum(len(units) for part in parts for units in part.units[1:])
    return f"From left to right, with {n} neurons shown one by one."


def _numpy(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _numpy(own) if isinstance(own, Mapping) else np.asarray(own)
        for name, own in variables.items()
    }


def _of_row(value: Any, row: int) -> np.ndarray | None:
    """Return one example's values of a tap of rows; None if it is something else."""
    array = None if isinstance(value, Mapping) else np.asarray(value)
    if array is None or array.ndim != 2 or row >= len(array):
        return None
    return array[row]

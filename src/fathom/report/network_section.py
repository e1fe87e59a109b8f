"""The section of a report on the network: its drawing, its layers, its weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fathom.errors import InputError
from fathom.inspect.names import columns_of
from fathom.report.markup import Section, gap, paragraph, pictures, table
from fathom.report.network_diagram import network_diagram
from fathom.report.picture import Picture
from fathom.report.run_record import RunRecord
from fathom.report.weight_pictures import filters, weight_histograms

if TYPE_CHECKING:
    from fathom.model import Model


def network_section(record: RunRecord) -> Section:
    """Return the layers and the weights of the network."""
    model = record.model
    if model is None:
        return Section("network", "Network", gap(" ".join(record.gaps)))
    summary = model.network.summary()
    rows = [("input", "", summary.input_shape, "", "")]
    rows += [
        (r.address, r.kind, r.output_shape, f"{r.parameters:,}", f"{r.multiply_adds:,}")
        for r in summary.rows
    ]
    rows += [("total", "", "", f"{summary.parameters:,}", f"{summary.multiply_adds:,}")]
    heads = ("layer", "kind", "output shape", "parameters", "multiply-adds")
    body = paragraph(
        f"{summary.parameters:,} trained numbers; one row costs "
        f"{summary.multiply_adds:,} multiplications and additions."
    )
    drawing = network_diagram(
        model.network, model.variables, columns_of(model), _answers(model)
    )
    body += pictures([drawing])
    body += table(heads, rows, "Layers, from input to output", right_from=3)
    image = record.schema["image"]
    body += pictures(
        [
            _if_there(lambda: weight_histograms(model)),
            _if_there(lambda: filters(model, image and tuple(image[:2]))),
        ]
    )
    return Section("network", "Network", body)


def _if_there(draw: Callable[[], Picture]) -> Picture | None:
    """Return a picture; None of a network that has no such weights."""
    try:
        return draw()
    except InputError:
        return None


def _answers(model: Model) -> tuple[str, ...]:
    """Return what the outputs are called."""
    if model.target is None:
        return ()
    return tuple(map(str, model.target.classes or model.target.names))

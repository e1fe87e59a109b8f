"""A picture of how strongly every layer learns: gradients and updates by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fathom.errors import InputError
from fathom.report.chart import label, thinned
from fathom.report.colors import GRID, NEUTRAL, POSITIVE, QUALITATIVE, bare_figure
from fathom.report.picture import Picture
from fathom.report.power_axis import power_axis

# One update changes weights by about this share of their size when training goes well.
USUAL_RATIO = 1e-3
MOST_LAYERS = 40
# Where the axis begins, as a share of the smallest bar.
LEAST_BAR = 0.7


def gradient_by_layer(
    norms: Mapping[str, float], ratios: Mapping[str, float] | None = None
) -> Picture:
    """Return the size of the gradient in every layer, and of the update if given.

    Args:
        norms: Norm of the gradient by address, in the order of the layers.
        ratios: Norm of the update over norm of the weights, likewise.

    Raises:
        InputError: If there are no numbers.
    """
    if not norms:
        raise InputError("gradient_by_layer needs a norm for at least one layer.")
    panels = [("norm of the gradient", norms, POSITIVE)]
    if ratios:
        panels.append(("update / weight", ratios, QUALITATIVE[2]))
    chart = _bars(panels)
    words = [_extremes(name, values) for name, values, _ in panels]
    usual = " The dotted line is what a step usually changes, a thousandth."
    return Picture(
        "Does every layer learn?",
        "Each bar is a layer, the first at the top, on a scale of powers of ten. Bars "
        "that shrink step by step towards the top are vanishing gradients; a missing "
        f"bar is 0 or not finite.{usual if ratios else ''}",
        " ".join(words),
        chart=chart,
    )


def _bars(panels: Sequence[tuple[str, Mapping[str, float], str]]) -> Any:
    """Return horizontal bars by layer, one small chart for each kind of number."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    names = list(panels[0][1])
    names = [names[i] for i in thinned(len(names), MOST_LAYERS)]
    each = 60 + 22 * len(names)
    chart = make_subplots(
        rows=len(panels), cols=1, figure=bare_figure(30 + each * len(panels)),
        subplot_titles=[name for name, _, _ in panels],
        vertical_spacing=60 / (30 + each * len(panels)),
    )  # fmt: skip
    for i, (_, values, color) in enumerate(panels):
        sizes = [float(values.get(name, np.nan)) for name in names]
        drawn = [v if np.isfinite(v) and v > 0 else None for v in sizes]
        bars = go.Bar(
            x=drawn, y=list(range(len(names))), orientation="h",
            marker={"color": color, "line": {"width": 0}},
            customdata=[label(name) for name in names],
            hovertemplate="%{customdata}: %{x:.3g}<extra></extra>",
        )  # fmt: skip
        chart.add_trace(bars, row=i + 1, col=1)
        chart.update_xaxes(**_powers([v for v in drawn if v]), row=i + 1, col=1)
    chart.update_yaxes(autorange="reversed", showgrid=False, zeroline=False)
    chart.update_yaxes(
        tickvals=list(range(len(names))), ticktext=[label(n, 24) for n in names]
    )
    chart.update_annotations(font_size=12)
    if len(panels) > 1:
        line = {"color": NEUTRAL, "width": 1.5, "dash": "dot"}
        chart.add_vline(x=USUAL_RATIO, line=line, row=2, col=1)  # pyright: ignore
    return chart


def _powers(sizes: Sequence[float]) -> dict[str, Any]:
    """Return a logarithmic axis on which the smallest bar can still be seen."""
    seen = [*sizes, min(sizes) * LEAST_BAR] if sizes else []
    return {**power_axis(seen, most=6), "gridcolor": GRID}


def _extremes(name: str, values: Mapping[str, float]) -> str:
    finite = {k: float(v) for k, v in values.items() if np.isfinite(v) and v > 0}
    missing = [k for k in values if k not in finite]
    words = f"The {name}"
    if finite:
        most, least = (
            max(finite, key=finite.__getitem__),
            min(finite, key=finite.__getitem__),
        )
        words += (
            f" is largest in {most} ({finite[most]:.3g}) and smallest in {least} "
            f"({finite[least]:.3g})"
        )
    if missing:
        words += (
            f"{', and' if finite else ''} is 0 or not finite in {', '.join(missing)}"
        )
    return words + "."

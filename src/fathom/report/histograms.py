"""Small histograms side by side, counted here so that only bars are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fathom.report.chart import label, thinned
from fathom.report.colors import bare_figure, sign_color

if TYPE_CHECKING:
    import plotly.graph_objects as go

BINS = 40
# More layers than this are thinned out evenly.
MOST = 16


@dataclass(frozen=True)
class Spread:
    """How the numbers of a layer are spread.

    Attributes:
        n: How many there are.
        mean: Of those that are finite.
        deviation: Their standard deviation.
        zeros: Share that is exactly 0, which is not in the bars.
        broken: How many are not finite.
        edges: (bins + 1,) limits of the bars.
        shares: (bins,) share of all numbers in each bar.
    """

    n: int
    mean: float
    deviation: float
    zeros: float
    broken: int
    edges: np.ndarray
    shares: np.ndarray


def spread(values: np.ndarray) -> Spread:
    """Return how numbers are spread, in bars of which none holds both signs.

    Example:
        >>> found = spread(np.array([-1.0, 0.0, 0.0, 3.0]))
        >>> found.zeros, float(found.shares.sum()), found.mean
        (0.5, 0.5, 0.5)
    """
    flat = np.asarray(values, np.float64).ravel()
    finite = flat[np.isfinite(flat)]
    other = finite[finite != 0]
    low, high = min(0.0, other.min(initial=0.0)), max(0.0, other.max(initial=0.0))
    width = (high - low) / BINS or 1.0
    below, above = int(np.ceil(-low / width)), int(np.ceil(high / width))
    edges = width * np.arange(-below, max(above, 1 - below) + 1)
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    shares = np.histogram(other, edges)[0] / max(1, flat.size)
    return Spread(
        flat.size,
        float(finite.mean()) if finite.size else 0.0,
        float(finite.std()) if finite.size else 0.0,
        float((finite == 0).sum() / max(1, flat.size)),
        int(flat.size - finite.size),
        edges,
        shares,
    )


def small_histograms(spreads: Mapping[str, Spread]) -> go.Figure:
    """Return one small chart for each name; orange bars are below 0, blue above."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    names = list(spreads)
    across = 1 if len(names) == 1 else 2 if len(names) <= 6 else 3
    rows = -(-len(names) // across)
    height = 40 + 150 * rows
    chart = make_subplots(
        rows=rows, cols=across, figure=bare_figure(height),
        subplot_titles=[label(name, 26) for name in names],
        vertical_spacing=46 / height if rows > 1 else 0.1, horizontal_spacing=0.08,
    )  # fmt: skip
    for i, (name, found) in enumerate(spreads.items()):
        centers = (found.edges[1:] + found.edges[:-1]) / 2
        bars = go.Bar(
            x=centers.astype(np.float32),
            y=found.shares.astype(np.float32),
            width=float(found.edges[1] - found.edges[0]),
            marker={"color": [sign_color(c) for c in centers], "line": {"width": 0}},
            hovertemplate="about %{x:.3g}: %{y:.1%}<extra>" + label(name) + "</extra>",
        )
        chart.add_trace(bars, row=i // across + 1, col=i % across + 1)
        if found.zeros > 0:
            _note(chart, i, f"{found.zeros:.0%} exactly 0")
    chart.update_layout(bargap=0)
    chart.update_annotations(font_size=12)
    chart.update_yaxes(tickformat=".2~%", nticks=4, rangemode="tozero")
    chart.update_xaxes(nticks=5, tickangle=0)
    return chart


def _note(chart: go.Figure, i: int, words: str) -> None:
    """Write into the upper right corner of a small chart."""
    axis = "" if i == 0 else str(i + 1)
    chart.add_annotation(
        text=words, x=1, y=1, xref=f"x{axis} domain", yref=f"y{axis} domain",
        xanchor="right", yanchor="top", showarrow=False,
    )  # fmt: skip


def thinned_out(names: list[str]) -> list[str]:
    """Return at most `MOST` of the names, with the first and the last."""
    return [names[i] for i in thinned(len(names), MOST)]


def sentences(spreads: Mapping[str, Spread]) -> str:
    """Return the main numbers of each histogram in words."""
    lines = []
    for name, found in spreads.items():
        line = (
            f"{name}: mean {found.mean:.3g}, standard deviation {found.deviation:.3g}"
        )
        if found.zeros > 0:
            line += f", {found.zeros:.0%} exactly 0"
        if found.broken:
            line += f", {found.broken:,} not finite"
        lines.append(line)
    return "; ".join(lines)

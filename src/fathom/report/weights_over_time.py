"""Histograms of the weights of every layer, epoch by epoch."""

from __future__ import annotations

import numpy as np

from fathom.record.history import History
from fathom.report.chart import label, thinned
from fathom.report.colors import SEQUENTIAL, bare_figure
from fathom.report.picture import Picture

MOST_LAYERS = 6
ACROSS = 2


def weights_over_time(history: History) -> Picture | None:
    """Return how the weights of every layer were spread after some epochs.

    Args:
        history: With the weights of at least two epochs counted; else None.
    """
    from plotly.subplots import make_subplots

    found = history.weights
    if found is None or len(found.table(found.addresses[0])[0]) < 2:
        return None
    names = list(found.addresses)
    chosen = [names[i] for i in thinned(len(names), MOST_LAYERS)]
    rows = -(-len(chosen) // ACROSS)
    height = 60 + 190 * rows
    chart = make_subplots(
        rows=rows, cols=min(ACROSS, len(chosen)), figure=bare_figure(height),
        subplot_titles=[label(name, 26) for name in chosen],
        vertical_spacing=56 / height if rows > 1 else 0.1, horizontal_spacing=0.14,
    )  # fmt: skip
    told = []
    for i, name in enumerate(chosen):
        epochs, edges, shares = found.table(name)
        used = np.flatnonzero(shares.sum(axis=0))
        low, high = int(used[0]), int(used[-1]) + 1
        drawn = shares[:, low:high]
        chart.add_heatmap(
            x=[f"{epoch:,}" for epoch in epochs], y=edges[low : high + 1],
            z=(drawn / drawn.max(axis=1, keepdims=True)).T.astype(np.float32),
            customdata=drawn.T.astype(np.float32), colorscale=SEQUENTIAL,
            showscale=False, zmin=0, zmax=1, row=i // ACROSS + 1, col=i % ACROSS + 1,
            hovertemplate="epoch %{x}, weights about %{y:.3g}: %{customdata:.1%}"
            "<extra>" + label(name) + "</extra>",
        )  # fmt: skip
        told.append(f"{name} {_width(edges, shares[0])} to {_width(edges, shares[-1])}")
    chart.update_xaxes(type="category", showgrid=False, tickangle=0, nticks=6)
    chart.update_yaxes(showgrid=False, zeroline=True, nticks=5)
    chart.update_annotations(font_size=12)
    more = f" {len(chosen)} of {len(names)} layers." if len(chosen) < len(names) else ""
    return Picture(
        "How did the weights change?",
        "Each column is the histogram of a layer's weights after an epoch, darkest "
        "where most of them are. Columns that widen are weights that grow; columns "
        f"that stay as they were are a layer that hardly learns.{more}",
        "Spread (standard deviation) of the weights from the first to the last epoch "
        f"counted: {'; '.join(told)}.",
        chart,
    )


def _width(edges: np.ndarray, shares: np.ndarray) -> str:
    """Return the standard deviation of a histogram."""
    centers = (edges[1:] + edges[:-1]) / 2
    mean = float(shares @ centers)
    return f"{float(np.sqrt(shares @ (centers - mean) ** 2)):.3g}"

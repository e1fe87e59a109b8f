"""A chart of what an answer rests on: how much each input adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.report.chart import count, labels, new_chart
from fathom.report.colors import DIVERGING, sign_color
from fathom.report.picture import Picture

if TYPE_CHECKING:
    from fathom.inspect.attributed import Attribution

MOST_BARS = 12


def attribution_chart(
    attribution: Attribution, values: Mapping[str, Any], row: int = 0
) -> Picture:
    """Return the inputs that add most to an output, for and against it.

    Args:
        attribution: Of one or more rows.
        values: What the columns hold in that row, by name; shown beside the names.
        row: Which of the rows.
    """
    found = attribution.strongest(row, MOST_BARS)
    found = [(name, value) for name, value in found if value]
    names = [
        f"{name} = {values[name]}" if name in values else name for name, _ in found
    ]
    places = labels(names, 44)
    of, output = attribution.of, attribution.output[row]
    chart = new_chart(
        f"added to the {of}",
        "",
        height=80 + 24 * max(len(found), 1),
        legend=False,
    )
    chart.add_bar(
        x=[value for _, value in found],
        y=places,
        orientation="h",
        marker={"color": [sign_color(v) for _, v in found], "line": {"width": 0}},
        hovertemplate="%{y}: %{x:.4g}<extra></extra>",
    )
    chart.update_layout(
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
        xaxis={"nticks": 6} if found else {"range": [-1, 1], "nticks": 3},
        bargap=0.3,
    )
    told = "; ".join(
        f"{name} {value:+.3g}" for name, (_, value) in zip(names, found, strict=True)
    )
    return Picture(
        f"What speaks for {output}, and what against it?",
        f"Bars to the right speak for it. "
        f"{_together(attribution, row, 'with every number at its mean')}",
        f"The {count(len(found), 'input')} that add most to the {of} of {output}: "
        f"{told}.",
        chart,
    )


def attribution_image(
    attribution: Attribution, shape: tuple[int, int, int], row: int = 0
) -> Picture:
    """Return how much each pixel adds to an output, channels together.

    Args:
        attribution: Of one or more rows of images.
        shape: (height, width, channels).
        row: Which of the rows.
    """
    values = _pixels(attribution, row).reshape(shape).sum(axis=2)
    largest = float(np.abs(values).max()) or 1.0
    output, of = attribution.output[row], attribution.of
    chart = new_chart("", "", height=340, legend=False)
    chart.add_heatmap(
        z=values,
        colorscale=DIVERGING,
        zmin=-largest,
        zmax=largest,
        colorbar={"thickness": 12, "outlinewidth": 0},
        hovertemplate="row %{y}, column %{x}: %{z:.3g}<extra></extra>",
    )
    chart.update_layout(
        xaxis={"visible": False, "constrain": "domain"},
        yaxis={"visible": False, "autorange": "reversed", "scaleanchor": "x"},
    )
    order = np.argsort(-np.abs(values), axis=None, kind="stable")[:5]
    places = [np.unravel_index(i, values.shape) for i in order]
    told = "; ".join(f"row {i}, column {j} {values[i, j]:+.3g}" for i, j in places)
    return Picture(
        f"Which pixels speak for {output}?",
        f"Blue pixels speak for it, orange ones against. "
        f"{_together(attribution, row, 'of a black image')}",
        f"The pixels that add most to the {of} of {output}: {told}.",
        chart,
    )


def _pixels(attribution: Attribution, row: int) -> np.ndarray:
    """Return one number for each pixel: 0 for one that the network does not get."""
    if attribution.columns:
        return np.array([own[row] for own in attribution.by_column().values()])
    return np.asarray(attribution.values[row], float)


def _together(attribution: Attribution, row: int, nothing: str) -> str:
    """Say what all inputs together make of the output, compared with which input."""
    start, end = attribution.baseline_value[row], attribution.output_value[row]
    method = attribution.method.replace("_", " ")
    return (
        f"All together lead from {start:.3g}, the {attribution.of} {nothing}, to "
        f"{end:.3g} ({method})."
    )

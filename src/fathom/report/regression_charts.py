"""Charts of predicted numbers: how far from the truth, and where.

    picture = predicted_against_true(known, predicted, "price")

All take (rows,) true and predicted numbers in the target's own unit, and its name. A
residual is the true number minus the predicted one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fathom.metrics import regression_report_values
from fathom.report.chart import count, label, new_chart, whole
from fathom.report.colors import NEGATIVE, NEUTRAL, POSITIVE
from fathom.report.picture import Picture
from fathom.verdict import label as metric_label
from fathom.verdict import number

MOST_POINTS = 2000


def predicted_against_true(
    known: np.ndarray, predicted: np.ndarray, name: str
) -> Picture:
    """Return every row as a point: its true number and the predicted one."""
    chart = new_chart(f"true {name}", f"predicted {name}", height=380)
    kept, note = _sample(len(known))
    ends = [float(min(known.min(), predicted.min())),
            float(max(known.max(), predicted.max()))]  # fmt: skip
    chart.add_scatter(
        x=ends, y=ends, mode="lines", name="predicted = true",
        line={"color": NEUTRAL, "width": 1.5, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip
    _add_points(chart, known[kept], predicted[kept], "row")
    values = regression_report_values(known, predicted)
    said = ", ".join(f"{metric_label(k)} {number(v)}" for k, v in values.items())
    return Picture(
        f"How near to the true {name} are the predictions?",
        f"On the dotted line a prediction is exact; above it, it is too large.{note}",
        f"{count(len(known), 'row')}: {said}. True numbers go from {known.min():.4g} "
        f"to {known.max():.4g}, predicted ones from {predicted.min():.4g} to "
        f"{predicted.max():.4g}.",
        chart,
    )


def residuals_against_predicted(
    known: np.ndarray, predicted: np.ndarray, name: str
) -> Picture:
    """Return what is left of the true number when the predicted one is taken off."""
    residuals = known - predicted
    chart = new_chart(f"predicted {name}", "true minus predicted", legend=False)
    kept, note = _sample(len(known))
    _add_points(chart, predicted[kept], residuals[kept], "row")
    chart.add_hline(y=0, line={"color": NEUTRAL, "width": 1.5, "dash": "dot"})
    thirds = np.array_split(np.argsort(predicted, kind="stable"), 3)
    said = "; ".join(
        f"{part} third mean {residuals[rows].mean():.4g}, spread "
        f"{residuals[rows].std():.4g}"
        for part, rows in zip(("lowest", "middle", "highest"), thirds, strict=True)
        if len(rows)
    )
    return Picture(
        "Is it wrong in a pattern?",
        "Points should lie around the dotted line alike from left to right. A bend is "
        f"something not learned; a funnel, less certainty where it opens.{note}",
        f"Residuals of the {name}, by size of the prediction: {said}.",
        chart,
    )


def residual_histogram(known: np.ndarray, predicted: np.ndarray, name: str) -> Picture:
    """Return how often the predictions are off by how much."""
    residuals = known - predicted
    counts, edges = np.histogram(residuals, bins="auto" if len(known) < 5000 else 60)
    if len(counts) > 80:  # a few far out rows make the automatic bins very many
        counts, edges = np.histogram(residuals, bins=80)
    chart = new_chart("true minus predicted", "rows", height=300, legend=False)
    chart.add_bar(
        x=(edges[1:] + edges[:-1]) / 2,
        y=counts,
        width=np.diff(edges),
        marker={"color": POSITIVE, "line": {"width": 0}},
        hovertemplate="%{y:,} rows off by about %{x:.4g}<extra></extra>",
    )
    chart.update_yaxes(whole(counts.max()))
    chart.add_vline(x=0, line={"color": NEUTRAL, "width": 1.5, "dash": "dot"})
    chart.add_vline(x=float(residuals.mean()), line={"color": NEGATIVE, "width": 2})
    half, most = np.quantile(np.abs(residuals), [0.5, 0.95])
    return Picture(
        "How large are the errors?",
        "A narrow hill around 0 is good. The orange line is the mean: away from 0, "
        "predictions are too small (right) or too large (left) on the whole.",
        f"Mean of true minus predicted {name}: {residuals.mean():.4g}, spread "
        f"{residuals.std():.4g}. Half of the predictions are off by less than "
        f"{half:.4g}, 95% by less than {most:.4g}.",
        chart,
    )


def _add_points(chart: Any, x: np.ndarray, y: np.ndarray, name: str) -> None:
    chart.add_scatter(
        x=x,
        y=y,
        mode="markers",
        name=label(name),
        marker={"color": POSITIVE, "size": 6, "opacity": 0.5 if len(x) > 300 else 0.7},
        hovertemplate="%{x:.4g}, %{y:.4g}<extra></extra>",
    )


def _sample(n: int) -> tuple[np.ndarray, str]:
    """Return the rows that are drawn, and a sentence if these are not all."""
    if n <= MOST_POINTS:
        return np.arange(n), ""
    chosen = np.random.default_rng(0).choice(n, MOST_POINTS, replace=False)
    return np.sort(chosen), f" Drawn are {MOST_POINTS:,} of {n:,} rows, by chance."

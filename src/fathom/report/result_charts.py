"""A chart of the network beside the baselines, on the same test rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fathom.report.chart import LONGEST_NAME, labels, new_chart
from fathom.report.colors import NEUTRAL, POSITIVE
from fathom.report.picture import Picture
from fathom.verdict import label as metric_label
from fathom.verdict import main_metric, number


def beside_baselines(metrics: Mapping[str, Any]) -> Picture | None:
    """Return the main metric of every contestant; None without baselines.

    Args:
        metrics: What a run's metrics.json holds.
    """
    if not metrics or not metrics["baselines"]:
        return None
    scores = [metrics["network"], *metrics["baselines"]]
    metric = main_metric(metrics["task"], metrics["network"])
    known = [score for score in scores if isinstance(score.get(metric), (int, float))]
    title, lower = metric_label(metric), metric == "root_mean_squared_error"
    known.sort(key=lambda score: score[metric], reverse=not lower)
    values = [score[metric] for score in known]
    names = labels([f"{s['name']} {number(s[metric])}" for s in known], LONGEST_NAME)
    chart = new_chart(title, "", height=70 + 36 * len(known), legend=False)
    chart.add_bar(
        x=values,
        y=names,
        orientation="h",
        marker={
            "color": [POSITIVE if s["kind"] == "network" else NEUTRAL for s in known],
            "line": {"width": 0},
        },
        hovertemplate="%{y}<extra></extra>",
    )
    chart.update_layout(
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
        bargap=0.35,
    )
    if metrics["task"] == "classification":
        chart.update_layout(xaxis={"range": [0, 1]})
    told = "; ".join(f"{s['name']} {number(s[metric])}" for s in known)
    return Picture(
        "Does the network beat simpler models?",
        f"{'Lower' if lower else 'Higher'} is better; the best is on top. All were "
        "measured on the same test rows, which nothing was fitted or chosen on.",
        f"The {title} on {metrics['test_rows']:,} test rows, best first: {told}.",
        chart,
    )

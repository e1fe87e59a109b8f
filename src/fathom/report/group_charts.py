"""Charts of how a model does by group: a metric of each group with its interval.

They take what `fathom.GroupEvaluation.to_dict` gives, which is also what a run keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fathom.fairness.gaps import FEWEST_ROWS
from fathom.report.chart import count, labels, new_chart
from fathom.report.colors import NEUTRAL, POSITIVE
from fathom.report.picture import Picture
from fathom.verdict import label as metric_label
from fathom.verdict import main_metric, number

Plain = Mapping[str, Any]
# So many metrics are drawn; the tables have all of them.
MOST_DRAWN = 6


def metrics_by_group(result: Plain) -> list[Picture]:
    """Return a picture of the main metric, and of others, those with gaps first."""
    return [metric_by_group(result, name) for name in _drawn(result)]


def metric_by_group(result: Plain, metric: str) -> Picture:
    """Return one metric of every group with its interval."""
    groups = [group for group in result["groups"] if metric in group["metrics"]]
    title, column = metric_label(metric), result["column"]
    known = [group["metrics"][metric] for group in groups]
    chart = new_chart(title, "", height=104 + 30 * len(groups), legend=False)
    chart.add_scatter(
        x=[one["value"] for one in known],
        y=labels([f"{g['group']} ({count(g['rows'], 'row')})" for g in groups]),
        mode="markers",
        marker={
            "size": 9,
            "color": [NEUTRAL if _is_few(one) else POSITIVE for one in known],
            "symbol": ["circle-open" if _is_few(one) else "circle" for one in known],
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [one["high"] - one["value"] for one in known],
            "arrayminus": [one["value"] - one["low"] for one in known],
            "thickness": 1.5,
            "width": 4,
            "color": NEUTRAL,
        },
        hovertext=[f"{_said(one)}<br>{count(one['n'], 'row')}" for one in known],
        hovertemplate="%{y}<br>%{hovertext}<extra></extra>",
    )
    everyone = result["all"]["metrics"].get(metric)
    if everyone is not None:
        line = {"color": NEUTRAL, "width": 1, "dash": "dot"}
        chart.add_vline(everyone["value"], line=line)
    chart.update_layout(
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False}
    )
    told = "; ".join(
        f"{group['group']} {_said(one)}, {count(one['n'], 'row')}"
        for group, one in zip(groups, known, strict=True)
    )
    overall = "" if everyone is None else f" All together: {_said(everyone)}."
    return Picture(
        f"Does {title} differ by {column}?",
        _reading(result, metric, any(map(_is_few, known))),
        f"{title} by {column}, with 95% intervals: {told}.{overall}",
        chart,
    )


def _drawn(result: Plain) -> list[str]:
    """Return the metrics that are drawn: the main one, sure gaps, rates, others."""
    names = list(result["all"]["metrics"])
    main = main_metric(result["task"], result["all"]["metrics"])
    sure = {gap["metric"] for gap in result["gaps"] if gap["beyond_chance"]}

    def order(name: str) -> tuple[bool, bool, bool]:
        return name != main, name not in sure, " rate of " not in name

    names.sort(key=order)
    return names[:MOST_DRAWN]


def _reading(result: Plain, metric: str, has_few: bool) -> str:
    text = "A bar is the 95% interval; the dotted line is all rows together."
    if has_few:
        text += f" Open: fewer than {FEWEST_ROWS} rows, too few to compare."
    gap = next((one for one in result["gaps"] if one["metric"] == metric), None)
    if gap is None:
        return text
    chance = "more than" if gap["beyond_chance"] else "no more than"
    return (
        f"{text} The gap between {gap['highest']} and {gap['lowest']}, "
        f"{number(gap['gap'])}, is {chance} chance gives."
    )


def _said(one: Plain) -> str:
    value, low, high = (number(one[name]) for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def _is_few(one: Plain) -> bool:
    return one["n"] < FEWEST_ROWS

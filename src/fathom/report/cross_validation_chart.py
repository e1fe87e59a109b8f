"""Scores of settings on rows held out, with standard errors: a cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fathom.report.chart import count, label, new_chart
from fathom.report.colors import NEGATIVE, NEUTRAL, POSITIVE
from fathom.report.picture import Picture
from fathom.report.power_axis import power_axis

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from fathom.cross_validation.comparison import ComparedSettings, Scored

# A value of 0 stands so many powers of ten left of the smallest other one.
LEFT_OF_ALL = 10**0.7
# Names of settings that are no numbers go along the axis up to here.
MOST_NAMED = 40


def scores_by_setting(found: ComparedSettings) -> Picture:
    """Return the mean score of every setting, with a standard error to both sides."""
    listed = found.settings
    name = _axis(listed)
    if name is not None:
        chart = _curve(found, listed, name)
    else:
        chart = _columns(found, found.ranked[:MOST_NAMED])
    better = "Higher" if found.higher_is_better else "Lower"
    reading = (
        f"{better} is better. A bar is one standard error to each side, over "
        f"{count(found.folds, 'fold')}."
    )
    if len(listed) > 1:
        reading += " Orange: the best."
    if len(listed) > 1 and name is not None:
        reading += " Ring: the most regularized within one standard error of it."
    return Picture("Which setting is best on rows held out?", reading, _words(found),
                   chart)  # fmt: skip


def _axis(listed: Sequence[Scored]) -> str | None:
    """Return the setting that makes the horizontal axis, if one has numbers."""
    names = list(listed[0].setting)
    numeric = [
        name
        for name in names
        if all(_is_number(one.setting[name]) for one in listed)
        and len({one.setting[name] for one in listed}) > 2
    ]
    return max(
        numeric, key=lambda n: len({one.setting[n] for one in listed}), default=None
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _curve(found: ComparedSettings, listed: Sequence[Scored], name: str) -> go.Figure:
    """Return a line for every combination of the other settings."""
    groups: dict[str, list[Scored]] = {}
    for one in listed:
        rest = {n: v for n, v in one.setting.items() if n != name}
        groups.setdefault(_named(rest), []).append(one)
    values = sorted({float(one.setting[name]) for one in listed})
    above = [value for value in values if value > 0]
    is_log = len(above) > 2 and values[0] >= 0 and above[-1] / above[0] > 20
    zero = above[0] / LEFT_OF_ALL if is_log else 0.0
    chart = new_chart(name, f"{found.scoring} on rows held out",
                      legend=len(groups) > 1)  # fmt: skip

    def place(one: Scored) -> float:
        value = float(one.setting[name])
        return zero if is_log and value == 0 else value

    for rest, some in groups.items():
        some = sorted(some, key=place)
        only = {"color": POSITIVE} if len(groups) == 1 else {}
        chart.add_scatter(
            x=[place(one) for one in some],
            y=[one.mean for one in some],
            error_y={"array": [one.standard_error for one in some], "thickness": 1,
                     "width": 3},
            name=label(rest), mode="lines+markers", line={"width": 1.5, **only},
            marker={"size": 5},
            hovertext=[_said(found, one) for one in some], hoverinfo="text",
        )  # fmt: skip
    _marks(chart, found, place)
    if is_log:
        chart.update_layout(xaxis=_log_axis(above, zero if values[0] == 0 else None))
    return chart


def _log_axis(above: Sequence[float], zero: float | None) -> dict[str, Any]:
    axis = power_axis(above)
    if zero is not None:
        import math

        axis["tickvals"] = [zero, *(m for m in axis["tickvals"] if m > zero * 1.5)]
        texts = axis["ticktext"]
        axis["ticktext"] = ["0", *texts[len(texts) - len(axis["tickvals"]) + 1 :]]
        axis["range"] = [math.log10(zero) - 0.1, axis["range"][1]]
    return axis


def _columns(found: ComparedSettings, listed: Sequence[Scored]) -> go.Figure:
    """Return settings that are no numbers one below the other, the best on top."""
    chart = new_chart(
        f"{found.scoring} on rows held out", "", legend=False,
        height=90 + 26 * len(listed),
    )  # fmt: skip
    places = {one.number: i for i, one in enumerate(listed)}
    chart.add_scatter(
        x=[one.mean for one in listed],
        y=list(places.values()),
        error_x={"array": [one.standard_error for one in listed], "thickness": 1,
                 "width": 3},
        mode="markers", marker={"size": 7, "color": POSITIVE},
        hovertext=[_said(found, one) for one in listed], hoverinfo="text",
    )  # fmt: skip
    best = found.best
    chart.add_scatter(
        x=[best.mean], y=[places[best.number]], mode="markers", hoverinfo="skip",
        marker={"size": 9, "color": NEGATIVE},
    )  # fmt: skip
    names = [label(_named(one.setting)) for one in listed]
    chart.update_layout(
        yaxis={"tickvals": list(places.values()), "ticktext": names,
               "autorange": "reversed"}
    )  # fmt: skip
    return chart


def _marks(chart: go.Figure, found: ComparedSettings, place: Any) -> None:
    """Mark the two choices, and the line that the second must reach."""
    if len(found.settings) < 2:
        return
    best, near = found.best, found.one_standard_error
    sign = -1 if found.higher_is_better else 1
    chart.add_hline(
        best.mean + sign * best.standard_error,
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
    )
    ring = {"size": 13, "color": "rgba(0,0,0,0)", "line": {"color": NEGATIVE,
            "width": 2}}  # fmt: skip
    for one, marker in ((best, {"size": 9, "color": NEGATIVE}), (near, ring)):
        chart.add_scatter(x=[place(one)], y=[one.mean], mode="markers", marker=marker,
                          showlegend=False, hoverinfo="skip")  # fmt: skip


def _named(setting: Any) -> str:
    parts = [f"{name} {_short(value)}" for name, value in setting.items()]
    return ", ".join(parts) or "these settings"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _said(found: ComparedSettings, one: Scored) -> str:
    where = label(_named(one.setting), 200)
    return f"{where}<br>{found.scoring} {one.mean:.4g} +- {one.standard_error:.2g}"


def _words(found: ComparedSettings) -> str:
    ranked = found.ranked[:MOST_NAMED]
    told = "; ".join(
        f"{_named(one.setting)}: {one.mean:.4g} (standard error "
        f"{one.standard_error:.2g})"
        for one in ranked
    )
    near = _named(found.one_standard_error.setting)
    tail = ""
    if len(found.settings) > 1:
        tail = f". The most regularized within one standard error of the best: {near}"
    return f"Mean {found.scoring} on rows held out, the best first. {told}{tail}."

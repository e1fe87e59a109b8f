"""Charts of the data: columns, missing values, and what is to be predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fathom.report.chart import count, labels, new_chart, share, whole
from fathom.report.colors import NEGATIVE, POSITIVE, QUALITATIVE
from fathom.report.picture import Picture

MOST_BARS = 40
MOST_BINS = 60
_PARTS = {"training": POSITIVE, "validation": NEGATIVE, "test": QUALITATIVE[2]}


def class_counts(
    known: np.ndarray, classes: Sequence[Any], parts: Mapping[str, Sequence[int]]
) -> Picture:
    """Return how many rows there are of each class, by what they were used for.

    Args:
        known: (rows,) numbers of the classes, of all rows.
        classes: The labels.
        parts: Row numbers by part: "training", "validation", "test".
    """
    counts = {
        part: np.bincount(known[np.asarray(rows, int)], minlength=len(classes))
        for part, rows in parts.items()
        if len(rows)
    }
    total = np.sum(list(counts.values()), axis=0)
    order, note = _most_frequent(total, "classes")
    names = labels([classes[i] for i in order])
    chart = _bars(names, "rows")
    for part, own in counts.items():
        _add_bars(chart, names, own[order], part, _PARTS.get(part, POSITIVE))
    chart.update_layout(barmode="stack", xaxis=whole(total.max()))
    most, least = int(total.argmax()), int(total.argmin())
    told = "; ".join(f"{classes[i]} {total[i]:,}" for i in order)
    return Picture(
        "Are there enough rows of every class?",
        f"One bar for each class, by what its rows were used for.{note}",
        f"{count(int(total.sum()), 'row')} of {count(len(classes), 'class')}: {told}. "
        f"Always answering {classes[most]} would be right for "
        f"{share(total[most] / total.sum())}; the rarest is {classes[least]} with "
        f"{share(total[least] / total.sum())}.",
        chart,
    )


def target_distribution(values: np.ndarray, name: str) -> Picture:
    """Return how often which numbers are to be predicted.

    Args:
        values: (rows,) in the target's own unit.
        name: Of the target.
    """
    counts, edges = np.histogram(values, bins="auto" if len(values) < 5000 else 50)
    if len(counts) > MOST_BINS:
        counts, edges = np.histogram(values, bins=MOST_BINS)
    chart = new_chart(name, "rows", height=300, legend=False)
    chart.add_bar(
        x=(edges[1:] + edges[:-1]) / 2,
        y=counts,
        width=np.diff(edges),
        marker={"color": POSITIVE, "line": {"width": 0}},
        hovertemplate="%{y:,} rows around %{x:.4g}<extra></extra>",
    )
    chart.update_yaxes(whole(counts.max()))
    low, half, high = np.quantile(values, [0.05, 0.5, 0.95])
    return Picture(
        f"Which numbers does {name} take?",
        "Higher bars stand for numbers that are more frequent. Rare numbers are "
        "learned from few rows.",
        f"{count(len(values), 'row')}: from {values.min():.4g} to {values.max():.4g}, "
        f"mean {values.mean():.4g}, standard deviation {values.std():.4g}, median "
        f"{half:.4g}; 90% lie between {low:.4g} and {high:.4g}.",
        chart,
    )


def column_kinds(columns: Sequence[Mapping[str, Any]]) -> Picture | None:
    """Return how many columns there are of each kind; None if all are of one.

    Args:
        columns: One dict a column with "name", "kind" and "used".
    """
    kinds: dict[str, list[bool]] = {}
    for column in columns:
        kinds.setdefault(str(column["kind"]), []).append(bool(column["used"]))
    if len(kinds) < 2 and all(map(all, kinds.values())):
        return None
    names = sorted(kinds, key=lambda kind: -len(kinds[kind]))
    chart = _bars(labels(names), "columns")
    used = [sum(kinds[kind]) for kind in names]
    unused = [len(kinds[kind]) - sum(kinds[kind]) for kind in names]
    _add_bars(chart, labels(names), used, "used", POSITIVE)
    if any(unused):
        _add_bars(chart, labels(names), unused, "not used", NEGATIVE)
    most = max(map(len, kinds.values()))
    chart.update_layout(barmode="stack", xaxis=whole(most))
    told = "; ".join(
        f"{kind} {len(kinds[kind])}" + (f" ({n} not used)" if n else "")
        for kind, n in zip(names, unused, strict=True)
    )
    return Picture(
        "What kinds of columns are there?",
        "One bar for each kind. Columns are not used where they say nothing: all "
        "values are alike, missing, or different from row to row.",
        f"{count(len(columns), 'column')}: {told}.",
        chart,
    )


def missing_values(columns: Sequence[Mapping[str, Any]], n_rows: int) -> Picture | None:
    """Return the share of missing values by column; None if none is missing.

    Args:
        columns: One dict a column with "name" and "missing".
        n_rows: How many rows there are.
    """
    holes = [column for column in columns if column["missing"]]
    if not holes or not n_rows:
        return None
    missing = np.array([column["missing"] for column in holes])
    order, note = _most_frequent(missing, "columns with missing values")
    names = labels([holes[i]["name"] for i in order])
    chart = _bars(names, "share of the rows", legend=False)
    _add_bars(chart, names, missing[order] / n_rows, "missing", NEGATIVE)
    chart.update_layout(xaxis={"tickformat": ".2~%", "range": [0, 1]})
    told = "; ".join(
        f"{holes[i]['name']} {share(int(missing[i]) / n_rows)}" for i in order
    )
    return Picture(
        "Where are values missing?",
        "The share of the rows without a value, of the columns that have such rows. "
        f"The model fills them as its preprocessing says.{note}",
        f"{len(holes)} of {count(len(columns), 'column')} have missing values: {told}.",
        chart,
    )


def _most_frequent(counts: np.ndarray, what: str) -> tuple[np.ndarray, str]:
    """Return the places of the largest, all in order if few, and a note if not all."""
    if len(counts) <= MOST_BARS:
        return np.arange(len(counts)), ""
    order = np.argsort(-counts, kind="stable")[:MOST_BARS]
    return order, f" Shown are {MOST_BARS} of {len(counts):,} {what}, the largest."


def _bars(names: list[str], x: str, *, legend: bool = True) -> Any:
    """Return a chart for lying bars, whose names have room beside them."""
    height = (90 if legend else 66) + 26 * len(names)
    chart = new_chart(x, "", height=max(height, 170), legend=legend)
    chart.update_layout(
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
        bargap=0.3,
    )
    return chart


def _add_bars(chart: Any, names: list[str], x: Any, part: str, color: str) -> None:
    chart.add_bar(
        x=x,
        y=names,
        name=part,
        orientation="h",
        marker={"color": color, "line": {"width": 0}},
        hovertemplate="%{y}: %{x}<extra>" + part + "</extra>",
    )

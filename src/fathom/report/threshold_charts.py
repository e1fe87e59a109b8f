"""Charts over all thresholds of a classifier: ROC and precision-recall curves.

For more than two classes, every class against the rest. Areas are those of the whole
curve; what is drawn has at most 200 points.

Sources: Fawcett 2006, "An introduction to ROC analysis"; Davis and Goadrich 2006, "The
relationship between precision-recall and ROC curves".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.report.chart import label, new_chart, share, thinned
from fathom.report.colors import NEUTRAL, QUALITATIVE
from fathom.report.picture import Picture

MOST_POINTS = 200
MOST_CURVES = len(QUALITATIVE)


@dataclass(frozen=True)
class Curve:
    """One class against the rest.

    Attributes:
        name: Of the class.
        x: (points,) from left to right on the chart.
        y: (points,).
        area: Under the whole curve, in ROC; the average precision, in the other.
        prevalence: Share of the rows that are of the class.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    area: float
    prevalence: float


def roc_curves(
    known: np.ndarray, probabilities: np.ndarray, classes: Sequence[Any]
) -> Picture | None:
    """Return the ROC curves, or None if the rows are all of one class.

    Args:
        known: (rows,) numbers of the right classes.
        probabilities: (rows, classes).
        classes: The labels, in the order of the columns.
    """
    from sklearn.metrics import roc_auc_score, roc_curve

    curves = []
    for name, is_it, given in _one_against_rest(known, probabilities, classes):
        x, y, _ = roc_curve(is_it, given)
        area = float(roc_auc_score(is_it, given))
        curves.append(Curve(name, x, y, area, float(is_it.mean())))
    if not curves:
        return None
    chart = _drawn(curves, "false alarms (share of the others)", "found (share)")
    chart.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="guessing (0.500)",
        line={"color": NEUTRAL, "width": 1.5, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip
    return Picture(
        "How many are found at the price of how many false alarms?",
        "The nearer to the upper left corner the better. The area is the probability "
        "that a row of the class gets a higher probability than one of another."
        + _left_out(curves),
        f"Areas under the ROC curve: {_areas(curves)}." + _mean(curves),
        chart,
    )


def precision_recall_curves(
    known: np.ndarray, probabilities: np.ndarray, classes: Sequence[Any]
) -> Picture | None:
    """Return the precision-recall curves, or None if the rows are all of one class.

    Args:
        known: (rows,) numbers of the right classes.
        probabilities: (rows, classes).
        classes: The labels, in the order of the columns.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve

    curves = []
    for name, is_it, given in _one_against_rest(known, probabilities, classes):
        precision, recall, _ = precision_recall_curve(is_it, given)
        area = float(average_precision_score(is_it, given))
        x, y = recall[::-1], precision[::-1]
        curves.append(Curve(name, x, y, area, float(is_it.mean())))
    if not curves:
        return None
    chart = _drawn(curves, "found (recall)", "of those, right (precision)")
    # Between two thresholds lies none: the area under the steps is the number named.
    chart.update_traces(line_shape="vh")
    rates = "; ".join(f"{c.name} {share(c.prevalence)}" for c in _shown(curves))
    return Picture(
        "If it says yes, how often is it right?",
        "The nearer to the upper right corner the better. Guessing gives a flat line "
        "at the share of the class. The area is the average precision."
        + _left_out(curves),
        f"Average precision: {_areas(curves)}.{_mean(curves)} Guessing gives the share "
        f"of the class: {rates}.",
        chart,
    )


def _one_against_rest(
    known: np.ndarray, probabilities: np.ndarray, classes: Sequence[Any]
) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return name, whether a row is of it, and probability, of every class."""
    numbers = [1] if len(classes) == 2 else range(len(classes))
    found = [(str(classes[i]), known == i, probabilities[:, i]) for i in numbers]
    return [one for one in found if 0 < one[1].mean() < 1]


def _drawn(curves: list[Curve], x: str, y: str) -> Any:
    chart = new_chart(x, y, height=380)
    for curve, color in zip(_shown(curves), QUALITATIVE, strict=False):
        kept = thinned(len(curve.x), MOST_POINTS)
        chart.add_scatter(
            x=curve.x[kept],
            y=curve.y[kept],
            mode="lines",
            name=f"{label(curve.name, 20)} ({curve.area:.3f})",
            line={"color": color, "width": 2},
        )
    chart.update_layout(xaxis={"range": [-0.02, 1.02]}, yaxis={"range": [-0.02, 1.04]})
    return chart


def _shown(curves: list[Curve]) -> list[Curve]:
    """Return all curves, or the worst where there are too many to be told apart."""
    if len(curves) <= MOST_CURVES:
        return curves
    return sorted(curves, key=lambda curve: curve.area)[:MOST_CURVES]


def _left_out(curves: list[Curve]) -> str:
    if len(curves) <= MOST_CURVES:
        return ""
    return f" Of {len(curves)} classes, the {MOST_CURVES} with the smallest areas."


def _areas(curves: list[Curve]) -> str:
    return "; ".join(f"{curve.name} {curve.area:.3f}" for curve in _shown(curves))


def _mean(curves: list[Curve]) -> str:
    if len(curves) == 1:
        return ""
    mean = np.mean([curve.area for curve in curves])
    return f" Mean of {len(curves)} classes: {mean:.3f}."

"""Charts of a classifier's answers: who is taken for whom, and how sure it is.

    picture = confusion_matrix(known, probabilities, ("cat", "dog"))

All take `known` (rows,), the numbers of the right classes, `probabilities` (rows,
classes), and the labels of the classes in the order of the columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fathom.report.chart import (
    CELLS,
    CELLS_ON_DARK,
    count,
    labels,
    new_chart,
    share,
    whole,
)
from fathom.report.colors import NEGATIVE, NEUTRAL, POSITIVE
from fathom.report.picture import Picture

MOST_CLASSES = 30
# Above this a number does not fit into a cell.
MOST_WRITTEN = 12
BINS = 10
CONFIDENCE_BINS = 20
_MOST_NAMED = 5


def confusion_matrix(
    known: np.ndarray, probabilities: np.ndarray, classes: Sequence[Any]
) -> Picture:
    """Return how many rows of each class were taken for which class.

    Above 30 classes, those with the fewest mistakes are put together as "others".
    """
    from sklearn.metrics import confusion_matrix as counted

    chosen = probabilities.argmax(axis=1)
    matrix = counted(known, chosen, labels=np.arange(len(classes)))
    right = int(np.trace(matrix))
    folded, names = _folded(matrix, [str(name) for name in classes])
    totals = folded.sum(axis=1, keepdims=True)
    shares = folded / np.maximum(totals, 1)
    n = len(names)
    places, hits = labels(names), share(right / len(known))
    chart = new_chart("predicted", "true", height=_side(n), legend=False)
    chart.add_heatmap(
        z=shares,
        x=places,
        y=places,
        text=_cells(folded, shares, "<br>") if n <= MOST_WRITTEN else None,
        texttemplate="%{text}" if n <= MOST_WRITTEN else None,
        hovertext=_cells(folded, shares, ", "),
        hovertemplate="true %{y}, predicted %{x}: %{hovertext} of the row"
        "<extra></extra>",
        colorscale=CELLS,
        meta={"colorscale": CELLS, "colorscale_on_dark": CELLS_ON_DARK},
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
    )
    chart.update_layout(
        xaxis={"type": "category", "showgrid": False},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    note = (
        f" ({len(classes) - n + 1} classes together as others)"
        if (n < len(classes))
        else ""
    )
    return Picture(
        "Which classes are taken for which?",
        f"One row for each true class{note}; the cells say how many of its rows were "
        "predicted as what, and their share. On the diagonal are the right answers.",
        f"{right:,} of {count(len(known), 'row')} are right ({hits}). "
        f"{_mixed_up(matrix, classes)}",
        chart,
    )


def _side(n: int) -> int:
    return int(min(max(300, 120 + 44 * n), 720))


def _cells(counts: np.ndarray, shares: np.ndarray, between: str) -> list[list[str]]:
    return [
        [
            f"{n:,}{between}{share(part)}" if n else ""
            for n, part in zip(*row, strict=True)
        ]
        for row in zip(counts, shares, strict=True)
    ]


def _folded(matrix: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return matrix and names with the classes of the fewest mistakes in one."""
    if len(names) <= MOST_CLASSES:
        return matrix, names
    wrong = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diag(matrix)
    kept = np.sort(np.argsort(-wrong, kind="stable")[: MOST_CLASSES - 1])
    group = np.full(len(names), len(kept))
    group[kept] = np.arange(len(kept))
    folded = np.zeros((len(kept) + 1,) * 2, matrix.dtype)
    np.add.at(folded, (group[:, None], group[None, :]), matrix)
    return folded, [*(names[i] for i in kept), "others"]


def _mixed_up(matrix: np.ndarray, classes: Sequence[Any]) -> str:
    """Say which classes are most often taken for which."""
    off = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-off, axis=None, kind="stable")[:_MOST_NAMED]
    pairs = [np.unravel_index(i, off.shape) for i in order]
    said = [
        f"{classes[i]} as {classes[j]} {off[i, j]:,} of {matrix[i].sum():,}"
        for i, j in pairs
        if off[i, j]
    ]
    return f"Most frequent mistakes: {'; '.join(said)}." if said else "No mistake."


def confidence_histogram(
    known: np.ndarray, probabilities: np.ndarray, classes: Sequence[Any]
) -> Picture:
    """Return how sure the network was of its answers, right ones and wrong ones."""
    chosen = probabilities.argmax(axis=1)
    sure, right = probabilities.max(axis=1), chosen == known
    edges = np.linspace(1 / len(classes), 1, CONFIDENCE_BINS + 1)
    chart = new_chart("probability of the answer given", "rows")
    for name, those, color in (("right", right, POSITIVE), ("wrong", ~right, NEGATIVE)):
        counts = np.histogram(np.clip(sure[those], edges[0], 1), edges)[0]
        chart.add_bar(
            x=(edges[1:] + edges[:-1]) / 2,
            y=counts,
            width=np.diff(edges),
            name=name,
            marker={"color": color, "line": {"width": 0}},
            hovertemplate="%{y:,} rows<extra>" + name + "</extra>",
        )
    chart.update_layout(barmode="stack", bargap=0.05)
    chart.update_yaxes(whole(np.histogram(sure, edges)[0].max()))
    means = [
        f"{name} {count(int(those.sum()), 'answer')}, mean probability "
        f"{sure[those].mean():.3f}"
        for name, those in (("Right:", right), ("wrong:", ~right))
        if those.any()
    ]
    loud = int((~right & (sure > 0.9)).sum())
    return Picture(
        "Is it less sure where it is wrong?",
        "Wrong answers should pile up on the left. Those on the right are mistakes "
        "made with confidence.",
        f"{'; '.join(means)}. Wrong with a probability above 0.9: "
        f"{count(loud, 'answer')}.",
        chart,
    )


def calibration(
    known: np.ndarray, probabilities: np.ndarray, classes: Sequence[Any]
) -> Picture:
    """Return how often answers of a given probability are right.

    For two classes the probability of the second against its share; for more, the
    probability of the answer given against the share of right answers. In ten bins of
    equal width; the expected calibration error is the mean distance of the two, each
    bin weighted by its rows (Naeini et al. 2015, "Obtaining Well Calibrated
    Probabilities Using Bayesian Binning"; Guo et al. 2017, "On Calibration of Modern
    Neural Networks").
    """
    if len(classes) == 2:
        given, happened = probabilities[:, 1], known == 1
        what, of = f"probability of {classes[1]}", f"share of {classes[1]}"
    else:
        given = probabilities.max(axis=1)
        happened = probabilities.argmax(axis=1) == known
        what, of = "probability of the answer given", "share of right answers"
    counts, said, true = reliability(given, happened)
    error = float((counts * np.abs(said - true)).sum() / counts.sum())
    chart = new_chart(what, of)
    chart.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="as often as said",
        line={"color": NEUTRAL, "width": 1.5, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip
    chart.add_scatter(
        x=said,
        y=true,
        mode="lines+markers",
        name="network",
        line={"color": POSITIVE, "width": 1},
        marker={"size": 7 + 17 * np.sqrt(counts / counts.max()), "opacity": 0.85},
        text=[count(int(n), "row") for n in counts],
        hovertemplate="said %{x:.3f}, happened %{y:.3f}: %{text}<extra></extra>",
    )
    chart.update_layout(xaxis={"range": [-0.05, 1.05]}, yaxis={"range": [-0.05, 1.05]})
    points = "; ".join(
        f"said {s:.2f}, happened {t:.2f} ({count(int(n), 'row')})"
        for n, s, t in zip(counts, said, true, strict=True)
    )
    return Picture(
        "Can its probabilities be believed?",
        "On the dotted line, what is said to have a probability of 0.8 happens 8 times "
        "in 10. Below it the network is too sure. Larger points stand for more rows.",
        f"Expected calibration error {error:.3f}. By bin of the {what}: {points}.",
        chart,
    )


def reliability(
    given: np.ndarray, happened: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, mean probability and share that happened, of every bin with rows.

    Args:
        given: (rows,) probabilities of something.
        happened: (rows,) whether it did.
    """
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    numbers = np.searchsorted(inner, given)
    counts = np.bincount(numbers, minlength=BINS)
    filled = counts > 0
    said = np.bincount(numbers, weights=given, minlength=BINS)[filled]
    true = np.bincount(numbers, weights=happened, minlength=BINS)[filled]
    return counts[filled], said / counts[filled], true / counts[filled]

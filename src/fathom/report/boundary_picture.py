"""A picture of where the predicted class changes, with the data on it.

    picture = boundary_picture(decision_boundary(model, data, ["age", "size"]), known)

On one column it is a point, on two a line, on three a surface; of a target that is a
number, the predicted values are drawn instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fathom.errors import InputError
from fathom.inspect.boundary import Boundary
from fathom.report.chart import label, new_chart
from fathom.report.colors import NEUTRAL, QUALITATIVE, SEQUENTIAL
from fathom.report.picture import Picture
from fathom.verdict import number

MOST_ROWS = 1500
MOST_CLASSES = len(QUALITATIVE)
# So faint are the regions behind the rows.
FAINT = 0.22


def boundary_picture(
    found: Boundary, known: Sequence[Any] | np.ndarray | None = None
) -> Picture:
    """Return a decision boundary among one, two or three columns as a picture.

    Args:
        found: The boundary.
        known: (rows,) the right answers for its rows, labels or numbers; None colors
            the rows by what is predicted for them.

    Raises:
        InputError: If there are not as many answers as rows, or too many classes to be
            told apart.
    """
    if known is not None and len(known) != len(found.rows):
        raise InputError(
            f"'known' must have an answer for each of the {len(found.rows)} rows. Got "
            f"{len(known)}."
        )
    if found.kind != "values" and len(found.classes) > MOST_CLASSES:
        raise InputError(
            f"{len(found.classes)} classes cannot be told apart on one picture; "
            f"{MOST_CLASSES} can."
        )
    answers = np.asarray(found.answers if known is None else known)
    draw = (_one, _two, _three)[len(found.columns) - 1]
    chart = draw(found, answers)
    _name_axes(chart, found)
    what = "true" if known is not None else "predicted"
    return Picture(_question(found), _reading(found, what), _words(found), chart)


def _question(found: Boundary) -> str:
    columns = " and ".join(found.columns)
    if found.kind == "values":
        return f"What does it predict for which {columns}?"
    return f"Where does the answer change with {columns}?"


def _reading(found: Boundary, what: str) -> str:
    kind = "class" if found.kind != "values" else "value"
    shown = "Points are rows" if len(found.rows) <= MOST_ROWS else (
        f"Points are {MOST_ROWS:,} of {len(found.rows):,} rows"
    )  # fmt: skip
    held = ""
    if found.held:
        held = (
            " All other columns are held at their median or most frequent value, so "
            "that a row whose others differ may not fit."
        )
    how = "at" if found.kind == "values" and len(found.columns) == 1 else "colored by"
    return f"{shown}, {how} their {what} {kind}.{held}"


def _words(found: Boundary) -> str:
    """Return the classes' shares of the picture, and the boundary if it is straight."""
    if found.kind == "values":
        low, high = float(found.values.min()), float(found.values.max())
        return f"The predictions go from {number(low)} to {number(high)}."
    shares = [float((found.predicted == i).mean()) for i in range(len(found.classes))]
    told = ", ".join(
        f"{name} {part:.0%}" for name, part in zip(found.classes, shares, strict=True)
    )
    words = f"Share of the drawn range by predicted class: {told}."
    if not len(found.points):
        words += " There is no boundary within it."
    elif len(found.columns) == 1:
        at = ", ".join(number(float(point[0])) for point in found.points)
        words += f" The class changes at {found.columns[0]} = {at}."
    elif found.straight is not None:
        terms = zip(found.straight.normal, found.columns, strict=True)
        sum_of = " + ".join(f"{weight:.4g} {name}" for weight, name in terms)
        end = f"{found.straight.offset:+.4g} = 0."
        words += f" The boundary is straight: {sum_of} {end}"
    else:
        words += " The boundary is curved."
    return words


def _one(found: Boundary, answers: np.ndarray) -> Any:
    """Return the probability of every class along one column, rows below."""
    axis = found.axes[0]
    is_values = found.kind == "values"
    title = str(found.classes[0]) if is_values else "probability"
    chart = new_chart(found.columns[0], title, height=360)
    for i, name in enumerate(found.classes):
        chart.add_scatter(
            x=axis, y=found.values[i], mode="lines", name=label(name, 20),
            legendgroup=str(i), line={"color": _color(i), "width": 2},
        )  # fmt: skip
    kept = _kept(found)
    if is_values:
        chart.add_scatter(
            x=found.rows[kept, 0], y=answers[kept].reshape(len(kept), -1)[:, 0],
            mode="markers", name="rows", marker={"color": NEUTRAL, "size": 5},
        )  # fmt: skip
    for i, own in [] if is_values else _by_class(found, answers, kept):
        chart.add_scatter(
            x=found.rows[own, 0], y=np.full(len(own), -0.04 - 0.03 * i),
            mode="markers", showlegend=False, legendgroup=str(i),
            marker={"color": _color(i), "size": 6, "symbol": "line-ns-open"},
            hovertemplate="%{x:.4g}<extra>" + label(found.classes[i]) + "</extra>",
        )  # fmt: skip
    for point in found.points:
        line = {"color": NEUTRAL, "width": 1.5, "dash": "dot"}
        chart.add_vline(x=float(point[0]), line=line)
    return chart


def _two(found: Boundary, answers: np.ndarray) -> Any:
    """Return the regions of the classes on two columns, the line, and the rows."""
    chart = new_chart(*found.columns, height=460)
    first, second = found.axes
    kept = _kept(found)
    if found.kind == "values":
        chart.add_contour(
            x=first, y=second, z=found.values[0].T, colorscale=SEQUENTIAL,
            line={"width": 0}, ncontours=20, hovertemplate="%{z:.4g}<extra></extra>",
            colorbar={"thickness": 10, "title": {"text": label(found.classes[0], 16)}},
        )  # fmt: skip
        own = answers[kept].reshape(len(kept), -1)[:, 0].astype(float)
        ends = {"cmin": found.values[0].min(), "cmax": found.values[0].max()}
        chart.add_scatter(
            x=found.rows[kept, 0], y=found.rows[kept, 1], mode="markers",
            showlegend=False, text=[number(float(value)) for value in own],
            marker={"color": own, "colorscale": SEQUENTIAL, "size": 7, **ends,
                    "line": {"width": 1, "color": NEUTRAL}},
            hovertemplate="%{x:.4g}, %{y:.4g}: %{text}<extra></extra>",
        )  # fmt: skip
        return chart
    _regions(chart, found)
    if len(found.segments):
        gaps = np.full((len(found.segments), 1, 2), np.nan)
        line = np.concatenate([found.segments, gaps], axis=1).reshape(-1, 2)
        chart.add_scatter(
            x=line[:, 0], y=line[:, 1], mode="lines", name="boundary",
            line={"color": NEUTRAL, "width": 2}, hoverinfo="skip",
        )  # fmt: skip
    for i, own in _by_class(found, answers, kept):
        chart.add_scatter(
            x=found.rows[own, 0], y=found.rows[own, 1], mode="markers",
            name=label(found.classes[i], 20),
            marker={"color": _color(i), "size": 7, "symbol": _symbol(i),
                    "line": {"width": 1, "color": "rgba(255,255,255,0.6)"}},
            hovertemplate="%{x:.4g}, %{y:.4g}<extra></extra>",
        )  # fmt: skip
    return chart


def _regions(chart: Any, found: Boundary) -> None:
    """Fill the picture with the faint color of the class that is predicted there."""
    n = len(found.classes)
    colors = [_color(i) for i in range(n)]
    steps = [(edge, color) for i, color in enumerate(colors)
             for edge in (i / n, (i + 1) / n)]  # fmt: skip
    chart.add_heatmap(
        x=found.axes[0], y=found.axes[1], z=found.predicted.T, zmin=-0.5, zmax=n - 0.5,
        colorscale=steps, opacity=FAINT, showscale=False, hoverinfo="skip",
    )  # fmt: skip


def _three(found: Boundary, answers: np.ndarray) -> Any:
    """Return the boundary among three columns as points, with the rows."""
    chart = new_chart("", "", height=520)
    kept = _kept(found)
    if found.kind == "values":
        own = answers[kept].reshape(len(kept), -1)[:, 0].astype(float)
        marker = {"color": own, "colorscale": SEQUENTIAL, "size": 4, "showscale": True}
        x, y, z = found.rows[kept].T
        chart.add_scatter3d(x=x, y=y, z=z, mode="markers", marker=marker, name="rows")
        return chart
    chart.add_scatter3d(
        x=found.points[:, 0], y=found.points[:, 1], z=found.points[:, 2],
        mode="markers", name="boundary", hoverinfo="skip",
        marker={"color": NEUTRAL, "size": 2, "opacity": 0.5},
    )  # fmt: skip
    for i, own in _by_class(found, answers, kept):
        x, y, z = found.rows[own].T
        chart.add_scatter3d(
            x=x, y=y, z=z, mode="markers", name=label(found.classes[i], 20),
            marker={"color": _color(i), "size": 4},
        )  # fmt: skip
    return chart


def _name_axes(chart: Any, found: Boundary) -> None:
    if len(found.columns) == 3:
        names = zip(("xaxis", "yaxis", "zaxis"), found.columns, strict=True)
        chart.update_layout(
            scene={axis: {"title": {"text": label(name)}} for axis, name in names}
        )


def _kept(found: Boundary) -> np.ndarray:
    """Return which rows are drawn: those with a value in every column, not too many."""
    there = np.flatnonzero(np.isfinite(found.rows).all(axis=1))
    if len(there) <= MOST_ROWS:
        return there
    return np.sort(np.random.default_rng(0).choice(there, MOST_ROWS, replace=False))


def _by_class(
    found: Boundary, answers: np.ndarray, kept: np.ndarray
) -> list[tuple[int, np.ndarray]]:
    """Return the rows of each class that has some."""
    names = answers.astype(str)
    pairs = [
        (i, kept[names[kept] == str(name)]) for i, name in enumerate(found.classes)
    ]
    return [(i, own) for i, own in pairs if len(own)]


def _color(i: int) -> str:
    return QUALITATIVE[i % MOST_CLASSES]


def _symbol(i: int) -> str:
    """Return another mark for each class, for those who cannot tell the colors."""
    return ("circle", "diamond", "square", "triangle-up", "cross", "x", "star",
            "pentagon")[i % MOST_CLASSES]  # fmt: skip

"""Decision boundary: where the predicted class changes among one, two or three columns.

A point on one column, a line on two, a surface on three, with all other columns held at
their median or most frequent value. The boundary is found on the edges of a grid, where
neighbors differ in class, and each place is narrowed down by halving. For targets that
are numbers there is no boundary, and the surface of the predicted values instead.

The straight boundary of a single neuron is `fathom.models.boundary.DecisionBoundary`;
a network whose boundary is straight, too, has one as `straight`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fathom.errors import InputError, is_whole, require
from fathom.inspect.answers import answer_names, answers_of
from fathom.inspect.batches import rows_of
from fathom.inspect.lines import lines_in
from fathom.inspect.raw import RawColumn, raw_column, raw_columns, rows_in
from fathom.model import Model
from fathom.models.boundary import DecisionBoundary

KINDS = {1: "point", 2: "line", 3: "surface"}
# Values on each axis of the grid, by the number of axes.
RESOLUTION = {1: 201, 2: 101, 3: 25}
# Beyond the data by this share of their range.
MARGIN = 0.05
# Each halves the distance between neighbors of the grid, down to rounding.
HALVINGS = 24
# How far points may be from a straight boundary, in shares of the axes.
STRAIGHT = 1e-5


@dataclass(frozen=True, eq=False)
class Boundary:
    """Where the prediction changes among some columns.

    Attributes:
        columns: One to three names.
        kind: "point", "line" or "surface" between classes; "values" of a target that is
            a number.
        axes: The grid's values of each column.
        classes: The classes or targets.
        values: (outputs, *grid) probability of each class, or predicted values.
        predicted: (*grid) number of the predicted class; empty for numbers.
        points: (n, columns) where the class changes, on the edges of the grid.
        pairs: (n, 2) the numbers of the classes on the two sides.
        segments: (m, 2, 2) pieces of the line between such points, of two columns.
        held: What the other columns are held at.
        rows: (rows, columns) the data, on these columns; NaN where a value is missing.
        answers: (rows,) what the model predicts for the data, all columns as they are.
        straight: The boundary as a point, line or plane, if it is straight and between
            two classes only.
    """

    columns: tuple[str, ...]
    kind: str
    axes: tuple[np.ndarray, ...] = field(repr=False)
    classes: tuple[Any, ...]
    values: np.ndarray = field(repr=False)
    predicted: np.ndarray = field(repr=False)
    points: np.ndarray = field(repr=False)
    pairs: np.ndarray = field(repr=False)
    segments: np.ndarray = field(repr=False)
    held: dict[str, Any]
    rows: np.ndarray = field(repr=False)
    answers: np.ndarray = field(repr=False)
    straight: DecisionBoundary | None = None


def decision_boundary(
    model: Model,
    data: Any,
    columns: Any,
    held: Mapping[str, Any] | None = None,
    resolution: int | None = None,
) -> Boundary:
    """Return the decision boundary among one to three columns of numbers.

    Args:
        model: Of a table, or of arrays (rows, features).
        data: Raw rows; they say the range, what the others are held at, and lie on it.
        columns: A name, or two or three; of an array, numbers from 0.
        held: Values for some of the other columns, instead of their median or most
            frequent one.
        resolution: Values on each axis of the grid; 201, 101 or 25 for one, two or
            three columns if None.

    Raises:
        InputError: If there is no such column, or it holds no numbers.
    """
    data = rows_in(model, data)
    x = model.inputs(data)
    known = raw_columns(model, data, x)
    names = [columns] if isinstance(columns, (str, int, np.integer)) else list(columns)
    chosen = [raw_column(known, model, name) for name in names]
    _require_numbers(chosen)
    size = RESOLUTION[len(chosen)] if resolution is None else resolution
    expected = "a whole number of at least 2, or None"
    require(is_whole(size, 2), "decision_boundary", "resolution", expected, size)
    plane = _plane(model, x, known, chosen, dict(held or {}))
    axes = tuple(_axis(one, size) for one in chosen)
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    values = plane.answers(grid.reshape(-1, len(axes)))
    shape = (*grid.shape[:-1], values.shape[-1])
    values = np.moveaxis(values.reshape(shape), -1, 0)
    rows = np.stack([np.where(c.present, c.values, np.nan) for c in chosen], -1)
    found = _Found.nowhere(len(axes))
    if model.task == "classification":
        found = _changes(plane, axes, values.argmax(0))
    return Boundary(
        columns=tuple(one.name for one in chosen),
        kind=KINDS[len(axes)] if model.task == "classification" else "values",
        axes=axes,
        classes=answer_names(model),
        values=values,
        predicted=found.predicted,
        points=found.points,
        pairs=found.pairs,
        segments=lines_in(axes, found.points, found.edges),
        held=plane.held,
        rows=rows,
        answers=model.predict(data),
        straight=_straight(found, axes),
    )


@dataclass(frozen=True, eq=False)
class _Plane:
    """Some columns free, all others held.

    Attributes:
        model: The model.
        row: Inputs of one row, with the others held.
        columns: The free ones.
        held: What the others are held at.
    """

    model: Model
    row: Any
    columns: Sequence[RawColumn]
    held: dict[str, Any]

    def answers(self, points: np.ndarray) -> np.ndarray:
        """Return the answers (n, outputs) at points (n, columns)."""
        x = rows_of(self.row, np.zeros(len(points), int))
        for i, column in enumerate(self.columns):
            column.put(x, column.inputs(points[:, i]))
        return answers_of(self.model, x)


@dataclass(frozen=True, eq=False)
class _Found:
    """Where the class changes: points, classes on both sides, edges of the grid."""

    predicted: np.ndarray
    points: np.ndarray
    pairs: np.ndarray
    edges: np.ndarray

    @classmethod
    def nowhere(cls, n: int) -> _Found:
        """Return no points among n columns."""
        none = np.zeros((0,), int)
        pairs, edges = np.zeros((0, 2), int), np.zeros((0, n + 1), int)
        return cls(none, np.zeros((0, n)), pairs, edges)


def _require_numbers(columns: Sequence[RawColumn]) -> None:
    names = [one.name for one in columns]
    if not 1 <= len(columns) <= 3 or len(set(names)) < len(names):
        raise InputError(
            f"A boundary is drawn among one, two or three columns that differ. Got "
            f"{', '.join(names) or 'none'}."
        )
    for one in columns:
        if one.kind != "number" or not one.present.any():
            raise InputError(
                f"The column {one.name!r} is of kind {one.kind!r}, and a boundary is "
                f"among numbers. Use partial_dependence(model, data, {one.name!r})."
            )


def _plane(
    model: Model,
    x: Any,
    known: Mapping[str, RawColumn],
    chosen: Sequence[RawColumn],
    given: dict[str, Any],
) -> _Plane:
    """Return the plane of the chosen columns."""
    row = rows_of(x, np.zeros(1, int))
    others = {name: one for name, one in known.items() if one not in chosen}
    wanted = {raw_column(others, model, name).name: v for name, v in given.items()}
    held = {name: wanted.get(name) for name in others}
    for name, one in others.items():
        if held[name] is None:
            held[name] = one.typical()
        one.put(row, one.inputs(np.array([held[name]])))
    return _Plane(model, row, chosen, held)


def _axis(column: RawColumn, n: int) -> np.ndarray:
    values = column.values[column.present]
    low, high = float(values.min()), float(values.max())
    beyond = MARGIN * (high - low) or 1.0
    return np.linspace(low - beyond, high + beyond, n)


def _changes(
    plane: _Plane, axes: tuple[np.ndarray, ...], predicted: np.ndarray
) -> _Found:
    """Return the places on the grid's edges where the class changes."""
    lows, highs, edges = [], [], []
    for axis in range(len(axes)):
        changes = np.argwhere(np.diff(predicted, axis=axis) != 0)
        at = [own[changes[:, i]] for i, own in enumerate(axes)]
        lows.append(np.stack(at, -1))
        at[axis] = axes[axis][changes[:, axis] + 1]
        highs.append(np.stack(at, -1))
        ways = np.full((len(changes), 1), axis)
        edges.append(np.concatenate([changes, ways], -1))
    low, high, edge = map(np.concatenate, (lows, highs, edges))
    if not len(low):
        return _Found(predicted, low, np.zeros((0, 2), int), edge)
    first = predicted[tuple(edge[:, :-1].T)]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_first = (plane.answers(middle).argmax(-1) == first)[:, None]
        low, high = np.where(is_first, middle, low), np.where(is_first, high, middle)
    last = plane.answers(high).argmax(-1)
    return _Found(predicted, (low + high) / 2, np.stack([first, last], -1), edge)


def _straight(found: _Found, axes: tuple[np.ndarray, ...]) -> DecisionBoundary | None:
    """Return the plane that all points lie on, if there is one."""
    n, points = len(axes), found.points
    too_few = len(points) < n + (n > 1)  # any two points are on a line
    if too_few or len(np.unique(np.sort(found.pairs, -1), axis=0)) != 1:
        return None
    center = np.array([axis.mean() for axis in axes])
    scale = np.array([np.ptp(axis) for axis in axes])
    near = (points - center) / scale
    middle = near.mean(0)
    normal = np.ones(1) if n == 1 else np.linalg.svd(near - middle)[2][-1]
    if np.abs((near - middle) @ normal).max() > STRAIGHT:
        return None
    # Towards the later class, as a neuron's weights point to where it says yes.
    up = found.pairs[:, 1] > found.pairs[:, 0]
    along = normal[found.edges[:, -1]]
    if np.sum(np.where(up, along, -along)) < 0:
        normal = -normal
    weights = normal / scale
    offset = -float(normal @ middle) - float(weights @ center)
    return DecisionBoundary(tuple(weights.tolist()), offset)

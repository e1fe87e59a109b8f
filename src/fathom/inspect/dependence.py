"""Partial dependence: what the model answers if one or two columns were this or that.

    f(v) = mean over the rows of F(row with the column set to v)

The mean hides rows that go up while others go down, so that the curve of every row is
kept beside it. Where columns go together, some of these rows could not be.
Source: Friedman, "Greedy function approximation: a gradient boosting machine" (2001);
the curves: Goldstein et al., "Peeking inside the black box" (2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from fathom.errors import InputError, is_whole, require
from fathom.inspect.answers import answer_index, answer_names, answers_of
from fathom.inspect.batches import n_rows, rows_of
from fathom.inspect.raw import RawColumn, raw_column, raw_columns, rows_in
from fathom.model import Model

MOST_ROWS = 1000
# Rows that go through the network together.
AT_ONCE = 8192
# Numbers are tried between their 5 % and 95 % quantiles: beyond, data are thin.
TAIL = 0.05


@dataclass(frozen=True, eq=False)
class PartialDependence:
    """What the model answers for values of one or two columns.

    Attributes:
        columns: One name or two.
        grid: The values tried, an array for each column.
        outputs: The classes or targets.
        of: "probability" of each class, "value" of each target in its own unit, or
            "output".
        average: (outputs, *grid) mean over the rows.
        individual: (outputs, rows, *grid) each row's own.
        rows: (rows,) which of the data's rows these are.
    """

    columns: tuple[str, ...]
    grid: tuple[np.ndarray, ...]
    outputs: tuple[Any, ...]
    of: str
    average: np.ndarray = field(repr=False)
    individual: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)


def partial_dependence(
    model: Model,
    data: Any,
    columns: Any,
    grid: Any = 20,
    output: Any = None,
    most_rows: int = MOST_ROWS,
) -> PartialDependence:
    """Return the partial dependence on one or two columns.

    Args:
        model: Of a table, or of arrays (rows, features).
        data: Raw rows.
        columns: A name, or two; of an array, numbers from 0.
        grid: How many values of a number or date to try (quantiles); or the values, of
            two columns a pair of either. Categories are all tried.
        output: A class or target; None: all of them.
        most_rows: Of more rows, so many are taken, evenly spaced.

    Raises:
        InputError: If there is no such column, it is not used, or has no grid.
    """
    data = rows_in(model, data)
    x = model.inputs(data)
    known = raw_columns(model, data, x)
    names = [columns] if isinstance(columns, (str, int, np.integer)) else list(columns)
    if len(names) not in (1, 2) or len(set(names)) < len(names):
        raise InputError(
            f"Partial dependence is on one column, or two that differ. Got {columns!r}."
        )
    chosen = [raw_column(known, model, name) for name in names]
    expected = "a whole number of at least 1"
    require(is_whole(most_rows), "partial_dependence", "most_rows", expected, most_rows)
    axes = _axes(chosen, grid)
    n = n_rows(x)
    rows = np.unique(np.linspace(0, n - 1, min(n, most_rows)).round().astype(int))
    found = _answers(model, rows_of(x, rows), chosen, axes)
    outputs = answer_names(model)
    if output is not None:
        at = answer_index(model, output)
        outputs, found = (outputs[at],), found[at : at + 1]
    of = {"classification": "probability", "regression": "value"}
    return PartialDependence(
        tuple(one.name for one in chosen),
        axes,
        outputs,
        of.get(model.task or "", "output"),
        found.mean(1),
        found,
        rows,
    )


def _axes(columns: Sequence[RawColumn], grid: Any) -> tuple[np.ndarray, ...]:
    """Return the values of each column that are tried."""
    given = (
        list(grid) if len(columns) == 2 and _is_pair(grid) else [grid] * len(columns)
    )
    axes = []
    for column, own in zip(columns, given, strict=True):
        if is_whole(own, 2):
            axes.append(column.spread(own, TAIL))
            continue
        values = np.asarray(own)
        if values.ndim != 1 or not len(values):
            raise InputError(
                f"'grid' must be a whole number of at least 2, or the values to try. "
                f"Got {own!r} for the column {column.name!r}."
            )
        axes.append(values)
    return tuple(axes)


def _is_pair(grid: Any) -> bool:
    return isinstance(grid, (list, tuple)) and len(grid) == 2


def _answers(
    model: Model, x: Any, columns: Sequence[RawColumn], axes: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Return the answers (outputs, rows, *grid)."""
    n = n_rows(x)
    encoded = [c.inputs(values) for c, values in zip(columns, axes, strict=True)]
    cells = list(product(*(range(len(axis)) for axis in axes)))
    at_once = max(1, AT_ONCE // n)
    found = []
    for start in range(0, len(cells), at_once):
        some = cells[start : start + at_once]
        copies = rows_of(x, np.tile(np.arange(n), len(some)))
        for i, column in enumerate(columns):
            numbers = np.repeat([cell[i] for cell in some], n)
            column.put(copies, encoded[i][numbers])
        found.append(answers_of(model, copies).reshape(len(some), n, -1))
    shape = tuple(len(axis) for axis in axes)
    together = np.concatenate(found).reshape(*shape, n, -1)
    return np.moveaxis(together, (-1, -2), (0, 1))

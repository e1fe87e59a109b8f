"""The columns of the data, one by one, as numbers that a target is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from fathom.data.table import Table

# More than these tell no more, and take longer.
MOST_ROWS = 5_000
MOST_COLUMNS = 500


class Column(NamedTuple):
    """The values of one column.

    Attributes:
        name: As messages call it.
        values: (rows,) numbers; of a category, the number of each. NaN if missing.
        is_discrete: Whether it is a category or a boolean.
        in_table: Whether it is a column of a table, which has a name.
    """

    name: str
    values: np.ndarray
    is_discrete: bool
    in_table: bool


def chosen_rows(rows: np.ndarray) -> np.ndarray:
    """Return at most `MOST_ROWS` of the rows, evenly spaced."""
    if len(rows) <= MOST_ROWS:
        return rows
    places = np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.int64)
    return rows[places]


def table_columns(table: Table, rows: np.ndarray) -> Iterator[Column]:
    """Yield the columns of a table that are used and can be compared."""
    for column in table.columns[:MOST_COLUMNS]:
        if not column.used or column.kind == "text":
            continue
        series: Any = table.frame[column.name]
        discrete = column.kind in ("category", "boolean")
        if column.kind == "category":
            series = series.rank("dense")
        values = series.cast(float, strict=False).to_numpy()[rows]
        yield Column(column.name, values.astype(np.float64), discrete, True)


def array_columns(
    x: Any, rows: np.ndarray, names: Sequence[str] = ()
) -> Iterator[Column]:
    """Yield the features of an array (rows, features); none of other arrays.

    Args:
        x: The inputs.
        rows: Which rows.
        names: Of the features, if they come from a table.
    """
    if isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[1] <= MOST_COLUMNS:
        for i in range(x.shape[1]):
            name = names[i] if names else f"X[:, {i}]"
            yield Column(name, x[rows, i].astype(np.float64), False, bool(names))

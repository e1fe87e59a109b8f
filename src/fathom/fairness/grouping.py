"""Which group a row belongs to: the values of a column, or parts of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from fathom.data.table import Table

MISSING = "(missing)"
# A number of more values than this is cut into four parts of about equal size.
MOST_NUMBERS = 10
MOST_GROUPS = 50


def groups_of(data: Any, groups: Any, n: int) -> tuple[str, np.ndarray]:
    """Return the name of what groups the rows, and the group of every row.

    Args:
        data: The rows; a `Table` where `groups` names a column.
        groups: A column's name, or (rows,) values.
        n: Number of rows.

    Raises:
        InputError: If there is no such column, not one value a row, fewer than two
            groups or more than 50.

    Example:
        >>> groups_of(None, ["a", "b", None, "a"], 4)[1].tolist()
        ['a', 'b', '(missing)', 'a']
    """
    name, values = _values(data, groups)
    if len(values) != n:
        raise InputError(
            f"'groups' must have one value for each of {n} rows. Got {len(values)}."
        )
    names = _named(values)
    found = np.unique(names)
    if len(found) < 2:
        raise InputError(
            f"All rows are of one group of {name!r}, {found[0]!r}: there is nothing to "
            f"compare. Take rows of several groups."
        )
    if len(found) > MOST_GROUPS:
        raise InputError(
            f"{name!r} makes {len(found)} groups, and at most {MOST_GROUPS} are "
            f"compared: with more, few rows are left of each. Take a column of fewer "
            f"values, or hand the groups over as values."
        )
    return name, names


def _values(data: Any, groups: Any) -> tuple[str, list[Any]]:
    if not isinstance(groups, str):
        series = getattr(groups, "name", None)
        values = np.asarray(groups, dtype=object)
        if values.ndim != 1:
            raise InputError(
                f"'groups' must be a column's name or one value a row. Got an array of "
                f"shape {values.shape}."
            )
        return str(series or "group"), values.tolist()
    if not hasattr(data, "frame"):
        raise InputError(
            f"The column {groups!r} cannot be found in arrays: hand over a table, or "
            f"the groups as values, one for each row."
        )
    return groups, _column(data, groups)


def _column(table: Table, name: str) -> list[Any]:
    known = table.frame.columns
    if name not in known:
        raise InputError(
            f"{table.name} has no column {name!r} to group by."
            f"{did_you_mean(name, known)} Its columns: {', '.join(known[:20])}."
        )
    return table.frame[name].to_list()


def _named(values: Sequence[Any]) -> np.ndarray:
    """Return the group of every value as text."""
    is_there = np.array([not _is_missing(value) for value in values], bool)
    there = [value for value, keep in zip(values, is_there, strict=True) if keep]
    names = np.full(len(values), MISSING, dtype=object)
    are_numbers = all(
        isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        for value in there
    )
    if are_numbers and len(set(there)) > MOST_NUMBERS:
        names[is_there] = _quarters(np.array(there, float))
    else:
        names[is_there] = [_text(value) for value in there]
    return names.astype(np.str_)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)


def _quarters(values: np.ndarray) -> list[str]:
    """Return for every number the quarter it lies in, by its least and greatest."""
    ends = np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf")
    places = np.searchsorted(ends, values)
    names = {}
    for place in np.unique(places):
        own = values[places == place]
        names[place] = f"{own.min():.6g} to {own.max():.6g}"
    return [names[place] for place in places]

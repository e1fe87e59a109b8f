"""From a raw column to values of one kind, value by value.

What a value becomes depends on the kind and the value only, never on its neighbors, so
that a row predicted alone gives what it gives among others. What cannot be read as the
kind is missing.
"""

from __future__ import annotations

import math
from typing import Literal

import polars as pl

from fathom.data import dates
from fathom.errors import InputError

Kind = Literal["number", "category", "boolean", "time", "text"]
KINDS: tuple[Kind, ...] = ("number", "category", "boolean", "time", "text")

# What stands for "missing" in a column of any kind, in lower case ...
_MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "?", "nat")
# ... and only where a value would not be a word: "+" and "-" may be two classes.
_DASHES = ("-", "--", "---", ".")

TRUE_WORDS, FALSE_WORDS = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_BOOLEANS = dict.fromkeys(TRUE_WORDS, True) | dict.fromkeys(FALSE_WORDS, False)


def clean(texts: pl.Series, dashes: bool) -> pl.Series:
    """Return stripped texts, null where a text stands for a missing value.

    Args:
        texts: String column.
        dashes: Whether "-" and the like are missing, too.
    """
    texts = texts.str.strip_chars()
    markers = _MISSING + _DASHES if dashes else _MISSING
    is_missing = texts.str.to_lowercase().is_in(list(markers))
    return texts.set(is_missing.fill_null(True), None)


def parse(raw: pl.Series, kind: str, order: str = "") -> pl.Series:
    """Return a raw column as values of a kind; what is not of that kind is null.

    Args:
        raw: As `values.normalized` returns it.
        kind: Float64 for "number", Boolean for "boolean", Datetime for "time", String
            for "category" and "text".
        order: Of the dates in text: "day first" or "month first".

    Raises:
        InputError: If the column's type cannot be of the kind (dates as numbers).

    Example:
        >>> parse(pl.Series(["1.5", "?", "one"]), "number").to_list()
        [1.5, None, None]
    """
    if raw.null_count() == len(raw):
        return raw.cast(DTYPES[kind], strict=False)
    if kind == "number":
        return _numbers(raw)
    if kind == "boolean":
        return _booleans(raw)
    if kind == "time":
        return _times(raw, order)
    return _texts(raw)


DTYPES: dict[str, pl.DataType] = {
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "time": pl.Datetime("us"),
    "category": pl.String(),
    "text": pl.String(),
}


def as_number(raw: pl.Series) -> pl.Series:
    """Return a raw column as Float64 with infinities kept, null where there is none."""
    if raw.dtype == pl.Datetime:
        raise _unreadable(raw, "dates", "numbers")
    if raw.dtype == pl.String:
        raw = clean(raw, dashes=True)
    return raw.cast(pl.Float64, strict=False).fill_nan(None)


def _numbers(raw: pl.Series) -> pl.Series:
    numbers = as_number(raw)
    return numbers.set(numbers.is_infinite().fill_null(False), None)


def _booleans(raw: pl.Series) -> pl.Series:
    if raw.dtype == pl.Boolean:
        return raw
    if raw.dtype == pl.Datetime:
        raise _unreadable(raw, "dates", "yes or no")
    if raw.dtype == pl.String:
        words = clean(raw, dashes=True).str.to_lowercase()
        return words.replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
    numbers = raw.cast(pl.Float64)
    return (numbers == 1).set(~numbers.is_in([0.0, 1.0]).fill_null(False), None)


def _times(raw: pl.Series, order: str) -> pl.Series:
    if raw.dtype == pl.Datetime:
        return raw
    if raw.dtype != pl.String:
        raise _unreadable(raw, "numbers", "dates")
    return dates.parse_dates(clean(raw, dashes=True), order or dates.DAY_FIRST)


def _texts(raw: pl.Series) -> pl.Series:
    if raw.dtype == pl.String:
        return clean(raw, dashes=False)
    if raw.dtype == pl.Float64:
        # 3.0 and 3 are one category: a missing value turns whole numbers to floats.
        whole = (raw.round() == raw) & (raw.abs() < 1e15)
        texts = raw.cast(pl.String)
        texts = texts.zip_with(
            ~whole.fill_null(False), raw.cast(pl.Int64, strict=False).cast(pl.String)
        )
        return texts.set(~raw.is_finite().fill_null(False), None)
    return raw.cast(pl.String)


def first_bad(raw: pl.Series, parsed: pl.Series) -> tuple[int, str] | None:
    """Return (row counted from 1, value) of the first value that could not be read.

    A value that stands for a missing one is not bad.
    """
    bad = bad_values(raw, parsed)
    row = bad.arg_max() if bad.any() else None
    return None if row is None else (row + 1, shown(raw[row]))


def bad_values(raw: pl.Series, parsed: pl.Series) -> pl.Series:
    """Return which values are there, but could not be read as the kind."""
    present = clean(raw, dashes=parsed.dtype != pl.String) if is_string(raw) else raw
    return present.is_not_null() & parsed.is_null()


def is_string(raw: pl.Series) -> bool:
    """Say whether a raw column is text."""
    return raw.dtype == pl.String


def shown(value: object) -> str:
    """Return a value as a message shows it: quoted, and never long."""
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    text = repr(value)
    return text if len(text) <= 40 else text[:36] + "...'"


def _unreadable(raw: pl.Series, found: str, wanted: str) -> InputError:
    return InputError(
        f"The column {raw.name!r} holds {found}, where {wanted} were expected."
    )

"""From Python values and foreign column types to the five types of a raw column.

A raw column is Boolean, Int64, Float64, String or Datetime (microseconds, UTC, without
a zone). Everything else is converted to one of these or refused: dates and zones to
Datetime, durations and times of day to seconds, categories to their text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from fathom.errors import InputError

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def framed(columns: Iterable[pl.Series]) -> pl.DataFrame:
    """Return columns of different names as a frame.

    A name may be empty or look like a pattern; Polars would rename the one and expand
    the other where columns are not handed over in a dict.
    """
    return pl.DataFrame({column.name: column for column in columns})


def normalized(series: pl.Series) -> pl.Series:
    """Return a Polars column as one of the five raw types; NaN becomes missing.

    Raises:
        InputError: If it holds lists, structures, bytes or objects.
    """
    dtype = series.dtype
    if isinstance(dtype, (pl.Categorical, pl.Enum)) or dtype == pl.Null:
        return series.cast(pl.String)
    if dtype in (pl.String, pl.Boolean, pl.Int64):
        return series
    if dtype == pl.Object:
        return from_values(series.name, series.to_list())
    if dtype.is_integer():
        high = series.max()
        fits = high is None or int(high) <= _LARGEST  # type: ignore[arg-type]
        return series.cast(pl.Int64 if fits else pl.Float64, strict=False)
    if dtype.is_numeric():
        return series.cast(pl.Float64).fill_nan(None)
    if dtype.is_temporal():
        return _temporal(series)
    raise _refused(series.name, f"values of type {dtype}")


def _temporal(series: pl.Series) -> pl.Series:
    dtype = series.dtype
    if isinstance(dtype, pl.Duration):
        return series.dt.total_microseconds() / 1e6
    if dtype == pl.Time:
        return series.cast(pl.Int64) / 1e9
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return series.cast(pl.Datetime("us"), strict=False)


def from_numpy(name: str, values: np.ndarray) -> pl.Series:
    """Return a NumPy array (rows,) as a raw column.

    Raises:
        InputError: If its type is complex, a record, or the like.
    """
    kind = values.dtype.kind
    if kind == "b":
        return pl.Series(name, values.astype(bool))
    if kind in "iu":
        fits = kind == "i" or not len(values) or int(values.max()) <= _LARGEST
        return pl.Series(name, values.astype(np.int64 if fits else np.float64))
    if kind == "f":
        return pl.Series(name, values.astype(np.float64)).fill_nan(None)
    if kind == "M":
        return pl.Series(name, values.astype("datetime64[us]"))
    if kind == "m":
        seconds = values / np.timedelta64(1, "s")
        return pl.Series(name, seconds).fill_nan(None)
    if kind in "OUT":
        return from_values(name, values.tolist())
    raise _refused(name, f"values of type {values.dtype}")


def from_values(name: str, values: Iterable[Any]) -> pl.Series:
    """Return Python values as a raw column; a mixture becomes text.

    Raises:
        InputError: If a value is a list, a dict or another object, naming the row.

    Example:
        >>> from_values("age", [31, None, 44.5]).to_list()
        [31.0, None, 44.5]
    """
    plain: list[Any] = []
    for row, value in enumerate(values, start=1):
        try:
            plain.append(_plain(value))
        except TypeError:
            raise _refused(name, f"a {type(value).__name__} in row {row}") from None
    types = {type(value) for value in plain} - {type(None)}
    if types == {bool}:
        return pl.Series(name, plain, dtype=pl.Boolean)
    if types == {dt.datetime}:
        return pl.Series(name, plain, dtype=pl.Datetime("us"))
    if types == {int} and _fits(plain):
        return pl.Series(name, plain, dtype=pl.Int64)
    if types and types <= {int, float}:
        floats = [None if value is None else _as_float(value) for value in plain]
        return pl.Series(name, floats, dtype=pl.Float64)
    texts = [None if value is None else _as_text(value) for value in plain]
    return pl.Series(name, texts, dtype=pl.String)


def _plain(value: Any) -> Any:
    """Return a value as None, bool, int, float, str or datetime, else TypeError."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)) and not isinstance(value, np.timedelta64):
        return int(value)
    if isinstance(value, (float, np.floating, Decimal, Fraction)):
        number = _as_float(value)
        return None if number != number else number
    return _moment(value)


def _moment(value: Any) -> dt.datetime | float | None:
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, np.timedelta64):
        value = value.astype("timedelta64[us]").item()
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.UTC)
        # A plain datetime: pandas' own subclass warns when it is converted.
        return dt.datetime(
            value.year, value.month, value.day, value.hour, value.minute,
            value.second, value.microsecond,
        )  # fmt: skip
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, dt.time):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return seconds + value.microsecond / 1e6
    raise TypeError


def clean_text(text: str) -> str:
    """Return text that can be written as UTF-8: half a character becomes "?"."""
    if text.isascii():
        return str(text)
    return text.encode("utf-8", "replace").decode()


def _fits(values: Sequence[int | None]) -> bool:
    return all(v is None or _SMALLEST <= v <= _LARGEST for v in values)


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of 400 digits
        return float("inf") if value > 0 else float("-inf")
    except ValueError:  # the signaling NaN of decimal
        return float("nan")


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int) and not _fits([value]):
        return repr(_as_float(value))
    return value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)


def _refused(name: str, what: str) -> InputError:
    return InputError(
        f"The column {name!r} has {what}. A column holds numbers, text, booleans or "
        f"dates: spread nested values over columns of their own, or leave it out."
    )

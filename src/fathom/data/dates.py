"""Dates and times in text: ISO 8601, names of months, and d/m/Y or m/d/Y.

ISO dates and dates with the month's name mean one thing only. Of 05/01/2024 only the
other values of the column can tell which number is the day; where they cannot, and the
separator is no dot (d.m.Y), nothing is guessed.
"""

from __future__ import annotations

import polars as pl

DAY_FIRST, MONTH_FIRST = "day first", "month first"

_ISO = r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?$"
_NUMBERS = r"^(\d{1,2})([./-])(\d{1,2})[./-]\d{4}(?: \d{1,2}:\d{2}.*)?$"
_NAMED = r"(?i)^(?:\d{1,2}[ -][a-z]{3,9}[ -]\d{4}|[a-z]{3,9} \d{1,2}, ?\d{4})(?: .*)?$"

_CLOCKS = ("", " %H:%M", " %H:%M:%S%.f", " %I:%M %p", " %I:%M:%S %p")


def looks_like_date(texts: pl.Series) -> pl.Series:
    """Return which texts have the shape of a date, as a boolean column."""
    shapes = [texts.str.contains(shape) for shape in (_ISO, _NUMBERS, _NAMED)]
    return shapes[0] | shapes[1] | shapes[2]


def day_order(texts: pl.Series) -> str | None:
    """Return which number is the day: "day first", "month first", or None if unclear.

    A number above 12 is a day. Texts without such dates are "day first", where it
    does not matter.

    Example:
        >>> day_order(pl.Series(["05/01/2024", "05/31/2024"]))
        'month first'
        >>> day_order(pl.Series(["05/01/2024"])) is None
        True
    """
    dates = texts.filter(texts.str.contains(_NUMBERS))
    if dates.is_empty():
        return DAY_FIRST
    first = dates.str.extract(_NUMBERS, 1).cast(pl.Int64) > 12
    second = dates.str.extract(_NUMBERS, 3).cast(pl.Int64) > 12
    if first.any() and second.any():
        return None
    if first.any():
        return DAY_FIRST
    if second.any():
        return MONTH_FIRST
    dotted = (dates.str.extract(_NUMBERS, 2) == ".").all()
    return DAY_FIRST if dotted else None


def parse_dates(texts: pl.Series, order: str) -> pl.Series:
    """Return texts as Datetime (microseconds, UTC); null where they are no date.

    Args:
        texts: String column, stripped.
        order: "day first" or "month first".
    """
    # A column repeats few dates and there are many patterns: read each date once.
    different = texts.unique(maintain_order=True).alias("text")
    different = different.filter(looks_like_date(different).fill_null(False))
    found = pl.DataFrame({"text": different}).with_columns(
        date=pl.coalesce(_patterns(order))
    )
    # "1 May-2023" is read as the year -2023, which is no date anywhere else.
    real = pl.col("date").dt.year().is_between(1, 9999)
    found = found.with_columns(date=pl.when(real).then(pl.col("date")))
    joined = (
        texts.alias("text")
        .to_frame()
        .join(found, on="text", how="left", maintain_order="left")
    )
    return joined["date"].alias(texts.name)


def _patterns(order: str) -> list[pl.Expr]:
    text = pl.col("text")
    iso = (
        text.str.replace(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", "$1-$2-$3")
        .str.replace("T", " ", literal=True)
        .str.replace(r" (\d{1,2}:)", " $1")
    )
    iso = pl.when(text.str.contains(_ISO)).then(iso)
    numbers = text.str.replace(r"^(\d{1,2})[./-](\d{1,2})[./-]", "$1/$2/")
    numbers = pl.when(text.str.contains(_NUMBERS)).then(numbers)
    named = text.str.replace(r"^(\d{1,2})-([A-Za-z]+)-", "$1 $2 ")
    named = named.str.replace(r", ?(\d{4})", ", $1")
    named = pl.when(text.str.contains(_NAMED)).then(named)
    date = "%d/%m/%Y" if order == DAY_FIRST else "%m/%d/%Y"
    readings = [_read(iso, "%Y-%m-%d" + clock) for clock in _CLOCKS[:3]]
    readings += [
        _read(iso, "%Y-%m-%d" + clock + zone).dt.replace_time_zone(None)
        for clock in _CLOCKS[1:3]
        for zone in ("%#z", " %#z")
    ]
    readings += [_read(numbers, date + clock) for clock in _CLOCKS]
    for form in ("%d %B %Y", "%B %d, %Y"):
        readings += [_read(named, form + clock) for clock in _CLOCKS]
    return readings


def _read(texts: pl.Expr, pattern: str) -> pl.Expr:
    return texts.str.to_datetime(pattern, time_unit="us", strict=False)

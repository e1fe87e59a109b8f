"""What kind of column it is: number, category, boolean, time or text, and is it used.

The rules are in docs/decisions/002-tables.md; the thresholds are the constants here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from fathom.data import dates
from fathom.data.parsing import (
    FALSE_WORDS,
    KINDS,
    TRUE_WORDS,
    Kind,
    as_number,
    bad_values,
    clean,
    first_bad,
    parse,
)
from fathom.errors import InputError, choose

CONSTANT = "constant"
IDENTIFIER = "looks like an identifier"
ALL_MISSING = "all values missing"

# A column is of a kind if at least this share of its values can be read as it; the
# others are then typing errors, and missing.
MOSTLY = 0.9
# From this share on, a column that is a category after all deserves a remark.
_PARTLY = 0.5
# Text is long or has several words, and hardly repeats.
_TEXT_LENGTH, _TEXT_WORDS, _MANY_WORDS, _TEXT_UNIQUE = 30, 2, 4, 0.5
# With fewer rows, categories that are all different are no surprise.
_IDENTIFIER_ROWS = 10

_IDENTIFIER_NAME = re.compile(
    r"(?i:^(|id|ids|index|idx|row|row[ _.-]?(id|no|nr|num|number|names?)|no|nr|number"
    r"|key|uuid|guid|unnamed.*|level_0|.*[ _.-](id|uuid|guid))$)|[a-z]I[dD]$"
)
_PAIRS = tuple(frozenset(pair) for pair in zip(TRUE_WORDS, FALSE_WORDS, strict=True))


@dataclass(frozen=True, eq=False)
class Parsed:
    """A column after its kind is known.

    Attributes:
        values: As `parsing.parse` returns them.
        kind: One of `parsing.KINDS`.
        order: Of its dates, if they are text.
        unused: Why it is not used; "" if it is.
        notes: Sentences for the user.
    """

    values: pl.Series
    kind: Kind
    order: str = ""
    unused: str = ""
    notes: tuple[str, ...] = field(default=())


def infer(raw: pl.Series, forced: str | None = None) -> Parsed:
    """Return a raw column with its kind, values and remarks.

    Args:
        raw: As `values.normalized` returns it.
        forced: The kind the user asked for; the column is then used as it is.

    Raises:
        InputError: If a value cannot be read as the kind asked for.
    """
    if forced is not None:
        return _forced(raw, choose({kind: kind for kind in KINDS}, forced, "kind"))
    kind, order, notes = _kind(raw)
    values = parse(raw, kind, order)
    unused = _why_unused(raw, values, kind)
    if not unused:
        notes += _remarks(raw, values, kind)
    return Parsed(values, kind, order, unused, tuple(notes))


def _forced(raw: pl.Series, kind: Kind) -> Parsed:
    order, notes = "", ()
    if kind == "time" and raw.dtype == pl.String:
        texts = clean(raw, dashes=True).drop_nulls()
        found = dates.day_order(texts)
        order = found or dates.DAY_FIRST
        if found is None:
            notes = (
                f"The column {raw.name!r} does not show whether the day or the month "
                f"comes first; the day was taken.",
            )
    values = parse(raw, kind, order)
    finite_only = bad_values(raw, values)
    if kind == "number":  # infinities are missing, not text
        finite_only &= ~as_number(raw).is_infinite().fill_null(False)
    bad = first_bad(raw.filter(finite_only), values.filter(finite_only))
    if bad is not None:
        row = (finite_only.arg_max() or 0) + 1
        raise InputError(
            f"The column {raw.name!r} was asked to be of kind {kind!r}, but row {row} "
            f"has {bad[1]}. Correct it, leave it empty, or leave out the kind."
        )
    notes += tuple(_remarks(raw, values, kind))
    unused = ALL_MISSING if values.null_count() == len(values) else ""
    return Parsed(values, kind, order, unused, notes)


def _kind(raw: pl.Series) -> tuple[Kind, str, list[str]]:
    """Return (kind, order of dates, notes)."""
    dtype = raw.dtype
    if dtype == pl.Boolean:
        return "boolean", "", []
    if dtype == pl.Datetime:
        return "time", "", []
    if dtype == pl.Int64:
        is_flag = raw.n_unique() <= 3 and set(raw.drop_nulls().unique()) == {0, 1}
        return ("boolean" if is_flag else "number"), "", []
    if dtype == pl.Float64:
        return "number", "", []
    return _text_kind(raw)


def _text_kind(raw: pl.Series) -> tuple[Kind, str, list[str]]:
    texts = clean(raw, dashes=True).drop_nulls()
    if texts.is_empty():
        return "category", "", []
    if texts.n_unique() <= 6:
        words = frozenset(texts.str.to_lowercase().unique())
        if words in _PAIRS:
            return "boolean", "", []
    is_number = texts.cast(pl.Float64, strict=False).is_not_null()
    share = is_number.mean()
    assert isinstance(share, float)
    if share >= MOSTLY:
        return "number", "", []
    order, unclear = _date_order(raw, texts)
    if order:
        return "time", order, []
    notes = [unclear] if unclear else []
    if share >= _PARTLY:
        notes.append(_partly_numbers(raw, share))
    return _words_kind(clean(raw, dashes=False).drop_nulls()), "", notes


def _date_order(raw: pl.Series, texts: pl.Series) -> tuple[str, str]:
    """Return (order of the dates or "", a note if they are dates but unclear)."""
    shaped = dates.looks_like_date(texts).mean()
    if not isinstance(shaped, float) or shaped < MOSTLY:
        return "", ""
    order = dates.day_order(texts)
    if order is None:
        return "", (
            f"The column {raw.name!r} looks like dates, but does not show whether the "
            f"day or the month comes first: it is read as a category. "
            f'kinds={{"{raw.name}": "time"}} reads the day first; write the dates as '
            f"2024-01-31 to be sure."
        )
    read = dates.parse_dates(texts, order).is_not_null().mean()
    return (order, "") if isinstance(read, float) and read >= MOSTLY else ("", "")


def _partly_numbers(raw: pl.Series, share: float) -> str:
    bad = first_bad(raw, parse(raw, "number"))
    row, value = bad if bad is not None else (0, "")
    return (
        f"The column {raw.name!r} is read as a category: {share:.0%} of its values are "
        f"numbers, but row {row} has {value}."
    )


def _words_kind(texts: pl.Series) -> Kind:
    if texts.is_empty() or texts.n_unique() <= _TEXT_UNIQUE * len(texts):
        return "category"
    length, words = texts.str.len_chars().mean(), texts.str.count_matches(r"\S+").mean()
    assert isinstance(length, float)
    assert isinstance(words, float)
    is_long = length > _TEXT_LENGTH and words >= _TEXT_WORDS
    return "text" if is_long or words >= _MANY_WORDS else "category"


def _why_unused(raw: pl.Series, values: pl.Series, kind: str) -> str:
    n = len(values)
    n_missing = values.null_count()
    if n_missing == n:
        return ALL_MISSING
    if n < 2:
        return ""
    n_unique = values.n_unique()
    if n_unique == 1:
        return CONSTANT
    if n_unique < n or n_missing or kind not in ("number", "category"):
        return ""
    if _IDENTIFIER_NAME.search(raw.name):
        whole = kind == "category" or bool((values == values.round()).all())
        return IDENTIFIER if whole else ""
    return IDENTIFIER if kind == "category" and n >= _IDENTIFIER_ROWS else ""


def _remarks(raw: pl.Series, values: pl.Series, kind: str) -> list[str]:
    """Return sentences on values that are there but are treated as missing."""
    if kind not in ("number", "boolean", "time"):
        return []
    notes = []
    bad = bad_values(raw, values)
    if kind == "number":
        infinite = as_number(raw).is_infinite().fill_null(False)
        if infinite.any():
            notes.append(
                f"The column {raw.name!r} has {_count(infinite, 'infinite ')}; treated "
                f"as missing."
            )
        bad &= ~infinite
    if bad.any():
        row = bad.arg_max() or 0
        _, value = first_bad(raw.slice(row, 1), values.slice(row, 1)) or (0, "")
        notes.append(
            f"The column {raw.name!r} has {_count(bad)} that cannot be read as a "
            f"{kind}, first {value} in row {row + 1}; treated as missing."
        )
    return notes


def _count(which: pl.Series, adjective: str = "") -> str:
    n = int(which.sum())
    return f"{n} {adjective}value" + ("" if n == 1 else "s")

"""JSON lines: one object a line, whose keys are columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from fathom.data.values import clean_text, framed, from_values
from fathom.errors import InputError


def read_json_lines(content: bytes, name: str) -> pl.DataFrame:
    """Return the columns; a key that a line does not have is missing there.

    Args:
        content: Of the file, UTF-8.
        name: Of the file, for messages.

    Raises:
        InputError: If a line is no JSON object or has a nested value, naming the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 text, as JSON must be (byte {error.start})."
        ) from error
    rows = [
        (f"{name}, line {i}", _object(line, f"{name}, line {i}"))
        for i, line in enumerate(text.split("\n"), start=1)
        if line.strip()
    ]
    if not rows:
        raise InputError(f"{name} is empty.")
    return frame_of_rows(rows)


def _object(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not valid JSON: {error}.") from error


def frame_of_rows(rows: Iterable[tuple[str, Any]]) -> pl.DataFrame:
    """Return rows of names and values as columns, in the order of appearance.

    Args:
        rows: (where it is, for messages; a mapping).

    Raises:
        InputError: If a row is no mapping, or a value is nested.
    """
    rows = list(rows)
    columns: dict[str, list[Any]] = {}
    for i, (where, row) in enumerate(rows):
        if not isinstance(row, Mapping):
            raise InputError(
                f"{where} must be an object of column names and values. Got "
                f"{type(row).__name__}."
            )
        for key, value in row.items():
            if isinstance(value, (dict, list, tuple, set)):
                raise InputError(
                    f"{where}: the value of {key!r} is nested "
                    f"({type(value).__name__}). Spread it over columns of its own."
                )
            values = columns.setdefault(clean_text(str(key)), [None] * len(rows))
            values[i] = value
    if not columns:
        raise InputError("The rows have no columns.")
    return framed(from_values(name, values) for name, values in columns.items())

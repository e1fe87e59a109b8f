"""Columns of a table for an ejected file: from one cell to inputs of a network.

`fathom.export.eject` writes those that a model uses into its file, source and all. They
read a cell as `fathom.data` does: what cannot be read is missing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

import numpy as np

Array = np.ndarray

# What stands for a missing value, in lower case.
MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "?", "nat")

YES, NO = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


def as_text(cell: Any) -> str | None:
    """Return a cell as text, or None if it is missing; 3.0 and 3 are both "3"."""
    if isinstance(cell, (bool, np.bool_)):
        return "true" if cell else "false"
    if isinstance(cell, (float, np.floating)):
        if not math.isfinite(cell):
            return None
        cell = int(cell) if cell == int(cell) and abs(cell) < 1e15 else float(cell)
    text = "" if cell is None else str(cell).strip()
    return None if text.lower() in MISSING else text


def as_number(cell: Any) -> float | None:
    """Return a cell as a number, or None if it is missing or no finite number."""
    if isinstance(cell, str):
        plain = r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"
        if not re.fullmatch(plain, cell.strip(), re.ASCII | re.IGNORECASE):
            return None
    number = math.nan if cell is None else float(cell)
    return number if math.isfinite(number) else None


def as_boolean(cell: Any) -> bool | None:
    """Return a cell as yes or no, or None if it is missing or neither."""
    word = (as_text(cell) or "").lower()
    return True if word in YES else False if word in NO else None


def missing(value: Any) -> float:
    """Return 1 for a missing value, else 0."""
    return float(value is None)


def standardize(value: float, mean: float, std: float) -> float:
    """Return how many standard deviations a value lies above the mean."""
    return min(max((value - mean) / std, -1e6), 1e6)


def number(cell: Any, fill: float, mean: float, std: float) -> float:
    """Return a number standardized; a missing one counts as `fill`."""
    value = as_number(cell)
    return standardize(fill if value is None else value, mean, std)


def boolean(cell: Any, fill: bool) -> float:
    """Return 1 for yes and 0 for no; a missing one counts as `fill`."""
    value = as_boolean(cell)
    return float(fill if value is None else value)


def category(cell: Any, known: list[str], other: bool = False) -> list[float]:
    """Return one input for each known category, 1 where it is that one.

    One more, if `other`, is 1 for a category that is not known.
    """
    text = as_text(cell)
    inputs = [float(text == one) for one in known]
    if other:
        inputs.append(float(text is not None and text not in known))
    return inputs


def words(cell: Any, weights: dict[str, float]) -> list[float]:
    """Return how often each known word occurs, times its weight, at length 1."""
    text = (as_text(cell) or "").lower()
    found = Counter(re.findall(r"\b\w\w+\b", text))
    inputs = [found[word] * weight for word, weight in weights.items()]
    length = math.sqrt(sum(value**2 for value in inputs)) or 1.0
    return [value / length for value in inputs]


def word_weights(text: str) -> dict[str, float]:
    """Return {word: weight} of a text of words, each followed by its weight."""
    parts = text.split()
    return dict(zip(parts[::2], map(float, parts[1::2]), strict=True))


def scale_pixels(pixels: Array, low: float, high: float) -> Array:
    """Bring pixels from low ... high to 0 ... 1; a missing one counts as low."""
    known = np.where(np.isfinite(pixels), pixels, low)
    return np.clip((known - low) / (high - low), -1e6, 1e6).astype(np.float32)


def as_rows(rows: Any, columns: list[str]) -> list[dict[str, Any]]:
    """Return rows as dicts by column: an array has the columns in order."""
    rows = list(rows)
    if not rows:
        raise ValueError("There are no rows to predict.")
    if not isinstance(rows[0], dict):
        if np.shape(rows[0]) != (len(columns),):
            named = ", ".join(columns)
            raise ValueError(f"Rows are dicts, or an array with the columns {named}.")
        rows = [dict(zip(columns, row, strict=True)) for row in rows]
    return rows


def check_columns(rows: list[dict[str, Any]], needed: list[str]) -> None:
    """Raise ValueError if a column that the network needs is in none of the rows."""
    there = {name for row in rows for name in row}
    for name in needed:
        if name not in there:
            raise ValueError(f"The column {name!r} is missing.")

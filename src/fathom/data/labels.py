"""What is to be predicted: is it a class or a number, and which rows have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fathom.data.kinds import MOSTLY
from fathom.data.parsing import as_number, clean, shown
from fathom.data.table import TargetColumn
from fathom.data.values import framed
from fathom.errors import InputError, choose

_TASKS = {"classification": "classification", "regression": "regression"}
_TASK_OF_KIND = {
    "number": "regression",
    "category": "classification",
    "boolean": "classification",
    "text": "classification",
}

# Whole numbers are read as classes if there are few of them, and each repeats.
_MOST_CLASSES = 20
# With this many rows a class on average, one that is there once is just rare.
_ROWS_PER_CLASS = 10
_WHOLE = r"^-?(?:0|[1-9]\d{0,17})$"
_CODE = r"^-?0\d+$"  # 007 is a name, not the number 7


def target_column(
    raws: Sequence[pl.Series], task: str | None, kinds: Mapping[str, str]
) -> tuple[TargetColumn, pl.Series, list[str]]:
    """Return (target of the rows that have one, which rows those are, notes).

    Args:
        raws: One column, or several of numbers.
        task: "classification", "regression", or None to tell from the values.
        kinds: What the user said of the columns.

    Raises:
        InputError: If no row has a target, it is a date, or it is no number where
            one was asked for.
    """
    names = tuple(raw.name for raw in raws)
    if len(set(names)) < len(names):
        raise InputError(f"The target names a column twice: {', '.join(names)}.")
    if task is None and names[0] in kinds and len(names) == 1:
        task = choose(_TASK_OF_KIND, kinds[names[0]], "kind of target")
    if task is not None:
        choose(_TASKS, task, "task")
    notes: list[str] = []
    if len(raws) > 1:
        if task == "classification":
            raise InputError(
                f"Classification has one target column. Got {len(raws)}: "
                f"{', '.join(names)}."
            )
        task, columns = "regression", [_demand_numbers(raw) for raw in raws]
    else:
        task, column, notes = _single(raws[0], task)
        columns = [column]
    frame = framed(columns)
    keep = frame.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
    if not keep.any():
        raise InputError(
            f"The target {', '.join(map(repr, names))} has no values: every row is "
            f"missing."
        )
    n_dropped = len(keep) - int(keep.sum())
    if n_dropped:
        rows = "1 row has" if n_dropped == 1 else f"{n_dropped} rows have"
        notes.append(
            f"{rows} no value of the target {', '.join(map(repr, names))}; left out."
        )
    return TargetColumn(names, task, frame.filter(keep)), keep, notes


def _single(raw: pl.Series, task: str | None) -> tuple[str, pl.Series, list[str]]:
    if raw.dtype == pl.Datetime:
        raise InputError(
            f"The target {raw.name!r} is a date, which cannot be predicted. Turn it "
            f"into a number (days since ...) or into classes."
        )
    if task == "regression":
        return task, _demand_numbers(raw), []
    labels, notes = _labels(raw)
    if task is None:
        task, why = _infer_task(labels)
        notes += why
    if task == "regression":
        return task, labels.cast(pl.Float64), notes
    return task, labels, notes


def _labels(raw: pl.Series) -> tuple[pl.Series, list[str]]:
    """Return labels as Boolean, Int64, Float64 or String, and notes."""
    if raw.dtype in (pl.Boolean, pl.Int64):
        return raw, []
    if raw.dtype == pl.String:
        texts = clean(raw, dashes=False)
        present = texts.drop_nulls()
        if present.str.contains(_WHOLE).all():
            return texts.cast(pl.Int64), []
        numbers = as_number(raw)
        is_number = numbers.is_not_null()
        enough = is_number.sum() >= MOSTLY * len(clean(raw, dashes=True).drop_nulls())
        if not enough or not is_number.any() or present.str.contains(_CODE).any():
            return texts, []
        bad = texts.is_not_null() & ~is_number
        notes = []
        if bad.any():
            row = bad.arg_max() or 0
            notes.append(
                f"The target {raw.name!r} is read as numbers, but row {row + 1} has "
                f"{shown(raw[row])}; treated as missing."
            )
        return _whole_numbers(numbers), notes
    return _whole_numbers(raw), []


def _whole_numbers(numbers: pl.Series) -> pl.Series:
    """Return finite numbers as Int64 if all are whole, else as they are."""
    numbers = numbers.set(numbers.is_infinite().fill_null(False), None)
    whole = ((numbers.round() == numbers) & (numbers.abs() < 2**53)).all()
    return numbers.cast(pl.Int64) if whole else numbers


def _infer_task(labels: pl.Series) -> tuple[str, list[str]]:
    if labels.dtype in (pl.String, pl.Boolean):
        return "classification", _many_labels(labels)
    if labels.dtype != pl.Int64:
        return "regression", []
    counts = labels.drop_nulls().value_counts()
    n_different, n = counts.height, int(counts["count"].sum())
    if set(counts.to_series()) <= {0, 1}:
        return "classification", []
    smallest = counts["count"].min()
    repeats = smallest is not None and int(smallest) >= 2  # type: ignore[arg-type]
    repeats = repeats or n >= _ROWS_PER_CLASS * n_different
    if n_different <= _MOST_CLASSES and repeats:
        note = (
            f"The target {labels.name!r} has {n_different} different whole numbers: "
            f'read as classes. task="regression" predicts numbers.'
        )
        return "classification", [note]
    return "regression", []


def _many_labels(labels: pl.Series) -> list[str]:
    n_different, n = labels.drop_nulls().n_unique(), len(labels) - labels.null_count()
    if n_different <= max(_MOST_CLASSES, n / 2):
        return []
    return [
        f"The target {labels.name!r} has {n_different} different labels in {n} rows: "
        f"is it the right column?"
    ]


def _demand_numbers(raw: pl.Series) -> pl.Series:
    """Return the column as finite numbers, or name the first text in it."""
    if raw.dtype == pl.Datetime:
        raise InputError(f"The target {raw.name!r} holds dates, no numbers.")
    numbers = as_number(raw)
    if raw.dtype == pl.String:
        bad = clean(raw, dashes=True).is_not_null() & numbers.is_null()
        if bad.any():
            row = bad.arg_max() or 0
            raise InputError(
                f"The target {raw.name!r} must be numbers for regression, but row "
                f"{row + 1} has {shown(raw[row])}."
            )
    return numbers.set(numbers.is_infinite().fill_null(False), None)

"""Reading a table: `fathom.read`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from fathom.data.images import ImageShape, checked_image, flat_images, why_no_image
from fathom.data.in_memory import as_frame, column_of, columns_of, is_of
from fathom.data.kinds import ALL_MISSING, CONSTANT, IDENTIFIER, infer
from fathom.data.labels import target_column
from fathom.data.sources import Source, load
from fathom.data.table import Column, Table, TargetColumn, recount
from fathom.data.values import framed
from fathom.errors import InputError, did_you_mean


def read(
    source: Any,
    target: Any = None,
    *,
    kinds: Mapping[str, str] | None = None,
    task: str | None = None,
    image: Sequence[int] | None = None,
) -> Table:
    """Return a file or data in memory as a table of typed columns.

    Args:
        source: A file (.csv, .tsv, .txt, .csv.gz, .tsv.gz, .parquet, .jsonl, .ndjson),
            the name of a bundled data set, a Polars, pandas or Arrow table, a dict of
            columns (or of single values, for one row), a list of dict rows, or an
            array (rows, columns), whose columns are then called x_1, x_2, ...
        target: What is to be predicted: the name of a column, several names (then
            all are numbers), or values, one for each row. None reads data to predict
            for; a bundled data set brings its own target.
        kinds: Kinds of columns where the inferred one is wrong: "number",
            "category", "boolean", "time" or "text". Such a column is always used.
        task: "classification" or "regression" where the inferred one is wrong.
        image: (height, width) or (height, width, channels) if the features are the
            pixels of images, row by row and channels last. An array may then have the
            shape (rows, *image), too.

    Returns:
        The table. What was decided is in its `columns` and `notes`. Rows without a
        target are left out.

    Raises:
        InputError: If the source cannot be read, naming the line or column, the
            target is not in it, or the features are not as many numbers as an image
            has.

    Example:
        >>> table = read({"size": [50, 80, 65], "price": [1.5, 2.5, 1.9]}, "price")
        >>> table.task, table.X.shape
        ('regression', (3, 1))
    """
    shape = None if image is None else checked_image(image)
    if isinstance(source, Table) and target is None and not kinds and task is None:
        return source if shape is None else _with_image(source, shape)
    loaded = load(source if shape is None else flat_images(source, shape))
    features, target_columns, notes = _divide(loaded, target)
    kinds = dict(kinds or {})
    known = [*features.columns, *(series.name for series in target_columns)]
    for name in kinds:
        _require_known(name, known, "'kinds' names")
    notes, found = [*loaded.notes, *notes], None
    if target_columns:
        found, keep, remarks = target_column(target_columns, task, kinds)
        features = features.filter(keep)
        notes += remarks
    elif task is not None:
        raise InputError(
            f"task={task!r} says how a target is predicted, but there is none: name "
            f"the column with target=..."
        )
    table = _table(loaded.name, features, found, kinds, notes)
    table = replace(table, n_left_out=loaded.frame.height - len(table))
    if shape is not None:
        return _with_image(table, shape)
    # Predicting one of the pixels leaves no image, which is nobody's mistake.
    own = loaded.image_shape
    is_image = own is not None and not why_no_image(own, table.columns, table.raw)
    return replace(table, image_shape=own) if is_image else table


def _with_image(table: Table, shape: ImageShape) -> Table:
    """Return a table whose features are known to be pixels."""
    why = why_no_image(shape, table.columns, table.raw)
    if why:
        raise InputError(f"The table {table.name!r} holds no such images: {why}.")
    return replace(table, image_shape=shape)


def _table(
    name: str,
    features: pl.DataFrame,
    target: TargetColumn | None,
    kinds: Mapping[str, str],
    notes: list[str],
) -> Table:
    columns, values = [], []
    for raw in features.get_columns():
        parsed = infer(raw, kinds.get(raw.name))
        notes += parsed.notes
        unused = parsed.unused
        values.append(parsed.values)
        columns.append(
            Column(raw.name, parsed.kind, 0, 0, not unused, unused, parsed.order)
        )
    if target is not None and all(c.note == ALL_MISSING for c in columns):
        names = ", ".join(repr(column.name) for column in columns[:5])
        raise InputError(
            f"The table {name!r} has no column to learn from"
            + (f": all values of {names} are missing." if columns else ".")
        )
    frame = framed(values)
    counted = tuple(recount(column, frame) for column in columns)
    notes = list(dict.fromkeys([*notes, *_unused(counted)]))
    return Table(name, counted, frame, target, tuple(notes), features)


def _unused(columns: tuple[Column, ...]) -> list[str]:
    """Return one sentence for each reason why columns are not used."""
    notes = []
    for reason in (ALL_MISSING, CONSTANT, IDENTIFIER):
        names = [repr(column.name) for column in columns if column.note == reason]
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            notes.append(f"Not used, {reason}: {', '.join(names[:5])}{more}.")
    return notes


def _divide(
    source: Source, target: Any
) -> tuple[pl.DataFrame, list[pl.Series], list[str]]:
    """Return (features, target columns, notes)."""
    frame = source.frame
    if target is None:
        target = source.target
    if target is None:
        return frame, [], []
    # The target a source brings along is no feature, whatever is predicted instead.
    own = source.target or ()
    not_features = {own} if isinstance(own, str) else set(own)
    notes = []
    names = _target_names(target, frame)
    if names is None:
        columns = _target_values(target)
        n = len(columns[0]) if columns else 0
        if n != frame.height:
            raise InputError(
                f"The data have {frame.height} rows, but the target has {n} values."
            )
        notes = [
            f"The column {column.name!r} has the target's name and is no feature."
            for column in columns
            if column.name in frame.columns and column.name not in not_features
        ]
    else:
        for name in names:
            _require_known(name, frame.columns, "The target is")
        columns = [frame[name] for name in names]
    if not columns:
        raise InputError("'target' names no column.")
    not_features |= {column.name for column in columns}
    features = framed(c for c in frame.get_columns() if c.name not in not_features)
    if not features.width:
        shown = ", ".join(repr(column.name) for column in columns)
        raise InputError(f"The table has no column besides the target {shown}.")
    return features, columns, notes


def _target_names(target: Any, frame: pl.DataFrame) -> list[str] | None:
    """Return the names if the target is given by name, None if by its values."""
    if isinstance(target, str):
        return [target]
    if not isinstance(target, (list, tuple)):
        return None
    if not all(isinstance(name, str) for name in target):
        return None
    is_known = all(name in frame.columns for name in target)
    # A list of labels and a list of names look the same: the length tells.
    return list(target) if is_known or len(target) != frame.height else None


def _target_values(target: Any) -> list[pl.Series]:
    if isinstance(target, pl.DataFrame) or is_of(target, "pandas", "DataFrame"):
        return as_frame(columns_of(target)).get_columns()
    name = getattr(target, "name", None)
    name = str(name) if isinstance(name, str) and name else "target"
    if _is_matrix(target):
        try:
            array = np.asarray(target)
        except ValueError:
            raise InputError("The rows of the target differ in length.") from None
        if array.shape[1] == 1:
            return [column_of(name, array[:, 0])]
        return [
            column_of(f"{name}_{i + 1}", array[:, i]) for i in range(array.shape[1])
        ]
    return [column_of(name, target)]


def _is_matrix(target: Any) -> bool:
    if isinstance(target, (list, tuple)):
        return bool(target) and isinstance(target[0], (list, tuple, np.ndarray))
    return getattr(target, "ndim", 1) == 2


def _require_known(name: str, known: list[str], what: str) -> None:
    if name not in known:
        shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        raise InputError(
            f"{what} {name!r}, but there is no such column.{did_you_mean(name, known)} "
            f"Columns: {shown}."
        )

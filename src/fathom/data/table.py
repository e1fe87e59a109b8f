"""A table: typed columns, and what is to be predicted.

A `Table` never changes. It keeps the columns twice: parsed by the kind that was found,
and as they came, so that preprocessing fitted on other rows can read them its own way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from fathom.data.kinds import CONSTANT
from fathom.data.parsing import Kind
from fathom.errors import InputError

_NUMERIC = ("number", "boolean")


@dataclass(frozen=True)
class Column:
    """One column of features.

    Attributes:
        name: As in the source.
        kind: "number", "category", "boolean", "time" or "text".
        n_missing: Rows without a value.
        n_unique: Different values, the missing ones not counted.
        used: Whether preprocessing uses it.
        note: Why it is not used ("constant", "looks like an identifier", "all values
            missing"); "" if it is.
        order: Of dates in text: "day first" or "month first"; "" otherwise.
    """

    name: str
    kind: Kind
    n_missing: int
    n_unique: int
    used: bool
    note: str = ""
    order: str = ""


@dataclass(frozen=True, eq=False)
class TargetColumn:
    """What is to be predicted, without missing values.

    Attributes:
        names: One name, or several for several numbers.
        task: "classification" or "regression".
        frame: The labels (String, Int64, Float64 or Boolean) or numbers (Float64).
    """

    names: tuple[str, ...]
    task: str
    frame: pl.DataFrame

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The labels in sorted order; None in regression."""
        if self.task != "classification":
            return None
        return tuple(sorted(self.frame.to_series().unique().to_list()))

    @property
    def values(self) -> np.ndarray:
        """The labels (rows,), or numbers in float32, (rows,) or (rows, targets)."""
        if self.task == "classification":
            labels = self.frame.to_series()
            if labels.dtype == pl.String:
                return np.array(labels.to_list(), dtype=np.str_)
            return labels.to_numpy()
        with np.errstate(over="ignore"):
            numbers = self.frame.to_numpy().astype(np.float32)
        return numbers[:, 0] if numbers.shape[1] == 1 else numbers


@dataclass(frozen=True, eq=False)
class Table:
    """Typed columns with or without a target: what `fathom.read` returns.

    Attributes:
        name: Of the file or data set.
        columns: The features, in order; the target is not one of them.
        frame: The values of all features, parsed by their kinds.
        target: What is to be predicted; None in data to predict for.
        notes: Sentences on what was noticed when reading.
        raw: The features as they came, the same rows.
        image_shape: (height, width, channels) if the features are the pixels of
            images, row by row; None else.
        n_left_out: How many rows the source has that have no target.

    Example:
        >>> import fathom as fm
        >>> table = fm.read({"age": [31, 44, 27], "city": ["Rome", "Oslo", "Rome"],
        ...                  "pays": ["yes", "no", "yes"]}, target="pays")
        >>> table.task, table.classes, [column.kind for column in table.columns]
        ('classification', ('no', 'yes'), ['number', 'category'])
    """

    name: str
    columns: tuple[Column, ...]
    frame: pl.DataFrame = field(repr=False)
    target: TargetColumn | None
    notes: tuple[str, ...]
    raw: pl.DataFrame = field(repr=False)
    image_shape: tuple[int, int, int] | None = None
    n_left_out: int = 0

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return self.frame.height

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.n_rows

    @property
    def task(self) -> str | None:
        """The kind of target, "classification" or "regression"; None without one."""
        return None if self.target is None else self.target.task

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The labels of these rows in sorted order; None if there are no classes."""
        return None if self.target is None else self.target.classes

    @property
    def target_names(self) -> tuple[str, ...]:
        """The names of what is to be predicted."""
        return () if self.target is None else self.target.names

    @property
    def X(self) -> np.ndarray:  # noqa: N802  (the name the field uses)
        """The features as they are, float32 (rows, features).

        Constant columns of numbers are part of it (an image keeps its edges);
        identifiers and columns without values are not.

        Raises:
            InputError: If a column is no number, or has missing values.
        """
        names = []
        for column in self.columns:
            constant = column.note == CONSTANT and column.kind in _NUMERIC
            if not column.used and not constant:
                continue
            problem = ""
            if column.kind not in _NUMERIC:
                problem = f"is of kind {column.kind!r}"
            elif column.n_missing:
                problem = f"has missing values ({column.n_missing})"
            if problem:
                raise InputError(
                    f"The table {self.name!r} is no array of numbers: the column "
                    f"{column.name!r} {problem}. Preprocessing turns it into numbers: "
                    f"fathom.data.Preprocessing.fit(table).transform(table), or hand "
                    f"the table itself to fathom.train."
                )
            names.append(column.name)
        X = np.empty((len(self), len(names)), np.float32)
        with np.errstate(over="ignore"):
            for i, name in enumerate(names):
                X[:, i] = self.frame[name].cast(pl.Float64).to_numpy()
        return X

    @property
    def y(self) -> np.ndarray:
        """The labels as they are, (rows,), or float32, (rows,) or (rows, targets).

        Raises:
            InputError: If the table has no target.
        """
        if self.target is None:
            raise InputError(
                f"The table {self.name!r} has no target: name the column with "
                f"fathom.read(source, target=...)."
            )
        return self.target.values

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield X, then y, so that `X, y = table` works."""
        yield self.X
        yield self.y

    def rows(self, indices: Any) -> Table:
        """Return the table of some rows; the kinds of the columns stay.

        Args:
            indices: Row numbers from 0, in the order wanted.

        Raises:
            InputError: If there is no such row.
        """
        chosen = np.asarray(indices)
        if chosen.dtype.kind not in "iu" and chosen.size:
            raise InputError(
                f"Rows are chosen by whole numbers. Got values of type {chosen.dtype}."
            )
        chosen = chosen.astype(np.int64).reshape(-1)
        outside = (chosen < 0) | (chosen >= self.n_rows)
        if outside.any():
            raise InputError(
                f"The table {self.name!r} has rows 0 to {self.n_rows - 1}. Got row "
                f"{chosen[outside][0]}."
            )
        frame, target = self.frame[chosen], self.target
        if target is not None:
            target = replace(target, frame=target.frame[chosen])
        columns = tuple(recount(column, frame) for column in self.columns)
        raw = self.raw[chosen]
        return replace(
            self, columns=columns, frame=frame, target=target, raw=raw, n_left_out=0
        )

    def digest(self) -> str:
        """Return the SHA-256 of names, kinds and values, the same everywhere.

        The table's name, its notes and how the source wrote the values do not count:
        a CSV file and a Parquet file of the same data have one digest.
        """
        found = hashlib.sha256()
        frames = (
            [self.frame] if self.target is None else [self.frame, self.target.frame]
        )
        for frame in frames:
            for series in frame.get_columns():
                head = [series.name, str(series.dtype), len(series)]
                found.update(json.dumps(head).encode() + b"\n")
                found.update(_content(series))
        return found.hexdigest()

    def describe(self) -> list[dict[str, Any]]:
        """Return one dict a column: name, kind, missing, unique, used, note."""
        return [
            {
                "name": column.name,
                "kind": column.kind,
                "missing": column.n_missing,
                "unique": column.n_unique,
                "used": column.used,
                "note": column.note,
            }
            for column in self.columns
        ]


def recount(column: Column, frame: pl.DataFrame) -> Column:
    """Return a column with the counts of a frame's rows."""
    values = frame[column.name]
    n_missing = values.null_count()
    n_unique = values.n_unique() - (n_missing > 0)
    return replace(column, n_missing=n_missing, n_unique=n_unique)


def _content(series: pl.Series) -> bytes:
    if series.dtype == pl.String:
        return json.dumps(series.to_list()).encode()
    missing = series.is_null().to_numpy().astype(np.uint8).tobytes()
    if series.dtype == pl.Float64:
        values = series.fill_null(0.0).to_numpy() + 0.0  # -0.0 becomes 0.0
        return missing + values.astype("<f8").tobytes()
    return (
        missing + series.cast(pl.Int64).fill_null(0).to_numpy().astype("<i8").tobytes()
    )

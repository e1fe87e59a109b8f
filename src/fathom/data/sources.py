"""From anything that may hold a table to raw columns."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from fathom.data.files import read_file
from fathom.data.in_memory import as_frame, columns_of, is_matrix
from fathom.data.table import Table
from fathom.data.values import normalized


@dataclass(frozen=True, eq=False)
class Source:
    """Columns as they came.

    Attributes:
        frame: Raw columns, see `values`; the target may be one of them.
        name: Of the file or data set; "table" for data in memory.
        notes: What was noticed when reading.
        target: Name of the target, if the source knows it.
        named: Whether the columns have names of their own.
        image_shape: (height, width, channels) if the source's columns are pixels.
    """

    frame: pl.DataFrame
    name: str = "table"
    notes: tuple[str, ...] = ()
    target: str | tuple[str, ...] | None = None
    named: bool = True
    image_shape: tuple[int, int, int] | None = None


def load(source: Any) -> Source:
    """Return the raw columns of a file, a bundled data set or data in memory.

    Raises:
        InputError: If there is no such thing, or it cannot be read.
    """
    if isinstance(source, Table):
        return _from_table(source)
    if isinstance(source, (str, PathLike)):
        return _from_name(source)
    return Source(as_frame(columns_of(source)), named=not is_matrix(source))


def _from_name(source: str | PathLike[str]) -> Source:
    from fathom.data import datasets

    path = Path(source)
    if isinstance(source, str) and source in datasets.names() and not path.exists():
        columns, target, notes = datasets.columns(source)
        image = datasets.image_shape(source)
        return Source(as_frame(columns), source, notes, target, image_shape=image)
    frame, notes = read_file(path)
    columns = [normalized(series) for series in frame.get_columns()]
    name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    return Source(as_frame(columns), name, tuple(notes))


def _from_table(table: Table) -> Source:
    frame, target, image = table.raw, None, table.image_shape
    if table.target is not None:
        frame = frame.hstack(table.target.frame)
        target = tuple(table.target.frame.columns)
    return Source(frame, table.name, table.notes, target, image_shape=image)

"""From data in memory to columns: Polars, pandas, Arrow, NumPy, dicts and rows.

pandas and PyArrow are never imported here: their objects are known by their modules,
and pandas goes through NumPy column by column, which needs no PyArrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from fathom.data.json_lines import frame_of_rows
from fathom.data.values import clean_text, framed, from_numpy, from_values, normalized
from fathom.errors import InputError

EXPECTED = (
    "a file name, the name of a bundled data set, a Polars, pandas or Arrow table, a "
    "dict of columns, a list of dict rows, or an array (rows, columns)"
)


def columns_of(source: Any) -> list[pl.Series]:
    """Return the columns of a source in memory, as raw columns.

    Raises:
        InputError: If the source is not one of those, or its columns do not fit
            together.
    """
    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    if isinstance(source, pl.DataFrame):
        return [normalized(series) for series in source.get_columns()]
    if is_of(source, "pandas", "DataFrame"):
        return _pandas_columns(source)
    if is_of(source, "pyarrow", "Table", "RecordBatch"):
        return _arrow_columns(source)
    if isinstance(source, Mapping):
        return _dict_columns(source)
    if not is_matrix(source) and isinstance(source, (list, tuple)):
        rows = ((f"Row {i}", row) for i, row in enumerate(source, start=1))
        return frame_of_rows(rows).get_columns()
    return _array_columns(source)


def is_matrix(source: Any) -> bool:
    """Say whether a source has no column names: an array, or a list of lists."""
    if isinstance(source, (list, tuple)):
        return not source or not isinstance(source[0], Mapping)
    return hasattr(source, "__array__") and not hasattr(source, "columns")


def is_of(source: Any, package: str, *names: str) -> bool:
    """Say whether an object is of a class of a package that may not be installed."""
    return any(
        cls.__name__ in names and cls.__module__.split(".")[0] == package
        for cls in type(source).__mro__
    )


def column_of(name: str, values: Any) -> pl.Series:
    """Return one column: a Series of Polars or pandas, an array, or a sequence.

    Raises:
        InputError: If it is none of those, or has more than one dimension.
    """
    if isinstance(values, pl.Series):
        return normalized(values.alias(name))
    if is_of(values, "pandas", "Series", "Index", "ExtensionArray"):
        return _pandas_column(name, values)
    if is_of(values, "pyarrow", "Array", "ChunkedArray"):
        return from_values(name, values.to_pylist())
    if isinstance(values, (list, tuple, range)):
        return from_values(name, values)
    array = _as_array(values)
    if array is None or array.ndim != 1:
        shape = "" if array is None else f" of shape {array.shape}"
        raise InputError(
            f"The column {name!r} must be a sequence of values. Got "
            f"{type(values).__name__}{shape}."
        )
    return from_numpy(name, array)


def _as_array(source: Any) -> np.ndarray | None:
    """Return an array, also one of JAX or PyTorch; None if it is no array."""
    if not isinstance(source, np.ndarray) and not hasattr(source, "__array__"):
        return None
    if isinstance(source, np.ma.MaskedArray):
        return np.array(source.tolist(), dtype=object)  # masked values become None
    array = np.asarray(source)
    # JAX's bfloat16 is no kind that NumPy knows.
    return array.astype(np.float64) if array.dtype.name == "bfloat16" else array


def _pandas_columns(frame: Any) -> list[pl.Series]:
    names = [_name(column) for column in frame.columns]
    return [_pandas_column(name, frame.iloc[:, i]) for i, name in enumerate(names)]


def _pandas_column(name: str, values: Any) -> pl.Series:
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return from_numpy(name, np.asarray(values))
    return from_values(name, values.to_numpy(dtype=object).tolist())


def _arrow_columns(source: Any) -> list[pl.Series]:
    names = [_name(column) for column in source.schema.names]
    if len(set(names)) < len(names):
        _refuse_duplicates(names)
    return [column_of(name, source.column(i)) for i, name in enumerate(names)]


def _dict_columns(source: Mapping[Any, Any]) -> list[pl.Series]:
    scalars = [_is_scalar(value) for value in source.values()]
    if scalars and all(scalars):  # one row
        return frame_of_rows([("Row 1", source)]).get_columns()
    if any(scalars):
        key = next(k for k, is_one in zip(source, scalars, strict=True) if is_one)
        raise InputError(
            f"The column {key!r} is a single value, and others are sequences. Give "
            f"every column as many values as there are rows."
        )
    columns = [column_of(_name(key), values) for key, values in source.items()]
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        shown = ", ".join(f"{c.name!r} has {len(c)}" for c in columns[:5])
        raise InputError(f"All columns must have as many rows: {shown}.")
    return columns


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str) or np.ndim(_probe(value)) == 0


def _probe(value: Any) -> Any:
    """Return what has the number of dimensions, without converting long columns."""
    is_column = hasattr(value, "__len__") and not isinstance(value, (bytes, Mapping))
    if isinstance(value, np.ndarray):
        return value
    return (0,) if is_column or isinstance(value, Mapping) else 0


def _array_columns(source: Any) -> list[pl.Series]:
    array = _as_array(source)
    if array is None and isinstance(source, (list, tuple)):
        try:
            array = np.array(source)
        except ValueError:
            raise InputError("The rows of the list differ in length.") from None
    if array is None:
        raise InputError(f"Cannot read a {type(source).__name__}. Expected {EXPECTED}.")
    if array.ndim != 2:
        advice = " For one column use x.reshape(-1, 1)." if array.ndim == 1 else ""
        raise InputError(
            f"An array for a table must have the shape (rows, columns). Got shape "
            f"{array.shape}.{advice}"
        )
    return [from_numpy(f"x_{i + 1}", array[:, i]) for i in range(array.shape[1])]


def _name(column: Any) -> str:
    return clean_text(str(column))


def _refuse_duplicates(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    raise InputError(
        f"More than one column is named {twice[0]!r}. Give every column a name of its "
        f"own."
    )


def as_frame(columns: list[pl.Series]) -> pl.DataFrame:
    """Return columns as a frame.

    Raises:
        InputError: If there are no columns or rows, or two have one name.
    """
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        _refuse_duplicates(names)
    if not columns:
        raise InputError("The table has no columns.")
    frame = framed(columns)
    if not frame.height:
        raise InputError("The table has no rows.")
    return frame

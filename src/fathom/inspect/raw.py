"""Values of a model's columns as the user has them, and the way into the network.

What a row of a table becomes depends on each column alone, so a column can be set to a
value by encoding that value once and putting it where the column's inputs are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fathom.errors import InputError
from fathom.inspect.columns import InputColumn, column, columns_in
from fathom.model import Model


@dataclass(frozen=True, eq=False)
class RawColumn:
    """One column with the values it has in some rows.

    Attributes:
        column: Its name and where its inputs are.
        kind: "number", "boolean", "category", "time" or "text".
        values: (rows,) as the user has them: float64, bool, datetime64 or text.
        present: (rows,) whether there is a value.
        encoder: Of a table's column; None for arrays.
    """

    column: InputColumn
    kind: str
    values: np.ndarray = field(repr=False)
    present: np.ndarray = field(repr=False)
    encoder: Any = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """As the user knows it."""
        return self.column.name

    def inputs(self, values: Any) -> np.ndarray:
        """Return the column's inputs (n, width) float32 for n values."""
        if self.encoder is None:
            return np.asarray(values, np.float32)[:, None]
        from fathom.data.values import from_numpy

        raw = from_numpy(self.name, np.asarray(values))
        return self.encoder.transform(raw).astype(np.float32)

    def put(self, x: Any, inputs: np.ndarray) -> None:
        """Set the column's inputs in rows x, to (rows, width) or (1, width)."""
        own = x[self.column.stream] if isinstance(x, Mapping) else x
        own[..., list(self.column.places)] = inputs

    def spread(self, n: int, share: float) -> np.ndarray:
        """Return n values that are as dense as the column's: equal shares between.

        All categories, both booleans; of numbers and dates, quantiles from `share` to
        1 - `share`, each once.

        Raises:
            InputError: If the column is text.
        """
        if self.kind == "category":
            return np.array(self.encoder.categories)
        if self.kind == "boolean":
            return np.array([False, True])
        values = self.values[self.present]
        if self.kind == "text" or not len(values):
            raise InputError(
                f"The column {self.name!r} is of kind {self.kind!r} with {len(values)} "
                f"values, which have no grid: hand over the values to try, grid=[...]."
            )
        shares = np.linspace(share, 1 - share, n)
        if self.kind == "time":
            moments = np.quantile(values.astype("datetime64[us]").astype(float), shares)
            return np.unique(moments.round().astype("int64").astype("datetime64[us]"))
        return np.unique(np.quantile(values, shares))

    def typical(self) -> Any:
        """Return the median of numbers and dates, the most frequent of all else."""
        values = self.values[self.present]
        if not len(values):
            raise InputError(f"The column {self.name!r} has no value in these rows.")
        if self.kind == "number":
            return float(np.median(values))
        if self.kind == "time":
            return np.sort(values)[len(values) // 2]
        found, counts = np.unique(values, return_counts=True)
        return found[counts.argmax()]


def rows_in(model: Model, data: Any) -> Any:
    """Return the rows of data that may have their answers beside them, (X, y)."""
    is_pair = isinstance(data, tuple) and len(data) == 2
    return data[0] if is_pair and model.target is not None else data


def raw_columns(model: Model, data: Any, x: Any) -> dict[str, RawColumn]:
    """Return the columns that the model uses, with the values of some rows.

    Args:
        model: The model.
        data: The rows.
        x: The network's inputs for them.
    """
    columns = columns_in(model, x)
    if model.preprocessing is None:
        return {name: _of_array(own, x) for name, own in columns.items()}
    from fathom.data.parsing import parse
    from fathom.data.sources import load

    frame = load(model.preprocessing.named(data)).frame
    found = {}
    for encoder in model.preprocessing.encoders:
        order = getattr(encoder, "order", "")
        parsed = parse(frame[encoder.name], encoder.kind, order)
        present = parsed.is_not_null().to_numpy()
        filled = parsed.to_list() if encoder.kind in ("category", "text") else parsed
        values = (
            np.array(["" if v is None else v for v in filled])
            if isinstance(filled, list)
            else filled.to_numpy()
        )
        own = columns[encoder.name]
        found[own.name] = RawColumn(own, encoder.kind, values, present, encoder)
    return found


def raw_column(columns: Mapping[str, RawColumn], model: Model, name: Any) -> RawColumn:
    """Return a column by its name.

    Raises:
        InputError: If there is none, or the model does not use it.
    """
    preprocessing = model.preprocessing
    if preprocessing is not None and name in preprocessing.columns:
        if name in columns:
            return columns[name]
        raise InputError(
            f"The model does not use the column {name!r}: it did not vary in training, "
            f"or looked like an identifier."
        )
    known = {own.name: own.column for own in columns.values()}
    return columns[column(known, name).name]


def _of_array(own: InputColumn, x: Any) -> RawColumn:
    array = x[own.stream] if isinstance(x, Mapping) else x
    if array.ndim != 2:
        raise InputError(
            f"Inputs of shape {array.shape[1:]} are sequences, whose features have no "
            f"single value: use attribute(model, data)."
        )
    values = array[:, own.places[0]].astype(np.float64)
    return RawColumn(own, "number", values, np.ones(len(values), bool))

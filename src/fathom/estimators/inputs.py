"""From X as scikit-learn users have it to the inputs of a network, and back to a model.

Arrays of numbers are standardized, z = (x - mean) / std, with NumPy alone. Tables with
text, dates or missing values go through Fathom's preprocessing. Both are plain data and
become the same `Preprocessing` in a saved model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.data.scaling import standardize

if TYPE_CHECKING:
    from fathom.data.preprocessing import Preprocessing

# Numbers that are scaled at once: what is needed for it stays small beside the rows.
NUMBERS = 2**23


def is_raw(X: Any) -> bool:
    """Say whether X is a table with text, dates or missing values in a column.

    Example:
        >>> import polars as pl
        >>> is_raw(pl.DataFrame({"age": [20, 40]}))
        False
        >>> is_raw(pl.DataFrame({"age": [20, None]}))
        True
    """
    if not hasattr(X, "columns"):
        return False
    if hasattr(X, "column_names"):  # an Arrow table, which scikit-learn does not read
        return True
    return not all(_is_complete(np.asarray(X[name])) for name in X.columns)


def _is_complete(values: np.ndarray) -> bool:
    if values.dtype.kind == "f":
        return not np.isnan(values).any()
    return values.dtype.kind in "biu"


def rows_of(X: Any, rows: np.ndarray) -> Any:
    """Return some rows of an array or of a `Table`."""
    return X[rows] if isinstance(X, np.ndarray) else X.rows(rows)


@dataclass(frozen=True)
class InputCoding:
    """How rows become inputs, fitted on the training rows.

    Attributes:
        mean: Of every column, (columns,); None leaves arrays as they are.
        std: Likewise; 1 for a column that does not vary.
        low: Least value of every column.
        high: Greatest value of every column.
        table: The preprocessing of a raw table; None for arrays.
    """

    mean: np.ndarray | None = None
    std: np.ndarray | None = None
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    table: Preprocessing | None = None

    @classmethod
    def fit(cls, X: Any, weight: np.ndarray, scaled: bool = True) -> InputCoding:
        """Return the coding of training rows.

        Args:
            X: (rows, columns) numbers, or a `Table`. Arrays of more axes, such as
                images, are left as they are.
            weight: (rows,) weight of each; those of a table do not count here.
            scaled: Whether arrays are standardized.
        """
        if not isinstance(X, np.ndarray):
            from fathom.data.preprocessing import Preprocessing

            return cls(table=Preprocessing.fit(X))
        if not scaled or X.ndim != 2:
            return cls()
        scale = center_and_spread_of_columns(X, weight)
        return cls(*scale, X.min(axis=0), X.max(axis=0))

    def encode(self, X: Any) -> np.ndarray:
        """Return the inputs, float32 (rows, ...)."""
        if self.table is not None:
            return self.table.transform(X)
        if self.mean is None or self.std is None:
            return X.astype(np.int32 if X.dtype.kind in "iu" else np.float32)
        scaled = np.empty(X.shape, np.float32)
        for rows in _slices(len(X), X.shape[1]):
            scaled[rows] = standardize(X[rows], self.mean, self.std)  # pyright: ignore
        return scaled

    def decode(self, x: np.ndarray) -> np.ndarray:
        """Return inputs in the units of the rows they stand for."""
        return x if self.mean is None else x * self.std + self.mean

    def preprocessing(self, names: tuple[str, ...] | None) -> Preprocessing | None:
        """Return the same as the preprocessing of a model.

        Args:
            names: Of the columns; None numbers them, as `fathom.read` does.
        """
        if self.table is not None or self.mean is None:
            return self.table
        from fathom.data.encoders import NumberEncoder
        from fathom.data.preprocessing import Preprocessing

        names = names or tuple(f"x_{i + 1}" for i in range(len(self.mean)))
        columns = zip(names, *(scale.tolist() for scale in self._scales), strict=True)
        encoders = tuple(
            NumberEncoder(name, mean, mean, std, low, high, missing=False)
            for name, mean, std, low, high in columns
        )
        return Preprocessing(encoders, names)

    @property
    def _scales(self) -> tuple[np.ndarray, ...]:
        scales = self.mean, self.std, self.low, self.high
        return tuple(scale for scale in scales if scale is not None)

    @classmethod
    def of_preprocessing(cls, preprocessing: Any, is_table: bool) -> InputCoding:
        """Return the coding of a saved model.

        Args:
            preprocessing: Of the model; None takes arrays as they are.
            is_table: Whether it was fitted on a raw table.
        """
        if preprocessing is None or is_table:
            return cls(table=preprocessing)
        columns = preprocessing.encoders

        def each(name: str) -> np.ndarray:
            return np.array([getattr(column, name) for column in columns])

        return cls(each("mean"), each("std"), each("low"), each("high"))


def center_and_spread_of_columns(
    values: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean and standard deviation of every column.

    The deviation of a column that does not vary is given as 1.

    Args:
        values: (rows, columns) finite.
        weight: (rows,) above 0.

    Example:
        >>> X = np.array([[1.0, 5.0], [3.0, 5.0]])
        >>> [part.tolist() for part in center_and_spread_of_columns(X, np.ones(2))]
        [[2.0, 5.0], [1.0, 1.0]]
    """
    parts = [
        _center_and_spread(values[:, columns].astype(np.float64), weight)
        for columns in _slices(values.shape[1], len(values))
    ]
    mean, spread = zip(*parts, strict=True)
    return np.concatenate(mean), np.concatenate(spread)


def _center_and_spread(
    values: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    low, high = values.min(axis=0), values.max(axis=0)
    # In units of the largest value nothing overflows; equal values have no noise.
    unit = np.maximum(np.maximum(np.abs(low), np.abs(high)), np.finfo(float).tiny)
    scaled = values / unit
    mean = np.average(scaled, axis=0, weights=weight)
    spread = np.sqrt(np.average((scaled - mean) ** 2, axis=0, weights=weight)) * unit
    constant = (low == high) | (spread == 0)
    return np.where(constant, low, mean * unit), np.where(constant, 1.0, spread)


def _slices(n: int, width: int) -> list[slice]:
    """Return slices of n lines of `width` numbers each that are small to copy."""
    size = max(NUMBERS // max(width, 1), 1)
    return [slice(begin, begin + size) for begin in range(0, n, size)]

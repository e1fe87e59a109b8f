"""Rows as scikit-learn hands them over, checked as scikit-learn checks them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import (
    _check_sample_weight,  # pyright: ignore
    validate_data,
)

from fathom.errors import InputError
from fathom.estimators.inputs import is_raw, rows_of
from fathom.estimators.rows import Rows
from fathom.estimators.sparse import dense

KINDS: Any = (np.float64, np.float32)


def checked(
    estimator: Any, X: Any, y: Any, reset: bool, is_table: bool | None
) -> tuple[Any, Any]:
    """Return X as an array or a `Table`, and y as an array.

    Args:
        estimator: Learns names and number of the columns.
        X: Numbers, or a raw table.
        y: The answers.
        reset: Whether these are the rows of a first fit.
        is_table: Whether X goes through a table's preprocessing; None looks.

    Raises:
        ValueError: If they cannot be used, in scikit-learn's words.
    """
    is_table = is_raw(X) if is_table is None else is_table
    if not is_table or y is None:
        how: Any = {**_how(estimator, reset), "multi_output": True}
        X, y = validate_data(estimator, X, y, **how)  # pyright: ignore
        return dense(X), y
    from fathom.data import read

    validate_data(estimator, X, reset=reset, skip_check_array=True)
    how = {"ensure_2d": False, "dtype": None, "accept_sparse": True}
    y = check_array(y, input_name="y", **how)
    check_consistent_length(X, y)
    return read(X), y


def weighted_rows(X: Any, y: np.ndarray, weight: Any) -> Rows:
    """Return the rows of a weight above zero, with their weights.

    Args:
        X: (rows, ...) checked.
        y: (rows, ...) checked.
        weight: (rows,), or None for rows that all count the same.

    Raises:
        ValueError: If the weights cannot be used, or all are zero.
    """
    if weight is None:
        return Rows(X, y, np.ones(len(y)))
    weight = _check_sample_weight(weight, y, dtype=np.float64, ensure_non_negative=True)
    seen = np.flatnonzero(weight > 0)
    if not len(seen):
        raise InputError(
            "All rows have weight zero in sample_weight: nothing can be learned."
        )
    if len(seen) == len(y):
        return Rows(X, y, weight)
    return Rows(rows_of(X, seen), y[seen], weight[seen])


def checked_rows(estimator: Any, X: Any, reset: bool, is_table: bool | None) -> Any:
    """Return X alone as an array or a `Table`; the arguments are those of `checked`.

    Raises:
        ValueError: If it cannot be used, in scikit-learn's words.
    """
    is_table = is_raw(X) if is_table is None else is_table
    if is_table:
        from fathom.data import read

        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return read(X)
    return dense(validate_data(estimator, X, **_how(estimator, reset)))


def _how(estimator: Any, reset: bool) -> Any:
    """Return how scikit-learn checks numbers."""
    return {
        "reset": reset,
        "dtype": KINDS,
        "accept_sparse": "csr",
        "allow_nd": estimator.network is not None,
    }

"""The rows that a command is about: a table, or an array of NumPy in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.data import read
from fathom.errors import InputError

if TYPE_CHECKING:
    from fathom.model import Model
    from fathom.uncertainty.ensemble import Ensemble

ARRAYS = ".npy"


def rows_of(model: Model | Ensemble, data: str) -> Any:
    """Return the rows of a file as the model takes them.

    Args:
        model: Where it has columns, an array has these, in order.
        data: What `fathom.read` takes, or an .npy file of shape (rows, ...).

    Returns:
        A `fathom.Table`, or an array for a model without columns and an .npy file.

    Raises:
        InputError: If the file cannot be read or does not fit the model.
    """
    if not is_array(data):
        return read(data)
    array = _array(Path(data))
    if model.preprocessing is None:
        return array
    return read(model.preprocessing.named(array))


def is_array(data: str) -> bool:
    """Say whether a name is that of a file with an array."""
    return data.lower().endswith(ARRAYS)


def one_row(rows: Any, number: int) -> Any:
    """Return one of the rows, as `rows_of` gives them, alone."""
    chosen = np.array([number])
    return rows[chosen] if isinstance(rows, np.ndarray) else rows.rows(chosen)


def _array(path: Path) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot read the array in {path}: {reason}.") from error
    if not isinstance(array, np.ndarray) or not array.ndim:
        raise InputError(f"{path} must hold an array (rows, ...).")
    return array

"""From what the user hands over to examples that can be trained on.

Data comes as a pair of arrays (X, y), which go in as they are, or as a table, whose
preprocessing is fitted on the training part only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError
from fathom.layers import Embedding
from fathom.network import Network
from fathom.training.objective import Batch

if TYPE_CHECKING:
    from fathom.data.preprocessing import Preprocessing
    from fathom.data.table import Table
    from fathom.data.target import TargetCoding

# Whole numbers with more different values than this are amounts, not classes, where
# neither the network nor the loss says which.
MAX_CLASSES = 20
# Losses that compare numbers, so that whole ones are not taken for classes.
OF_NUMBERS = ("mean_squared_error", "mean_absolute_error", "huber", "mse", "mae")


@dataclass(frozen=True)
class Examples:
    """Inputs and encoded targets, and how they were made.

    Attributes:
        x: (rows, ...) float32, or int32 tokens for an embedding.
        y: (rows,) int32 classes, or (rows, ...) float32.
        target: Classes or scale; None if the outputs are the answer as they are.
        preprocessing: From raw columns to x; None for arrays.
    """

    x: np.ndarray
    y: np.ndarray
    target: TargetCoding | None
    preprocessing: Preprocessing | None = None

    def batch(self, rows: np.ndarray | None, weight: np.ndarray) -> Batch:
        """Return some rows, or all, as a weighted batch."""
        if rows is None:
            return Batch(self.x, self.y, weight)
        return Batch(self.x[rows], self.y[rows], weight[rows])


def is_table(data: Any) -> bool:
    """Say whether data go through a table's preprocessing instead of in as arrays."""
    if isinstance(data, tuple) and len(data) == 2:
        data = data[0]
    return isinstance(data, (str, Path, dict)) or hasattr(data, "columns")


def as_table(data: Any, target: Any = None) -> Table:
    """Return data as a table: a table itself, (X, y), or a source `read` takes."""
    from fathom.data import read
    from fathom.data.table import Table

    if isinstance(data, Table):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        return read(data[0], target=data[1])
    return read(data, target=target)


def pair(data: Any, name: str) -> tuple[Any, Any]:
    """Return (X, y), or say that it is no pair.

    Raises:
        InputError: If it is neither a pair nor a table with a target.
    """
    if isinstance(data, (tuple, list)) and len(data) == 2:
        return data[0], data[1]
    from fathom.data.table import Table

    if isinstance(data, Table) and data.target is not None:
        return data.X, data.y
    raise InputError(
        f"'{name}' must be a pair (X, y), or a table with a target from "
        f"fathom.read(source, target=...). Got {type(data).__name__}."
    )


def _as_array(values: Any, name: str) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"{name} must be an array, and its rows differ in length: {error}."
        ) from error


def array_inputs(X: Any, network: Network | None = None) -> np.ndarray:
    """Return X as the array that goes into a network, or say why it cannot.

    Raises:
        InputError: If X has no rows, is not numeric, has NaN or infinite values, or
            does not have the network's input shape.
    """
    x = _as_array(X, "X")
    if x.dtype.kind not in "biuf":
        raise InputError(
            f"X must be an array of numbers. Got an array of type {x.dtype}. For a "
            f"table with text or dates, hand over fathom.read(X, target=y)."
        )
    if x.ndim < 2 or not len(x):
        raise InputError(
            f"X must be an array (rows, features) with at least one row. Got shape "
            f"{x.shape}."
        )
    shape = None if network is None else network.input_shape
    if shape is not None and x.shape[1:] != shape:
        raise InputError(
            f"The network takes inputs of shape {shape}. Got X of shape {x.shape}, "
            f"which is {x.shape[1:]} for each of {len(x)} rows."
        )
    first = None if network is None or not network.layers else network.layers[0]
    if isinstance(first, Embedding):
        return _tokens(x, first)
    with np.errstate(over="ignore"):
        single = x.astype(np.float32)
    require_finite(x if not np.isfinite(x).all() else single, "X")
    return single


def _tokens(x: np.ndarray, embedding: Embedding) -> np.ndarray:
    outside = (x < 0) | (x >= embedding.n_tokens) | (x != np.floor(x))
    if outside.any():
        raise InputError(
            f"Layer {embedding.label} takes whole numbers from 0 to "
            f"{embedding.n_tokens - 1}. Got {x[outside][0]} in X."
        )
    return x.astype(np.int32)


def require_finite(values: np.ndarray, name: str) -> None:
    """Raise InputError if a value is NaN or infinite, naming the first place."""
    finite = np.isfinite(values)
    if not finite.all():
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise InputError(
            f"{name} has {int((~finite).sum())} values that are NaN or infinite; the "
            f"first is {values[place]} at {list(place)}. Remove or replace them, or "
            f"hand over fathom.read(X, target=y), which fills in what is missing."
        )


def array_examples(
    X: Any, y: Any, network: Network | None, loss: str | Callable[..., Any] | None
) -> Examples:
    """Return examples made of arrays, which go in as they are.

    Raises:
        InputError: If X or y cannot be used, or they do not have as many rows.
    """
    x, y = array_inputs(X, network), _as_array(y, "y")
    if len(y.shape) == 0 or len(x) != len(y):
        raise InputError(
            f"X and y must have as many rows. Got X of shape {x.shape} and y of shape "
            f"{y.shape}."
        )
    target = _array_target(y, network, loss)
    return Examples(x, array_targets(y, target), target)


def array_targets(y: Any, target: TargetCoding | None) -> np.ndarray:
    """Return targets as the numbers a loss compares with.

    Raises:
        InputError: If a label is not one of the classes, or a number is not finite.
    """
    y = _as_array(y, "y")
    shares = y.ndim == 2 and y.shape[1] > 1  # one row of probabilities per example
    if target is not None and target.task == "classification" and not shares:
        positions = {label: i for i, label in enumerate(target.classes or ())}
        labels = y.reshape(len(y)).tolist()
        unknown = [label for label in labels if label not in positions]
        if unknown:
            raise InputError(
                f"The target has the label {unknown[0]!r}, which is not one of the "
                f"classes: {', '.join(map(repr, positions))}."
            )
        return np.array([positions[label] for label in labels], np.int32)
    if y.dtype.kind not in "biuf":
        raise InputError(f"Targets must be numbers here. Got type {y.dtype}.")
    require_finite(y, "y")
    return y.astype(np.float32)


def _array_target(
    y: np.ndarray, network: Network | None, loss: str | Callable[..., Any] | None
) -> TargetCoding | None:
    """Tell from the target and the network's output what is to be predicted."""
    from fathom.data.target import TargetCoding

    activation = None if network is None else network.without_output_activation()[1]
    units = None
    if network is not None and network.input_shape is not None:
        units = network.output_shape[-1] if network.output_shape else None
    # One column of labels is a list of labels; a matrix under softmax is one-hot.
    single = y.ndim == 1 or y.shape[1:] == (1,)
    names_classes = activation == "softmax" or (
        activation == "sigmoid" and single and units in (1, None)
    )
    if loss == "cross_entropy":  # behind another activation, or one inside a Chain
        names_classes |= single and units is not None and units > 1
    if network is None:
        names_classes = y.dtype.kind in "OUSb" or loss == "cross_entropy"
        whole = y.dtype.kind in "iu" and y.ndim == 1 and loss not in OF_NUMBERS
        names_classes |= whole and len(np.unique(y)) <= MAX_CLASSES
    if names_classes and single:
        return _class_coding(y.reshape(len(y)), units)
    if names_classes and y.ndim == 2 and activation == "softmax":
        return TargetCoding("classification", ("target",), tuple(range(y.shape[1])))
    if activation in ("softmax", "sigmoid") or y.ndim > 2:
        return None
    n = 1 if y.ndim == 1 else y.shape[1]
    names = ("target",) if n == 1 else tuple(f"target_{i + 1}" for i in range(n))
    return TargetCoding("regression", names, None, (0.0,) * n, (1.0,) * n)


def _class_coding(y: np.ndarray, units: int | None) -> TargetCoding:
    from fathom.data.target import TargetCoding

    if y.dtype.kind == "f":
        require_finite(y, "y")
    for label in [] if y.dtype.kind in "biufU" else y.tolist():
        if not isinstance(label, (str, int, float)) or label != label:
            raise InputError(
                f"The labels of classes must be texts, numbers or booleans. Got "
                f"{label!r} instead."
            )
    try:
        labels = tuple(np.unique(y).tolist())
    except TypeError as error:
        raise InputError(f"The labels must be of one type: {error}.") from error
    n_classes = 2 if units == 1 else units
    whole = all(type(label) is int for label in labels)
    if n_classes == 2 and y.dtype.kind == "b":
        labels = (False, True)
    if n_classes and whole and labels[0] >= 0 and labels[-1] < n_classes:
        # The network says which classes there are; not all need to occur.
        labels = tuple(range(n_classes))
    if len(labels) == 1:
        raise InputError(
            f"The target has one class only ({labels[0]!r}): there is nothing to tell "
            f"apart. Add rows of another class."
        )
    if n_classes and len(labels) != n_classes:
        raise InputError(
            f"The target has {len(labels)} classes ({_few(labels)}), but the network's "
            f"output layer has {units} units. Give it {len(labels)}."
        )
    return TargetCoding("classification", ("target",), labels)


def _few(labels: tuple[Any, ...]) -> str:
    shown = ", ".join(map(repr, labels[:5]))
    return shown if len(labels) <= 5 else f"{shown}, ..."


def table_examples(table: Table, rows: np.ndarray) -> Examples:
    """Return all rows of a table, encoded as its training rows say.

    Args:
        table: With a target.
        rows: The training rows, on which preprocessing and classes are fitted.

    Raises:
        InputError: If the table has no target or no usable column.
    """
    from fathom.data.preprocessing import Preprocessing
    from fathom.data.target import TargetCoding

    if table.target is None:
        raise InputError(
            f"The table {table.name!r} has no target to learn: name the column with "
            f"fathom.read(source, target=...)."
        )
    part = table.rows(rows)
    preprocessing, target = Preprocessing.fit(part), TargetCoding.fit(part)
    x, y = preprocessing.transform(table), target.encode(table)
    return Examples(x, y, target, preprocessing)

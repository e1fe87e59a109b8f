"""From what the user hands over to examples that can be trained on.

Data comes as a pair of arrays (X, y), which go in as they are, or as a table, whose
preprocessing is fitted on the training part only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from fathom.errors import InputError
from fathom.layers.layer import Shapes
from fathom.training.objective import Batch

if TYPE_CHECKING:
    from fathom.data.preprocessing import Preprocessing
    from fathom.data.table import Table
    from fathom.data.target import TargetCoding


@dataclass(frozen=True)
class Examples:
    """Inputs and encoded targets, and how they were made.

    Attributes:
        x: (rows, ...) float32, or int32 tokens for an embedding; or a dict of such for
            named inputs.
        y: (rows,) or (rows, steps) int32 classes, or (rows, ...) float32; None if the
            inputs are to be met, as by an autoencoder.
        target: Classes or scale; None if the outputs are the answer as they are.
        preprocessing: From raw columns to x; None for arrays.
    """

    x: Any
    y: Any
    target: TargetCoding | None
    preprocessing: Preprocessing | None = None

    def batch(self, rows: np.ndarray | None, weight: np.ndarray) -> Batch:
        """Return some rows, or all, as a weighted batch."""
        if rows is None:
            return Batch(self.x, self.y, weight)
        x, y = jax.tree.map(lambda array: array[rows], (self.x, self.y))
        return Batch(x, y, weight[rows])

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(jax.tree.leaves(self.x)[0])

    @property
    def input_shape(self) -> Any:
        """Shape of one input, or a dict of shapes by name."""
        return shape_of_one(self.x)


def shape_of_one(x: Any) -> Any:
    """Return the shape of one row of an array, or of each of a dict of arrays."""
    if isinstance(x, dict):
        return Shapes({name: array.shape[1:] for name, array in x.items()})
    return x.shape[1:]


def is_table(data: Any, network: Any = None) -> bool:
    """Say whether data go through a table's preprocessing instead of in as arrays.

    A dict is a table, unless the network names its inputs.
    """
    if isinstance(getattr(network, "input_shape", None), Shapes):
        return False
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

    An array alone, or a dict of arrays by name, is inputs without targets.

    Raises:
        InputError: If it is neither a pair nor a table with a target.
    """
    if isinstance(data, (tuple, list)) and len(data) == 2:
        return data[0], data[1]
    if isinstance(data, (np.ndarray, jax.Array, dict)):
        return data, None
    from fathom.data.table import Table

    if isinstance(data, Table) and data.target is not None:
        return data.X, data.y
    raise no_pair(name, data)


def no_pair(name: str, data: Any) -> InputError:
    """Build the message for data without the targets that are needed."""
    return InputError(
        f"'{name}' must be a pair (X, y), or a table with a target from "
        f"fathom.read(source, target=...). Got {type(data).__name__}. (X alone is for "
        f"networks whose outputs have the shape of their inputs.)"
    )


def no_classes(task: str | None) -> InputError:
    """Build the message for asking a model of another task for probabilities."""
    return InputError(
        f"predict_proba is for models that predict classes; this one's task is {task}. "
        f"Use predict instead."
    )


def table_examples(table: Table, rows: np.ndarray, as_image: bool = False) -> Examples:
    """Return all rows of a table, encoded as its training rows say.

    Args:
        table: With a target.
        rows: The training rows, on which preprocessing and classes are fitted.
        as_image: Whether to make images of the table's pixels.

    Raises:
        InputError: If the table has no target or no usable column, or no images where
            they are asked for.
    """
    from fathom.data.preprocessing import Preprocessing
    from fathom.data.target import TargetCoding

    if table.target is None:
        raise InputError(
            f"The table {table.name!r} has no target to learn: name the column with "
            f"fathom.read(source, target=...)."
        )
    part = table.rows(rows)
    preprocessing = Preprocessing.fit(part, as_image=as_image)
    target = TargetCoding.fit(part)
    x, y = preprocessing.transform(table), target.encode(table)
    return Examples(x, y, target, preprocessing)

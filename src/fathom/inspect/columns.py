"""The columns of a model's data: what they are called, and which inputs each becomes.

A table has the user's columns, of which each becomes one or several inputs. An array
has a column for each number of a row, and a sequence one for each feature, with all its
steps; they are called `input:0`, and `input_left:0` where inputs have names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.errors import InputError, choose, is_whole
from fathom.inspect.addresses import at_index
from fathom.inspect.sites import INPUT
from fathom.model import Model


@dataclass(frozen=True)
class InputColumn:
    """One column.

    Attributes:
        name: As the user knows it.
        stream: Name of the input it is in, or "".
        places: Indices on the last axis of the inputs; empty if it is not used.
    """

    name: str
    stream: str
    places: tuple[int, ...]


def columns_in(model: Model, x: Any) -> dict[str, InputColumn]:
    """Return the columns of inputs x by name.

    Raises:
        InputError: If the inputs are images, which have places and no columns.
    """
    preprocessing = model.preprocessing
    if preprocessing is not None and preprocessing.image is None:
        return {
            name: InputColumn(name, "", places)
            for name, places in preprocessing.inputs_by_column.items()
        }
    found = {}
    for stream, own in (x if isinstance(x, Mapping) else {"": x}).items():
        if own.ndim > 3:
            raise InputError(
                f"Inputs of shape {own.shape[1:]} are images, which have no columns. "
                f"Use gradcam(model, data) or attribute(model, data)."
            )
        start = f"{INPUT}_{stream}" if stream else INPUT
        for i in range(own.shape[-1]):
            name = at_index(start, (i,))
            found[name] = InputColumn(name, stream, (i,))
    return found


def column(columns: Mapping[str, InputColumn], name: Any) -> InputColumn:
    """Return a column by its name, or by its number where names are numbers.

    Raises:
        InputError: If there is none.
    """
    name = name.item() if isinstance(name, np.generic) else name
    if is_whole(name, 0) and at_index(INPUT, (name,)) in columns:
        name = at_index(INPUT, (name,))
    return choose(columns, str(name), "column")


def with_answers(model: Model, data: Any) -> tuple[Any, np.ndarray]:
    """Return the network's inputs and the encoded answers of data that have both.

    Raises:
        InputError: If the answers are missing or do not fit.
    """
    if model.target is None:
        raise InputError("This model has no target to measure against.")
    rows, y = model.with_answers(data)
    return model.inputs(rows), y

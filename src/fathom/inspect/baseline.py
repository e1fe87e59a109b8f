"""What an attribution compares with: the inputs that stand for "nothing there".

By default numbers are 0: the mean of a table's numbers, no category, a black image.
Tokens are the padding token of their embedding, or no token at all, -1, whose vector is
0. A baseline may be a number, an input, one for each row, or a raw row of a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fathom.errors import InputError
from fathom.inspect.batches import n_rows
from fathom.inspect.entrance import NO_TOKEN, Entrance, entrances, part, whole
from fathom.model import Model


def baseline_of(model: Model, x: Any, given: Any, no_token: int = NO_TOKEN) -> Any:
    """Return the baseline of inputs x, in their shape.

    Args:
        model: The model.
        x: The network's inputs.
        given: None, a number, an input, inputs of every row, or, for a table, a raw row
            or as many as there are; a dict of those for named inputs.
        no_token: What stands for no token where an embedding does not pad.

    Raises:
        InputError: If it does not fit.
    """
    if model.preprocessing is not None and _is_raw(given):
        given = model.preprocessing.transform(given)
    ways = entrances(model.network)
    if given is not None and ways[0].name:
        known = [one.name for one in ways]
        if not isinstance(given, Mapping) or set(given) - set(known):
            raise InputError(
                f"The baseline must be a dict by the names of the inputs: "
                f"{', '.join(known)}. Got {given!r}."
            )
    n = n_rows(x)
    found = {}
    for one in ways:
        own = given.get(one.name) if one.name and given is not None else given
        found[one.name] = _filled(one, part(x, one.name), own, no_token, n)
    return whole(found)


def _is_raw(given: Any) -> bool:
    return given is not None and not isinstance(
        given, (int, float, np.ndarray, np.number)
    )


def _filled(one: Entrance, x: np.ndarray, given: Any, no_token: int, n: int) -> Any:
    if given is None:
        fill = one.padding if one.padding is not None else no_token
        given = fill if x.dtype.kind in "iu" else 0.0
    try:
        values = np.asarray(given)
    except ValueError:  # rows of different lengths
        values = np.asarray("")
    fits = values.dtype.kind in "biuf" and np.isfinite(values).all()
    shapes = ((), x.shape[1:], (1, *x.shape[1:]), x.shape)
    if not fits or values.shape not in shapes:
        raise InputError(
            f"The baseline must be a number, an input of shape {x.shape[1:]} or one "
            f"for each of {n} rows. Got shape {values.shape}, type {values.dtype}."
        )
    if x.dtype.kind in "iu" and (values != np.floor(values)).any():
        raise InputError("The baseline of tokens must be tokens, whole numbers.")
    return np.broadcast_to(values.astype(x.dtype), x.shape).copy()

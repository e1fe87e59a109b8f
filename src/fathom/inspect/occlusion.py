"""Occlusion: cover a part of the input, and see by how much the output falls.

    a(part) = F(x) - F(x with the part replaced by the baseline)

A part is a column of a table, a number of an array, a step of a sequence, a token, or a
window of an image. What a window does is shared equally among the numbers it changes;
a number in several windows has the mean. For a linear network and parts of one number,
a_i = w_i (x_i - b_i). Source: Zeiler and Fergus, "Visualizing and understanding
convolutional networks" (2014), section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Unpack

import jax
import numpy as np

from fathom.errors import InputError, is_whole, require
from fathom.inspect.attributed import Attribution, Values, attributed
from fathom.inspect.baseline import baseline_of
from fathom.inspect.batches import batch_size, in_batches, n_rows, rows_of
from fathom.inspect.entrance import entrances, part, whole
from fathom.inspect.readout import Asked, Readout, read, readout
from fathom.model import Model

# A window of an image covers an eighth of its shorter side, and moves by half of that.
SHARE = 8


@dataclass(frozen=True, eq=False)
class Cover:
    """One part of one input.

    Attributes:
        name: Of the input, "" if there is one only.
        where: Index of the numbers covered, behind the axis of the rows.
    """

    name: str
    where: Any


def occlusion(
    model: Model,
    data: Any,
    *,
    output: Any = None,
    baseline: Any = None,
    size: int | tuple[int, ...] | None = None,
    stride: int | tuple[int, ...] | None = None,
    **asked: Unpack[Asked],
) -> Attribution:
    """Return by how much the output falls when parts of the input are covered.

    Args:
        model: The model.
        data: Raw rows.
        output: See `fathom.inspect.attribution.attribute`.
        baseline: What covers; 0, or the padding token (token 0 without one), if None.
        size: Of a window along each axis. None: an eighth of an image's shorter side;
            1 for all else.
        stride: From one window to the next; half the size, at least 1, if None.
        asked: See `Asked`.

    Raises:
        InputError: If the data do not fit the model, or a setting cannot be used.
    """
    x = model.inputs(data)
    base = baseline_of(model, x, baseline, no_token=0)
    ask = readout(model, x, output, **asked)
    covers = covers_of(model, x, size, stride)
    n = n_rows(x)
    output_value = _values(model, ask, x, np.arange(n))
    values: dict[str, np.ndarray] = {}
    counts: dict[str, np.ndarray] = {}
    for one in entrances(model.network):
        shape = part(x, one.name).shape
        values[one.name], counts[one.name] = np.zeros(shape), np.zeros(shape)
    per_round = max(1, batch_size(model.network, n * len(covers)) // n)
    for start in range(0, len(covers), per_round):
        some = covers[start : start + per_round]
        covered = _covered(x, base, some)
        rows = np.tile(np.arange(n), len(some))
        drops = (output_value[rows] - _values(model, ask, covered, rows)).reshape(-1, n)
        for cover, drop in zip(some, drops, strict=True):
            _share(cover, drop, part(x, cover.name), part(base, cover.name),
                   (values[cover.name], counts[cover.name]))  # fmt: skip
    for name, own in values.items():
        own /= np.maximum(counts[name], 1)
    ends = output_value, _values(model, ask, base, np.arange(n))
    return attributed(model, "occlusion", ask, x, Values(values, base, *ends))


def covers_of(model: Model, x: Any, size: Any, stride: Any) -> list[Cover]:
    """Return the parts of the inputs that are covered, one after the other."""
    preprocessing = model.preprocessing
    if preprocessing is not None and preprocessing.image is None:
        if size is not None or stride is not None:
            raise InputError(
                "A table is covered column by column: leave out size and stride."
            )
        columns = preprocessing.inputs_by_column
        return [Cover("", (list(own),)) for own in columns.values() if own]
    covers: list[Cover] = []
    for one in entrances(model.network):
        shape = part(x, one.name).shape[1:]
        is_token = part(x, one.name).dtype.kind in "iu"
        places = shape if is_token or len(shape) == 1 else shape[:-1]
        default = 1
        if len(places) > 1 and not is_token:
            default = max(1, min(places) // SHARE)
        sizes = _along("size", size, default, places)
        halves = tuple(max(1, own // 2) for own in sizes)
        strides = _along("stride", stride, halves, places)
        axes = [
            [slice(s, s + k) for s in _starts(n, k, step)]
            for n, k, step in zip(places, sizes, strides, strict=True)
        ]
        covers += [Cover(one.name, where) for where in product(*axes)]
    return covers


def _along(
    name: str, given: Any, default: Any, places: tuple[int, ...]
) -> tuple[int, ...]:
    value = default if given is None else given
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,) * len(places)
    fits = len(sizes) == len(places) and all(map(is_whole, sizes))
    expected = f"a whole number of at least 1, or one for each of {len(places)} axes"
    require(fits, "occlusion", name, expected, given)
    return tuple(min(k, n) for k, n in zip(sizes, places, strict=True))


def _starts(n: int, size: int, stride: int) -> list[int]:
    """Return where windows start, the last one at the end.

    Example:
        >>> _starts(8, 3, 2)
        [0, 2, 4, 5]
    """
    starts = list(range(0, n - size + 1, stride))
    return starts if starts[-1] == n - size else [*starts, n - size]


def _covered(x: Any, base: Any, covers: list[Cover]) -> Any:
    """Return the inputs (covers * rows, ...), one cover after the other."""
    names = list(x) if isinstance(x, dict) else [""]
    n = n_rows(x)
    found = {}
    for name in names:
        own = part(x, name)
        copies = np.tile(own, (len(covers), *(1,) * (own.ndim - 1)))
        for i, cover in enumerate(covers):
            if cover.name == name:
                at = (slice(None), *cover.where)
                copies[i * n : (i + 1) * n][at] = part(base, name)[at]
        found[name] = copies
    return whole(found)


def _share(
    cover: Cover, drop: np.ndarray, x: np.ndarray, base: np.ndarray, found: Any
) -> None:
    """Add the drop (rows,) to the numbers that a cover changes."""
    values, counts = found
    at = (slice(None), *cover.where)
    changed = (x[at] != base[at]).astype(float)
    axes = tuple(range(1, changed.ndim))
    each = drop / np.maximum(changed.sum(axes), 1)
    values[at] += changed * each.reshape(-1, *(1,) * len(axes))
    counts[at] += changed


def _values(model: Model, ask: Readout, x: Any, rows: np.ndarray) -> np.ndarray:
    """Return the output explained (n,) float64, of inputs that belong to rows."""

    def run(points: np.ndarray) -> jax.Array:
        outputs = ask.network.compiled_apply(model.variables, rows_of(x, points))
        return read(outputs, ask.arrays(rows[points]))

    size = batch_size(ask.network, len(rows))
    return in_batches(run, len(rows), size).astype(np.float64)

"""Which rows are trained on and which are held out, fold by fold.

Every row is held out once. With classes, each fold has about as many rows of every
class; with groups, no group is on both sides; in order of time, what is held out comes
after what is trained on (then the first rows are never held out).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from fathom.errors import InputError, is_whole, require

Fold = tuple[np.ndarray, np.ndarray]
OWNER = "cross_validate"


def folds_of(
    given: Any,
    n: int,
    seed: int,
    classes: np.ndarray | None = None,
    groups: Any = None,
    in_order: bool = False,
) -> list[Fold]:
    """Return the rows (training, held out) of every fold.

    Args:
        given: How many folds, or the folds themselves: pairs of row numbers, as the
            splitters of scikit-learn give them.
        n: Number of rows.
        seed: Decides which rows go where.
        classes: (n,) class of every row. A class of a single row is always trained on.
        groups: (n,) group of every row, such as the patient.
        in_order: Whether the rows are in order of time.

    Raises:
        InputError: If there are too few rows or groups, or the pairs name other rows.

    Example:
        >>> folds = folds_of(2, 6, 0, classes=np.array([0, 0, 0, 0, 1, 1]))
        >>> sorted(np.concatenate([held for _, held in folds]).tolist())
        [0, 1, 2, 3, 4, 5]
    """
    if not isinstance(given, (int, np.integer)) or isinstance(given, bool):
        return _own_folds(given, n)
    k = int(given)
    require(is_whole(k, 2), OWNER, "folds", "a whole number of at least 2", given)
    if in_order:
        fits = groups is None
        require(fits, OWNER, "groups", "left out where rows are in order", "some")
        return _in_order(k, n)
    if n < k:
        raise InputError(f"{k} folds take at least {k} rows. Got {n}.")
    if groups is not None:
        return _pairs(_by_group(k, n, groups), k)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(n)
    if classes is not None:
        counts = np.bincount(classes)
        rows = rows[counts[classes[rows]] > 1]
        rows = rows[np.argsort(classes[rows], kind="stable")]
    place = np.full(n, -1)
    place[rows] = np.arange(len(rows)) % k
    return _pairs(place, k)


def _pairs(place: np.ndarray, k: int) -> list[Fold]:
    pairs = [(np.flatnonzero(place != i), np.flatnonzero(place == i)) for i in range(k)]
    if not all(len(held) for _, held in pairs):
        raise InputError(
            f"With {k} folds some would hold out no row: most classes have one row "
            f"only. Take fewer folds, or leave out such classes."
        )
    return pairs


def _in_order(k: int, n: int) -> list[Fold]:
    if n < k + 1:
        raise InputError(f"{k} folds in order take at least {k + 1} rows. Got {n}.")
    ends = n - (n // (k + 1)) * np.arange(k, -1, -1)
    rows = np.arange(n)
    return [(rows[:a], rows[a:b]) for a, b in itertools.pairwise(ends)]


def _by_group(k: int, n: int, groups: Any) -> np.ndarray:
    """Return the fold of every row: large groups first, each where there is most room.

    Raises:
        InputError: If there are fewer groups than folds, or not one for each row.
    """
    groups = np.asarray(groups)
    if groups.shape != (n,):
        raise InputError(
            f"'groups' must have one group for each of {n} rows. Got shape "
            f"{groups.shape}."
        )
    _, numbers, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(counts) < k:
        raise InputError(f"{k} folds take at least {k} groups. Got {len(counts)}.")
    room, place = np.zeros(k, int), np.zeros(len(counts), int)
    for group in np.argsort(-counts, kind="stable"):
        place[group] = np.argmin(room)
        room[place[group]] += counts[group]
    return place[numbers]


def _own_folds(given: Any, n: int) -> list[Fold]:
    expected = "a whole number of at least 2, or pairs (training rows, rows held out)"
    pairs = list(given) if isinstance(given, Iterable) else []
    fits = all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs)
    require(bool(pairs) and fits, OWNER, "folds", expected, given)
    found = [(np.asarray(a), np.asarray(b)) for a, b in pairs]
    for pair in found:
        for rows in pair:
            whole = rows.ndim == 1 and rows.dtype.kind in "iu" and len(rows)
            if not whole or rows.min() < 0 or rows.max() >= n:
                raise InputError(
                    f"Folds name rows by whole numbers from 0 to {n - 1}, some on both "
                    f"sides. Got an array of shape {rows.shape} and type {rows.dtype}."
                )
        if np.intersect1d(*pair).size:
            raise InputError(
                "A fold must not hold out rows that it trains on: its score would say "
                "nothing about new rows."
            )
    return found

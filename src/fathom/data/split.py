"""Which rows are for training and which are held out.

With classes the split is stratified: of n_c rows of class c, about share * n_c are held
out (largest remainders, Hamilton's method), and one row at least stays in training.
"""

from __future__ import annotations

import numpy as np

from fathom.errors import InputError, is_number, require


def split_indices(
    n: int, share: float, seed: int, classes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the row numbers (training, held out), each sorted and never empty.

    Args:
        n: Number of rows, at least 2.
        share: The share held out, above 0 and below 1; it is rounded to rows.
        seed: Decides which rows; the same seed gives the same split.
        classes: (n,) class of every row, integers. Every class then keeps at least
            one row in training, a class of a single row that one, and both parts hold
            the classes in about the same shares.

    Raises:
        InputError: If there are fewer than 2 rows or the share is not between 0 and 1.

    Example:
        >>> training, held_out = split_indices(10, 0.2, seed=0)
        >>> len(training), len(held_out)
        (8, 2)
    """
    require(
        is_number(share) and 0 < share < 1,
        "split_indices",
        "share",
        "a number above 0 and below 1",
        share,
    )
    whole_seed = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    require(
        whole_seed and seed >= 0,
        "split_indices",
        "seed",
        "a whole number of at least 0",
        seed,
    )
    if n < 2:
        raise InputError(
            f"Splitting into a training and a held-out part needs at least 2 rows. "
            f"Got {n}."
        )
    rng = np.random.default_rng(seed)
    n_held = min(max(round(n * share), 1), n - 1)
    held = None
    if classes is not None:
        held = _stratified(_class_numbers(classes, n), n_held, rng)
    if held is None:
        held = rng.permutation(n)[:n_held]
    is_held = np.zeros(n, bool)
    is_held[held] = True
    return np.flatnonzero(~is_held), np.flatnonzero(is_held)


def _class_numbers(classes: np.ndarray, n: int) -> np.ndarray:
    classes = np.asarray(classes)
    if classes.shape != (n,):
        raise InputError(
            f"'classes' must have one class for each of {n} rows. Got shape "
            f"{classes.shape}."
        )
    return np.unique(classes, return_inverse=True)[1]


def _stratified(
    classes: np.ndarray, n_held: int, rng: np.random.Generator
) -> np.ndarray | None:
    """Return the rows held out; None if every class has a single row."""
    counts = np.bincount(classes)
    # One row of each class stays in training, so that no class is unseen there.
    most = counts - 1
    n_held = min(n_held, int(most.sum()))
    if n_held == 0:
        return None
    quota = n_held * counts / counts.sum()
    taken = np.minimum(np.floor(quota).astype(int), most)
    # Equal remainders are common (balanced classes): chance breaks the ties.
    order = np.lexsort((rng.random(len(counts)), -(quota - np.floor(quota))))
    while taken.sum() < n_held:
        for c in order:
            if taken.sum() < n_held and taken[c] < most[c]:
                taken[c] += 1
    shuffled = rng.permutation(len(classes))
    by_class = shuffled[np.argsort(classes[shuffled], kind="stable")]
    starts = np.cumsum(counts) - counts
    places = [np.arange(s, s + k) for s, k in zip(starts, taken, strict=True) if k]
    return by_class[np.concatenate(places)]

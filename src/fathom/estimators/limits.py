"""What the settings of an estimator may be, as data, and how long "auto" trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fathom.errors import is_number, is_whole, require

# Steps after which a network of the default size has learned a small table.
STEPS = 2000
LEAST, MOST = 20, 200


def _is_list_of_functions(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(map(callable, value))


# What each may be, in words, and whether a value is.
LIMITS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "learning_rate": (
        "a number above 0",
        lambda value: is_number(value) and value > 0,
    ),
    "weight_decay": (
        "a number of at least 0, or 'auto'",
        lambda value: value == "auto" or (is_number(value) and value >= 0),
    ),
    "epochs": (
        "a whole number of at least 1, or 'auto'",
        lambda value: is_whole(value) or value == "auto",
    ),
    "batch_size": ("a whole number of at least 1", is_whole),
    "validation_fraction": (
        "a share between 0 and 1",
        lambda value: is_number(value) and 0 < value < 1,
    ),
    "early_stopping": (
        "a whole number of epochs of at least 1, or None",
        lambda value: value is None or is_whole(value),
    ),
    "dropout": (
        "a probability, 0 or more and below 1",
        lambda value: is_number(value) and 0 <= value < 1,
    ),
    "n_members": ("a whole number of at least 1", is_whole),
    "listeners": ("a list of functions", _is_list_of_functions),
}


def checked_settings(estimator: Any) -> dict[str, Any]:
    """Return settings as plain values; numbers of NumPy become those of Python.

    Raises:
        InputError: If a setting is not what it may be.
    """
    found = {}
    for name, (expected, fits) in LIMITS.items():
        value = getattr(estimator, name)
        value = value.item() if isinstance(value, np.generic) else value
        require(fits(value), type(estimator).__name__, name, expected, value)
        found[name] = value
    return found


def epochs_of(given: int | str, n_rows: int, batch_size: int) -> int:
    """Return the number of epochs.

    "auto" is as many as make 2,000 steps, from 20 for long tables to 200 for short
    ones.

    Args:
        given: A whole number, or "auto".
        n_rows: Rows of training.
        batch_size: Rows of one step.

    Example:
        >>> [epochs_of("auto", n, 64) for n in (150, 2_000, 100_000)]
        [200, 63, 20]
    """
    if isinstance(given, int):
        return given
    steps = -(-n_rows // batch_size)
    return min(max(-(-STEPS // steps), LEAST), MOST)

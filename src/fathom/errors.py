"""What went wrong with the user's input, in one clear message.

`InputError` is raised wherever what came in cannot be used. The command line shows
its text and exits with code 2; from Python it is an ordinary `ValueError`.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


class InputError(ValueError):
    """Input that cannot be used: says what came, what was expected, what to do."""


class RunError(RuntimeError):
    """A run that failed for a reason other than its input."""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return " Did you mean 'relu'?" for the closest known name, or ""."""
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def choose(table: Mapping[str, T], name: str, what: str) -> T:
    """Look up `name` in a table of named things, or say what is there.

    Args:
        table: The known names and what they stand for.
        name: The name asked for.
        what: The kind of thing, for the message ("activation", "loss").

    Raises:
        InputError: If the table has no such name.

    Example:
        >>> choose({"relu": 1}, "relu", "activation")
        1
        >>> choose({"relu": 1}, "rellu", "activation")
        Traceback (most recent call last):
        ...
        fathom.errors.InputError: Unknown activation 'rellu'. Did you mean 'relu'?
        Known: relu.
    """
    if isinstance(name, str) and name in table:
        return table[name]
    raise InputError(
        f"Unknown {what} {name!r}.{did_you_mean(name, table)} "
        f"Known: {', '.join(sorted(table))}."
    )


def require(
    holds: bool, owner: str, parameter: str, expected: str, got: object
) -> None:
    """Raise the one-sentence message for a parameter with a bad value.

    Example:
        >>> require(False, "Dense", "units", "a whole number of at least 1", -3)
        Traceback (most recent call last):
        ...
        fathom.errors.InputError: The 'units' parameter of Dense must be a whole number
        of at least 1. Got -3 instead.
    """
    if not holds:
        raise InputError(
            f"The '{parameter}' parameter of {owner} must be {expected}. "
            f"Got {got!r} instead."
        )


def is_whole(value: object, at_least: int = 1) -> bool:
    """Say whether a value is a whole number (not a boolean) and large enough."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= at_least


def is_number(value: object) -> bool:
    """Say whether a value is a finite real number (not a boolean)."""
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
    )

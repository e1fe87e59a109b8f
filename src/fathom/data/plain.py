"""Strict reading of plain data (what JSON gives): exact keys, checked values.

A saved model comes from outside. Every field is checked for type and range before it is
used, and everything malformed ends in one `InputError` that names the field.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fathom.errors import InputError

_LONGEST = 1_000_000


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Check:
    """What a field must be, in words and as a test, and what it becomes."""

    expected: str
    holds: Callable[[Any], bool]
    convert: Callable[[Any], Any] = _unchanged


def is_finite(value: Any) -> bool:
    """Say whether a value is a number that a float can hold.

    Example:
        >>> is_finite(10**400), is_finite(1.5), is_finite(True)
        (False, True, False)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def list_of(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return a test for a list, not endlessly long, whose values all pass a test."""
    return lambda value: (
        isinstance(value, list)
        and len(value) <= _LONGEST
        and all(holds(item) for item in value)
    )


def one_of(*known: str) -> Check:
    """Return the check for one of a few words."""
    return Check(
        f"one of {', '.join(map(repr, known))}",
        lambda value: isinstance(value, str) and value in known,
    )


def is_text(value: Any) -> bool:
    """Say whether a value is text that can be written as UTF-8."""
    if not isinstance(value, str):
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _distinct_text(value: Any) -> bool:
    return list_of(is_text)(value) and len(set(value)) == len(value)


TEXT = Check("text", is_text)
FLAG = Check("true or false", lambda value: isinstance(value, bool))
NUMBER = Check("a finite number", is_finite, float)
SPREAD = Check(
    "a finite number of at least 0", lambda v: is_finite(v) and v >= 0, float
)
SIZE = Check(
    "a whole number of at least 1", lambda v: type(v) is int and 1 <= v <= _LONGEST
)
WORDS = Check("a list of distinct texts", _distinct_text, tuple)
NUMBERS = Check(
    "a list of finite numbers",
    list_of(is_finite),
    lambda value: tuple(float(number) for number in value),
)


def take(data: Any, what: str, fields: Mapping[str, Check]) -> dict[str, Any]:
    """Return the fields of a mapping, checked and converted.

    Args:
        data: Should be a dict with exactly the keys of `fields`.
        what: What the data describe, for the message.
        fields: The check of every field.

    Raises:
        InputError: If it is no dict, a key is missing or unknown, or a value is not
            what the field must be.

    Example:
        >>> take({"mean": 1}, "The saved column", {"mean": NUMBER})
        {'mean': 1.0}
    """
    if not isinstance(data, Mapping):
        raise InputError(
            f"{what} is damaged: expected an object, got {type(data).__name__}."
        )
    for key in fields:
        if key not in data:
            raise InputError(f"{what} is damaged: '{key}' is missing.")
    unknown = [key for key in data if key not in fields]
    if unknown:
        raise InputError(f"{what} is damaged: {_short(unknown[0])} is unknown.")
    for key, check in fields.items():
        if not check.holds(data[key]):
            raise InputError(
                f"{what} is damaged: '{key}' must be {check.expected}. "
                f"Got {_short(data[key])} instead."
            )
    return {key: check.convert(data[key]) for key, check in fields.items()}


def _short(value: Any) -> str:
    try:
        text = ascii(value)
    except (ValueError, RecursionError):  # an endless integer, a nest of lists
        return f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."

"""The values of flags that hold more than one thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fathom.errors import InputError


def targets_of(given: Sequence[str] | None) -> Any:
    """Return the target, or several, from flags of which each may name several."""
    if not given:
        return None
    names = [part.strip() for text in given for part in text.split(",")]
    return names[0] if len(names) == 1 else names


def kinds_of(given: Sequence[str] | None) -> dict[str, str] | None:
    """Return {column: kind} from flags "column=kind".

    Raises:
        InputError: If a flag is not written so.
    """
    if not given:
        return None
    kinds = {}
    for text in given:
        column, equals, kind = text.rpartition("=")
        if not equals:
            raise InputError(
                f"--kind takes a column and its kind, such as zip=category. "
                f"Got {text!r} instead."
            )
        kinds[column] = kind
    return kinds

"""Dates in a table for an ejected file: from one cell to inputs of a network.

`fathom.export.eject` writes these into its file, source and all, where a table has
dates. They read a date as `fathom.data.dates` does.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from fathom.export.eject_columns import standardize

MONTHS = (
    "january february march april may june july august september october november "
    "december"
)

# A clock of 12 or 24 hours, and how far its zone is from that of Greenwich.
CLOCK = r"(?: +(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?(?: *(am|pm))?)?"
ZONE = r"(?: *([zZ]|[+-]\d{2}(?::?\d{2})?))?"


def moment(cell: Any, day_first: bool = True) -> datetime | None:
    """Return a cell as a date and time, or None if it is missing or no date.

    2024-01-31, 31.1.2024 (or 1/31/2024, month first), 31 Jan 2024, Jan 31, 2024; each
    may be followed by 14:05, 14:05:30 or, but for the first, 2:05 pm.
    """
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[us]").item()
    if isinstance(cell, datetime):
        return (cell - (cell.utcoffset() or timedelta())).replace(tzinfo=None)
    if hasattr(cell, "year"):
        return datetime(cell.year, cell.month, cell.day)
    text = str(cell).strip()
    iso = r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?=$|[T ]\d{1,2}:\d\d)"
    iso += CLOCK.replace(" +", "[T ]", 1) + ZONE
    found = re.fullmatch(iso, text, re.ASCII)
    if found:
        year, month, day, *clock, half, zone = found.groups()
        wrong = half or (zone and clock[0] is None)
        return None if wrong else at(year, month, day, clock, zone=zone)
    text = text.lower()
    numbers = r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?=$| \d{1,2}:\d\d)"
    found = re.fullmatch(numbers + CLOCK, text, re.ASCII)
    if found:
        day, month, year, *clock, half = found.groups()
        if not day_first:
            day, month = month, day
        return at(year, month, day, clock, half)
    named = r"(\d{1,2})([ -])([a-z]+)\2(\d{4})"
    found = re.fullmatch(named + CLOCK, text, re.ASCII)
    if found:
        day, _, name, year, *clock, half = found.groups()
        return at(year, month_number(name), day, clock, half)
    found = re.fullmatch(r"([a-z]+) (\d{1,2}), ?(\d{4})" + CLOCK, text, re.ASCII)
    if found:
        name, day, year, *clock, half = found.groups()
        return at(year, month_number(name), day, clock, half)
    return None


def month_number(name: str) -> int:
    """Return 1 to 12 for the name of a month or its first three letters, else 0."""
    for number, month in enumerate(MONTHS.split(), start=1):
        if name in (month, month[:3]):
            return number
    return 0


def at(
    year: Any,
    month: Any,
    day: Any,
    clock: list[Any],
    half: Any = None,
    zone: Any = None,
) -> datetime | None:
    """Return the moment in Greenwich, or None if there is no such day or time."""
    hour, minute, second, fraction = clock
    if fraction and half:
        return None
    if half and not 1 <= int(hour) <= 12:
        return None
    hours = int(hour or 0) % 12 + 12 * (half == "pm") if half else int(hour or 0)
    microseconds = int(f"{fraction or 0:0<6}"[:6])
    numbers = int(year), int(month), int(day), hours, int(minute or 0)
    try:
        local = datetime(*numbers, int(second or 0), microseconds)
    except ValueError:
        return None
    if zone in (None, "z", "Z"):
        return local
    east = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:].strip(":") or 0))
    return local + east if zone[0] == "-" else local - east


def date(
    when: datetime | None,
    start: str,
    days: tuple[float, float] | None = None,
    year: tuple[float, float] | None = None,
    cycles: tuple[str, ...] = (),
) -> list[float]:
    """Return inputs of a date: days since the start, the year, and cycles.

    Days and year are standardized by (mean, standard deviation). Month, weekday and
    hour are points on a circle, so that December is next to January. A missing date
    is all 0.
    """
    known = when or datetime.fromisoformat(start)
    inputs = []
    if days:
        since = (known - datetime.fromisoformat(start)) / timedelta(days=1)
        inputs.append(standardize(since, *days))
    if year:
        inputs.append(standardize(known.year, *year))
    places = {
        "month": (known.month - 1) / 12,
        "weekday": known.weekday() / 7,
        "hour": known.hour / 24,
    }
    for cycle in cycles:
        angle = 2 * math.pi * places[cycle]
        inputs += [math.sin(angle), math.cos(angle)]
    return [value if when else 0.0 for value in inputs]

"""Dates and times to inputs: how long since, which year, and what time of the year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from fathom.data.encoders import missing_name, report_missing, with_missing
from fathom.data.parsing import parse
from fathom.data.plain import FLAG, NUMBER, SPREAD, TEXT, Check, one_of
from fathom.data.scaling import center_and_spread, standardize

_DAY = 86_400e6  # in microseconds
_LENGTHS = {"month": 12, "weekday": 7, "hour": 24}
# Some 30,000 years either way: what a calendar date can be, in microseconds.
_FURTHEST = 10**18


def _is_cycles(value: object) -> bool:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        return False
    return value == [cycle for cycle in _LENGTHS if cycle in value]


def _is_start(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and -_FURTHEST < value < _FURTHEST  # type: ignore[operator]


@dataclass(frozen=True)
class TimeEncoder:
    """A date: days since the first in training, the year, and cycles.

    Month, weekday and hour are points on a circle, (sin, cos) of 2 pi k / n, so that
    December is next to January. Days and year are standardized. What does not vary in
    training is left out, and a missing date is in the middle: all inputs 0.

    Attributes:
        name: Of the column.
        order: Of dates in text, "day first" or "month first".
        start: First date in training, microseconds since 1970 (UTC).
        days_mean: Of the days since the start.
        days_std: Likewise; 0 if there was one moment only.
        year_mean: Of the year.
        year_std: Likewise; 0 if there was one year only.
        cycles: Which of "month", "weekday", "hour" vary.
        missing: Whether training had missing values.
    """

    kind: ClassVar[str] = "time"
    FIELDS: ClassVar[dict[str, Check]] = {
        "name": TEXT,
        "order": one_of("", "day first", "month first"),
        "start": Check("whole microseconds since 1970", _is_start),
        "days_mean": NUMBER,
        "days_std": SPREAD,
        "year_mean": NUMBER,
        "year_std": SPREAD,
        "cycles": Check("a list of month, weekday, hour", _is_cycles, tuple),
        "missing": FLAG,
    }

    name: str
    order: str
    start: int
    days_mean: float
    days_std: float
    year_mean: float
    year_std: float
    cycles: tuple[str, ...]
    missing: bool

    @classmethod
    def fit(cls, raw: pl.Series, order: str = "") -> TimeEncoder:
        """Return the encoder of a training column."""
        parsed = parse(raw, "time", order)
        present = parsed.drop_nulls()
        if present.is_empty():
            return cls(raw.name, order, 0, 0.0, 0.0, 0.0, 0.0, (), missing=False)
        moments = present.to_physical().to_numpy()
        start = int(moments.min())
        days = center_and_spread((moments - start) / _DAY)
        years = center_and_spread(present.dt.year().cast(pl.Float64).to_numpy())
        cycles = tuple(
            cycle for cycle in _LENGTHS if len(np.unique(_phase(present, cycle))) > 1
        )
        missing = bool(parsed.null_count())
        return cls(raw.name, order, start, *days, *years, cycles, missing)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """`when days`, `when year`, and `when month (sin)` and the like."""
        names = ["days"] if self.days_std else []
        names += ["year"] if self.year_std else []
        names += [f"{cycle} ({f})" for cycle in self.cycles for f in ("sin", "cos")]
        named = tuple(f"{self.name} {part}" for part in names)
        return named + missing_name(self.name, self.missing)

    def transform(self, raw: pl.Series) -> np.ndarray:
        """Return the inputs (rows, width)."""
        parsed = parse(raw, "time", self.order)
        absent = parsed.is_null().to_numpy()
        filled = parsed.fill_null(pl.lit(self.start).cast(pl.Datetime("us")))
        columns = []
        if self.days_std:
            days = (filled.to_physical().to_numpy() - float(self.start)) / _DAY
            columns.append(standardize(days, self.days_mean, self.days_std))
        if self.year_std:
            years = filled.dt.year().cast(pl.Float64).to_numpy()
            columns.append(standardize(years, self.year_mean, self.year_std))
        for cycle in self.cycles:
            # Looked up, not computed: sines of a long and a short array may differ
            # in the last bit, and a row must not depend on its neighbors.
            angles = 2 * np.pi * np.arange(_LENGTHS[cycle]) / _LENGTHS[cycle]
            phase = _phase(filled, cycle)
            columns += [np.sin(angles)[phase], np.cos(angles)[phase]]
        columns = [np.where(absent, 0.0, column) for column in columns]
        return with_missing(columns, absent, self.missing)

    def report(self, raw: pl.Series) -> list[str]:
        """Return sentences on missing dates."""
        parsed = parse(raw, "time", self.order)
        return report_missing(self, raw, parsed, self.missing, "all inputs are 0")


def _phase(moments: pl.Series, cycle: str) -> np.ndarray:
    """Return the month, weekday or hour counted from 0."""
    if cycle == "hour":
        return moments.dt.hour().cast(pl.Int64).to_numpy()
    part = moments.dt.month() if cycle == "month" else moments.dt.weekday()
    return part.cast(pl.Int64).to_numpy() - 1

"""Columns to inputs: what all encoders have, and those of numbers and booleans.

An encoder is fitted on the training part of one column, is plain data, and turns any
column of that name into float32 inputs (rows, width). What was missing in training gets
an input of its own, "age is missing"; what is missing for the first time later is
filled in silently, and `report` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol

import numpy as np
import polars as pl

from fathom.data.parsing import bad_values, parse, shown
from fathom.data.plain import FLAG, NUMBER, SPREAD, TEXT, Check
from fathom.data.scaling import center_and_spread, standardize


class Encoder(Protocol):
    """What every encoder has; each is a frozen dataclass whose fields are FIELDS."""

    kind: ClassVar[str]
    FIELDS: ClassVar[dict[str, Check]]

    @property
    def name(self) -> str:
        """The column's name."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The name of every input it makes; none if the column says nothing."""
        ...

    def transform(self, raw: pl.Series) -> np.ndarray:
        """Return the inputs, float64 (rows, width), of a raw column."""
        ...

    def report(self, raw: pl.Series) -> list[str]:
        """Return sentences on values that training did not have."""
        ...


def as_plain(encoder: Any) -> dict[str, Any]:
    """Return an encoder's kind and fields as JSON can hold them."""
    plain: dict[str, Any] = {"kind": encoder.kind}
    for entry in fields(encoder):
        value = getattr(encoder, entry.name)
        plain[entry.name] = _as_lists(value)
    return plain


def _as_lists(value: Any) -> Any:
    return [_as_lists(v) for v in value] if isinstance(value, tuple) else value


def missing_name(name: str, missing: bool) -> tuple[str, ...]:
    """Return the name of the input that says a value is missing, if there is one."""
    return (f"{name} is missing",) if missing else ()


def with_missing(
    columns: list[np.ndarray], absent: np.ndarray, missing: bool
) -> np.ndarray:
    """Return columns (rows,) and that of the missing values as (rows, width)."""
    if missing:
        columns = [*columns, absent.astype(np.float64)]
    if not columns:
        return np.zeros((len(absent), 0))
    return np.stack(columns, axis=1)


def report_missing(
    encoder: Encoder, raw: pl.Series, parsed: pl.Series, known: bool, filled: str
) -> list[str]:
    """Return sentences on unreadable values, and on missing ones new to training."""
    sentences = []
    bad = bad_values(raw, parsed)
    n_bad = int(bad.sum())
    if n_bad:
        first = shown(raw[bad.arg_max() or 0])
        sentences.append(
            f"column {encoder.name}: {values_are(n_bad)} no {encoder.kind} ({first}) "
            f"and treated as missing"
        )
    n_missing = parsed.null_count() - n_bad
    if n_missing and not known:
        sentences.append(
            f"column {encoder.name}: {values_are(n_missing)} missing, which training "
            f"did not have, and {filled}"
        )
    return sentences


def values_are(n: int) -> str:
    """Return "1 value is" or "3 values are"."""
    return "1 value is" if n == 1 else f"{n} values are"


@dataclass(frozen=True)
class NumberEncoder:
    """A number: missing ones become the median, then (x - mean) / std.

    Attributes:
        name: Of the column.
        median: Of the training part.
        mean: Of the training part, after filling in the median.
        std: Likewise; 0 if all values were equal, and then there is no such input.
        low: Least value in training.
        high: Greatest value in training.
        missing: Whether training had missing values.
    """

    kind: ClassVar[str] = "number"
    FIELDS: ClassVar[dict[str, Check]] = {
        "name": TEXT, "median": NUMBER, "mean": NUMBER, "std": SPREAD,
        "low": NUMBER, "high": NUMBER, "missing": FLAG,
    }  # fmt: skip

    name: str
    median: float
    mean: float
    std: float
    low: float
    high: float
    missing: bool

    @classmethod
    def fit(cls, raw: pl.Series) -> NumberEncoder:
        """Return the encoder of a training column."""
        values = parse(raw, "number").to_numpy()
        absent = np.isnan(values)
        present = values[~absent]
        if not len(present):
            return cls(raw.name, 0.0, 0.0, 0.0, 0.0, 0.0, missing=False)
        # Halves first: the mean of the two middle values must not overflow.
        median = float(np.median(present / 2) * 2)
        mean, std = center_and_spread(np.where(absent, median, values))
        low, high = float(present.min()), float(present.max())
        missing = bool(absent.any())
        return cls(raw.name, median, mean, std, low, high, missing)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The column's name, if it varies, and that of the missing ones."""
        value = (self.name,) if self.std else ()
        return value + missing_name(self.name, self.missing)

    def transform(self, raw: pl.Series) -> np.ndarray:
        """Return the inputs (rows, width)."""
        values = parse(raw, "number").to_numpy()
        absent = np.isnan(values)
        columns = []
        if self.std:
            filled = np.where(absent, self.median, values)
            columns.append(standardize(filled, self.mean, self.std))
        return with_missing(columns, absent, self.missing)

    def report(self, raw: pl.Series) -> list[str]:
        """Return sentences on missing values and those beyond the training range."""
        parsed = parse(raw, "number")
        filled = f"filled with the median of training, {self.median:g}"
        sentences = report_missing(self, raw, parsed, self.missing, filled)
        n_outside = int(((parsed < self.low) | (parsed > self.high)).sum())
        if n_outside:
            sentences.append(
                f"column {self.name}: {values_are(n_outside)} beyond those of training "
                f"({self.low:g} to {self.high:g})"
            )
        return sentences


@dataclass(frozen=True)
class BooleanEncoder:
    """Yes or no: 1 or 0.

    Attributes:
        name: Of the column.
        varies: Whether training had both; if not, there is no such input.
        fill: What a missing value becomes: the more frequent one in training.
        missing: Whether training had missing values.
    """

    kind: ClassVar[str] = "boolean"
    FIELDS: ClassVar[dict[str, Check]] = {
        "name": TEXT, "varies": FLAG, "fill": FLAG, "missing": FLAG,
    }  # fmt: skip

    name: str
    varies: bool
    fill: bool
    missing: bool

    @classmethod
    def fit(cls, raw: pl.Series) -> BooleanEncoder:
        """Return the encoder of a training column."""
        parsed = parse(raw, "boolean")
        present = parsed.drop_nulls()
        n_true = int(present.sum())
        missing = 0 < parsed.null_count() < len(parsed)
        return cls(
            raw.name, 0 < n_true < len(present), 2 * n_true > len(present), missing
        )

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The column's name, if it varies, and that of the missing ones."""
        value = (self.name,) if self.varies else ()
        return value + missing_name(self.name, self.missing)

    def transform(self, raw: pl.Series) -> np.ndarray:
        """Return the inputs (rows, width)."""
        parsed = parse(raw, "boolean")
        absent = parsed.is_null().to_numpy()
        filled = parsed.fill_null(self.fill).cast(pl.Float64).to_numpy()
        return with_missing([filled] if self.varies else [], absent, self.missing)

    def report(self, raw: pl.Series) -> list[str]:
        """Return sentences on missing values."""
        filled = f"filled with the more frequent value, {'yes' if self.fill else 'no'}"
        parsed = parse(raw, "boolean")
        return report_missing(self, raw, parsed, self.missing, filled)

"""Categories to inputs: one for each frequent one, one for all the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from fathom.data.encoders import missing_name, report_missing
from fathom.data.parsing import parse
from fathom.data.plain import FLAG, TEXT, WORDS, Check

MOST_CATEGORIES = 50


@dataclass(frozen=True)
class CategoryEncoder:
    """A category: one input each for the 50 most frequent ones, 1 where it is that one.

    Attributes:
        name: Of the column.
        categories: The most frequent first.
        other: Whether there were rarer ones, which share an input; categories that
            training did not have then go there, too, and else have all inputs 0.
        missing: Whether training had missing values.
    """

    kind: ClassVar[str] = "category"
    FIELDS: ClassVar[dict[str, Check]] = {
        "name": TEXT, "categories": WORDS, "other": FLAG, "missing": FLAG,
    }  # fmt: skip

    name: str
    categories: tuple[str, ...]
    other: bool
    missing: bool

    @classmethod
    def fit(cls, raw: pl.Series) -> CategoryEncoder:
        """Return the encoder of a training column."""
        parsed = parse(raw, "category").alias("category")
        counts = parsed.drop_nulls().value_counts(name="n")
        counts = counts.sort(["n", "category"], descending=[True, False])
        found = counts["category"].to_list()
        kept, other = found[:MOST_CATEGORIES], len(found) > MOST_CATEGORIES
        missing = 0 < parsed.null_count() < len(parsed)
        if len(found) == 1:  # always the same: it says nothing unless it is missing
            kept = []
        return cls(raw.name, tuple(kept), other, missing)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """`city = Paris` for each category, and "city is other"."""
        names = tuple(f"{self.name} = {category}" for category in self.categories)
        other = (f"{self.name} is other",) if self.other else ()
        return names + other + missing_name(self.name, self.missing)

    def transform(self, raw: pl.Series) -> np.ndarray:
        """Return the inputs (rows, width)."""
        parsed = parse(raw, "category")
        n_known = len(self.categories)
        places = dict(zip(self.categories, range(n_known), strict=True))
        place = np.full(len(parsed), n_known if self.other else -1)
        if places:
            found = parsed.replace_strict(places, default=-1, return_dtype=pl.Int64)
            found = found.fill_null(-1).to_numpy()
            place = np.where(found >= 0, found, place)
        absent = parsed.is_null().to_numpy()
        place[absent] = n_known + self.other if self.missing else -1
        inputs = np.zeros((len(parsed), n_known + self.other + self.missing))
        rows = np.flatnonzero(place >= 0)
        inputs[rows, place[rows]] = 1.0
        return inputs

    def report(self, raw: pl.Series) -> list[str]:
        """Return sentences on categories that training did not have."""
        parsed = parse(raw, "category")
        filled = "all its inputs are 0"
        sentences = report_missing(self, raw, parsed, self.missing, filled)
        present = parsed.drop_nulls().unique(maintain_order=True)
        unseen = present.filter(~present.is_in(list(self.categories)))
        if self.categories and not self.other and len(unseen):
            n = len(unseen)
            values, are = ("value", "is") if n == 1 else ("values", "are")
            more = ", ..." if n > 3 else ""
            sentences.append(
                f"column {self.name}: {n} {values} not seen in training "
                f"({', '.join(unseen[:3])}{more}) {are} treated as unknown"
            )
        return sentences

"""What is searched: ranges of numbers, and lists of choices.

    {"learning_rate": (1e-4, 1e-1), "hidden": [(32,), (64, 64)], "batch_size": [32, 64]}

A pair of numbers, or {"low": ..., "high": ...}, is a range, logarithmic if it spans
more than a power of ten; a list holds choices. Numbers that a compiled program takes as
arrays (`NUMBERS` of `fathom.cross_validation.grid`) vary within a program; all else
makes a program each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.cross_validation.grid import NUMBERS
from fathom.errors import InputError, is_number, require

# A range that spans more than this is drawn from on a logarithmic scale.
LOGARITHMIC = 10.0
# Spread of what is drawn around the best setting so far, as a share of the range.
SPREAD = 0.12


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`; whole ones if both ends are.

    Example:
        >>> Range(0.001, 1.0).at(0.5)
        0.0316228
        >>> Range(1, 5).at(1.0)
        5
    """

    low: float
    high: float

    @property
    def is_log(self) -> bool:
        """Whether equal ratios are equally likely."""
        return self.low > 0 and self.high / self.low > LOGARITHMIC

    def at(self, share: float) -> float:
        """Return the number at a share of the way from low to high."""
        if self.is_log:
            ends = math.log(self.low), math.log(self.high)
            value = math.exp(ends[0] + share * (ends[1] - ends[0]))
        else:
            value = self.low + share * (self.high - self.low)
        if isinstance(self.low, int) and isinstance(self.high, int):
            return round(value)
        return float(f"{value:.6g}")

    def place(self, value: float) -> float:
        """Return the share of the way at which a number lies."""
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Space:
    """Ranges and choices by name.

    Attributes:
        numbers: Vary within a program.
        structure: Make a program each.
    """

    numbers: Mapping[str, Range | list[Any]]
    structure: Mapping[str, Range | list[Any]]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Space:
        """Return the space that a dict describes.

        Raises:
            InputError: If a value is neither a range nor a list of choices.
        """
        require(isinstance(given, Mapping) and bool(given), "tune", "space",
                "ranges and lists by name, such as {'learning_rate': (1e-4, 0.1)}",
                given)  # fmt: skip
        parsed = {name: _parsed(name, value) for name, value in given.items()}
        return cls(
            {name: value for name, value in parsed.items() if name in NUMBERS},
            {name: value for name, value in parsed.items() if name not in NUMBERS},
        )

    def draw_numbers(
        self, n: int, rng: np.random.Generator, around: Mapping[str, Any] | None
    ) -> list[dict[str, Any]]:
        """Return n settings of the numbers.

        Args:
            n: How many.
            rng: Decides.
            around: A good setting, around which every second one is drawn; or None.
        """
        found = []
        for i in range(n):
            near = around if around is not None and i % 2 else None
            found.append({k: _drawn(v, rng, near and near.get(k))
                          for k, v in self.numbers.items()})  # fmt: skip
        return found

    def draw_structure(self, rng: np.random.Generator) -> dict[str, Any]:
        """Return one setting of the rest."""
        return {name: _drawn(value, rng) for name, value in self.structure.items()}


def _parsed(name: str, value: Any) -> Range | list[Any]:
    if isinstance(value, Mapping) and set(value) == {"low", "high"}:
        value = value["low"], value["high"]
    if isinstance(value, tuple) and len(value) == 2 and all(map(is_number, value)):
        low, high = value
        if low >= high:
            raise InputError(
                f"The range of {name!r} must go upwards. Got {value!r}: a list, with "
                f"brackets [ ], holds choices."
            )
        return Range(low, high)
    if isinstance(value, list) and value:  # lists of lists come from files
        return [tuple(item) if isinstance(item, list) else item for item in value]
    raise InputError(
        f"{name!r} must be a range (low, high) or a list of choices. Got {value!r}."
    )


def _drawn(
    values: Range | list[Any], rng: np.random.Generator, near: Any = None
) -> Any:
    if isinstance(values, list):
        choice = values[int(rng.integers(len(values)))]
        return choice if near is None or rng.random() < 1 / 3 else near
    if near is None:
        return values.at(float(rng.random()))
    place = values.place(near) + SPREAD * float(rng.normal())
    return values.at(min(max(place, 0.0), 1.0))

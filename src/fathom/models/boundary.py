"""Where a weighted sum is 0: the decision boundary of a neuron and of a perceptron.

    w . x + b = 0,  signed distance of x = (w . x + b) / |w|

Shapes: w (n,), x (n,) or (batch, n).
Source: Duda, Hart and Stork, "Pattern Classification" (2001), section 5.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.errors import InputError


@dataclass(frozen=True)
class DecisionBoundary:
    """Where a weighted sum is 0: all x with w . x + b = 0.

    A point for one input, a line for two, a plane for three, a hyperplane for more.

    Attributes:
        normal: The weights w, at right angles to the boundary; they point to the side
            where the sum is positive.
        offset: The bias b.

    Example:
        >>> boundary = DecisionBoundary((1.0, 2.0), -4.0)
        >>> print(boundary)
        line x2 = -0.5 x1 + 2
        >>> boundary.slope, boundary.intercept
        (-0.5, 2.0)
    """

    normal: tuple[float, ...]
    offset: float

    def __post_init__(self) -> None:
        """Check that there is a boundary."""
        if not any(self.normal):
            raise InputError(
                "All weights are 0, so the weighted sum is the same everywhere and "
                "there is no decision boundary."
            )

    @property
    def kind(self) -> str:
        """The shape: "point", "line", "plane" or "hyperplane"."""
        return boundary_kind(len(self.normal))

    @property
    def length(self) -> float:
        """Length of the normal, |w|."""
        return math.hypot(*self.normal)

    @property
    def distance_from_origin(self) -> float:
        """Distance from the origin to the boundary, |b| / |w|."""
        return abs(self.offset) / self.length

    @property
    def point(self) -> float:
        """The boundary of one input: x = -b / w."""
        self._require_inputs(1, "point")
        return 0.0 - self.offset / self.normal[0]

    @property
    def is_vertical(self) -> bool:
        """Whether the boundary of two inputs is a line of constant x1."""
        self._require_inputs(2, "slope")
        return self.normal[1] == 0

    @property
    def slope(self) -> float | None:
        """Slope of the line x2 = slope * x1 + intercept; None if it is vertical."""
        return None if self.is_vertical else 0.0 - self.normal[0] / self.normal[1]

    @property
    def intercept(self) -> float | None:
        """Where the line meets x1 = 0; None if it is vertical."""
        return None if self.is_vertical else 0.0 - self.offset / self.normal[1]

    @property
    def points(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Two points of the line: the nearest to the origin, and one at distance 1."""
        self._require_inputs(2, "points")
        (w1, w2), length = self.normal, self.length
        foot = (-self.offset * w1 / length**2, -self.offset * w2 / length**2)
        return foot, (foot[0] - w2 / length, foot[1] + w1 / length)

    def distance(self, x: Any) -> Any:
        """Return the signed distance: positive on the side where the sum is.

        Args:
            x: One point (n,), or many (batch, n).

        Returns:
            (w . x + b) / |w|, a number for one point and an array (batch,) for many.

        Raises:
            InputError: If x does not have one number for each weight.
        """
        rows, is_one = input_rows(x, len(self.normal), "decision boundary")
        distances = (rows @ np.array(self.normal) + self.offset) / self.length
        return distances[0].item() if is_one else distances

    def __str__(self) -> str:
        if self.kind == "point":
            return f"point x1 = {short(self.point)}"
        if self.kind != "line":
            names = [f"x{i}" for i in range(1, len(self.normal) + 1)]
            terms = [*zip(self.normal, names, strict=True), (self.offset, "")]
            return f"{self.kind} {_added(terms)} = 0"
        if self.slope is None or self.intercept is None:
            x1 = 0.0 - self.offset / self.normal[0]
            return f"line x1 = {short(x1)} (vertical)"
        return f"line x2 = {_added([(self.slope, 'x1'), (self.intercept, '')])}"

    def _require_inputs(self, n: int, what: str) -> None:
        if len(self.normal) != n:
            raise InputError(
                f"'{what}' is for a boundary of {n} input{'s' * (n > 1)}. This one is "
                f"a {self.kind}, of {len(self.normal)}: use normal and offset."
            )


def boundary_kind(n_inputs: int) -> str:
    """Return what a boundary among so many inputs is called."""
    return {1: "point", 2: "line", 3: "plane"}.get(n_inputs, "hyperplane")


def input_rows(x: Any, n_inputs: int, owner: str) -> tuple[np.ndarray, bool]:
    """Return x as rows (batch, n) in float64, and whether it is one input (n,).

    Raises:
        InputError: If x is not numbers, or not `n_inputs` of them for each input.
    """
    array = as_numbers(x)
    if array is None:
        raise InputError(f"Inputs must be numbers. Got {x!r} instead.")
    if array.ndim not in (1, 2) or array.shape[-1] != n_inputs:
        length = array.shape[-1] if array.ndim else 1
        raise InputError(
            f"This {owner} has {n_inputs} weight{'s' * (n_inputs > 1)}, so it takes one"
            f" input of shape ({n_inputs},) or many of shape (batch, {n_inputs}). Got "
            f"length {length}, shape {array.shape}, instead."
        )
    return (array[None, :], True) if array.ndim == 1 else (array, False)


def as_numbers(values: Any) -> np.ndarray | None:
    """Return values as a float64 array, or None if they are not numbers in rows."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        return None
    return array.astype(np.float64) if array.dtype.kind in "biuf" else None


def short(number: float, digits: int = 6) -> str:
    """Return a number in a few digits, without a needless point or minus."""
    return f"{number + 0.0:.{digits}g}"


def _added(terms: Sequence[tuple[float, str]]) -> str:
    """Return "2 x1 - 3" for the terms (2, "x1") and (-3, ""); zeros are left out."""
    text = ""
    for factor, name in terms:
        if factor == 0:
            continue
        sign = (
            ("-" if factor < 0 else "") if not text else " - " if factor < 0 else " + "
        )
        text += sign + f"{short(abs(factor))} {name}".rstrip()
    return text or "0"

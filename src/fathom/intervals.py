"""How far a measured metric can be off, given the rows it was measured on.

A share of k among n rows has Wilson's interval,

    (p + z^2 / 2n  -+  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n),  p = k / n,

which holds for few rows and for shares of 0 and 1. Other metrics are computed again on
rows drawn with replacement, and the middle of what comes is the interval (percentile
bootstrap).

Sources: Wilson 1927, "Probable inference, the law of succession, and statistical
inference"; Efron and Tibshirani 1993, "An Introduction to the Bootstrap".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.metrics import classification_report_values, regression_report_values
from fathom.resampling import resampled

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A metric with the interval in which it lies with a probability of 95 %.

    Attributes:
        value: On the rows measured.
        low: Lower end.
        high: Upper end.
        n: Rows it rests on.
        is_share: Whether it is a share of the n rows.
    """

    value: float
    low: float
    high: float
    n: int
    is_share: bool = False

    def interval(self, level: float) -> tuple[float, float]:
        """Return the interval of another level, such as 0.99.

        Wilson's for a share; else the ends as far away as those of a normal
        distribution would be.
        """
        if self.is_share:
            return wilson(round(self.value * self.n), self.n, level)
        factor = _z(level) / _z(LEVEL)
        low, high = self.value - self.low, self.high - self.value
        return self.value - factor * low, self.value + factor * high

    def to_dict(self) -> dict[str, Any]:
        """Return value, ends and rows as plain data."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def wilson(k: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a share of k among n rows.

    Example:
        >>> [round(end, 3) for end in wilson(10, 10)]
        [0.722, 1.0]
    """
    z, p = _z(level), k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def share(is_one: np.ndarray) -> Estimate:
    """Return the share of rows of which something holds, at least one row.

    Example:
        >>> share(np.array([True, True, False, True])).value
        0.75
    """
    k, n = int(np.sum(is_one)), len(is_one)
    return Estimate(k / n, *wilson(k, n), n, is_share=True)


def estimates(task: str, known: np.ndarray, given: np.ndarray) -> dict[str, Estimate]:
    """Return every metric of a whole set with its interval.

    Args:
        task: "classification" or "regression".
        known: (rows,) class numbers, or (rows, targets) numbers.
        given: (rows, classes) probabilities, or numbers like `known`.

    Returns:
        The metrics of `fathom.metrics`. One that cannot be computed on most draws (such
        as ROC AUC with two rows of a class) is left out.
    """
    is_class = task == "classification"
    report = classification_report_values if is_class else regression_report_values
    values: Mapping[str, float] = report(known, given)
    samples = resampled(task, known, given)
    found = {}
    for name, value in values.items():
        if name == "accuracy":
            found[name] = share(given.argmax(axis=1) == known)
            continue
        usable = samples[name][np.isfinite(samples[name])]
        if 2 * len(usable) > len(samples[name]):
            low, high = np.quantile(usable, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
            found[name] = Estimate(value, float(low), float(high), len(known))
    return found


def difference(a: Estimate, b: Estimate, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a - b, for estimates on different rows.

    The ends of the two are combined as Newcombe 1998 does for shares ("Interval
    estimation for the difference between independent proportions", method 10), and
    Zou and Donner 2008 for any other number.

    Example:
        >>> a, b = share(np.arange(70) < 56), share(np.arange(80) < 48)
        >>> [round(end, 4) for end in difference(a, b)]  # as in Newcombe's table II
        [0.0524, 0.3339]
    """
    (a_low, a_high), (b_low, b_high) = a.interval(level), b.interval(level)
    middle = a.value - b.value
    below = math.hypot(a.value - a_low, b_high - b.value)
    above = math.hypot(a_high - a.value, b.value - b_low)
    return middle - below, middle + above


def _z(level: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + level) / 2)

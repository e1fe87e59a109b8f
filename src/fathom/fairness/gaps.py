"""The largest difference between groups in every metric, and whether it is chance.

With k groups there are m = k (k - 1) / 2 differences, and the largest is looked at: so
its interval is that of the level 1 - 0.05 / m (Bonferroni), which holds for all of them
at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fathom.intervals import LEVEL, difference
from fathom.verdict import label, number

if TYPE_CHECKING:
    from fathom.fairness.result import Group

# Below so many rows a metric says little: Wilson's interval of a share of 0.8 is from
# 0.63 to 0.90 with 30 rows.
FEWEST_ROWS = 30


@dataclass(frozen=True)
class Gap:
    """The largest difference between two groups in one metric.

    Attributes:
        metric: Its name.
        highest: The group with the highest value.
        lowest: The group with the lowest.
        values: Of the highest and the lowest.
        low: Lower end of the interval of the difference.
        high: Upper end.
    """

    metric: str
    highest: str
    lowest: str
    values: tuple[float, float]
    low: float
    high: float

    @property
    def size(self) -> float:
        """How far apart the two groups are."""
        return self.values[0] - self.values[1]

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0

    def __str__(self) -> str:
        """Return the gap in words."""
        high, low = map(number, self.values)
        return (
            f"{label(self.metric)} {number(self.size)} ({self.highest} {high}, "
            f"{self.lowest} {low}; interval {number(self.low)} to {number(self.high)})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return metric, groups, difference and interval as plain data."""
        return {
            "metric": self.metric,
            "highest": self.highest,
            "lowest": self.lowest,
            "gap": self.size,
            "low": self.low,
            "high": self.high,
            "beyond_chance": self.is_beyond_chance,
        }


def gaps_of(groups: Sequence[Group]) -> tuple[Gap, ...]:
    """Return the gap of every metric that at least two groups have enough rows for."""
    names = dict.fromkeys(name for group in groups for name in group.estimates)
    found = []
    for name in names:
        own = [
            (group.estimates[name], group.name)
            for group in groups
            if name in group.estimates and group.estimates[name].n >= FEWEST_ROWS
        ]
        if len(own) < 2:
            continue
        high = max(own, key=lambda pair: pair[0].value)
        low = min(own, key=lambda pair: pair[0].value)
        if high is low:  # all are equal
            high, low = own[0], own[1]
        level = 1 - (1 - LEVEL) / (len(own) * (len(own) - 1) / 2)
        ends = difference(high[0], low[0], level)
        values = high[0].value, low[0].value
        found.append(Gap(name, high[1], low[1], values, *ends))
    return tuple(found)

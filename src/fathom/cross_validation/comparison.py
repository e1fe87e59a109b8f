"""Settings with their scores, as plain data: what a table and a chart are made from.

The rule of one standard error takes the most regularized setting whose mean is within
one standard error of the best. Source: Breiman, Friedman, Olshen and Stone,
"Classification and regression trees" (1984), section 3.4.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fathom.errors import InputError

# The file of a run that has one.
COMPARISON = "cross_validation.json"


@dataclass(frozen=True)
class Scored:
    """A setting with its score.

    Attributes:
        number: Of the setting.
        setting: What the grid says, by name.
        mean: Over folds and seeds.
        standard_error: Of the mean.
    """

    number: int
    setting: dict[str, Any]
    mean: float
    standard_error: float


@dataclass(frozen=True)
class ComparedSettings:
    """Settings that were compared on the same folds.

    Attributes:
        settings: In the order of the grid.
        scoring: What they are compared by.
        higher_is_better: Whether more of it is better.
        folds: How many.
        seeds: Runs of each setting on each fold.
        seconds: How long it took.
        ranks: Of every setting, by how much it regularizes.
    """

    settings: tuple[Scored, ...]
    scoring: str
    higher_is_better: bool
    folds: int
    seeds: int = 1
    seconds: float = 0.0
    ranks: Sequence[tuple[float, ...]] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Rank by weight decay and dropout where nothing else is said."""
        if not self.ranks:
            ranks = [rank_of(one.setting) for one in self.settings]
            object.__setattr__(self, "ranks", tuple(ranks))

    @property
    def best(self) -> Scored:
        """The setting with the best mean; of equal ones, the most regularized."""
        return max(self.settings, key=lambda o: (self.good(o), self.ranks[o.number]))

    @property
    def one_standard_error(self) -> Scored:
        """The most regularized setting within one standard error of the best."""
        limit = self.good(self.best) - self.best.standard_error
        near = [one for one in self.settings if self.good(one) >= limit]
        return max(
            near or [self.best], key=lambda o: (self.ranks[o.number], self.good(o))
        )

    @property
    def ranked(self) -> list[Scored]:
        """The settings, the best first."""
        return sorted(self.settings, key=self.good, reverse=True)

    def good(self, one: Scored) -> float:
        """Return the mean so that more is better; a run that failed is the worst."""
        sign = 1.0 if self.higher_is_better else -1.0
        return sign * one.mean if math.isfinite(one.mean) else -math.inf

    def to_dict(self) -> dict[str, Any]:
        """Return settings, scores and choices as plain data."""
        return {
            "scoring": self.scoring,
            "higher_is_better": self.higher_is_better,
            "folds": self.folds,
            "seeds": self.seeds,
            "seconds": round(self.seconds, 3),
            "best": self.best.setting,
            "one_standard_error": self.one_standard_error.setting,
            "settings": [
                {**one.setting, "mean": one.mean, "standard_error": one.standard_error}
                for one in self.settings
            ],
        }

    @staticmethod
    def from_dict(content: Any) -> ComparedSettings:
        """Return the comparison that `to_dict` wrote.

        Raises:
            InputError: If the content is damaged.
        """
        try:
            scored = []
            for number, row in enumerate(content["settings"]):
                own = dict(row)
                mean, error = (_number(own.pop(n)) for n in ("mean", "standard_error"))
                scored.append(Scored(number, own, mean, error))
            return ComparedSettings(
                tuple(scored), str(content["scoring"]),
                bool(content["higher_is_better"]), int(content["folds"]),
                int(content["seeds"]), float(content["seconds"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{COMPARISON} is damaged: {type(error).__name__} {error}."
            ) from error


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def rank_of(setting: Mapping[str, Any]) -> tuple[float, ...]:
    """Return how much a setting regularizes: its weight decay, then its dropout."""

    def number(name: str) -> float:
        value = setting.get(name)
        return float(value) if isinstance(value, (int, float)) else 0.0

    return number("weight_decay"), number("dropout")

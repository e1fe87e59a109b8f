"""Successive halving: train many settings a little, and the best of them on.

    rungs at epochs E/9, E/3, E; after each, a third of the settings goes on

The settings are members of one program. Those that go on do so from where they stand,
as if they had never been stopped. Source: Jamieson and Talwalkar, "Non-stochastic best
arm identification and hyperparameter optimization" (2016).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np

from fathom.training.member_runs import Lot, MemberRuns
from fathom.training.members import Judged
from fathom.training.rows import variance

ETA = 3


class Reached(NamedTuple):
    """What a member has reached.

    Attributes:
        epochs: The rung at which it scored best, or the last one.
        score: There.
        trained: The last rung that it finished.
    """

    epochs: int
    score: float
    trained: int


@dataclass
class Halving:
    """Settings on their way up the rungs.

    Attributes:
        works: Runs of the members, one for each program that the folds need.
        scoring: "loss", or the name of a metric.
        deadline: On the clock of `time.monotonic`.
        keeps_best: Whether a member's score is that of its best rung, as it may be
            where it could have been stopped there; else that of its last.
        slowest: Seconds an epoch of a lot took at most.
        first_at: When the first rung was done, on the same clock.
    """

    works: Sequence[MemberRuns]
    scoring: str
    deadline: float
    keeps_best: bool = True
    slowest: float = 0.0
    first_at: float = 0.0

    def climb(self, higher_is_better: bool) -> dict[int, Reached]:
        """Train up the rungs until the last, or until there is no time left.

        The first rung is climbed whatever the time.
        """
        epochs = self.works[0].settings[0].epochs
        alive = list(range(len(self.works[0].settings)))
        lots = [work.lots() for work in self.works]
        found: dict[int, Reached] = {}
        for number, rung in enumerate(rungs(epochs)):
            scores = self._advance(lots, rung, is_first=number == 0)
            if scores is None:
                break
            self.first_at = self.first_at or time.monotonic()
            sign = -1 if higher_is_better else 1
            goods = {member: _last(sign * scores[member]) for member in alive}
            for member in alive:
                now = Reached(rung, scores[member], rung)
                before = found.get(member, now)
                is_worse = (
                    self.keeps_best and _last(sign * before.score) < goods[member]
                )
                found[member] = before._replace(trained=rung) if is_worse else now
            ranked = sorted(alive, key=goods.__getitem__)
            alive = sorted(ranked[: max(len(ranked) // ETA, 1)])
            lots = [self._regrouped(w, own, alive) for w, own in
                    zip(self.works, lots, strict=True)]  # fmt: skip
        return found

    def _advance(
        self, lots: list[list[Lot]], rung: int, is_first: bool
    ) -> dict[int, float] | None:
        """Train all lots up to a rung; None if the time does not suffice."""
        totals: dict[int, list[float]] = {}
        for place, work in enumerate(self.works):

            def one(lot: Lot, work: MemberRuns = work) -> tuple[Lot, Judged] | None:
                begin = time.monotonic()
                needed = self.slowest * (rung - lot.done)
                if not is_first and begin + needed > self.deadline:
                    return None
                new = work.advance(lot, rung)
                took = (time.monotonic() - begin) / max(rung - lot.done, 1)
                self.slowest = max(self.slowest, took)
                return new, work.judge(new)

            done = work.each(one, lots[place])
            if any(item is None for item in done):
                return None
            pairs = [item for item in done if item is not None]
            lots[place] = [lot for lot, _ in pairs]
            for lot, judged in pairs:
                self._collect(work, lot, judged, totals)
        return {member: float(np.mean(own)) for member, own in totals.items()}

    def _collect(
        self, work: MemberRuns, lot: Lot, judged: Judged, totals: dict[int, list[float]]
    ) -> None:
        objective, part = work.members.rule.objective, work.parts[lot.part]
        scale = variance(part.test) if self.scoring == "r2" else None
        for place in _first_places(lot):
            score = np.asarray(judged.means[self.scoring])[place]
            value = float(score)if self.scoring == "loss" else objective.finish(
                self.scoring, score, scale)  # fmt: skip
            totals.setdefault(int(lot.members[place]), []).append(value)

    def _regrouped(
        self, work: MemberRuns, lots: list[Lot], alive: list[int]
    ) -> list[Lot]:
        """Return lots of the members that go on, from where they stand."""
        found = []
        for part in range(len(work.parts)):
            own = [lot for lot in lots if lot.part == part]
            held: dict[int, Any] = {}
            for lot in own:
                standing = jax.device_get(lot.standing)
                for place in _first_places(lot):
                    member = int(lot.members[place])
                    held[member] = jax.tree.map(lambda a, i=place: a[i], standing)
            for members in work.grouped(alive):
                rows = [held[int(member)] for member in members]
                standing = jax.tree.map(lambda *leaves: np.stack(leaves), *rows)
                found.append(Lot(part, members, standing, own[0].done))
        return found


def rungs(epochs: int) -> list[int]:
    """Return the epochs after which settings are compared.

    Example:
        >>> rungs(90), rungs(2)
        ([10, 30, 90], [1, 2])
    """
    found = {max(round(epochs / ETA**i), 1) for i in range(3)}
    return sorted(found)


def _first_places(lot: Lot) -> list[int]:
    """Return where each member stands first; the last may fill up the lot."""
    return np.unique(lot.members, return_index=True)[1].tolist()


def _last(value: float) -> float:
    return value if math.isfinite(value) else math.inf

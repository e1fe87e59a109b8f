"""`fathom.tune`: rounds of successive halving until the time is over.

In every round a structure (layers, batch size) is proposed, and some settings of the
numbers (learning rate, weight decay) are trained side by side by the one program of
that structure. The best of them go on to the next rung.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fathom import metrics as known_metrics
from fathom.cross_validation.encoding import Rows, encoded_parts
from fathom.cross_validation.folds import Fold, folds_of
from fathom.cross_validation.grid import Candidate, candidates
from fathom.cross_validation.validation import settings_for
from fathom.errors import InputError, choose, is_number, is_whole, require
from fathom.files import make_folder
from fathom.network import Network
from fathom.trained import TrainingResult, train
from fathom.training.loop import Listener
from fathom.training.member_runs import MemberRuns
from fathom.training.parts import alike
from fathom.training.settings import Settings
from fathom.tuning.halving import Halving
from fathom.tuning.samplers import Sampler, sampler_for
from fathom.tuning.space import Space
from fathom.tuning.tuning import TRIALS, Trial, Tuning, read_trials, write_trials

# Settings tried side by side in a round.
MEMBERS = 15
OF_DATA = ("loss", "validation", "class_weight", "sample_weight")


def tune(  # noqa: PLR0913  (each setting is one the user may name)
    network: Network | str | Callable[..., Network],
    data: Any,
    space: Mapping[str, Any],
    *,
    budget: float | str = 60.0,
    folds: int = 3,
    members: int = MEMBERS,
    rounds: int | None = None,
    scoring: str | None = None,
    sampler: str = "auto",
    seed: int = 0,
    folder: str | Path | None = None,
    resume: bool = False,
    listeners: Sequence[Listener] = (),
    **settings: Any,
) -> Tuning:
    """Search for good settings within a time budget.

    Args:
        network: As `fathom.train` takes it.
        data: As `fathom.train` takes it, with targets.
        space: Ranges (low, high) and lists of choices by name: settings of
            `fathom.train`, "network", or what the recipe takes, such as "hidden".
        budget: Seconds, or "90s", "2m", "1h". No round or rung is begun that would, as
            far as the time of those before tells, end later; the first rung of the
            first round is trained in any case.
        folds: Every setting is scored on so many folds.
        members: Settings tried side by side in a round.
        rounds: At most so many; None goes on until the time is over.
        scoring: "loss" (None) or "accuracy", "r2" ...
        sampler: What proposes structures: "optuna", "random", or "auto", which is
            Optuna if it is installed.
        seed: Fixes folds, start values and what is drawn.
        folder: Where trials are written after each round, to go on with later.
        resume: Go on with the search in that folder.
        listeners: Called as listener("round", number, best, seconds) after each round.
        settings: Further settings of `fathom.train` that all have in common.

    Returns:
        All trials, the best setting, and the refit on all rows.

    Raises:
        InputError: If something handed over cannot be used; says what and why.

    Example:
        >>> import fathom as fm
        >>> iris = fm.datasets.load("iris")
        >>> space = {"learning_rate": (0.0001, 0.1)}
        >>> found = fm.tune("mlp", iris, space, rounds=1, members=4, folds=2, epochs=9)
        >>> len(found.trials), found.best.epochs
        (4, 9)
    """
    whole = "a whole number of at least 1"
    require(is_whole(members), "tune", "members", whole, members)
    fits = rounds is None or is_whole(rounds)
    require(fits, "tune", "rounds", f"{whole}, or None", rounds)
    given = {name: settings.pop(name, None) for name in OF_DATA}
    common = Settings(given["loss"] or "mean_squared_error", seed=seed, record=False,
                      **settings)  # fmt: skip
    rows, parsed = Rows.of(data, network, **given), Space.of(space)
    first = _candidate(network, common, _first(parsed))
    pairs = folds_of(folds, len(rows), seed, rows.classes(first.network))
    search = Search(
        network, common, rows, pairs, parsed, scoring or "loss",
        sampler_for(sampler, parsed, seed), members if parsed.numbers else 1,
    )  # fmt: skip
    if folder is not None:
        search.open(Path(folder), resume)
    search.run(budget_seconds(budget), rounds, listeners)
    fit = partial(refit, network, common, rows)
    return Tuning(tuple(search.trials), search.scoring, search.higher_is_better,
                  common.epochs, search.seconds, fit)  # fmt: skip


@dataclass
class Search:
    """A search under way.

    Attributes:
        network: As `fathom.train` takes it.
        common: Settings that all have in common.
        rows: All rows.
        folds: Pairs of row numbers.
        space: What is searched.
        scoring: "loss" or a metric.
        sampler: Proposes structures.
        members: Settings tried side by side.
        trials: So far.
        seconds: So far.
        folder: Where trials are written, or None.
    """

    network: Any
    common: Settings
    rows: Rows
    folds: Sequence[Fold]
    space: Space
    scoring: str
    sampler: Sampler
    members: int
    trials: list[Trial] = field(default_factory=list)
    seconds: float = 0.0
    folder: Path | None = None

    def __post_init__(self) -> None:
        """Check the score's name."""
        self.scoring = known_metrics.ALIASES.get(self.scoring, self.scoring)
        known = {"loss": None, **known_metrics.METRICS}
        choose(known, self.scoring, "scoring")

    @property
    def higher_is_better(self) -> bool:
        """Whether more of the score is better."""
        name = self.scoring
        return name != "loss" and known_metrics.get(name).higher_is_better

    def open(self, folder: Path, resume: bool) -> None:
        """Take a folder for the trials, and those that are there."""
        if resume:
            self.trials, self.seconds = read_trials(folder)
            for number in sorted({trial.round for trial in self.trials}):
                self._tell(number)
        elif (folder / TRIALS).exists():
            raise InputError(
                f"There is a search in {folder}: go on with it by resume, or name "
                f"another folder."
            )
        self.folder = folder if resume else make_folder(folder)

    def run(
        self, budget: float, rounds: int | None, listeners: Sequence[Listener]
    ) -> None:
        """Go through rounds until the time is over."""
        begin = time.monotonic()
        before, longest, done = self.seconds, 0.0, 0
        number = max((trial.round for trial in self.trials), default=-1) + 1
        while rounds is None or done < rounds:
            started = time.monotonic()
            if done and started + longest > begin + budget:
                break
            new, first_rung = self._round(number, begin + budget)
            longest = max(longest, first_rung)
            self.seconds = before + time.monotonic() - begin
            self.trials += new
            self._tell(number)
            if self.folder is not None:
                write_trials(self.folder, new, self.seconds)
            best = self._best(self.trials)
            for listener in listeners:
                listener("round", number=number, best=best, seconds=self.seconds)
            number, done = number + 1, done + 1

    def _round(self, number: int, deadline: float) -> tuple[list[Trial], float]:
        """Return the trials of a round, and the seconds until its first rung."""
        begin = time.monotonic()
        structure = self.sampler.ask(number)
        best = self._best(self.trials)
        rng = np.random.default_rng([self.common.seed, number, 1])
        around = None if best is None else best.setting
        drawn = self.space.draw_numbers(self.members, rng, around)
        settings = [{**structure, **own} for own in drawn]
        found = [_candidate(self.network, self.common, own) for own in settings]
        # Of a schedule, a shorter run would have had other rates.
        can_stop = all(one.settings.schedule == "constant" for one in found)
        halving = Halving(self._works(found), self.scoring, deadline, can_stop)
        reached = halving.climb(self.higher_is_better)
        trials = [
            Trial(own, one.score, one.epochs, number, one.trained)
            for own, one in zip(
                settings, map(reached.get, range(len(found))), strict=True
            )
            if one is not None
        ]
        return trials, halving.first_at - begin

    def _works(self, found: Sequence[Candidate]) -> list[MemberRuns]:
        seeds = [self.common.seed]
        parts, usual = encoded_parts(self.rows, found[0].network, self.folds, seeds)
        asked = usual if self.scoring in ("loss", *usual) else (self.scoring,)
        ready = [
            settings_for(own.settings, parts[0].network, self.rows.loss, asked)
            for own in found
        ]
        return [
            MemberRuns(network, ready, [parts[i] for i in numbers])
            for network, numbers in alike(parts, ready[0])
        ]

    def _best(self, trials: Sequence[Trial]) -> Trial | None:
        if not trials:
            return None
        return Tuning(
            tuple(trials), self.scoring, self.higher_is_better, 0, 0.0, train
        ).best

    def _tell(self, number: int) -> None:
        """Tell the sampler what the best of a round has reached."""
        best = self._best([trial for trial in self.trials if trial.round == number])
        if best is not None and math.isfinite(best.score):
            names = self.space.structure
            structure = {name: best.setting[name] for name in names}
            sign = -1 if self.higher_is_better else 1
            self.sampler.tell(structure, sign * best.score)


def refit(
    network: Any, common: Settings, rows: Rows, setting: Mapping[str, Any], **more: Any
) -> TrainingResult:
    """Train with a setting on all rows, as `fathom.train` does."""
    one = _candidate(network, common, setting)
    given = {n: getattr(one.settings, n) for n in one.settings.__dataclass_fields__}
    for name in ("record", "metrics", "objective"):
        del given[name]
    own = {name: getattr(rows, name) for name in OF_DATA}
    return train(one.network, rows.data, **{**given, **own, **more})


def budget_seconds(budget: float | str, owner: str = "tune") -> float:
    """Return a budget in seconds.

    Raises:
        InputError: If it is none.

    Example:
        >>> budget_seconds("2m"), budget_seconds("1h30m"), budget_seconds(5)
        (120.0, 5400.0, 5.0)
    """
    if isinstance(budget, str):
        parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", budget.strip())
        if parts and any(parts.groups()):
            hours, minutes, seconds = (float(part or 0) for part in parts.groups())
            budget = 3600 * hours + 60 * minutes + seconds
    expected = "seconds above 0, or a time such as '90s', '2m', '1h30m'"
    fits = not isinstance(budget, str) and is_number(budget) and budget > 0
    require(fits, owner, "budget", expected, budget)
    return float(budget)


def _first(space: Space) -> dict[str, Any]:
    """Return some setting, to see what the network is."""
    rng = np.random.default_rng(0)
    return {**space.draw_structure(rng), **space.draw_numbers(1, rng, None)[0]}


def _candidate(network: Any, common: Settings, setting: Mapping[str, Any]) -> Candidate:
    return candidates(network, common, {n: [v] for n, v in setting.items()})[0]

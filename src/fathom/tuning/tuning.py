"""What `fathom.tune` returns: the trials, the best setting, and the refit."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fathom.cross_validation.result import shown
from fathom.errors import InputError
from fathom.plain import plain
from fathom.trained import TrainingResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from fathom.report.picture import Picture

# The trials of a search that can be gone on with, one line each.
TRIALS = "trials.jsonl"
MOST_SHOWN = 10


@dataclass(frozen=True)
class Trial:
    """A setting that was tried.

    Attributes:
        setting: By name.
        score: On rows held out, the mean over the folds.
        epochs: After which it scored so: those at which it scored best.
        round: In which it was tried, counted from 0.
        trained: Epochs trained in all; fewer than all there are if others were better.
    """

    setting: Mapping[str, Any]
    score: float
    epochs: int
    round: int
    trained: int

    @property
    def got_worse(self) -> bool:
        """Whether it scored worse when it was trained further."""
        return self.epochs < self.trained

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        names = ("score", "epochs", "round", "trained")
        own = {name: getattr(self, name) for name in names}
        return {"setting": dict(self.setting), **own}


@dataclass(frozen=True)
class Tuning:
    """A search for good settings.

    Attributes:
        trials: In the order in which they were tried.
        scoring: What they are compared by.
        higher_is_better: Whether more of it is better.
        epochs: Of a trial that went all the way.
        seconds: How long the search took, all of its sittings together.
        fit: Trains with a setting on all rows.
    """

    trials: tuple[Trial, ...] = field(repr=False)
    scoring: str
    higher_is_better: bool
    epochs: int
    seconds: float
    fit: Callable[..., TrainingResult] = field(repr=False, compare=False)

    @property
    def best(self) -> Trial:
        """The trial with the best score."""
        return self.ranked[0]

    @property
    def ranked(self) -> list[Trial]:
        """All trials, the best score first, and of equal scores the longest trained.

        Scores are all of models on rows that they did not learn from, after however
        many epochs, so they can be compared.
        """
        sign = -1 if self.higher_is_better else 1

        def key(trial: Trial) -> tuple[float, int]:
            good = sign * trial.score
            return good if math.isfinite(good) else math.inf, -trial.trained

        return sorted(self.trials, key=key)

    @property
    def rounds(self) -> int:
        """How many rounds were begun."""
        return max(trial.round for trial in self.trials) + 1

    def refit(self, trial: Trial | None = None, **more: Any) -> TrainingResult:
        """Train with a setting on all rows, for `epochs_of` it.

        Args:
            trial: None takes the best.
            more: Settings of `fathom.train` that are to be others.
        """
        one = trial or self.best
        return self.fit(one.setting, **{"epochs": self.epochs_of(one), **more})

    def epochs_of(self, trial: Trial) -> int:
        """Return for how many epochs to train with a setting.

        Those at which it scored best, if it got worse after them; else all there are.
        """
        own = trial.setting.get("epochs", self.epochs)
        return trial.epochs if trial.got_worse else own

    def plot(self, setting: str | None = None) -> Picture:
        """Return a picture of the scores along a setting, the best marked.

        Args:
            setting: None takes the number with the most different values.

        Raises:
            InputError: If no such setting was searched.
        """
        from fathom.report.tuning_chart import scores_of_trials

        return scores_of_trials(self, setting)

    def to_dict(self) -> dict[str, Any]:
        """Return the best setting and all trials as plain data."""
        return {
            "scoring": self.scoring,
            "higher_is_better": self.higher_is_better,
            "best": self.best.to_dict(),
            "seconds": round(self.seconds, 2),
            "rounds": self.rounds,
            "trials": [trial.to_dict() for trial in self.trials],
        }

    def to_json(self, indent: int | None = 2) -> str:
        """Return the same as JSON text."""
        return json.dumps(plain(self.to_dict()), indent=indent)

    def __str__(self) -> str:
        """Return the best settings as a table."""
        names = list(self.trials[0].setting)
        rows = [[*names, self.scoring, "epochs"]]
        for trial in self.ranked[:MOST_SHOWN]:
            cells = [_cell(trial.setting[name]) for name in names]
            rows.append([*cells, f"{trial.score:.4g}", str(trial.epochs)])
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True))
                 for row in rows]  # fmt: skip
        n = len(self.trials)
        full = sum(trial.trained >= self.epochs for trial in self.trials)
        head = (
            f"{n} settings in {self.rounds} rounds and {self.seconds:.0f} s, {full} of "
            f"them trained to the end; the best first"
        )
        return "\n".join([head, "", *lines])


def _cell(value: Any) -> str:
    value = shown(value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def read_trials(folder: Path) -> tuple[list[Trial], float]:
    """Return the trials of a search that was begun, and the seconds it took.

    A last line that was cut off is left out.

    Raises:
        InputError: If there is no search, or its file is damaged.
    """
    path = folder / TRIALS
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"There is no search to go on with in {folder}.") from error
    trials, seconds = [], 0.0
    for number, line in enumerate(lines):
        try:
            content = json.loads(line)
            score = content["score"]
            setting = {
                str(name): tuple(value) if isinstance(value, list) else value
                for name, value in content["setting"].items()
            }
            score = math.nan if score is None else float(score)
            numbers = (int(content[name]) for name in ("epochs", "round", "trained"))
            trial = Trial(setting, score, *numbers)
            seconds = float(content["seconds"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if number == len(lines) - 1:
                break
            raise InputError(f"{path}, line {number + 1}, is damaged.") from error
        trials.append(trial)
    return trials, seconds


def write_trials(folder: Path, trials: list[Trial], seconds: float) -> None:
    """Add the trials of a round to the file."""
    with (folder / TRIALS).open("a", encoding="utf-8") as file:
        for trial in trials:
            content = plain({**trial.to_dict(), "seconds": seconds})
            file.write(json.dumps(content) + "\n")

"""What `fathom.cross_validate` returns: scores, a choice, a chart, and the refit.

    standard error = std of the folds' means / sqrt(folds)

The seeds of a fold share its rows, so they are averaged first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom import metrics
from fathom.cross_validation.comparison import ComparedSettings, Scored, rank_of
from fathom.cross_validation.encoding import Rows
from fathom.cross_validation.grid import Candidate
from fathom.errors import InputError
from fathom.plain import plain
from fathom.trained import TrainingResult, train

if TYPE_CHECKING:
    import polars as pl

    from fathom.report.picture import Picture


@dataclass(frozen=True)
class Run:
    """One run: a setting, trained on a fold with a seed.

    Attributes:
        candidate: Number of the setting.
        fold: Number of the fold.
        seed: Of the run.
        scores: By name, on the rows held out.
        epochs: Epochs trained.
        best_epoch: The epoch whose weights were scored, from 1.
        stopped: "epochs", "early_stopping" or "non_finite".
        variables: Trained variables, if they were asked for.
    """

    candidate: int
    fold: int
    seed: int
    scores: Mapping[str, float]
    epochs: int
    best_epoch: int
    stopped: str
    variables: dict[str, Any] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class CrossValidation:
    """Scores of every setting on every fold with every seed.

    Attributes:
        candidates: The settings, in the order of the grid.
        runs: All runs.
        scoring: What settings are compared by.
        rows: The data; None where an estimator keeps them to itself.
        seed: The first.
        seconds: How long it took.
    """

    candidates: tuple[Candidate, ...] = field(repr=False)
    runs: tuple[Run, ...] = field(repr=False)
    scoring: str
    rows: Rows | None = field(repr=False)
    seed: int
    seconds: float

    @property
    def higher_is_better(self) -> bool:
        """Whether more of the score is better."""
        return self.scoring != "loss" and metrics.get(self.scoring).higher_is_better

    @cached_property
    def comparison(self) -> ComparedSettings:
        """The settings with mean and standard error."""
        by = self.scores(self.scoring).mean(axis=2)
        n = by.shape[1]
        errors = by.std(axis=1, ddof=1) / math.sqrt(n) if n > 1 else np.zeros(len(by))
        scored = tuple(
            Scored(number, dict(one.setting), float(by[number].mean()),
                   float(errors[number]))
            for number, one in enumerate(self.candidates)
        )  # fmt: skip
        ranks = [
            (one.settings.decay(), *rank_of(one.setting)[1:]) for one in self.candidates
        ]
        return ComparedSettings(
            scored, self.scoring, self.higher_is_better, n, self.n_seeds, self.seconds,
            ranks,
        )  # fmt: skip

    @property
    def settings(self) -> tuple[Scored, ...]:
        """Every setting with mean and standard error, in the order of the grid."""
        return self.comparison.settings

    @property
    def best(self) -> Scored:
        """The setting with the best mean; of equal ones, the most regularized."""
        return self.comparison.best

    @property
    def one_standard_error(self) -> Scored:
        """The most regularized setting within one standard error of the best.

        That is the one with the largest weight decay; of equal ones that with the
        largest dropout, then that with the best mean.
        """
        return self.comparison.one_standard_error

    @property
    def n_seeds(self) -> int:
        """Runs of each setting on each fold."""
        return len({run.seed for run in self.runs})

    def scores(self, name: str) -> np.ndarray:
        """Return a score of all runs, (settings, folds, seeds)."""
        values = [run.scores[name] for run in self.runs]
        return np.array(values, float).reshape(len(self.candidates), -1, self.n_seeds)

    def run_rows(self) -> list[dict[str, Any]]:
        """Return one dict for each run: setting, fold, seed, scores and epochs."""
        return [
            {
                **{
                    n: shown(v)
                    for n, v in self.candidates[run.candidate].setting.items()
                },
                "fold": run.fold + 1,
                "seed": run.seed,
                **run.scores,
                "epochs": run.epochs,
                "best_epoch": run.best_epoch,
                "stopped": run.stopped,
            }
            for run in self.runs
        ]

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row for each run: setting, fold, seed, scores and epochs."""
        import polars as pl

        return pl.DataFrame(self.run_rows(), infer_schema_length=None, strict=False)

    def variables(self, setting: Scored, fold: int = 0, seed: int | None = None) -> Any:
        """Return the trained variables of a run, if `keep_models` asked for them.

        Args:
            setting: Such as `best`.
            fold: Counted from 0.
            seed: None takes the first.
        """
        seed = self.seed if seed is None else seed
        at = setting.number, fold, seed
        for run in self.runs:
            if (run.candidate, run.fold, run.seed) == at:
                return run.variables
        return None

    def refit(self, setting: Scored | None = None, **more: Any) -> TrainingResult:
        """Train with a setting on all rows.

        Args:
            setting: One of `settings`; None takes the best.
            more: Settings of `fathom.train` that are to be others.

        Raises:
            InputError: If an estimator has the rows.
        """
        if self.rows is None:
            raise InputError("The estimator has been fitted with the setting already.")
        one = self.candidates[(setting or self.best).number]
        given = {**self._as_given(one, self.rows), **more}
        return train(one.network, self.rows.data, **given)

    def _as_given(self, candidate: Candidate, rows: Rows) -> dict[str, Any]:
        """Return a candidate's settings as `fathom.train` takes them."""
        settings = candidate.settings
        given = {n: getattr(settings, n) for n in settings.__dataclass_fields__}
        for name in ("record", "metrics", "objective"):
            del given[name]
        own = {"loss": rows.loss, "class_weight": rows.class_weight, "seed": self.seed,
               "sample_weight": rows.sample_weight,
               "validation": rows.validation}  # fmt: skip
        return {**given, **own}

    def figure(self) -> Picture:
        """Return a chart of the mean score by setting, with standard errors."""
        from fathom.report.cross_validation_chart import scores_by_setting

        return scores_by_setting(self.plain)

    def __str__(self) -> str:
        """Return a table of the settings and the two choices."""
        from fathom.cross_validation.words import in_text

        return in_text(self.plain)

    def _repr_html_(self) -> str:
        return self.figure()._repr_html_()  # pyright: ignore[reportPrivateUsage]

    @property
    def plain(self) -> ComparedSettings:
        """The comparison with values of the grid as numbers and texts."""
        scored = tuple(
            replace(one, setting={name: shown(v) for name, v in one.setting.items()})
            for one in self.settings
        )
        return replace(self.comparison, settings=scored)

    def to_dict(self) -> dict[str, Any]:
        """Return settings, scores and choices as plain data."""
        return self.plain.to_dict()

    def to_json(self, indent: int | None = 2) -> str:
        """Return the same as JSON text."""
        return json.dumps(plain(self.to_dict()), indent=indent)


def shown(value: Any) -> Any:
    """Return a value of the grid for a table: numbers and texts, others by name.

    Example:
        >>> shown(0.5), shown((64, 64)), shown(max)
        (0.5, '64,64', 'max')
    """
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (tuple, list)):
        return ",".join(str(shown(item)) for item in value)
    layers = getattr(value, "layers", None)
    if layers is not None:
        return " ".join(layer.label for layer in layers)
    return getattr(value, "name", None) or getattr(value, "__name__", repr(value))

"""What `fathom.cross_validate` returns: scores, a choice, a chart, and the refit.

    standard error = std of the folds' means / sqrt(folds)

The seeds of a fold share its rows, so they are averaged first. The rule of one standard
error takes the most regularized setting whose mean is within one standard error of the
best. Source: Breiman, Friedman, Olshen and Stone, "Classification and regression trees"
(1984), section 3.4.3.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom import metrics
from fathom.cross_validation.encoding import Rows
from fathom.cross_validation.grid import Candidate
from fathom.errors import InputError
from fathom.plain import plain
from fathom.trained import TrainingResult, train

if TYPE_CHECKING:
    import polars as pl

    from fathom.report.picture import Picture

# Rows of a printed table; of more, those around the best are shown.
MOST_ROWS = 25


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
class Scored:
    """A setting with its score.

    Attributes:
        number: Of the setting.
        setting: What the grid says, by name.
        mean: Over folds and seeds.
        standard_error: Of the mean.
        values: (folds, seeds).
    """

    number: int
    setting: dict[str, Any]
    mean: float
    standard_error: float
    values: np.ndarray = field(repr=False, compare=False)


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
    def settings(self) -> tuple[Scored, ...]:
        """Every setting with mean and standard error, in the order of the grid."""
        by = self.scores(self.scoring)
        found = []
        for number, candidate in enumerate(self.candidates):
            values = by[number]
            means = values.mean(axis=1)
            error = means.std(ddof=1) / math.sqrt(len(means)) if len(means) > 1 else 0.0
            found.append(
                Scored(
                    number,
                    dict(candidate.setting),
                    float(means.mean()),
                    float(error),
                    values,
                )
            )
        return tuple(found)

    def scores(self, name: str) -> np.ndarray:
        """Return a score of all runs, (settings, folds, seeds).

        A fold that is listed twice among own folds counts as two.
        """
        values = [run.scores[name] for run in self.runs]
        n_seeds = len({run.seed for run in self.runs})
        return np.array(values, float).reshape(len(self.candidates), -1, n_seeds)

    @cached_property
    def best(self) -> Scored:
        """The setting with the best mean; of equal ones, the most regularized."""
        return max(self.settings, key=lambda one: (self._good(one), self._rank(one)))

    @cached_property
    def one_standard_error(self) -> Scored:
        """The most regularized setting within one standard error of the best.

        That is the one with the largest weight decay; of equal ones that with the
        largest dropout, then that with the best mean.
        """
        limit = self._good(self.best) - self.best.standard_error
        near = [one for one in self.settings if self._good(one) >= limit]
        return max(near or [self.best], key=lambda o: (self._rank(o), self._good(o)))

    def _good(self, one: Scored) -> float:
        """Return the mean so that more is better; a run that failed is the worst."""
        sign = 1.0 if self.higher_is_better else -1.0
        return sign * one.mean if math.isfinite(one.mean) else -math.inf

    def _rank(self, one: Scored) -> tuple[float, float]:
        decay = self.candidates[one.number].settings.decay()
        return decay, float(one.setting.get("dropout", 0.0))

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

    def summary(self) -> list[dict[str, Any]]:
        """Return one dict for each setting: mean and standard error of the score."""
        return [
            {
                **{name: shown(value) for name, value in one.setting.items()},
                "mean": one.mean,
                "standard_error": one.standard_error,
            }
            for one in self.settings
        ]

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

        return scores_by_setting(self)

    def __str__(self) -> str:
        """Return a table of the settings and the two choices."""
        from fathom.cross_validation.words import in_text

        return in_text(self)

    def _repr_html_(self) -> str:
        return self.figure()._repr_html_()  # pyright: ignore[reportPrivateUsage]

    def to_dict(self) -> dict[str, Any]:
        """Return settings, scores and choices as plain data."""
        return {
            "scoring": self.scoring,
            "higher_is_better": self.higher_is_better,
            "folds": len({run.fold for run in self.runs}),
            "seeds": len({run.seed for run in self.runs}),
            "seconds": round(self.seconds, 3),
            "best": self._choice(self.best),
            "one_standard_error": self._choice(self.one_standard_error),
            "settings": self.summary(),
        }

    @staticmethod
    def _choice(one: Scored) -> dict[str, Any]:
        return {name: shown(value) for name, value in one.setting.items()}

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

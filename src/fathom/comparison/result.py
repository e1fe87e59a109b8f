"""What comparing models gives: `ModelComparison`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from fathom.comparison.significance import Difference, differences_from
from fathom.text_table import aligned
from fathom.verdict import label, number


@dataclass(frozen=True)
class Scored:
    """One model's numbers, for every fold of every repeat.

    Attributes:
        name: Of the model.
        kind: "network" or "classical".
        metrics: {metric: (folds of all repeats,)} on the rows held out.
        fit_seconds: Time to train, for each fold; a network's first one compiles.
        predict_seconds: Time to answer for one row.
        n_bytes: Size of the fitted model, mean over the folds.
        n_parameters: Numbers it has learned; None if that is not known.
    """

    name: str
    kind: str
    metrics: Mapping[str, np.ndarray]
    fit_seconds: np.ndarray = field(repr=False)
    predict_seconds: np.ndarray = field(repr=False)
    n_bytes: int
    n_parameters: int | None

    @property
    def scores(self) -> np.ndarray:
        """The first metric, for each fold."""
        return next(iter(self.metrics.values()))

    def mean(self, metric: str) -> float:
        """Return a metric's mean over all folds."""
        return float(self.metrics[metric].mean())


@dataclass(frozen=True)
class ModelComparison:
    """Models that were compared on the same folds.

    Attributes:
        name: Of the data.
        task: "classification" or "regression".
        n_rows: Of the data.
        folds: How many parts the rows were cut into.
        repeats: How often.
        scoring: The metric that is compared.
        higher_is_better: Whether more of it is better.
        models: The networks first; the first of them is compared with the others.
    """

    name: str
    task: str
    n_rows: int
    folds: int
    repeats: int
    scoring: str
    higher_is_better: bool
    models: tuple[Scored, ...]

    @cached_property
    def differences(self) -> dict[str, Difference]:
        """How much better the first model is than each other, by name.

        Positive: the first is better, whichever way the metric counts.
        """
        sign = 1.0 if self.higher_is_better else -1.0
        scores = [sign * one.metrics[self.scoring] for one in self.models]
        names = [one.name for one in self.models[1:]]
        found = differences_from(scores[0], scores[1:], 1 / (self.folds - 1))
        return dict(zip(names, found, strict=True))

    @property
    def ranked(self) -> list[Scored]:
        """The models, the best mean first."""
        return sorted(
            self.models,
            key=lambda one: one.mean(self.scoring),
            reverse=self.higher_is_better,
        )

    @property
    def verdict(self) -> str:
        """Who wins, in words."""
        first, metric = self.models[0], label(self.scoring)
        best = next(one for one in self.ranked if one is not first)
        apart = self.differences[best.name]
        how = f"{self.folds}-fold cross-validation, {_times(self.repeats)}"
        numbers = (
            f"{metric} {number(first.mean(self.scoring))} against "
            f"{number(best.mean(self.scoring))} for {best.name}, the best of the others"
        )
        evidence = (
            f"difference {apart.mean:+.3g}, 95% interval {apart.low:+.3g} to "
            f"{apart.high:+.3g}, corrected p = {apart.corrected_p:.2g}"
        )
        if not apart.is_chance:
            end = (
                f"The {first.name} wins"
                if apart.mean > 0
                else f"The {first.name} loses: take {best.name}, or change the network"
            )
        else:
            end = (
                f"The {first.name} and {best.name} cannot be told apart: the "
                f"difference is within what chance gives"
            )
        text = f"{end}. On {self.name} ({how}): {numbers} ({evidence})."
        return f"{text} {self._cost(first, best)}"

    def _cost(self, first: Scored, best: Scored) -> str:
        """Say what the first one costs beside the best of the others."""
        times = float(np.median(first.fit_seconds) / np.median(best.fit_seconds))
        slower = _ratio(times, "slower to train", "faster to train")
        larger = _ratio(first.n_bytes / best.n_bytes, "larger", "smaller")
        return f"The {first.name} is {slower} than {best.name}, and {larger}."

    def rows(self) -> list[list[str]]:
        """Return scores and differences as text: a heading, a line for each model."""
        name = self.models[0].name
        head = ["model", label(self.scoring), "+-", f"{name} better by",
                "95% interval", "p"]  # fmt: skip
        return [head, *(self._row(one) for one in self.models)]

    def cost_rows(self) -> list[list[str]]:
        """Return times and sizes as text: a heading, a line for each model."""
        head = ["model", "train", "first train", "predict 1000 rows", "size",
                "parameters"]  # fmt: skip
        return [head, *(self._costs(one) for one in self.models)]

    def _row(self, one: Scored) -> list[str]:
        scores, apart = one.metrics[self.scoring], self.differences.get(one.name)
        spread = float(scores.std(ddof=1))
        tested = ["", "", ""]
        if apart is not None:
            ends = f"{apart.low:+.3f} to {apart.high:+.3f}"
            tested = [f"{apart.mean:+.3f}", ends, f"{apart.corrected_p:.2g}"]
        return [one.name, number(float(scores.mean())), number(spread), *tested]

    def _costs(self, one: Scored) -> list[str]:
        count = "-" if one.n_parameters is None else f"{one.n_parameters:,}"
        return [
            one.name,
            _seconds(float(np.median(one.fit_seconds))),
            _seconds(float(one.fit_seconds[0])),
            _seconds(1000 * float(np.median(one.predict_seconds))),
            _bytes(one.n_bytes),
            count,
        ]

    def tables(self) -> str:
        """Return scores, times and sizes as text."""
        return f"{aligned(self.rows())}\n\n{aligned(self.cost_rows())}"

    def __str__(self) -> str:
        """Return the tables and the verdict."""
        return f"{self.tables()}\n\n{self.verdict}"

    def to_html(self) -> str:
        """Return the tables and the verdict as HTML."""
        from fathom.report.markup import paragraph, table

        caption = f"Models on {self.name}, {self.folds} folds x {self.repeats} repeats"
        heading, *lines = self.rows()
        scores = table(heading, lines, caption)
        heading, *lines = self.cost_rows()
        costs = table(heading, lines, "What they cost")
        return scores + costs + paragraph(self.verdict)

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_dict(self) -> dict[str, Any]:
        """Return everything measured as plain data."""
        return {
            "data": self.name,
            "task": self.task,
            "rows": self.n_rows,
            "folds": self.folds,
            "repeats": self.repeats,
            "scoring": self.scoring,
            "higher_is_better": self.higher_is_better,
            "models": [self._plain(one) for one in self.models],
            "verdict": self.verdict,
        }

    def _plain(self, one: Scored) -> dict[str, Any]:
        apart = self.differences.get(one.name)
        return {
            "name": one.name,
            "kind": one.kind,
            "metrics": {name: one.mean(name) for name in one.metrics},
            "scores": one.metrics[self.scoring].tolist(),
            "first_better_by": None if apart is None else apart.to_dict(),
            "fit_seconds": float(np.median(one.fit_seconds)),
            "first_fit_seconds": float(one.fit_seconds[0]),
            "predict_seconds_per_row": float(np.median(one.predict_seconds)),
            "bytes": one.n_bytes,
            "parameters": one.n_parameters,
        }


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _ratio(times: float, more: str, less: str) -> str:
    """Return how many times more or less.

    Example:
        >>> _ratio(30.2, "slower to train", "faster to train")
        '30 times slower to train'
    """
    return (
        f"{times:.2g} times {more}" if times >= 1 else f"{1 / times:.2g} times {less}"
    )


def _seconds(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def _bytes(n: float) -> str:
    units: Sequence[tuple[str, float]] = (("MB", 1e6), ("kB", 1e3))
    for unit, size in units:
        if n >= size:
            return f"{n / size:.3g} {unit}"
    return f"{n:.3g} B"

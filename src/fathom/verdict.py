"""Who wins on the test rows, and whether chance could have given the difference.

All contestants answer the same rows, so differences are taken row by row. In
classification only rows count on which just one of two is right; of n such rows, b for
the one and n - b for the other, chance gives each with probability 1/2 (exact test of
McNemar 1947, "Note on the sampling error of the difference between correlated
proportions"). In regression the differences of the squared errors are resampled
(paired bootstrap; Efron and Tibshirani 1993, "An Introduction to the Bootstrap").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fathom.metrics import classification_report_values, regression_report_values

# Below this probability a difference is called more than chance.
LEVEL = 0.05
RESAMPLES = 2000
MOST_RESAMPLED = 5000
_LABELS = {
    "macro_f1": "macro F1",
    "roc_auc": "ROC AUC",
    "r2": "R2",
    "root_mean_squared_error": "RMSE",
    "mean_absolute_error": "MAE",
}


@dataclass(frozen=True)
class Score:
    """What one contestant reaches on the test rows.

    Attributes:
        name: "network", "majority class", "logistic regression" ...
        kind: "network", "trivial" or "classical".
        values: Metrics by name.
        errors: (rows,) 1 for a wrong class; for numbers the squared error in units of
            the target's variance.
        note: What is to be said about it, such as that it did not converge.
    """

    name: str
    kind: str
    values: Mapping[str, float]
    errors: np.ndarray = field(repr=False)
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return name, kind, metrics and note as plain data."""
        content: dict[str, Any] = {"name": self.name, "kind": self.kind, **self.values}
        return {**content, "note": self.note} if self.note else content


@dataclass(frozen=True)
class Answers:
    """The known answers of the test rows, against which contestants are scored.

    Attributes:
        task: "classification" or "regression".
        known: (rows,) class numbers, or (rows, targets) numbers in their own unit.
    """

    task: str
    known: np.ndarray

    def score(self, name: str, kind: str, given: np.ndarray, note: str = "") -> Score:
        """Score what a contestant gives: probabilities (rows, classes), or numbers."""
        if self.task == "classification":
            values = classification_report_values(self.known, given)
            errors = (given.argmax(axis=1) != self.known).astype(float)
            return Score(name, kind, values, errors, note)
        given = np.asarray(given, float).reshape(self.known.shape)
        values = regression_report_values(self.known, given)
        variance = self.known.var(axis=0)
        squares = (given - self.known) ** 2 / np.where(variance > 0, variance, 1.0)
        return Score(name, kind, values, squares.mean(axis=1), note)


def main_metric(task: str, values: Mapping[str, float]) -> str:
    """Return the metric that a task's contestants are ranked by."""
    if task == "classification":
        return "accuracy"
    return "r2" if "r2" in values else "root_mean_squared_error"


def verdict(network: Score, baselines: Sequence[Score], task: str) -> str:
    """Say in words how the network stands beside the baselines.

    Args:
        network: What the network reaches.
        baselines: At least one trivial baseline; on the same rows.
        task: "classification" or "regression".

    Example:
        >>> right, wrong = np.zeros(4), np.ones(4)
        >>> print(verdict(
        ...     Score("network", "network", {"accuracy": 1.0}, right),
        ...     [Score("majority class", "trivial", {"accuracy": 0.0}, wrong)],
        ...     "classification",
        ... ))
        The network is ahead of the best baseline, majority class: accuracy 1.000
        against 0.000. But on 4 test rows a difference like this is within what chance
        gives (p = 0.12), so count the two as level. It is not clearly better than the
        majority class, so it has not been shown to have learned anything.
    """
    metric = main_metric(task, network.values)
    sign = -1.0 if metric == "root_mean_squared_error" else 1.0
    best = max(baselines, key=lambda score: sign * score.values[metric])
    mine, other = network.values[metric], best.values[metric]
    numbers = f"{label(metric)} {number(mine)} against {number(other)}"
    chance, evidence = is_chance(network.errors, best.errors, task)
    rows = f"on {len(network.errors)} test rows"
    ahead = sign * (mine - other)
    if np.array_equal(network.errors, best.errors) or ahead == 0:
        text = (
            f"The network does not win: {rows} it is level with {best.name} at "
            f"{label(metric)} {number(mine)}, and that is the simpler model."
        )
    elif ahead > 0 and not chance:
        text = (
            f"The network wins {rows}: {numbers} for the best baseline, {best.name}. "
            f"That is more than chance gives ({evidence})."
        )
    elif ahead > 0:
        text = (
            f"The network is ahead of the best baseline, {best.name}: {numbers}. But "
            f"{rows} a difference like this is within what chance gives ({evidence}), "
            f"so count the two as level."
        )
    elif chance:
        text = (
            f"The network does not win: {numbers} for {best.name}. But {rows} a "
            f"difference like this is within what chance gives ({evidence})."
        )
    else:
        text = (
            f"The network loses {rows}: {numbers} for {best.name}, and that is more "
            f"than chance gives ({evidence}). Use {best.name}, or change the network."
        )
    return text + _against_trivial(network, baselines, task)


def is_chance(mine: np.ndarray, other: np.ndarray, task: str) -> tuple[bool, str]:
    """Say whether chance could have given a difference in errors, and the evidence.

    Args:
        mine: (rows,) errors of the one.
        other: (rows,) errors of the other, on the same rows.
        task: "classification" or "regression".

    Example:
        >>> is_chance(np.zeros(10), np.ones(10), "classification")
        (False, 'p = 0.0020')
    """
    if task == "classification":
        from scipy.stats import binomtest

        wins, losses = int((mine < other).sum()), int((mine > other).sum())
        if wins + losses == 0:
            return True, "p = 1.00"
        p = float(binomtest(wins, wins + losses).pvalue)
        return p >= LEVEL, f"p = {p:.2f}" if p >= 0.01 else _small(p)
    low, high = _interval(other - mine)
    evidence = f"95% interval of the difference in R2: {low:.3f} to {high:.3f}"
    return bool(low <= 0 <= high), evidence


def _interval(differences: np.ndarray) -> tuple[float, float]:
    """Return the interval in which the mean lies with a probability of 95 %."""
    n = len(differences)
    if n > MOST_RESAMPLED:  # the mean of so many is normal
        half = 1.96 * differences.std() / np.sqrt(n)
        return differences.mean() - half, differences.mean() + half
    rng = np.random.default_rng(0)
    means = [differences[rng.integers(n, size=n)].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)


def label(metric: str) -> str:
    """Return a metric's name as people write it.

    Example:
        >>> label("roc_auc"), label("log_loss")
        ('ROC AUC', 'log loss')
    """
    return _LABELS.get(metric, metric.replace("_", " "))


def number(value: float) -> str:
    """Return a metric as text: three decimals, or four digits if it is large.

    Example:
        >>> number(0.98765), number(1234.5678)
        ('0.988', '1235')
    """
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"


def _small(p: float) -> str:
    return f"p = {p:.4f}" if p >= 0.0001 else "p < 0.0001"


def _against_trivial(network: Score, baselines: Sequence[Score], task: str) -> str:
    trivial = next((score for score in baselines if score.kind == "trivial"), None)
    if trivial is None:
        return ""
    chance, _ = is_chance(network.errors, trivial.errors, task)
    if not chance and network.errors.mean() < trivial.errors.mean():
        return ""
    return (
        f" It is not clearly better than the {trivial.name}, so it has not been shown "
        f"to have learned anything."
    )

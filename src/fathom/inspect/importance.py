"""Permutation importance: how much worse the model is without what a column says.

    drop = metric on the rows - metric with the column's values handed out anew

Each column is shuffled among the rows, which breaks its link to the answers and keeps
its distribution; a metric of which less is better changes sign, so that a drop is
always a loss. Measure it on rows that the model did not learn from. Columns that say
the same stand in for each other, and each seems to matter little.
Source: Breiman, "Random forests" (2001); Fisher, Rudin and Dominici (2019).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fathom import metrics
from fathom.errors import InputError, choose, is_whole, require
from fathom.inspect.batches import outputs_of, rows_of
from fathom.inspect.columns import InputColumn, columns_in, with_answers
from fathom.model import Model, probabilities

# Shuffled copies go through the network together, up to so many rows.
MOST_ROWS = 8192
COVERAGE = 0.95
_OF_CLASSES = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "roc_auc")
_OF_NUMBERS = ("r2", "root_mean_squared_error", "mean_absolute_error")
_LESS_IS_BETTER = ("log_loss", "root_mean_squared_error", "mean_absolute_error")


@dataclass(frozen=True, eq=False)
class Importance:
    """How much worse a metric is with each column shuffled.

    Attributes:
        metric: Its name.
        value: Of the model as it is.
        columns: As in the table; `input:0` and so on of an array.
        mean: (columns,) mean drop; above 0 the model is worse without.
        std: (columns,) standard deviation of the drops.
        low: (columns,) where the 95 % interval of the mean drop starts (Student's t
            over the shuffles; the rows are taken as they are).
        high: (columns,) where it ends.
        drops: (columns, repeats) every drop.
    """

    metric: str
    value: float
    columns: tuple[str, ...]
    mean: np.ndarray
    std: np.ndarray = field(repr=False)
    low: np.ndarray = field(repr=False)
    high: np.ndarray = field(repr=False)
    drops: np.ndarray = field(repr=False)

    def ranked(self) -> list[tuple[str, float]]:
        """Return columns and mean drops, the most important first."""
        order = np.argsort(-self.mean, kind="stable")
        return [(self.columns[i], float(self.mean[i])) for i in order]


def permutation_importance(
    model: Model,
    data: Any,
    metric: str | None = None,
    repeats: int = 10,
    seed: int = 0,
) -> Importance:
    """Return the permutation importance of every column.

    Args:
        model: With a target.
        data: Held-out rows with their answers, as `model.evaluate` takes them.
        metric: "accuracy" (the default for classes), "balanced_accuracy", "macro_f1",
            "log_loss" or "roc_auc"; "r2" (the default for numbers),
            "root_mean_squared_error" or "mean_absolute_error".
        repeats: How often each column is shuffled, at least 2.
        seed: Of the shuffles; all columns are shuffled in the same ways.

    Raises:
        InputError: If the metric is unknown or not defined on these rows, the answers
            are missing, or the rows are images.
    """
    expected = "a whole number of at least 2"
    require(
        is_whole(repeats, 2), "permutation_importance", "repeats", expected, repeats
    )
    x, y = with_answers(model, data)
    name, score = _score(model, metric, y)
    value = score(outputs_of(model.network, model.variables, x))
    if value is None:
        raise InputError(f"The metric {name} is not defined on these {len(y)} rows.")
    columns = columns_in(model, x)
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(y)) for _ in range(repeats)]
    sign = -1 if name in _LESS_IS_BETTER else 1
    drops = np.zeros((len(columns), repeats))
    used = [i for i, one in enumerate(columns.values()) if one.places]
    found = _shuffled_scores(
        model, x, [list(columns.values())[i] for i in used], orders, score
    )
    drops[used] = sign * (value - found)
    mean, std = drops.mean(1), drops.std(1, ddof=1)
    half = _half_width(std, repeats)
    return Importance(
        name, value, tuple(columns), mean, std, mean - half, mean + half, drops
    )


def _shuffled_scores(
    model: Model,
    x: Any,
    columns: list[InputColumn],
    orders: list[np.ndarray],
    score: Callable[[np.ndarray], float | None],
) -> np.ndarray:
    """Return the metric (columns, repeats) with each column shuffled."""
    n = len(orders[0])
    pairs = [(one, order) for one in columns for order in orders]
    at_once = max(1, MOST_ROWS // n)
    found = []
    for start in range(0, len(pairs), at_once):
        some = pairs[start : start + at_once]
        copies = rows_of(x, np.tile(np.arange(n), len(some)))
        for i, (one, order) in enumerate(some):
            own = copies[one.stream] if isinstance(copies, Mapping) else copies
            piece, places = own[i * n : (i + 1) * n], list(one.places)
            piece[..., places] = piece[order][..., places]
        outputs = outputs_of(model.network, model.variables, copies)
        found += [score(part) for part in np.split(outputs, len(some))]
    return np.array(found, float).reshape(len(columns), len(orders))


def _score(
    model: Model, metric: str | None, y: np.ndarray
) -> tuple[str, Callable[[np.ndarray], float | None]]:
    """Return the metric's name and what it is of outputs; None if not defined."""
    assert model.target is not None
    target = model.target
    if target.task == "classification":
        name = metric or "accuracy"
        choose(dict.fromkeys(_OF_CLASSES), name, "metric of classes")

        def of_classes(outputs: np.ndarray) -> float | None:
            shares, labels = probabilities(outputs), y
            if shares.ndim > 2:  # the steps that have a target
                shares, labels = shares[y >= 0], y[y >= 0]
            if name in _QUICK and labels.ndim == 1:
                return _QUICK[name](labels, shares.astype(np.float64))
            return metrics.classification_report_values(labels, shares).get(name)

        return name, of_classes
    name = metric or "r2"
    choose(dict.fromkeys(_OF_NUMBERS), name, "metric of numbers")
    actual = target.decode_values(y.reshape(len(y), -1))

    def of_numbers(outputs: np.ndarray) -> float | None:
        guess = target.decode_values(outputs.reshape(len(outputs), -1))
        return metrics.regression_report_values(actual, guess).get(name)

    return name, of_numbers


def _accuracy(labels: np.ndarray, shares: np.ndarray) -> float:
    return float(np.mean(shares.argmax(-1) == labels))


def _log_loss(labels: np.ndarray, shares: np.ndarray) -> float:
    own = np.take_along_axis(shares, labels[:, None], axis=1)[:, 0]
    own = own / np.maximum(shares.sum(1), np.finfo(float).tiny)
    return float(-np.mean(np.log(np.clip(own, np.finfo(float).eps, 1))))


# Hundreds of shuffles are measured: scikit-learn's checks would take most of the time.
_QUICK = {"accuracy": _accuracy, "log_loss": _log_loss}


def _half_width(std: np.ndarray, n: int) -> np.ndarray:
    """Return half of the interval of a mean of n numbers, by Student's t."""
    from scipy.special import stdtrit

    return stdtrit(n - 1, (1 + COVERAGE) / 2) * std / np.sqrt(n)

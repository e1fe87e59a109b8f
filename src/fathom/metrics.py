"""Metrics: how good a network is, in the units in which people judge it.

A `Metric` is a part that runs inside the compiled program, one value per example, and a
part that runs on the host after the weighted mean over the examples:
value = finish(mean of per_example, variance of the targets). So the padding of the last
batch counts for nothing, and batches of any size give the same value.

For reports, `classification_report_values` and `regression_report_values` compute
scikit-learn's metrics over a whole set, in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from fathom.errors import InputError, choose
from fathom.targets import as_classes, as_float, match, mean_per_example, refuse


@dataclass(frozen=True)
class Metric:
    """A number that says how good the outputs are.

    Attributes:
        name: Its name in `METRICS` and in the history.
        per_example: (outputs, targets) -> (batch,) or (batch, outputs), under `jit`.
        finish: (mean of that over the examples, variance of the targets per output or
            None) -> the value, on the host.
        higher_is_better: Whether more is better.
    """

    name: str
    per_example: Callable[[jax.Array, jax.Array], jax.Array]
    finish: Callable[[np.ndarray, np.ndarray | None], float]
    higher_is_better: bool


def _is_correct(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """Say per example whether the class is right, 1.0 or 0.0.

    The class is the largest of several outputs, or 1 where a single output, the
    probability of class 1, is above 1/2. Targets are integers or one-hot rows. Further
    axes (batch, time, classes) are averaged.
    """
    outputs = as_float(outputs)
    if outputs.ndim == 1 or outputs.shape[-1] == 1:
        outputs, classes = match(outputs, targets, "accuracy")
        return mean_per_example(((outputs > 0.5) == (classes > 0.5)).astype(float))
    classes = as_classes(outputs.shape, targets, "accuracy")
    if classes.ndim == outputs.ndim:
        classes = jnp.argmax(classes, axis=-1)
    chosen = jnp.argmax(outputs, axis=-1).astype(classes.dtype)
    return mean_per_example((chosen == classes).astype(float))


def _squared_errors(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    outputs, targets = match(outputs, targets, "squared error")
    return jnp.square(outputs - targets).reshape(outputs.shape[0], -1)


def _absolute_errors(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    outputs, targets = match(outputs, targets, "absolute error")
    return jnp.abs(outputs - targets).reshape(outputs.shape[0], -1)


def _mean(mean: np.ndarray, variance: np.ndarray | None) -> float:
    return float(np.mean(mean))


def _mean_root(mean: np.ndarray, variance: np.ndarray | None) -> float:
    return float(np.mean(np.sqrt(mean)))


def _explained(mean: np.ndarray, variance: np.ndarray | None) -> float:
    """Return 1 - mean / variance, averaged over the outputs, as scikit-learn does.

    An output whose targets are all equal counts 1 if it is met exactly, else 0.
    """
    if variance is None:
        raise InputError(
            "The metric r2 needs the variance of the targets. Got None instead."
        )
    mean, variance = np.atleast_1d(mean), np.ravel(variance)
    share = np.divide(mean, variance, out=np.ones(mean.shape), where=variance > 0)
    return float(np.mean(np.where(mean == 0, 1.0, 1 - share)))


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", _is_correct, _mean, higher_is_better=True),
        Metric("mean_squared_error", _squared_errors, _mean, higher_is_better=False),
        Metric(
            "root_mean_squared_error",
            _squared_errors,
            _mean_root,
            higher_is_better=False,
        ),
        Metric("mean_absolute_error", _absolute_errors, _mean, higher_is_better=False),
        Metric("r2", _squared_errors, _explained, higher_is_better=True),
    )
}
# Short names; in the history a metric has its full one.
ALIASES = {
    "mse": "mean_squared_error",
    "rmse": "root_mean_squared_error",
    "mae": "mean_absolute_error",
}


def canonical(name: str) -> str:
    """Return the full name of a metric.

    Raises:
        InputError: If the name is unknown.

    Example:
        >>> canonical("rmse"), canonical("r2")
        ('root_mean_squared_error', 'r2')
    """
    return get(name).name


def get(metric: str | Metric) -> Metric:
    """Return the metric of that name; a `Metric` as it is.

    Raises:
        InputError: If the name is unknown, or it is neither name nor metric.

    Example:
        >>> get("r2").higher_is_better
        True
    """
    if isinstance(metric, str):
        short = {alias: METRICS[name] for alias, name in ALIASES.items()}
        return choose(METRICS | short, metric, "metric")
    if isinstance(metric, Metric):
        return metric
    raise InputError(
        f"A metric must be a name or a Metric. Got {metric!r} instead. "
        f"Known: {', '.join(sorted(METRICS))}."
    )


def classification_report_values(
    targets: np.ndarray, probabilities: np.ndarray
) -> dict[str, float]:
    """Compute the metrics of a classifier over a whole set.

    Args:
        targets: Integer classes (n,), (n, 1), or one-hot rows (n, classes).
        probabilities: (n, classes); (n,) or (n, 1) for the probability of class 1.
            Rows that do not sum to 1 (one sigmoid a class) are scaled to.

    Returns:
        accuracy; balanced_accuracy (the mean over the classes of the share that is
        found); macro_f1; log_loss (natural logarithm); roc_auc (for more than two
        classes the mean of each against the rest). A metric that is not defined is left
        out: balanced_accuracy with one class in the targets, roc_auc unless all are.

    Raises:
        InputError: If the shapes do not fit, there is no row, or a class is unknown.

    Example:
        >>> import numpy as np
        >>> targets, probabilities = np.array([0, 1]), np.array([0.2, 0.7])
        >>> values = classification_report_values(targets, probabilities)
        >>> values["accuracy"], values["roc_auc"]
        (1.0, 1.0)
    """
    from sklearn.metrics import f1_score, log_loss, roc_auc_score

    shares = _class_shares(probabilities)
    classes = _known_classes(targets, shares)
    chosen, present = shares.argmax(axis=1), np.unique(classes)
    n_classes = shares.shape[1]
    values = {"accuracy": float(np.mean(chosen == classes))}
    if len(present) > 1:
        # scikit-learn's balanced_accuracy_score warns of classes that are only chosen.
        found = [np.mean(chosen[classes == one] == one) for one in present]
        values["balanced_accuracy"] = float(np.mean(found))
    values["macro_f1"] = float(f1_score(classes, chosen, average="macro"))
    values["log_loss"] = float(log_loss(classes, shares, labels=np.arange(n_classes)))
    if len(present) == n_classes:
        scores = shares[:, 1] if n_classes == 2 else shares
        values["roc_auc"] = float(roc_auc_score(classes, scores, multi_class="ovr"))
    return values


def regression_report_values(
    targets: np.ndarray, predictions: np.ndarray
) -> dict[str, float]:
    """Compute the metrics of a regression over a whole set.

    Args:
        targets: (n,) or (n, outputs).
        predictions: The same shape, up to a last axis of 1.

    Returns:
        r2 (left out for a single row, where it is not defined),
        root_mean_squared_error, mean_absolute_error; means over the outputs.

    Raises:
        InputError: If the shapes do not fit or there is no row.

    Example:
        >>> regression_report_values([1.0, 3.0], [1.0, 3.0])["r2"]
        1.0
    """
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    actual = np.asarray(targets, dtype=float)
    guess = np.asarray(predictions, dtype=float)
    if actual.shape != guess.shape:
        if actual.shape != (*guess.shape, 1) and (*actual.shape, 1) != guess.shape:
            refuse("a regression", guess.shape, actual.shape, f"targets {guess.shape}")
        guess = guess.reshape(actual.shape)
    _require_rows(actual)
    values = {"r2": float(r2_score(actual, guess))} if len(actual) > 1 else {}
    values["root_mean_squared_error"] = float(root_mean_squared_error(actual, guess))
    values["mean_absolute_error"] = float(mean_absolute_error(actual, guess))
    return values


def _require_rows(values: np.ndarray) -> None:
    if len(values) == 0:
        raise InputError("Metrics need at least one row. Got none instead.")


def _class_shares(probabilities: np.ndarray) -> np.ndarray:
    """Return rows (n, classes), at least two, that sum to 1 in float64."""
    values = np.asarray(probabilities, dtype=float)
    if values.ndim not in (1, 2):
        raise InputError(
            "Probabilities must have the shape (n, classes) or (n,). Got "
            f"{values.shape} instead."
        )
    _require_rows(values)
    values = values.reshape(len(values), -1)
    if values.shape[1] == 1:
        values = np.hstack([1 - values, values])
    # A row of zeros has no shares: the smallest number makes them equal.
    values = np.maximum(values, np.finfo(float).tiny)
    return values / values.sum(axis=1, keepdims=True)


def _known_classes(targets: np.ndarray, shares: np.ndarray) -> np.ndarray:
    values = np.asarray(targets)
    n_rows, n_classes = shares.shape
    if values.shape == shares.shape:
        values = values.argmax(axis=1)
    if values.size != n_rows or values.ndim > 2:
        wanted = f"integer classes ({n_rows},) or one-hot rows {shares.shape}"
        refuse("a classification", shares.shape, values.shape, wanted)
    values = values.reshape(n_rows)
    classes = values.astype(int)
    if (classes != values).any() or classes.min() < 0 or classes.max() >= n_classes:
        raise InputError(
            f"Classes must be whole numbers from 0 to {n_classes - 1}. Got values from "
            f"{values.min()} to {values.max()} instead."
        )
    return classes

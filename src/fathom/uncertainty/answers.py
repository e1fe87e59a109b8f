"""Intervals and sets of a model, or an ensemble, that is calibrated."""

from __future__ import annotations

from typing import Any

import numpy as np

from fathom.errors import InputError
from fathom.model import Model
from fathom.uncertainty.conformal import Conformal
from fathom.uncertainty.ensemble import Ensemble

Predictor = Model | Ensemble


def interval(model: Predictor, data: Any, coverage: float) -> np.ndarray:
    """Return bounds that hold a row's answer with a probability of `coverage`.

    The probability is over calibration rows and new rows that are drawn alike, and
    holds for each target by itself. It says nothing of rows of another kind.

    Returns:
        (rows, 2) lower and upper bound; (rows, targets, 2) for several targets.

    Raises:
        InputError: If the model gives classes, is not calibrated, or was on too few
            rows for this coverage.
    """
    conformal = _calibrated(model, "predict_interval", "regression")
    width = conformal.quantiles(coverage)
    center, spread = center_and_spread(model, data)
    scale = np.ones_like(center) if spread is None else spread + conformal.floor
    half = scale * width
    bounds = np.stack([center - half, center + half], axis=-1)
    return bounds[:, 0] if bounds.shape[1] == 1 else bounds


def prediction_set(model: Predictor, data: Any, coverage: float) -> np.ndarray:
    """Return which classes belong to a set that holds the right one with `coverage`.

    The most probable class is always in it, so that no set is empty. Columns are in the
    order of `model.classes`.

    Raises:
        InputError: If the model gives numbers, is not calibrated, or was on too few
            rows for this coverage.
    """
    conformal = _calibrated(model, "predict_set", "classification")
    (limit,) = conformal.quantiles(coverage)
    shares = model.predict_proba(data)
    chosen = 1 - shares.astype(np.float64) <= limit
    chosen[np.arange(len(shares)), shares.argmax(axis=1)] = True
    return chosen


def center_and_spread(
    model: Predictor, data: Any
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return predictions and the spread of the members, (rows, targets) each.

    A model alone has no spread.
    """
    if isinstance(model, Ensemble):
        samples = model.predict_samples(data)
        n = samples.values.shape[1]
        return samples.mean.reshape(n, -1), samples.spread.reshape(n, -1)
    predicted = model.predict(data)
    return predicted.reshape(len(predicted), -1), None


def _calibrated(model: Predictor, what: str, task: str) -> Conformal:
    if model.task != task:
        other = {"predict_interval": "predict_set", "predict_set": "predict_interval"}
        raise InputError(
            f"{what} is for {task}; this model's task is {model.task}. Use "
            f"{other[what]} instead."
        )
    if model.conformal is None:
        raise InputError(
            f"{what} needs rows that the model did not learn from: take "
            f"model.calibrate((X, y)) with such rows, or result.calibrated after "
            f"fm.train(..., validation=0.2); on the command line, train with "
            f"--calibration 0.2."
        )
    return model.conformal

"""Fit a model's uncertainty to rows that it did not learn from.

Classification: a temperature (`fathom.uncertainty.temperature`), then the scores of
prediction sets. Regression: the scores of intervals (`fathom.uncertainty.conformal`).
The temperature is one number that is fitted on the same rows as the scores of sets, and
the mean spread of an ensemble's members is one of the same rows as the scores of
intervals. Strictly both would take rows of their own; in `benchmarks/uncertainty.py`
the coverage does not show it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from fathom.errors import InputError
from fathom.model import Model
from fathom.training.objective import Batch
from fathom.uncertainty.answers import Predictor, center_and_spread
from fathom.uncertainty.calibration_error import calibration_error
from fathom.uncertainty.conformal import Conformal
from fathom.uncertainty.ensemble import Ensemble
from fathom.uncertainty.temperature import fit_temperature, logits_of, with_temperature


def calibrate(model: Any, data: Any) -> Any:
    """Return a model or an ensemble with uncertainty that fits some rows.

    `about["calibration"]` then holds the number of rows and, in classification, the
    temperature and negative log likelihood, expected and adaptive calibration error
    before and after. "After" is measured on the rows that the temperature is fitted on.

    Args:
        model: A `fathom.Model` or `fathom.Ensemble` with a target.
        data: Rows with answers, as `model.evaluate` takes them. None of them may have
            been trained on: the errors on those are too small.

    Raises:
        InputError: If there is no target, or the network does not end in a softmax or
            sigmoid in classification.
    """
    if model.target is None:
        raise InputError(
            "This model has no target, so there is nothing to calibrate. Train on "
            "labels or numbers, (X, y)."
        )
    rows, y = model.with_answers(data)
    if model.task == "classification":
        return _classifier(model, rows, y)
    return _regressor(model, rows, model.target.decode_values(y.reshape(len(y), -1)))


def calibrated_on(model: Model, held: Batch | None) -> Model:
    """Return a model calibrated on encoded rows that its training held back.

    Raises:
        InputError: If there are none.
    """
    weight = None if held is None else np.asarray(held.weight) > 0
    if held is None or weight is None or not weight.any():
        raise InputError(
            "No rows were held back from this training: train with validation=0.2, or "
            "calibrate on other rows with result.model.calibrate((X, y))."
        )
    kept = [held.x, held.y]
    if not weight.all():
        import jax

        kept = jax.tree.map(lambda array: array[weight], kept)
    if model.target is None or kept[1] is None:
        raise InputError("This model has no target, so there is nothing to calibrate.")
    # Encoded already: what takes arrays takes these, whatever made them.
    bare = dataclasses.replace(model, preprocessing=None)
    y = kept[1]
    if model.task == "classification":
        found = _classifier(bare, kept[0], y)
    else:
        values = model.target.decode_values(y.reshape(len(y), -1))
        found = _regressor(bare, kept[0], values)
    return dataclasses.replace(found, preprocessing=model.preprocessing)


def _regressor(model: Any, rows: Any, values: np.ndarray) -> Any:
    center, spread = center_and_spread(model, rows)
    scores, floor = np.abs(values.reshape(len(values), -1) - center), ()
    if spread is not None:
        mean = np.maximum(spread.mean(axis=0), np.finfo(np.float32).tiny)
        floor = tuple(mean.astype(float).tolist())
        scores = scores / (spread + floor)
    about = {**model.about, "calibration": {"rows": len(center)}}
    conformal = Conformal.of(scores, floor)
    return dataclasses.replace(model, about=about, conformal=conformal)


def _classifier(model: Predictor, rows: Any, y: np.ndarray) -> Any:
    members = model.members if isinstance(model, Ensemble) else (model,)
    logits = [_logits(member, rows) for member in members]
    known = (y >= 0).reshape(-1)  # a step of a sequence may have no target
    flat = [one.reshape(known.size, -1)[known] for one in logits]
    temperature = fit_temperature(flat, y.reshape(-1)[known])
    scaled = [
        dataclasses.replace(one, network=with_temperature(one.network, temperature))
        for one in members
    ]
    if isinstance(model, Ensemble):
        after = dataclasses.replace(model, members=tuple(scaled))
    else:
        after = scaled[0]
    pair = [one.predict_proba(rows) for one in (model, after)]
    measured = _measured(y, *pair)
    about = {"rows": len(y), "temperature": temperature, **measured}
    conformal = None
    if y.ndim == 1:  # the steps of a sequence are not exchangeable
        own = pair[1][np.arange(len(y)), y]
        conformal = Conformal.of(1 - own[:, None].astype(np.float64))
    about = {**model.about, "calibration": about}
    return dataclasses.replace(after, about=about, conformal=conformal)


def _logits(model: Model, rows: Any) -> np.ndarray:
    bare, _ = logits_of(model.network)
    return dataclasses.replace(model, network=bare).outputs(rows)


def _measured(
    y: np.ndarray, before: np.ndarray, after: np.ndarray
) -> dict[str, dict[str, float]]:
    """Return calibration before and after, by the name of the measure."""
    found: dict[str, dict[str, float]] = {}
    for moment, shares in (("before", before), ("after", after)):
        flat, own = shares.reshape(-1, shares.shape[-1]), y.reshape(-1)
        flat, own = flat[own >= 0], own[own >= 0]
        right = np.maximum(flat[np.arange(len(own)), own], np.finfo(np.float32).tiny)
        values = {
            "negative_log_likelihood": float(-np.log(right.astype(np.float64)).mean()),
            "calibration_error": calibration_error(own, flat),
            "adaptive_calibration_error": calibration_error(own, flat, adaptive=True),
        }
        for name, value in values.items():
            found.setdefault(name, {})[moment] = value
    return found

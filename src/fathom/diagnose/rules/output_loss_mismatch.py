"""The end of the network, the loss and the targets do not go together.

## What it sees
The activation of the last layer, its units, the loss and the targets, as a table of
what fits: as many units as classes, or one sigmoid for two; probabilities for a
cross-entropy; an output that can reach the targets (no ReLU for negative ones, no
sigmoid for 3.7); one class for each row under a softmax. Where the last activation has
no name, the outputs of a first pass are looked at, and of a function of the user's own
what it gives between -50 and 50.

## Why it hurts
A cross-entropy of values that are no probabilities has the wrong gradient or none; an
output that cannot reach its targets stops at its edge; squared error on class numbers
says that class 3 is between 2 and 4.

## What to do
Classes: `Dense(classes, "softmax")` and "cross_entropy". Yes or no, also several at
once: `Dense(n, "sigmoid")` and "binary_cross_entropy". Numbers: `Dense(n)` and
"mean_squared_error".

## When it is wrong
Whole numbers may be amounts, not classes, and a sigmoid for each class against the rest
is a choice: both are notes. Squared error on probabilities is proper, and is not named.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from fathom.agreement import OF_PROBABILITIES
from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.functions import of_ones_own, range_of
from fathom.diagnose.rule import CERTAIN, REMARK, Rule, Symptom
from fathom.diagnose.rules.unscaled_targets import OF_NUMBERS
from fathom.diagnose.thresholds import MOST_LABELS, OUT_OF_RANGE
from fathom.layers import Dense

# What an activation can give.
RANGES = {
    "sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "step": (0.0, 1.0),
    "tanh": (-1.0, 1.0), "relu": (0.0, np.inf), "softplus": (0.0, np.inf),
    "elu": (-1.0, np.inf), "selu": (-1.7581, np.inf), "gelu": (-0.17, np.inf),
    "silu": (-0.2785, np.inf),
}  # fmt: skip
# float32 targets of exactly 1 and what rounding makes of them.
EDGE = 1e-3
CONTRACT = "how the loss is defined"


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield the first thing that does not go together."""
    if evidence.settings.objective is not None:
        return
    for check in (_units, _of_probabilities, _rows_of_shares, _reach, _as_numbers):
        symptom = check(evidence)
        if symptom is not None:
            yield symptom
            return


def is_certain(evidence: Evidence) -> bool:
    """Say whether the ending is wrong, so that cost and gradient say nothing else."""
    return any(symptom.kind == CERTAIN for symptom in look(evidence))


def _units(evidence: Evidence) -> Symptom | None:
    """As many units as classes, and a loss of classes."""
    outputs, classes = evidence.n_outputs, evidence.n_classes
    if evidence.output_activation == "softmax" and (
        evidence.network.output_shape[-1:] == (1,)
    ):
        return _mismatch(
            evidence,
            "A softmax over one unit is always 1.",
            "End the network in a sigmoid, or in one unit for each class.",
            _ending(evidence, max(classes, 1), "sigmoid"),
            {"output units": Measurement(1, 2, CONTRACT)},
        )
    if evidence.labels is None:
        return None
    two_by_one = (outputs, classes) == (1, 2)
    if outputs != classes and not two_by_one:
        return _mismatch(
            evidence,
            f"The target has {classes} classes, and the network ends in {outputs} "
            f"{'unit' if outputs == 1 else 'units'}.",
            f"Give the last layer {classes} units.",
            _ending(evidence, classes, "softmax"),
            {"output units": Measurement(outputs, classes, CONTRACT)},
        )
    if evidence.loss_name == "binary_cross_entropy" and outputs > 1:
        return _mismatch(
            evidence,
            f"binary_cross_entropy compares each of {outputs} outputs with a yes or "
            f"no, and each target is one class.",
            "Use cross_entropy behind a softmax.",
            _ending(evidence, classes, "softmax"),
            {},
        )
    if evidence.loss_name in OF_NUMBERS and not two_by_one:
        return _mismatch(
            evidence,
            f"The loss {evidence.loss_name} compares numbers, and the targets are "
            f"{classes} classes.",
            "Use cross_entropy.",
            Edit("setting", "loss", "cross_entropy", evidence.loss),
            {},
        )
    return None


def _of_probabilities(evidence: Evidence) -> Symptom | None:
    """A cross-entropy gets probabilities."""
    wanted, activation = OF_PROBABILITIES.get(evidence.loss_name), (
        evidence.output_activation
    )  # fmt: skip
    if wanted is None:
        return None
    if evidence.n_outputs == 1:
        wanted = "sigmoid"
    if activation == "sigmoid" and evidence.n_classes > 2:
        return Symptom(
            cause=f"A sigmoid for each of {evidence.n_classes} classes that exclude "
            f"each other: each is learned against the rest, and the sum may not be 1.",
            repair="End the network in a softmax.",
            evidence={"classes": Measurement(evidence.n_classes)},
            kind=REMARK,
            layer=evidence.network.layers[-1].name,
            action='fm.Dense(n_classes, "softmax")',
            edit=_ending(evidence, evidence.n_classes, "softmax"),
            score=0.5,
        )
    if activation in ("softmax", "sigmoid"):
        return None
    if activation is None:
        low, high = _measured_range(evidence)
        if low >= -EDGE and high <= 1 + EDGE:
            return None
        said = f"outputs between {low:.3g} and {high:.3g}"
        found = {"smallest output": Measurement(low, 0.0, CONTRACT),
                 "largest output": Measurement(high, 1.0, CONTRACT)}  # fmt: skip
    else:
        said, found = f"the outputs of {activation!r}, which are no probabilities", {}
    return _mismatch(
        evidence,
        f"{evidence.loss_name} compares probabilities, and gets {said}.",
        f"End the network in a {wanted}; the loss is then computed on the logits by "
        f"itself.",
        _ending(evidence, evidence.n_outputs, wanted),
        found,
    )


def _measured_range(evidence: Evidence) -> tuple[float, float]:
    outputs = np.asarray(
        evidence.network.compiled_apply(dict(evidence.variables), evidence.probe.x)
    )
    return float(outputs.min()), float(outputs.max())


def _rows_of_shares(evidence: Evidence) -> Symptom | None:
    """Targets of a cross-entropy are probabilities, and a softmax gives one class."""
    y = evidence.values
    if y is None or evidence.loss_name not in OF_PROBABILITIES:
        return None
    outside = float(((y < -EDGE) | (y > 1 + EDGE)).mean())
    if outside > OUT_OF_RANGE.value:
        return _mismatch(
            evidence,
            f"{evidence.loss_name} compares probabilities, and the targets go from "
            f"{y.min():.4g} to {y.max():.4g}.",
            "Use mean_squared_error for numbers, or labels from 0 on for classes.",
            Edit("setting", "loss", "mean_squared_error", evidence.loss),
            {"share outside 0 to 1": OUT_OF_RANGE.against(outside)},
        )
    several = y.ndim > 1 and evidence.output_activation == "softmax"
    most = float(y.sum(-1).max()) if several else 0.0
    if most > 1.5:
        return _mismatch(
            evidence,
            f"The targets have up to {most:.3g} classes at once, and a softmax shares "
            f"out a single one.",
            "End the network in a sigmoid, with binary_cross_entropy.",
            _ending(evidence, evidence.n_outputs, "sigmoid"),
            {"largest sum of a target": Measurement(most, 1.0, CONTRACT)},
        )
    return None


def _reach(evidence: Evidence) -> Symptom | None:
    """The output can reach the numbers to be predicted."""
    y, activation = evidence.values, evidence.output_activation
    last: Any = evidence.network.layers[-1]
    own = of_ones_own(getattr(last, "activation", None))
    if y is None or not (own or activation in RANGES) or not y.size:
        return None
    if evidence.loss_name in OF_PROBABILITIES:
        return None
    low, high = range_of(own) if own else RANGES[activation or ""]
    name = getattr(own, "__name__", "a function") if own else activation
    outside = float(((y < low - EDGE) | (y > high + EDGE)).mean())
    found = {"share of targets out of reach": OUT_OF_RANGE.against(outside)}
    cause = (
        f"The output is {name}, which gives {low:g} to {high:g}, and the targets "
        f"go from {y.min():.4g} to {y.max():.4g}."
    )
    if activation == "softmax" and outside <= OUT_OF_RANGE.value:
        sums = y.sum(-1) if y.ndim > 1 else y
        outside = float((np.abs(sums - 1) > EDGE).mean())
        found = {"share that does not sum to 1": OUT_OF_RANGE.against(outside)}
        cause = "The output is softmax, which sums to 1, and the targets do not."
    if outside <= OUT_OF_RANGE.value:
        return None
    return _mismatch(
        evidence,
        cause,
        'End the network in "identity", which gives any number.',
        _ending(evidence, evidence.n_outputs, "identity"),
        found,
    )


def _as_numbers(evidence: Evidence) -> Symptom | None:
    """Numbers 0, 1, 2 ... are perhaps classes."""
    y = evidence.values
    if y is None or evidence.training.y is None or evidence.n_outputs != 1:
        return None
    if evidence.loss_name not in OF_NUMBERS or evidence.table is not None:
        return None
    found = np.unique(y)
    n = len(found)
    if not 2 <= n <= MOST_LABELS.value or len(y) < 5 * n:
        return None
    if not np.array_equal(found, np.arange(n)):
        return None
    units, ending = (1, "sigmoid") if n == 2 else (n, "softmax")
    between = (
        "nothing keeps the outputs between" if n == 2 else "1 lies between 0 and 2"
    )
    return Symptom(
        cause=f"The targets are the whole numbers 0 to {n - 1}, and are learned as "
        f"amounts: {between}.",
        repair=f"If they are classes, end the network in {units} "
        f"{'unit' if units == 1 else 'units'} with a {ending}.",
        evidence={"different targets": MOST_LABELS.against(n)},
        kind=REMARK,
        layer=evidence.network.layers[-1].name,
        action=f'fm.Dense({units}, "{ending}")',
        edit=_ending(evidence, units, ending),
        score=0.5,
    )


def _mismatch(
    evidence: Evidence,
    cause: str,
    repair: str,
    edit: Edit | None,
    found: dict[str, Measurement],
) -> Symptom:
    action = ""
    if edit is not None and edit.kind == "layer":
        action = f'fm.Dense({edit.value.units}, "{edit.value.activation}")'
    elif edit is not None:
        action = f"fm.train(network, data, loss={edit.value!r})"
    return Symptom(
        cause=cause,
        repair=repair,
        evidence=found,
        kind=CERTAIN,
        layer=evidence.network.layers[-1].name,
        action=action,
        edit=edit,
        score=0.98,
    )


def _ending(evidence: Evidence, units: int, activation: str) -> Edit | None:
    """Return the edit that gives the last layer other units and activation."""
    last: Any = evidence.network.layers[-1]
    if not isinstance(last, Dense):
        return None
    repaired = dataclasses.replace(last, units=units, activation=activation)
    return Edit("layer", str(last.name), repaired, last)


RULE = Rule("O001", "output-loss-mismatch", __doc__ or "", {"network": look})

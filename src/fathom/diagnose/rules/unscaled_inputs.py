"""Inputs that are large, tiny, or of very different sizes.

## What it sees
The mean and the standard deviation of every feature of the training rows (of every
channel, for images and sequences), and how far its values get from the mean. A feature
whose mean or spread is above 5, inputs that all stay within 0.05 of their mean, or
distances that differ by a factor of more than 100. A rare word or a pixel at the edge
has a small spread, but is 1 now and then: by its distance it is in scale. Networks that
begin with a normalization are left alone. Inputs that do not vary at all are an alarm.

## Why it hurts
Start values and learning rates are made for inputs of size 1. Large inputs saturate the
first layer or make the first steps far too long; with features of very different sizes
one learning rate is too large for some weights and too small for others (LeCun et al.,
"Efficient BackProp", 1998).

## What to do
Standardize with the mean and the standard deviation of the training rows, or hand over
a table: `fm.read(X, target=y)` fits the scaling on the training part and keeps it with
the model. Images go to 0 to 1.

## When it is wrong
Where the sizes mean something and were chosen so, such as a first layer with weights
handed over for raw pixels. The mean and spread of very heavy tails say little.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import CERTAIN, Rule, Symptom
from fathom.diagnose.scale import Scale
from fathom.diagnose.thresholds import INPUT_RATIO, INPUT_SIZE, INPUT_SMALL
from fathom.layers import BatchNorm, GroupNorm, LayerNorm, RMSNorm, Standardize
from fathom.layers.chain import Chain

NORMALIZES = (BatchNorm, GroupNorm, LayerNorm, RMSNorm, Standardize)
# What may stand before the first layer with weights without changing the scale.
SHAPES_ONLY = ("Flatten", "Reshape", "Dropout", "Masking", "Shift", "Rotate", "Flip",
               "CutOut", "Noise", "Jitter", "On")  # fmt: skip


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield one symptom for each input array that is out of scale."""
    scales = evidence.scales.values()
    if scales and not any(scale.spread.any() for scale in scales):
        yield _constant()
    elif not begins_normalized(evidence):
        for name, scale in evidence.scales.items():
            found = measure(scale)
            if found:
                yield _symptom(name, scale, found)


def _constant() -> Symptom:
    return Symptom(
        cause="All training rows have the same inputs: there is nothing to tell them "
        "apart by.",
        repair="Look at how the inputs were made.",
        evidence={"features that vary": Measurement(0, 1, "something to learn from")},
        kind=CERTAIN,
        action="print(X.std(0))",
        score=0.97,
    )


def begins_normalized(evidence: Evidence) -> bool:
    """Say whether the network's first layer that computes is a normalization."""
    for place in evidence.places:
        kind = type(place.layer)
        if kind.__name__ not in SHAPES_ONLY and kind is not Chain:
            return issubclass(kind, NORMALIZES)
    return False


def measure(scale: Scale) -> dict[str, Measurement]:
    """Return what is out of scale, by name; empty if nothing is."""
    found = {}
    largest = float(scale.sizes.max())
    if largest > INPUT_SIZE.value:
        found["largest mean or spread"] = INPUT_SIZE.against(largest)
    reach = scale.reach[scale.spread > 0]
    if not len(reach):
        return found
    if reach.max() < INPUT_SMALL.value:
        found["largest distance from the mean"] = INPUT_SMALL.against(
            float(reach.max())
        )
    ratio = float(reach.max() / reach.min())
    if ratio > INPUT_RATIO.value:
        found["largest over smallest distance"] = INPUT_RATIO.against(ratio)
    return found


def _symptom(name: str, scale: Scale, found: dict[str, Measurement]) -> Symptom:
    what = "The inputs are" if name == "inputs" else f"The inputs {name!r} are"
    over = float(scale.sizes.max()) / INPUT_SIZE.value
    return Symptom(
        cause=f"{what} not scaled: {_worst(scale, over > 1)}",
        repair="Standardize the inputs with the training rows, or hand over a table, "
        "which scales by itself.",
        evidence=found,
        action="X = (X - X.mean(0)) / (X.std(0) + 1e-7)",
        edit=Edit("data", name, "standardize"),
        score=0.9 if over > 10 else 0.8,
    )


def _worst(scale: Scale, is_large: bool) -> str:
    if is_large:
        i = int(np.argmax(scale.sizes))
        return (
            f"feature {i} has mean {scale.mean[i]:.4g} and spread "
            f"{scale.spread[i]:.4g}, where about 0 and 1 are expected."
        )
    reach = np.where(scale.spread > 0, scale.reach, np.inf)
    i, j = int(np.argmax(scale.reach)), int(np.argmin(reach))
    return (
        f"feature {i} varies by up to {scale.reach[i]:.3g}, and feature {j} by up to "
        f"{reach[j]:.3g}."
    )


RULE = Rule("D001", "unscaled-inputs", __doc__ or "", {"data": look})

"""Inputs that are large, tiny, or of very different sizes.

## What it sees
The mean and the standard deviation of every feature of the training rows (of every
channel, for images and sequences), and how far its values get from the mean. A feature
whose mean or spread is above 5, inputs that all stay within 0.05 of their mean, or
distances that differ by a factor of more than 100; or, in a quarter of the features, a
middle half of the values that is less than a quarter of the spread. A rare word or a
pixel at the edge has a small spread, but is 1 now and then: by its distance it is in
scale. Of networks that begin with a normalization the last alone is said. Inputs that
do not vary at all are an alarm.

## Why it hurts
Start values and learning rates are made for inputs of size 1. Large inputs saturate the
first layer or make the first steps far too long; with features of very different sizes
one learning rate is too large for some weights and too small for others (LeCun et al.,
"Efficient BackProp", 1998).

## What to do
Standardize with the mean and the standard deviation of the training rows, or hand over
a table: `fm.read(X, target=y)` fits the scaling on the training part and keeps it with
the model. Images go to 0 to 1. Of amounts that grow by factors (incomes, counts) take
the logarithm first.

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
from fathom.diagnose.robust import EVEN, PLAIN
from fathom.diagnose.rule import CERTAIN, Rule, Symptom
from fathom.diagnose.scale import Scale
from fathom.diagnose.thresholds import (
    CROWDED,
    HALF_WAY,
    INPUT_RATIO,
    INPUT_SIZE,
    INPUT_SMALL,
    MOST_OF_THE_WAY,
)
from fathom.layers import BatchNorm, GroupNorm, LayerNorm, RMSNorm, Standardize
from fathom.layers.chain import Chain

NORMALIZES = (BatchNorm, GroupNorm, LayerNorm, RMSNorm, Standardize)
# Share of the features from which on crowded ones are more than an odd column.
MANY_CROWDED = 0.25
# What may stand before the first layer with weights without changing the scale.
SHAPES_ONLY = ("Flatten", "Reshape", "Dropout", "Masking", "Shift", "Rotate", "Flip",
               "CutOut", "Noise", "Jitter", "On")  # fmt: skip


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield one symptom for each input array that is out of scale."""
    scales = evidence.scales.values()
    if scales and not any(scale.spread.any() for scale in scales):
        yield _constant()
        return
    normalized = begins_normalized(evidence)
    for name, scale in evidence.scales.items():
        found = {} if normalized else measure(scale)
        if found:
            yield _symptom(evidence, name, scale, found)
        else:
            yield from _crowded(evidence, name, scale)


def _crowded(evidence: Evidence, name: str, scale: Scale) -> Iterator[Symptom]:
    """Yield a symptom if most values are next to each other, and a few far off."""
    varies = (scale.spread > 0) & (scale.middle > 0)  # not those that are mostly 0
    ratios = np.where(varies, scale.middle / np.where(varies, scale.spread, 1), 1)
    crowded = ratios < CROWDED.value
    if not crowded.any() or crowded.mean() < MANY_CROWDED:
        return
    worst = int(ratios.argmin())
    which = "" if name == "inputs" else f"[{name!r}]"
    yield Symptom(
        cause=f"Half of the values of {_called(evidence, worst)} are within "
        f"{scale.middle[worst]:.3g}, and its spread is {scale.spread[worst]:.3g}: most "
        f"rows look alike, and a few are far off.",
        repair="Take the logarithm of what grows by factors, or ranks, before "
        "standardizing.",
        evidence={
            "middle half over spread": CROWDED.against(float(ratios[worst])),
            "features like that": Measurement(int(crowded.sum())),
        },
        action=f"X{which} = np.log(X{which} - X{which}.min(0) + 1e-3)",
        edit=Edit("data", name, EVEN),
        score=0.84,
        below=MOST_OF_THE_WAY,
    )


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


def _symptom(
    evidence: Evidence, name: str, scale: Scale, found: dict[str, Measurement]
) -> Symptom:
    what = "The inputs are" if name == "inputs" else f"The inputs {name!r} are"
    over = float(scale.sizes.max()) / INPUT_SIZE.value
    far = _beyond(found) > 10
    return Symptom(
        cause=f"{what} not scaled: {_worst(evidence, scale, over > 1)}",
        repair="Standardize the inputs with the training rows, or hand over a table, "
        "which scales by itself.",
        evidence=found,
        action="X = (X - X.mean(0)) / (X.std(0) + 1e-7)",
        edit=Edit("data", name, PLAIN),
        score=0.96
        if far or over > 1 or "largest distance from the mean" in found
        else 0.89,
        below=MOST_OF_THE_WAY if far else HALF_WAY,
    )


def _beyond(found: dict[str, Measurement]) -> float:
    """Return how many times beyond its limit the farthest of the numbers is."""
    ratios = [m.value / m.threshold for m in found.values()]
    return max(max(ratio, 1 / ratio) for ratio in ratios if ratio > 0)


def _called(evidence: Evidence, feature: int) -> str:
    """Return the name of a feature, if it has one."""
    made = evidence.preprocessing
    names = () if made is None else made.feature_names
    return names[feature] if feature < len(names) else f"feature {feature}"


def _worst(evidence: Evidence, scale: Scale, is_large: bool) -> str:
    if is_large:
        i = int(np.argmax(scale.sizes))
        return (
            f"{_called(evidence, i)} has mean {scale.mean[i]:.4g} and spread "
            f"{scale.spread[i]:.4g}, where about 0 and 1 are expected."
        )
    reach = np.where(scale.spread > 0, scale.reach, np.inf)
    i, j = int(np.argmax(scale.reach)), int(np.argmin(reach))
    return (
        f"{_called(evidence, i)} varies by up to {scale.reach[i]:.3g}, and "
        f"{_called(evidence, j)} by up to {reach[j]:.3g}."
    )


RULE = Rule("D001", "unscaled-inputs", __doc__ or "", {"data": look})

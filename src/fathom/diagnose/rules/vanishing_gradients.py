"""Gradients that fade before they reach the first layers.

## What it sees
In the recorded steps of a run, in the median: the gradient of the first layer that
learns is below 0.0001 and below a thousandth of the largest one. Gradients that are
exactly 0 are left to dead units and frozen parameters. Before a run: an activation
function of the user's own that is nearly flat between -3 and 3.

## Why it hurts
The first layers stay as they started, so the last ones learn from random features of
features. Each sigmoid takes at least three quarters off a gradient, so ten of them
leave a millionth.

## What to do
Use relu or gelu with `weight_init="auto"`, put normalization between the layers, or
residual blocks around them; for sequences a GRU or LSTM instead of a plain RNN.

## When it is wrong
At the end of a run that fits its data all gradients are small; so the first 50 steps
are looked at. Where the first layer was trained before, it need not move.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.functions import mean_slope, own_functions
from fathom.diagnose.places import plain_address
from fathom.diagnose.rule import Rule, Symptom
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    GRADIENT_FADES,
    GRADIENT_SMALL,
    WEAK_SLOPE,
)

FADING = ("sigmoid", "tanh", "softplus")


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a function of the user's own that lets next to no gradient through."""
    for place, own in own_functions(evidence.places[:-1]):
        layer: Any = place.layer
        slope = mean_slope(own)
        if not 0 < slope < WEAK_SLOPE.value:
            continue
        better = dataclasses.replace(layer, activation="relu")
        yield Symptom(
            cause=f"The activation of {place.address} has a slope of {slope:.2g}: "
            f"whatever passes, forward or back, is so much smaller behind it.",
            repair="Use relu or gelu, or a function with a slope of about 1.",
            evidence={"mean slope": WEAK_SLOPE.against(slope)},
            layer=place.address,
            action='activation="relu"',
            edit=Edit("layer", place.address, better, layer),
            score=0.94,
            below=ALMOST_ALL,
        )
        return


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the first layer gets hardly any gradient."""
    course = evidence.course
    addresses, table = course.table("gradient_norm")
    table = table[course.early] if course.early.any() else table
    if len(addresses) < 3 or not len(table):
        return
    norms = np.nanmedian(table, axis=0)
    first, largest = float(norms[0]), float(np.nanmax(norms))
    ratio = first / largest if largest > 0 else 1.0
    if not 0 < first < GRADIENT_SMALL.value or ratio > GRADIENT_FADES.value:
        return
    layer = _fading_layer(evidence)
    yield Symptom(
        cause=f"The gradient of {addresses[0]} is {first:.2g}, and that of "
        f"{addresses[int(np.nanargmax(norms))]} {largest:.2g}: it fades on the way "
        f"back.",
        repair="Use relu or gelu, normalization between the layers, or residual "
        "blocks around them.",
        evidence={
            "gradient of the first layer": GRADIENT_SMALL.against(first),
            "over the largest": GRADIENT_FADES.against(ratio),
        },
        layer=addresses[0],
        epoch=1,
        action='activation="relu", or fm.Residual([...]) with fm.LayerNorm()',
        edit=layer,
        score=0.9,
        below=ALMOST_ALL,
    )


def _fading_layer(evidence: Evidence) -> Edit | None:
    """Return a change of the first hidden layer with an activation that fades."""
    for place in evidence.places[:-1]:
        layer: Any = place.layer
        if getattr(layer, "activation", None) in FADING:
            better = dataclasses.replace(layer, activation="relu")
            return Edit("layer", plain_address(place.address), better, layer)
    return None


RULE = Rule(
    "S007",
    "vanishing-gradients",
    __doc__ or "",
    {"network": look, "record": look_at_run},
    needs="layers",
)

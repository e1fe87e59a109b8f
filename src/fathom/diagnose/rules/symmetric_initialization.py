"""Units that start equal and stay equal.

## What it sees
Layers in which at most half of the units have start values of their own. One forward
and one backward pass tell whether it matters: units with equal weights that get equal
gradients, too, can never differ. After a run, their trained weights tell it.

## Why it hurts
Equal units with equal gradients take equal steps: a layer of 64 computes what one unit
would. With all weights 0, a ReLU network does not move at all.

## What to do
Let the layer draw its start values: `weight_init="auto"` chooses He's for the ReLU
family and Glorot's otherwise. Zeros are for biases.

## When it is wrong
A last layer, or the last layer of a residual block, may well start at 0: its gradients
differ from unit to unit, so it is not named. Dropout makes equal units differ by
chance, after a while.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import CERTAIN, SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import ALMOST_ALL, DISTINCT_UNITS
from fathom.layers.layer import Layer
from fathom.weights import flatten

# Units that are equal by construction may differ by rounding.
ROUNDING = 1e-4


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield the layers whose units start equal, one symptom for all of them."""
    start = evidence.start
    alike = list(_alike(evidence))
    if start is None or not alike:
        return
    gradients = flatten(start.gradient)
    kind = SYMPTOM if evidence.network.is_random else CERTAIN
    yield from _symptoms(evidence, alike, gradients, kind, None)


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield the layers whose units started equal and are equal after training."""
    alike = list(_alike(evidence)) if evidence.trained is not None else []
    if alike:
        trained = flatten(evidence.trained or {})
        yield from _symptoms(evidence, alike, trained, SYMPTOM, 1)


def _alike(evidence: Evidence) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the weights of which most units start equal."""
    for name, array in flatten(evidence.variables).items():
        weight = np.asarray(array)
        leaf = name.rpartition("/")[2]
        if not leaf.startswith("weight") or weight.ndim < 2 or weight.shape[-1] < 2:
            continue
        if _distinct(weight, None) <= DISTINCT_UNITS.value * weight.shape[-1]:
            yield name, weight


def _symptoms(
    evidence: Evidence,
    alike: list[tuple[str, np.ndarray]],
    beside: Mapping[str, Any],
    kind: str,
    epoch: int | None,
) -> Iterator[Symptom]:
    """Yield a symptom of the units that are equal in something else, too."""
    stuck = []
    for name, weight in alike:
        distinct = _distinct(weight, np.asarray(beside[name]))
        if distinct <= DISTINCT_UNITS.value * weight.shape[-1]:
            stuck.append((name, distinct, weight.shape[-1]))
    if stuck:
        yield _symptom(evidence, stuck, kind, epoch)


def _distinct(weight: np.ndarray, beside: np.ndarray | None) -> int:
    """Return how many units differ, in their weights or else in something beside."""
    marks = [_fingerprints(weight)]
    if beside is not None:
        own = _fingerprints(beside)
        largest = float(np.abs(own).max())
        if not np.isfinite(largest):
            return weight.shape[-1]
        marks.append(np.round(own / (ROUNDING * largest)) if largest else own)
    return len(np.unique(np.stack(marks), axis=1).T)


def _fingerprints(array: np.ndarray) -> np.ndarray:
    """Return one number for each unit, the same for units with the same numbers."""
    flat = array.reshape(-1, array.shape[-1]).astype(np.float64)
    factors = np.random.default_rng(0).normal(size=(len(flat), 1))
    return (flat * factors).sum(0)


def _symptom(
    evidence: Evidence,
    stuck: list[tuple[str, int, int]],
    kind: str,
    epoch: int | None,
) -> Symptom:
    name, distinct, units = stuck[0]
    address = name.rpartition("/")[0]
    more = f" So have {len(stuck) - 1} more weights." if len(stuck) > 1 else ""
    return Symptom(
        cause=f"Of the {units} units of {address} only {distinct} "
        f"{'has' if distinct == 1 else 'have'} start values of their own, and equal "
        f"ones get equal gradients: they can never differ.{more}",
        repair="Draw the start values at random; zeros and constants are for biases.",
        evidence={
            "distinct units, as a share": DISTINCT_UNITS.against(distinct / units),
            "layers": Measurement(len(stuck)),
        },
        kind=kind,
        layer=address,
        epoch=epoch,
        action='weight_init="auto"',
        edit=_edit(evidence, address),
        score=0.99,
        below=ALMOST_ALL,
    )


def _edit(evidence: Evidence, address: str) -> Edit | None:
    layers: dict[str, Any] = {p.address: p.layer for p in evidence.places}
    layer = layers.get(address)
    if not isinstance(layer, Layer) or getattr(layer, "weight_init", "auto") == "auto":
        return None
    repaired = dataclasses.replace(layer, weight_init="auto")  # pyright: ignore
    return Edit("layer", address, repaired, layer)


RULE = Rule(
    "S002",
    "symmetric-initialization",
    __doc__ or "",
    {"start": look, "record": look_at_run},
)

"""Sigmoid and tanh units that sit where they are flat.

## What it sees
In the recorded steps of a run, in the median of the first 50 steps or at the end: more
than 30 % of a layer's units have less than 5 % of the largest slope for more than 95 %
of the examples. Output layers are left alone: being sure is their work. Before a run,
of an activation function of the user's own: for which share of weighted sums of size 1
it is as flat.

## Why it hurts
The derivative of a flat unit is next to 0, so its weights get next to no gradient, and
neither does what is before it.

## What to do
Scale the inputs and the start values, so that weighted sums are about 1; normalize
before the activation; or use relu or gelu.

## When it is wrong
Binary codes are learned on purpose now and then. Where the run learned, it is a note.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.functions import flat_share, own_functions
from fathom.diagnose.places import plain_address
from fathom.diagnose.rule import Rule, Symptom
from fathom.diagnose.thresholds import ALMOST_ALL, FLAT_FOR_ALL, SATURATED_SHARE


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield functions of the user's own that are flat for nearly all weighted sums."""
    for place, own in own_functions(evidence.places[:-1]):
        share = flat_share(own)
        if share <= FLAT_FOR_ALL.value:
            continue
        layer: Any = place.layer
        edit = Edit(
            "layer",
            place.address,
            dataclasses.replace(layer, activation="relu"),
            layer,
        )
        yield Symptom(
            cause=f"The activation of {place.address} is flat for {share:.0%} of "
            f"weighted sums of size 1: next to no gradient gets through.",
            repair="Use relu or gelu, or a function that bends over values of about 1.",
            evidence={"share of weighted sums": FLAT_FOR_ALL.against(share)},
            layer=place.address,
            action='activation="relu"',
            edit=edit,
            score=0.95,
            below=ALMOST_ALL,
        )
        return


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield the layer of which most units are flat."""
    course = evidence.course
    addresses, table = course.table("saturated_units")
    last = evidence.network.layers[-1].name
    hidden = [i for i, a in enumerate(addresses) if plain_address(a) != last]
    if not hidden or not len(table):  # every record overflowed
        return
    table = table[:, hidden]
    early = np.median(table[course.early], 0) if course.early.any() else table[0]
    shares = np.maximum(early, np.median(table[course.late], 0))
    worst = int(shares.argmax())
    share, address = float(shares[worst]), addresses[hidden[worst]]
    if share <= SATURATED_SHARE.value:
        return
    layers: dict[str, Any] = {place.address: place.layer for place in evidence.places}
    layer: Any = layers.get(plain_address(address))
    before = float(table[0, worst])
    edit = None
    if getattr(layer, "activation", None) in ("sigmoid", "tanh"):
        better = dataclasses.replace(layer, activation="relu")
        edit = Edit("layer", plain_address(address), better, layer)
    yield Symptom(
        cause=f"{share:.0%} of the units of {address} are flat for nearly all "
        f"examples; at the first step it was {before:.0%}.",
        repair="Scale inputs and start values, normalize before the activation, or use "
        "relu."
        if before > SATURATED_SHARE.value
        else "Take a smaller learning rate, or use relu.",
        evidence={
            "saturated units, as a share": SATURATED_SHARE.against(share),
            "at the first step": Measurement(before),
        },
        layer=address,
        epoch=1 if before > SATURATED_SHARE.value else course.n_epochs or None,
        action='weight_init="auto"' if before > SATURATED_SHARE.value else (
            'activation="relu"'
        ),
        edit=edit,
        score=0.88 if before > SATURATED_SHARE.value else 0.78,
        below=ALMOST_ALL,
    )  # fmt: skip


RULE = Rule(
    "S008",
    "saturated-units",
    __doc__ or "",
    {"network": look, "record": look_at_run},
    needs="layers",
)

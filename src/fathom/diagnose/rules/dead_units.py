"""ReLU units that no example activates.

## What it sees
At the start values, on up to 256 training rows: the units of layers with the activation
"relu" whose weighted sum is at most 0 for every row and place. More than half of a
layer is a symptom; a whole layer with no way around it is certain. In a run: the same
share in the last recorded batches, at the batch where it is least.

## Why it hurts
Where the weighted sum is negative the derivative of a ReLU is 0, so the weights of such
a unit get no gradient. A unit that is dead for all rows stays so; a dead layer stops
the gradient for everything before it.

## What to do
Start biases at 0, not below; scale the inputs; use a smaller learning rate once it
happens in training; or use leaky_relu, gelu or elu, whose derivative is nowhere 0.

## When it is wrong
Units, not outputs, are counted: half of all outputs of a healthy ReLU layer are 0. In
wide layers a share of dead units is normal (up to a quarter was measured).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.places import Place, plain_address
from fathom.diagnose.rule import CERTAIN, SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import ALMOST_ALL, DEAD_SHARE, POOR_PROGRESS


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield the first layer of which most units are dead."""
    for place, share in dead_layers(evidence):
        layer: Any = place.layer
        around = "/" in place.address
        yield Symptom(
            cause=f"{share:.0%} of the units of {place.address} are 0 for every "
            f"training row looked at, so they get no gradient.",
            repair="Start the biases at 0, or use an activation that lets some "
            "gradient through.",
            evidence={"dead units, as a share": DEAD_SHARE.against(share)},
            kind=CERTAIN if share == 1 and not around else SYMPTOM,
            layer=place.address,
            action='activation="leaky_relu"',
            edit=Edit(
                "layer",
                place.address,
                dataclasses.replace(layer, activation="leaky_relu"),
                layer,
            ),
            score=0.85,
        )
        return


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield the layer of which most units are dead at the end of a run."""
    dead = evidence.course.dead
    kinds = {place.address: place.layer for place in evidence.places}
    over = {a: share for a, share in dead.items() if share > DEAD_SHARE.value}
    if not over:
        return
    address = max(over, key=over.__getitem__)
    share, layer = over[address], kinds.get(plain_address(address))
    start = evidence.course.table("dead_units")
    before = float(start[1][0, start[0].index(address)])
    edit = None
    if layer is not None and hasattr(layer, "activation"):
        leaky = dataclasses.replace(layer, activation="leaky_relu")  # pyright: ignore
        edit = Edit("layer", plain_address(address), leaky, layer)
    yield Symptom(
        cause=f"{share:.0%} of the units of {address} are 0 for all examples of the "
        f"last batches, so they get no gradient; at the start it was {before:.0%}.",
        repair="Use a smaller learning rate if they died in training, and start the "
        "biases at 0 if they were dead before; or let some gradient through.",
        evidence={
            "dead units, as a share": DEAD_SHARE.against(share),
            "at the first step": Measurement(before),
        },
        layer=address,
        epoch=evidence.course.n_epochs or None,
        action='activation="leaky_relu"',
        edit=edit,
        score=0.88 if before > DEAD_SHARE.value else 0.8,
        below=POOR_PROGRESS if "/" in address else ALMOST_ALL,
    )


def dead_layers(evidence: Evidence) -> Iterator[tuple[Place, float]]:
    """Yield layers of which more than half is dead at the start, with the share."""
    taps = {} if evidence.start is None else evidence.start.taps
    for place in evidence.places:
        tapped = taps.get(place.address, {}).get("weighted_sum")
        if tapped is None or getattr(place.layer, "activation", None) != "relu":
            continue
        share = float((np.asarray(tapped.top) <= 0).mean())
        if share > DEAD_SHARE.value:
            yield place, share


RULE = Rule(
    "S005",
    "dead-units",
    __doc__ or "",
    {"start": look, "record": look_at_run},
    needs="layers",
)

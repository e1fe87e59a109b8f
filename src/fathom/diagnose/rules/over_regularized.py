"""Weights that are pulled to 0 harder than the data pull them away.

## What it sees
At the end of a run: weight decay is more than 30 % of what a step does to a layer, and
the weights ended smaller than 0.6 of what they started with. Beside that, dropout of
0.7 or more.

## Why it hurts
The network is kept from fitting what is there: outputs stay near the mean and training
and validation are equally poor.

## What to do
Divide the weight decay by 10; use dropout of 0.5 or less.

## When it is wrong
Where nothing can be learned, weights shrink and nothing is lost. So it is an alarm only
with poor progress.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.places import places
from fathom.diagnose.rule import Rule, Symptom
from fathom.diagnose.thresholds import (
    DECAY_WINS,
    HALF_WAY,
    MOST_OF_THE_WAY,
    MUCH_DROPPED,
    SHRUNK,
)


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield what keeps the weights from fitting."""
    yield from _decay(evidence)
    for place in places(evidence.network):
        layer: Any = place.layer
        rate = getattr(layer, "rate", None)
        is_dropout = type(layer).__name__.endswith("Dropout")
        if is_dropout and isinstance(rate, float) and rate >= MUCH_DROPPED.value:
            yield Symptom(
                cause=f"{place.address} drops {rate:.0%} of what it gets.",
                repair="Use 0.5 or less.",
                evidence={"rate of dropout": MUCH_DROPPED.against(rate)},
                layer=place.address,
                action="fm.Dropout(0.2)",
                edit=Edit("layer", place.address, type(layer)(0.2), layer),
                score=0.8,
                below=HALF_WAY,
            )
            return


def _decay(evidence: Evidence) -> Iterator[Symptom]:
    course = evidence.course
    decay = evidence.settings.decay()
    updates, sizes = course.table("update_norm")[1], course.table("parameter_norm")[1]
    if not decay or len(updates) < 2 or not updates.size:
        return
    rates = course.step_rates[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = rates * decay * sizes / updates
    share = float(np.nanmedian(shares[course.late]))
    shrunk = float(np.linalg.norm(sizes[-1]) / max(np.linalg.norm(sizes[0]), 1e-30))
    if not share > DECAY_WINS.value or shrunk > SHRUNK.value:
        return
    yield Symptom(
        cause=f"Weight decay of {decay:g} is {share:.0%} of what a step does, and the "
        f"weights shrank to {shrunk:.0%} of their start.",
        repair=f"Take {decay / 10:g}.",
        evidence={
            "decay over all that a step does": DECAY_WINS.against(share),
            "norm of the weights over that at the start": SHRUNK.against(shrunk),
        },
        epoch=course.n_epochs or None,
        action=f"fm.train(network, data, weight_decay={decay / 10:g})",
        edit=Edit("setting", "weight_decay", decay / 10, decay),
        score=0.89,
        below=MOST_OF_THE_WAY,
    )


RULE = Rule("F004", "over-regularized", __doc__ or "", {"record": look_at_run})

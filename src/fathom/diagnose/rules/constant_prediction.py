"""The same answer whatever the input.

## What it sees
At the end of a run: more than 95 % of the judged examples get the same class although
no class has 90 % of them; or the outputs vary over a batch by less than a thousandth.

## Why it hurts
The network has learned the shares of the classes, or the mean, and nothing of the
inputs.

## What to do
This is a consequence. The findings above it name the reason: a learning rate that is
too high or too low, dead or saturated units, inputs out of scale, an output that does
not go with the loss. If there is none, train on 32 rows until they are learned by
heart: what cannot do that is broken, not badly tuned.

## When it is wrong
Where nothing can be known from the inputs, the shares are the best answer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import Rule, Symptom
from fathom.diagnose.thresholds import FLAT_OUTPUT, LARGEST_CLASS, ONE_ANSWER


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if one answer is given to nearly all."""
    found = _one_class(evidence) or _flat(evidence)
    if found:
        yield Symptom(
            cause="The network gives the same answer whatever the input.",
            repair="Repair what is named above; if nothing is, see whether it can "
            "learn 32 rows by heart.",
            evidence=found,
            epoch=evidence.course.n_epochs or None,
            action="fm.train(network, (X[:32], y[:32]), epochs=300)",
            score=0.3,
        )


def _one_class(evidence: Evidence) -> dict[str, Measurement]:
    classes = evidence.course.history.classes
    if classes is None or not classes.predicted[-1].sum():
        return {}
    predicted, counts = classes.predicted[-1], classes.count[-1]
    share = float(predicted.max() / predicted.sum())
    largest = float(counts.max() / counts.sum())
    if share <= ONE_ANSWER.value or largest >= LARGEST_CLASS.value:
        return {}
    return {
        "share of the most frequent answer": ONE_ANSWER.against(share),
        "share of the largest class": LARGEST_CLASS.against(largest),
    }


def _flat(evidence: Evidence) -> dict[str, Measurement]:
    course = evidence.course
    addresses, table = course.table("activation_variation")
    last = evidence.network.layers[-1].name
    if last not in addresses or not len(table):
        return {}
    spread = float(np.median(table[course.late, addresses.index(last)]))
    known = evidence.values if evidence.n_rows else None
    scale = 1.0 if known is None else float(known.std()) or 1.0
    if spread >= FLAT_OUTPUT.value * scale:
        return {}
    return {"spread of the outputs": FLAT_OUTPUT.against(spread / scale)}


RULE = Rule("F005", "constant-prediction", __doc__ or "", {"record": look_at_run})

"""Classes of very different size.

## What it sees
How many training rows each class has: the rarest has less than a tenth of the most
frequent one, and no class weights are set. Targets with a class for every step of a
sequence are left alone: words are never balanced.

## Why it hurts
The cost is a mean over rows, so a class of 1 % counts 1 %. A network that never
predicts it has an accuracy of 0.99 and has learned nothing about it.

## What to do
Look at the recall of every class, not at accuracy alone. If the rare class matters more
than its share, `class_weight="balanced"` makes every class count the same.

## When it is wrong
Where the shares are those of the world, and probabilities are wanted that are right on
average: class weights distort these. Many imbalanced problems are learned well as they
are, so this is never more than a note.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import REMARK, Rule, Symptom
from fathom.diagnose.thresholds import IMBALANCE


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a remark if a class is rare."""
    labels = evidence.labels
    if labels is None or evidence.class_weight is not None:
        return
    counts = np.bincount(labels, minlength=evidence.n_classes)
    rarest, most = int(counts.argmin()), int(counts.argmax())
    ratio = counts[rarest] / counts[most]
    if ratio >= IMBALANCE.value:
        return
    names = evidence.label_names
    n = int(counts[rarest])
    yield Symptom(
        cause=f"Of {names[rarest]} there {'is 1 row' if n == 1 else f'are {n} rows'} "
        f"and of {names[most]} {counts[most]:,}: accuracy hides the rare one.",
        repair="Look at the recall of each class; if the rare one matters as much, "
        "weight the classes.",
        evidence={
            "rarest over most frequent": IMBALANCE.against(float(ratio)),
            "share of the most frequent": Measurement(
                float(counts[most] / counts.sum())
            ),
        },
        kind=REMARK,
        action='fm.train(network, data, class_weight="balanced")',
        edit=Edit("setting", "class_weight", "balanced"),
        score=0.4,
    )


RULE = Rule("D003", "class-imbalance", __doc__ or "", {"data": look})

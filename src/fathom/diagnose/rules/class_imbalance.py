"""Classes of very different size.

## What it sees
How many training rows each class has: the rarest has less than a tenth of the most
frequent one, and no class weights are set. Targets with a class for every step of a
sequence are left alone: words are never balanced. In a run: a class that is rare and of
which less than a tenth is recognized at the end.

## Why it hurts
The cost is a mean over rows, so a class of 1 % counts 1 %. A network that never
predicts it has an accuracy of 0.99 and has learned nothing about it.

## What to do
Look at the recall of every class, not at accuracy alone. If the rare class matters more
than its share, `class_weight="balanced"` makes every class count the same.

## When it is wrong
Where the shares are those of the world, and probabilities are wanted that are right on
average: class weights distort these. Many imbalanced problems are learned well as they
are, so before training this is never more than a note.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import REMARK, Rule, Symptom
from fathom.diagnose.thresholds import (
    IMBALANCE,
    MOST_OF_THE_WAY,
    RARE_RECALL,
    RARE_ROWS,
)


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


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if a rare class is hardly recognized."""
    classes = evidence.course.history.classes
    if classes is None or evidence.class_weight is not None:
        return
    counts, recall = classes.count[-1], classes.recall[-1]
    rare = (counts >= RARE_ROWS.value) & (counts < IMBALANCE.value * counts.max())
    missed = np.flatnonzero(rare & (recall < RARE_RECALL.value))
    if not len(missed):
        return
    worst = int(missed[np.argmin(recall[missed])])
    names = evidence.label_names
    name = names[worst] if worst < len(names) else str(worst)
    yield Symptom(
        cause=f"{recall[worst]:.0%} of the examples of {name} are recognized: with "
        f"{counts[worst] / counts.sum():.1%} of all it counts too little.",
        repair="Weight the classes, and judge by the recall of each.",
        evidence={
            "share that is recognized": RARE_RECALL.against(float(recall[worst])),
            "rarest over most frequent": IMBALANCE.against(
                float(counts[worst] / counts.max())
            ),
            "judged examples": Measurement(int(counts[worst])),
        },
        epoch=int(classes.epochs[-1]),
        action='fm.train(network, data, class_weight="balanced")',
        edit=Edit("setting", "class_weight", "balanced"),
        score=0.75,
        below=MOST_OF_THE_WAY,
    )


RULE = Rule(
    "D003",
    "class-imbalance",
    __doc__ or "",
    {"data": look, "record": look_at_run},
    needs="classes",
)

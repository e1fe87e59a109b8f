"""A network that does not fit even its training rows.

## What it sees
At the end of a run, the training loss has stopped falling, progress on the training
rows is less than half of the way, and they are learned hardly better than the
validation rows. Five nearest neighbors, a linear model and gradient boosting are asked,
too, where they can say something: if they get clearly further than the network, it is
no hard problem.

## Why it hurts
More rows and more epochs change nothing: what the network can say is too little, or
something keeps it from saying it.

## What to do
See whether it can learn 32 rows by heart (300 epochs): if it cannot, something is
broken, and the findings above name it. If it can, use more units and layers, and less
weight decay and dropout.

## When it is wrong
Where the answer is mostly chance, half of the way cannot be gone: this is what the
other models are asked for, and without them it is an alarm only where next to nothing
was learned.
"""

from __future__ import annotations

from collections.abc import Iterator

from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.progress import smoothed
from fathom.diagnose.rule import CERTAIN, SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import (
    BELOW_NEIGHBORS,
    GAP,
    HALF_WAY,
    NEARLY_THERE,
    PLATEAU,
    POOR_PROGRESS,
)

FEW_EPOCHS = 5


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the training rows are not learned."""
    course = evidence.course
    training, reached = course.training_progress, evidence.progress
    if training is None or reached is None or course.n_epochs < FEW_EPOCHS:
        return
    learned = float(smoothed(training)[-1])
    if learned - reached > GAP.value:  # it fits its training rows, and others not
        return
    behind = 0.0
    if reached < NEARLY_THERE.value:
        behind = _lead(evidence, max(learned, reached))
    falls = course.fall(course.loss)
    stands = falls < PLATEAU.value or max(learned, reached) < 2 * POOR_PROGRESS.value
    poor = learned < HALF_WAY.value and stands
    if not poor and behind <= BELOW_NEIGHBORS.value:
        return
    found = {"progress on training rows": HALF_WAY.against(learned),
             "last fall of the training loss": PLATEAU.against(falls)}  # fmt: skip
    told = ""
    if behind > BELOW_NEIGHBORS.value:
        found["classical models are ahead by"] = BELOW_NEIGHBORS.against(behind)
        told = ", and classical models get further"
    yield Symptom(
        cause=f"The network learned {max(learned, 0):.0%} of the way from the trivial "
        f"answer to a perfect one on its own training rows{told}.",
        repair="See whether it can learn 32 rows by heart: if not, something is "
        "broken; if so, use more units, and less decay and dropout.",
        evidence={**found, "progress on validation rows": Measurement(reached)},
        kind=CERTAIN if behind > BELOW_NEIGHBORS.value else SYMPTOM,
        epoch=course.n_epochs,
        action="fm.train(network, (X[:32], y[:32]), epochs=300)",
        score=0.35,
    )


def _lead(evidence: Evidence, reached: float) -> float:
    """Return by how much models that need no tuning are ahead."""
    near = evidence.reachable
    if near is not None and near - reached > BELOW_NEIGHBORS.value:
        return near - reached
    return 0.0 if evidence.reference is None else evidence.reference.lead_over(reached)


RULE = Rule("F002", "underfitting", __doc__ or "", {"record": look_at_run})

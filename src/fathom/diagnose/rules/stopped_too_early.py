"""A run that ended while it was still getting better.

## What it sees
The epochs that were asked for are done; over the last fifth of them the loss, on
validation rows where there are some, still fell by more than 5 %, and progress still
grew by more than 0.03, or there is no telling.

## Why it hurts
What more epochs would have brought is missing. Too few epochs were a third of the
faults in 52 programs that people had asked about.

## What to do
Train for more epochs and let early stopping decide when it is enough; or a learning
rate that is somewhat higher.

## When it is wrong
The loss of a run that learns well falls to the end, too; so where most of the way is
gone, it is not said, and an alarm needs a run that is not half there.
"""

from __future__ import annotations

from collections.abc import Iterator

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.rule import Rule, Symptom
from fathom.diagnose.thresholds import (
    HALF_WAY,
    NEARLY_THERE,
    STILL_FALLING,
    STILL_RISING,
)


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the run was not done."""
    course = evidence.course
    epochs, reached = course.n_epochs, evidence.progress
    if epochs < 2 or not course.ended_by_itself:
        return
    if reached is not None and reached >= NEARLY_THERE.value:
        return
    losses = course.loss if course.validation_loss is None else course.validation_loss
    falls = course.fall(losses)
    rises = course.rise(course.progress)
    if falls <= STILL_FALLING.value:
        return
    if rises is not None and rises <= STILL_RISING.value:
        return
    found = {"last fall of the loss": STILL_FALLING.against(falls)}
    if rises is not None:
        found["last rise of progress"] = STILL_RISING.against(rises)
    yield Symptom(
        cause=f"After {epochs} epochs the loss was still falling: by {falls:.0%} over "
        f"the last fifth of them.",
        repair="Train for more epochs and let early stopping end the run.",
        evidence=found,
        epoch=epochs,
        action=f"fm.train(network, data, epochs={3 * epochs}, validation=0.2, "
        f"early_stopping=10)",
        edit=Edit("setting", "epochs", 3 * epochs, epochs),
        score=0.68,
        below=HALF_WAY,
    )


RULE = Rule("F003", "stopped-too-early", __doc__ or "", {"record": look_at_run})

"""A run that ended while it was still getting better.

## What it sees
The epochs that were asked for are done; over the last fifth of them the loss, on
validation rows where there are some, still fell by more than 5 %, and progress still
grew by more than 0.03, or there is no telling. With fewer than five epochs: the loss of
the steps, last third against first. With early stopping that waits for two epochs at
most: it ended the first half of the run while the training loss fell.

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

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.progress import TINY
from fathom.diagnose.rule import Rule, Symptom
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    HALF_WAY,
    IMPATIENT,
    NEARLY_THERE,
    STILL_FALLING,
    STILL_RISING,
)

# So few epochs have no last fifth: the losses of their steps tell.
FEW_EPOCHS, FEW_STEPS, USUAL_EPOCHS = 5, 200, 50


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the run was not done."""
    course = evidence.course
    epochs, reached = course.n_epochs, evidence.progress
    if epochs and evidence.stopped == "early_stopping":
        yield from _impatient(evidence)
    if not epochs or not course.ended_by_itself:
        return
    if reached is not None and reached >= NEARLY_THERE.value:
        return
    if epochs < FEW_EPOCHS:
        yield from _brief(evidence)
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


def _impatient(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if early stopping hardly waited, and ended a fall."""
    course, patience = evidence.course, evidence.settings.early_stopping
    if patience is None or patience > IMPATIENT.value or course.n_epochs < 3:
        return
    falls = course.fall(course.loss)
    asked = evidence.settings.epochs
    if falls <= STILL_FALLING.value or course.n_epochs > asked / 2:
        return
    yield Symptom(
        cause=f"Early stopping with a patience of {patience} ended the run after "
        f"{course.n_epochs} of {asked} epochs, while the training loss fell: by "
        f"{falls:.0%} over the last fifth of them.",
        repair="Wait for ten epochs: validation losses go up and down by chance.",
        evidence={
            "patience": IMPATIENT.against(patience),
            "last fall of the training loss": STILL_FALLING.against(falls),
        },
        epoch=course.n_epochs,
        action="fm.train(network, data, validation=0.2, early_stopping=10)",
        edit=Edit("setting", "early_stopping", 10, patience),
        score=0.8,
        below=ALMOST_ALL,
    )


def _brief(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the losses of the steps still fell in so few epochs."""
    course = evidence.course
    losses, epochs = course.step_losses, course.n_epochs
    third = len(losses) // 3
    if not third:
        return
    before = float(np.median(losses[:third]))
    falls = (before - float(np.median(losses[-third:]))) / max(abs(before), TINY)
    if epochs > 1:
        falls = max(falls, course.fall(course.loss))
    # A run of a few steps says nothing yet, whichever way its loss went.
    if falls <= 0 and (epochs > 2 or course.steps[-1] > FEW_STEPS):
        return
    yield Symptom(
        cause=f"{epochs} {'epoch' if epochs == 1 else 'epochs'} of "
        f"{course.steps[-1] // epochs} steps are little; from the first third of them "
        f"to the last the loss fell by {falls:.0%}.",
        repair="Train for more epochs and let early stopping end the run.",
        evidence={"fall of the loss": Measurement(falls, 0.0, "it still fell")},
        epoch=epochs,
        action="fm.train(network, data, epochs=50, validation=0.2, early_stopping=10)",
        edit=Edit("setting", "epochs", USUAL_EPOCHS, epochs),
        score=0.83,
        below=ALMOST_ALL,
    )


RULE = Rule("F003", "stopped-too-early", __doc__ or "", {"record": look_at_run})

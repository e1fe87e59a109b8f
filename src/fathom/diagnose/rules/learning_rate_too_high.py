"""A learning rate that steps over the minimum.

## What it sees
Before training, the learning rate against the optimizer's usual one: more than 100
times as much. In a run: an update in the first 50 steps that changes a layer by more
than a fifth of its norm, or updates that still change one by 3 % at the end, beside
them a batch whose loss is 3 times the first one's; a third of the way that was gone
on the training rows, and lost again; or a loss that goes up from epoch to epoch, all in
all, by as much as there is between its least and its greatest.

## Why it hurts
Steps that are too long make the loss jump or grow; ReLU units are pushed to where no
example activates them and stay there, so the run is dead even where it does not
overflow.

## What to do
Divide the learning rate by 10, or start with a warm-up (`schedule="warmup_cosine"`).
Where it does not help, look for what else makes steps long: much momentum, gradients
that are added up and never cleared, a sum where the mean was meant.

## When it is wrong
The usual rate is a starting point. Small convex problems, and networks with
normalization, bear far more; so before training this is a note, and after a run that
learned well, too. Optimizers that follow the sign (Adam, Lion) move small layers far in
the first steps, which does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom import optimizers
from fathom.diagnose.course import Course
from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.progress import smoothed
from fathom.diagnose.rule import SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    HALF_WAY,
    LARGE_UPDATE,
    LOSS_JUMP,
    MOST_OF_THE_WAY,
    RATE_HIGH,
    RESTLESS,
    SWINGS,
    UNLEARNED,
    Threshold,
)

FEW_RECORDS = 12


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the rate is far above the usual one."""
    rate, usual = rates(evidence)
    if usual is None or rate <= RATE_HIGH.value * usual:
        return
    optimizer = optimizers.build(evidence.settings.optimizer).name
    yield Symptom(
        cause=f"The learning rate, {rate:g}, is {rate / usual:,.0f} times the usual "
        f"one of {optimizer}, {usual:g}.",
        repair=f"Start with {usual:g}.",
        evidence={"over the usual one": RATE_HIGH.against(rate / usual)},
        kind=SYMPTOM,
        action=f"fm.train(network, data, learning_rate={usual:g})",
        edit=Edit("setting", "learning_rate", usual, rate),
        score=0.75,
    )


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if steps were too long, early or at the end."""
    course = evidence.course
    ratios = course.largest_ratios
    if not len(ratios):
        return
    early = float(ratios[course.early].max()) if course.early.any() else 0.0
    end = float(np.median(ratios[course.late])) if len(ratios) > FEW_RECORDS else 0.0
    found = {}
    if early > LARGE_UPDATE.value:
        found["largest update over norm"] = LARGE_UPDATE.against(early)
    if course.jump > LOSS_JUMP.value:
        found["largest loss over the first"] = LOSS_JUMP.against(course.jump)
    if end > RESTLESS.value:
        found["update over norm at the end"] = RESTLESS.against(end)
    learned = _learned(course)
    lost = float(learned.max() - learned[-1])
    if lost > UNLEARNED.value:
        found["progress on training rows lost again"] = UNLEARNED.against(lost)
    swings = course.swings
    if swings > SWINGS.value:
        found["rises of the loss over its range"] = SWINGS.against(swings)
    if not found or (len(found) == 1 and "largest loss over the first" in found):
        # A loss that jumps while no layer moves far is another rule's.
        return
    is_known = learned[-1] > MOST_OF_THE_WAY.value
    if len(found) == 1 and early > LARGE_UPDATE.value and is_known:
        return  # early steps far longer than usual, of which nothing came
    rate, usual = rates(evidence)
    lower = rate / 10 if usual is None or rate <= 3 * usual else usual
    yield Symptom(
        cause=f"Steps of a learning rate of {rate:g} are too long: "
        f"{_said(course, early, end, lost)}.",
        repair=f"Take {lower:g}, or start with a warm-up.",
        evidence=found,
        epoch=1 if early > LARGE_UPDATE.value else course.n_epochs or 1,
        action=f"fm.train(network, data, learning_rate={lower:g})",
        edit=Edit("setting", "learning_rate", lower, rate),
        score=_score(early, len(found), swings),
        below=_limit(len(found), swings),
    )


def _score(early: float, n_signs: int, swings: float) -> float:
    if early > 2 * LARGE_UPDATE.value or n_signs > 1:
        return 0.95
    return 0.85 if swings > SWINGS.value else 0.8


def _limit(n_signs: int, swings: float) -> Threshold:
    """Return the progress below which it is an alarm."""
    if n_signs > 1:
        return ALMOST_ALL
    return MOST_OF_THE_WAY if swings > SWINGS.value else HALF_WAY


def _learned(course: Course) -> np.ndarray:
    """Return the progress on training rows, smoothed and from 0; 0 if unknown."""
    learned = course.training_progress
    if learned is None or not len(learned):
        return np.zeros(1)
    return smoothed(learned).clip(0)


def _said(course: Course, early: float, end: float, lost: float) -> str:
    jump = course.jump
    if early > LARGE_UPDATE.value:
        return f"one of the first 50 changed a layer by {early:.2g} times its norm"
    if lost > UNLEARNED.value:
        return f"{lost:.0%} of the way was gone on the training rows, and lost again"
    if end <= RESTLESS.value:
        return "the loss goes up about as much as it comes down"
    jumped = f" and the loss rose to {jump:.3g} times the first"
    return f"at the end they still change a layer by {end:.1%} of its norm" + (
        jumped if jump > LOSS_JUMP.value else ""
    )


def rates(evidence: Evidence) -> tuple[float, float | None]:
    """Return the run's learning rate and its optimizer's usual one."""
    settings = evidence.settings
    usual = optimizers.build(settings.optimizer).default_learning_rate
    rate = settings.learning_rate
    return (usual or 1.0) if rate is None else rate, usual


RULE = Rule(
    "O004",
    "learning-rate-too-high",
    __doc__ or "",
    {"network": look, "record": look_at_run},
    needs="layers",
)

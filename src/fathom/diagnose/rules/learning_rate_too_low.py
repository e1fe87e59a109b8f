"""A learning rate with which nothing moves.

## What it sees
Before training, the learning rate against the optimizer's usual one: less than a
thousandth. In a run: no layer is changed by a ten thousandth of its norm in the median
step, although there is a gradient; or all steps together move no layer by a third of
its norm, or by less than all of it where classical models get further; or a schedule
leaves less than a hundredth of the rate for 40 % of the steps.

## Why it hurts
Every step changes the weights by so little that the run ends before anything is
learned; the loss goes down evenly and hardly at all.

## What to do
Multiply the learning rate by 10 until the loss of the first epochs falls visibly.

## When it is wrong
When a trained network is only to be adjusted a little, or the run is very long; so
before training this is a note, and after a run that learned well, too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom import optimizers
from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.progress import smoothed
from fathom.diagnose.rule import SYMPTOM, Rule, Symptom
from fathom.diagnose.rules.learning_rate_too_high import rates
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    GAP,
    HALF_WAY,
    MODEST_WAY,
    POOR_PROGRESS,
    RATE_LOW,
    RATE_SPENT,
    SHORT_WAY,
    SMALL_UPDATE,
    STILL_FALLING,
)

# Fewer epochs than this are too few, whatever the rate.
FEW_EPOCHS = 3


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the rate is far below the usual one."""
    rate, usual = rates(evidence)
    if usual is None or rate >= RATE_LOW.value * usual:
        return
    optimizer = optimizers.build(evidence.settings.optimizer).name
    yield Symptom(
        cause=f"The learning rate, {rate:g}, is {usual / rate:,.0f} times smaller than "
        f"the usual one of {optimizer}, {usual:g}.",
        repair=f"Start with {usual:g}.",
        evidence={"over the usual one": RATE_LOW.against(rate / usual)},
        kind=SYMPTOM,
        action=f"fm.train(network, data, learning_rate={usual:g})",
        edit=Edit("setting", "learning_rate", usual, rate),
        score=0.7,
    )


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if steps were too short to get anywhere."""
    course = evidence.course
    spent = course.share_of_steps_without_rate
    if spent > RATE_SPENT.value:
        yield _spent(evidence, spent)
        return
    ratios, norms = course.largest_ratios, course.gradient_norms
    if not len(ratios) or not norms.any():
        return
    # The first steps may be a warm-up's, the last ones those of a run that is done.
    moved = float(np.quantile(ratios, 0.9))
    if not 0 < moved < SMALL_UPDATE.value:
        if _went_no_way(evidence):
            yield _short(evidence, course.way)
        return
    rate, usual = rates(evidence)
    factor = 10 ** int(np.clip(np.round(np.log10(1e-3 / moved)), 1, 4))
    higher = rate * factor if usual is None else min(max(usual, rate), rate * factor)
    higher = rate * factor if higher <= rate else higher
    yield Symptom(
        cause=f"Steps of a learning rate of {rate:g} change no layer by more than "
        f"{moved:.2g} of its norm.",
        repair=f"Take {higher:g}.",
        evidence={"update over norm": SMALL_UPDATE.against(moved)},
        epoch=course.n_epochs or None,
        action=f"fm.train(network, data, learning_rate={higher:g})",
        edit=Edit("setting", "learning_rate", higher, rate),
        score=0.92,
        below=HALF_WAY,
    )


def _went_no_way(evidence: Evidence) -> bool:
    """Say whether all steps together moved little, and little was learned by that."""
    course = evidence.course
    if course.n_epochs < FEW_EPOCHS or evidence.settings.freeze:
        return False
    if course.training_progress is not None:
        learned = float(smoothed(course.training_progress)[-1])
        gap = learned - (evidence.progress or 0.0)
        if learned >= ALMOST_ALL.value or gap > GAP.value:
            return False  # the training rows were learned
    return 0 < course.way < SHORT_WAY.value or (
        0 < course.way < MODEST_WAY.value and _is_behind(evidence)
    )


def _is_behind(evidence: Evidence) -> bool:
    others = evidence.reference
    return others is not None and others.lead_over(evidence.progress or 0.0) > 0


def _short(evidence: Evidence, way: float) -> Symptom:
    falls = evidence.course.fall(evidence.course.loss)
    rate, usual = rates(evidence)
    higher = 10 * rate if usual is None or rate >= usual else min(10 * rate, usual)
    is_short = way < SHORT_WAY.value
    return Symptom(
        cause=f"All steps of a learning rate of {rate:g} together moved no layer by "
        f"more than {way:.2g} of its norm.",
        repair=f"Take {higher:g}, or train for longer.",
        evidence={
            "sum of updates over norm": (SHORT_WAY if is_short else MODEST_WAY).against(
                way
            ),
            "last fall of the loss": STILL_FALLING.against(falls),
        },
        epoch=evidence.course.n_epochs,
        action=f"fm.train(network, data, learning_rate={higher:g})",
        edit=Edit("setting", "learning_rate", higher, rate),
        score=0.84 if is_short else 0.45,
        # A loss that no longer falls was as low as it gets, unless others get further.
        below=ALMOST_ALL if is_short and falls > STILL_FALLING.value else POOR_PROGRESS,
    )


def _spent(evidence: Evidence, share: float) -> Symptom:
    return Symptom(
        cause=f"For {share:.0%} of the steps the schedule left less than a hundredth "
        f"of the learning rate.",
        repair="Let the rate fall over the whole run (cosine), or leave it constant.",
        evidence={"share of the steps": RATE_SPENT.against(share)},
        epoch=evidence.course.n_epochs or None,
        action='fm.train(network, data, schedule="cosine")',
        edit=Edit("setting", "schedule", "cosine", evidence.settings.schedule),
        score=0.93,
        below=ALMOST_ALL,
    )


RULE = Rule(
    "O005",
    "learning-rate-too-low",
    __doc__ or "",
    {"network": look, "record": look_at_run},
    needs="layers",
)

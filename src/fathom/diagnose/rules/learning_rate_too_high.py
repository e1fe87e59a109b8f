"""A learning rate that steps over the minimum.

## What it sees
Before training, the learning rate against the optimizer's usual one: more than 100
times as much.

## Why it hurts
Steps that are too long make the loss jump or grow; ReLU units are pushed to where no
example activates them and stay there, so the run is dead even where it does not
overflow.

## What to do
Divide the learning rate by 10, or start with a warm-up (`schedule="warmup_cosine"`).

## When it is wrong
The usual rate is a starting point. Small convex problems, and networks with
normalization, bear far more; so before training this is a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from fathom import optimizers
from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.rule import SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import RATE_HIGH


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


def rates(evidence: Evidence) -> tuple[float, float | None]:
    """Return the run's learning rate and its optimizer's usual one."""
    settings = evidence.settings
    usual = optimizers.build(settings.optimizer).default_learning_rate
    rate = settings.learning_rate
    return (usual or 1.0) if rate is None else rate, usual


RULE = Rule("O004", "learning-rate-too-high", __doc__ or "", {"network": look})

"""A learning rate with which nothing moves.

## What it sees
Before training, the learning rate against the optimizer's usual one: less than a
thousandth.

## Why it hurts
Every step changes the weights by so little that the run ends before anything is
learned; the loss goes down evenly and hardly at all.

## What to do
Multiply the learning rate by 10 until the loss of the first epochs falls visibly.

## When it is wrong
When a trained network is only to be adjusted a little, or the run is very long; so
before training this is a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from fathom import optimizers
from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.rule import SYMPTOM, Rule, Symptom
from fathom.diagnose.rules.learning_rate_too_high import rates
from fathom.diagnose.thresholds import RATE_LOW


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


RULE = Rule("O005", "learning-rate-too-low", __doc__ or "", {"network": look})

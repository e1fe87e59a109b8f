"""Labels that are wrong for a part of the rows.

## What it sees
The answers of the trained network on validation rows, and on training rows where these
were not learned by heart: of the third that it is surest of, more than a tenth is
wrong, and at least half as many as of all. Where classes overlap, errors are among the
answers it is not sure of; labels that were mixed up are spread evenly. It is an alarm
where it means that 18 % of the labels or more were drawn at random, but for one chance
in twenty. At least 60 rows are needed, and the data at hand.

## Why it hurts
A large network learns wrong labels by heart and gets worse on new rows. The score on
validation rows is limited by their own wrong labels, too, so no change of the network
seems to help.

## What to do
Look at the rows that are named first: those where the network is sure and the label
says otherwise. Correct or drop them. Then stop early, and use a smaller network or
weight decay.

## When it is wrong
A network that was overfitted, or is sure of everything, is sure where it is wrong, too;
so is one whose validation rows come from somewhere else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import REMARK, SYMPTOM, Rule, Symptom
from fathom.diagnose.rules import random_labels
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    BELOW_NEIGHBORS,
    DRAWN,
    EVENLY_WRONG,
    NOISE_ROWS,
    POOR_PROGRESS,
    SURE_AND_WRONG,
)

# Standard errors below which an estimate is too high once in twenty times.
ONE_SIDED = 1.645


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if answers that are sure are wrong as often as others."""
    progress, held = evidence.progress, evidence.held_answers
    if progress is None or not 0 < progress < 0.9 or held is None:
        return
    known = evidence.reachable
    if known is not None and known > progress + BELOW_NEIGHBORS.value:
        return  # neighbors know better from the same labels
    if random_labels.measured(evidence):
        return  # nothing can be learned from these labels
    answers = evidence.judged_answers
    if answers is None or len(answers.known) < NOISE_ROWS.value:
        return
    wrong = answers.given.argmax(1) != answers.known
    order = np.argsort(-answers.given.max(1), kind="stable")
    surest = order[: len(order) // 3]
    sure = float(wrong[surest].mean())
    evenly = sure / max(float(wrong.mean()), 1e-9)
    if sure <= SURE_AND_WRONG.value or evenly <= EVENLY_WRONG.value:
        return
    others = evidence.reference  # last, because it takes longest
    if others is not None and others.lead_over(progress):
        return  # classical models know better, too
    if progress < 2 * POOR_PROGRESS.value and others is None:
        return  # nobody says whether there is something to learn
    # A label that was drawn at random is right by chance once in so many classes.
    n_classes = answers.given.shape[1]
    error = math.sqrt(sure * (1 - sure) / len(surest))
    least = (sure - ONE_SIDED * error) * n_classes / (n_classes - 1)
    doubted = surest[wrong[surest]]
    shown = [int(row) for row in doubted[doubted < len(held.known)][:5]]
    yield Symptom(
        cause=f"Of the third of the validation rows that the network is surest of, "
        f"{sure:.0%} have another label: labels may be wrong.",
        repair=f"Look at these validation rows and their labels first: {shown}.",
        evidence={
            "errors among the surest third": SURE_AND_WRONG.against(sure),
            "over errors among all": EVENLY_WRONG.against(evenly),
            "labels drawn at random, at least": DRAWN.against(least),
            "rows looked at": Measurement(len(wrong)),
        },
        kind=SYMPTOM if least > DRAWN.value else REMARK,
        epoch=evidence.course.n_epochs or None,
        action="fm.train(network, data, validation=0.2, early_stopping=5)",
        edit=Edit("data", "targets", "correct or drop"),
        score=0.82,
        below=ALMOST_ALL,
        compares=False,
    )


RULE = Rule(
    "D006", "label-noise", __doc__ or "", {"record": look_at_run}, needs="answers"
)

"""Weights that are pulled to 0 harder than the data pull them away.

## What it sees
At the end of a run: weight decay is more than 30 % of what a step does to a layer, and
the weights ended smaller than 0.6 of what they started with; or decay is more than all
that a step does. Beside that, dropout of 0.7 or more, noise with a deviation of 1 or
more, mix-up whose every example is nearly half another one, and answers on training
rows that are right by 30 % more often than they are sure.

## Why it hurts
The network is kept from fitting what is there: outputs stay near the mean and training
and validation are equally poor.

## What to do
Divide the weight decay by 10; use dropout of 0.5 or less and little noise.

## When it is wrong
Where nothing can be learned, weights shrink and nothing is lost. So it is an alarm only
with poor progress.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from fathom.diagnose.edit import Edit, written
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.rule import Rule, Symptom
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    DECAY_RULES,
    DECAY_WINS,
    MUCH_DROPPED,
    MUCH_MIXED,
    MUCH_NOISE,
    SHRUNK,
    UNSURE,
)
from fathom.layers import Dropout, Layer, Noise

USUAL_DECAY = 0.1


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield what keeps the weights from fitting."""
    yield from _decay(evidence)
    yield from _noise(evidence)
    yield from _mixing(evidence)
    yield from _unsure(evidence)


def _unsure(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if answers are right far more often than they are sure."""
    progress = evidence.progress
    if progress is None or not 0 < progress < ALMOST_ALL.value:
        return
    answers = evidence.training_answers
    if answers is None or not len(answers.known):
        return
    right = float((answers.given.argmax(1) == answers.known).mean())
    beyond = right - float(answers.given.max(1).mean())
    if beyond <= UNSURE.value:
        return
    yield Symptom(
        cause=f"Of the training rows {right:.0%} are answered rightly, and the answers "
        f"are sure of {right - beyond:.0%}: something keeps them from being sure.",
        repair="Smooth labels by 0.1 at most; look for noise, decay, or a temperature "
        "in a loss of your own.",
        evidence={"right over sure": UNSURE.against(beyond)},
        epoch=evidence.course.n_epochs or None,
        action='fm.train(network, data, loss="cross_entropy")',
        score=0.55,
        below=ALMOST_ALL,
    )


def _mixing(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if two examples are mixed half and half all the time."""
    mixes = evidence.settings.mix_up or 0.0
    if mixes >= MUCH_MIXED.value:
        yield Symptom(
            cause=f"mix_up={mixes:g} mixes every example with another one, nearly half "
            f"and half: the network hardly sees one that is real.",
            repair="Take 0.2, with which most examples stay nearly as they are.",
            evidence={"concentration of the mixing": MUCH_MIXED.against(mixes)},
            action="fm.train(network, data, mix_up=0.2)",
            edit=Edit("setting", "mix_up", 0.2, mixes),
            score=0.86,
            below=ALMOST_ALL,
        )


def _noise(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a layer that drops or drowns most of what it gets in training."""
    for place in evidence.places:
        layer: Any = place.layer
        if isinstance(layer, Dropout) and layer.rate >= MUCH_DROPPED.value:
            better: Layer = dataclasses.replace(layer, rate=0.2)
            cause = f"{place.address} drops {layer.rate:.0%} of what it gets."
            found = {"rate of dropout": MUCH_DROPPED.against(layer.rate)}
        elif isinstance(layer, Noise) and layer.deviation >= MUCH_NOISE.value:
            better = dataclasses.replace(layer, deviation=0.1)
            cause = (
                f"{place.address} adds noise with a deviation of {layer.deviation:g}, "
                f"where inputs usually have 1."
            )
            found = {"deviation of the noise": MUCH_NOISE.against(layer.deviation)}
        else:
            continue
        is_dropout = isinstance(layer, Dropout)
        drowned = layer.rate > 0.9 if is_dropout else layer.deviation > 2
        yield Symptom(
            cause=f"{cause} Little of an example is left to learn from.",
            repair="Use dropout of 0.5 or less, and noise well below the spread of "
            "what it is added to.",
            evidence=found,
            layer=place.address,
            action=f"fm.{written(better)}",
            edit=Edit("layer", place.address, better, layer),
            score=0.985 if drowned else 0.86,
            below=ALMOST_ALL,
        )
        return


def _decay(evidence: Evidence) -> Iterator[Symptom]:
    course = evidence.course
    decay = evidence.settings.decay()
    updates, sizes = course.table("update_norm")[1], course.table("parameter_norm")[1]
    if not decay or len(updates) < 2 or not updates.size:
        return
    rates = course.step_rates[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = rates * decay * sizes / updates
    share = float(np.nanmedian(shares[course.late]))
    shrunk = float(np.linalg.norm(sizes[-1]) / max(np.linalg.norm(sizes[0]), 1e-30))
    keeps = shrunk > SHRUNK.value and share <= DECAY_RULES.value
    if not share > DECAY_WINS.value or keeps:
        return
    yield Symptom(
        cause=f"Weight decay of {decay:g} is {share:.0%} of what a step does, and the "
        f"weights shrank to {shrunk:.0%} of their start.",
        repair=f"Take {decay / 10:g}.",
        evidence={
            "decay over all that a step does": DECAY_WINS.against(share),
            "norm of the weights over that at the start": SHRUNK.against(shrunk),
        },
        epoch=course.n_epochs or None,
        action=f"fm.train(network, data, weight_decay={decay / 10:g})",
        edit=Edit("setting", "weight_decay", decay / 10, decay),
        # A decay that is usual rules only where the rate is far too high.
        score=0.96 if decay > USUAL_DECAY else 0.75,
        below=ALMOST_ALL,
    )


RULE = Rule("F004", "over-regularized", __doc__ or "", {"record": look_at_run})

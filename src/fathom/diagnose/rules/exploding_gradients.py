"""Gradients that grow on their way back, or from step to step.

## What it sees
At the first step, the norm of a layer's gradient times that of its parameters over the
loss: by how many times the loss would change to first order if the layer changed by all
of itself. More than 200 is a symptom. Beside that, a recorded step whose gradient is
more than 10 times the median of those before it, with a loss that went up with it.

## Why it hurts
One such step undoes what many others did. In deep and in recurrent networks the product
of many derivatives grows with the depth or the length, and overflows in the end.

## What to do
`gradient_clip=1.0` keeps the direction and bounds the step. Then look for the reason:
start values that are too large, missing normalization, a learning rate that is too
high.

## When it is wrong
A single odd batch does it, too, and heavy tails are usual in language models; so it is
a note where the run learned.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import Rule, Symptom
from fathom.diagnose.rules import unscaled_inputs
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    GRADIENT_SPIKE,
    HALF_WAY,
    STEEP,
)

FEW_RECORDS, TINY = 10, 1e-30


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if gradients grow with depth, or jump."""
    if evidence.settings.gradient_clip is not None:
        return
    yield from _with_depth(evidence) or _in_time(evidence)


def _with_depth(evidence: Evidence) -> list[Symptom]:
    """Return a symptom if a small change of a layer would change the loss many times.

    |g| |p| / loss is free of units: by so many times of itself the loss changes to
    first order when the layer changes by all of itself.
    """
    course = evidence.course
    addresses, gradients = course.table("gradient_norm")
    sizes = course.table("parameter_norm")[1]
    if not len(gradients) or not gradients.size or not course.step_losses[0] > 0:
        return []
    steep = gradients[0] * sizes[0] / course.step_losses[0]
    worst = int(np.nanargmax(steep))
    if not steep[worst] > STEEP.value or any(unscaled_inputs.look(evidence)):
        return []  # inputs out of scale make the loss steep, too, and are named
    cause = (
        f"At the start the loss depends on {addresses[worst]} so steeply that a change "
        f"by a thousandth of it would change the loss by {steep[worst] / 1000:.0%}: "
        f"gradients grow on their way back."
    )
    found = {"gradient times size over loss": STEEP.against(float(steep[worst]))}
    return [_symptom(cause, found, addresses[worst], 1, 0.87)]


def _in_time(evidence: Evidence) -> list[Symptom]:
    course = evidence.course
    norms, losses = course.gradient_norms, course.step_losses
    steps = course.steps
    for i in range(FEW_RECORDS, len(norms)):
        before = float(np.median(norms[:i]))
        over = float(norms[i] / max(before, TINY))
        loss_over = float(losses[i] / max(float(np.median(losses[:i])), TINY))
        if over > GRADIENT_SPIKE.value and loss_over > 1:
            found = {
                "gradient over the median before": GRADIENT_SPIKE.against(over),
                "loss over the median before": Measurement(loss_over),
            }
            cause = f"At step {steps[i]} the gradient was {over:,.0f} times as large "
            return [_symptom(f"{cause}as usual before.", found, None, None, 0.72)]
    return []


def _symptom(
    cause: str,
    found: dict[str, Measurement],
    layer: str | None,
    epoch: int | None,
    score: float,
) -> Symptom:
    return Symptom(
        cause=cause,
        repair="Clip the gradient; then look at start values, normalization and the "
        "learning rate.",
        evidence=found,
        layer=layer,
        epoch=epoch,
        action="fm.train(network, data, gradient_clip=1.0)",
        edit=Edit("setting", "gradient_clip", 1.0),
        score=score,
        below=ALMOST_ALL if epoch == 1 else HALF_WAY,
    )


RULE = Rule(
    "S006",
    "exploding-gradients",
    __doc__ or "",
    {"record": look_at_run},
    needs="layers",
)

"""Numbers to be predicted that are far from 0 and 1.

## What it sees
In regression, the mean and the standard deviation of the training targets as the loss
sees them: a spread above 10 or below 0.01, a mean more than 3 spreads from 0, or single
targets more than 15 quartile ranges from the median.

## Why it hurts
A fresh network's outputs are about 0 and vary by about 1. The squared error of targets
in the hundreds starts in the tens of thousands, with gradients to match, and an
optimizer that moves each weight by about the learning rate needs thousands of steps
only to reach the mean. Tiny targets are met by any small output, and the gradient is
tiny, too.

## What to do
Standardize the targets and turn the predictions back; or hand over a table, whose
targets are standardized by itself and whose predictions come in the target's own unit.

## When it is wrong
With a loss that does not see sizes, such as one of your own on the logarithm; or with
start values handed over that are already fitted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.robust import PLAIN
from fathom.diagnose.rule import Rule, Symptom
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    HALF_WAY,
    TARGET_OFFSET,
    TARGET_REACH,
    TARGET_SMALL,
    TARGET_SPREAD,
)

OF_NUMBERS = ("mean_squared_error", "mean_absolute_error", "huber")


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the targets are out of scale."""
    y = evidence.values
    if y is None or evidence.training.y is None or not y.size:
        return
    if evidence.loss_name not in OF_NUMBERS or evidence.given is not None:
        return
    y = y.astype(np.float64)
    mean, spread = float(y.mean()), float(y.std(0).max())
    if spread == 0:
        return
    found = {}
    if spread > TARGET_SPREAD.value:
        found["spread"] = TARGET_SPREAD.against(spread)
    if spread < TARGET_SMALL.value:
        found["spread"] = TARGET_SMALL.against(spread)
    low, middle, high = np.quantile(y, (0.25, 0.5, 0.75))
    reach = float(np.abs(y - middle).max() / (high - low)) if high > low else 0.0
    has_outliers = reach > TARGET_REACH.value
    if has_outliers:
        found["farthest from the median, in quartile ranges"] = TARGET_REACH.against(
            reach
        )
    if abs(mean) > TARGET_OFFSET.value * max(spread, 1.0):
        found["mean over spread"] = TARGET_OFFSET.against(abs(mean) / spread)
    far = (
        spread > 5 * TARGET_SPREAD.value
        or spread < TARGET_SMALL.value / 5
        or abs(mean) > 5 * TARGET_OFFSET.value * max(spread, 1.0)
    )
    if found:
        yield Symptom(
            cause=f"The targets are not scaled: mean {mean:.4g}, spread {spread:.4g}, "
            f"where a fresh network gives about 0 and 1"
            + (f"; single ones are {reach:.3g} quartile ranges off" * has_outliers)
            + ".",
            repair="Look at the farthest targets; correct them, take their logarithm, "
            'or loss="huber".'
            if has_outliers
            else "Standardize the targets, or hand over a table, which does so and "
            "turns predictions back.",
            evidence=found,
            action="result = fm.train(network, fm.read(X, target=y))",
            edit=Edit("data", "targets", PLAIN),
            score=0.92 if has_outliers else 0.9 if far else 0.65,
            below=ALMOST_ALL if has_outliers or far else HALF_WAY,
        )


RULE = Rule("D002", "unscaled-targets", __doc__ or "", {"data": look})

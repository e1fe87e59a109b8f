"""Targets that have nothing to do with the inputs.

## What it sees
The five nearest neighbors of up to 1,000 training rows: how often a neighbor has the
same class, against how often a stranger has; in regression, how well the mean of the
neighbors predicts (R2). At least 200 rows are needed, and inputs that are numbers. In a
run: the training rows are learned and the validation rows stay at chance; or nothing is
learned, and neighbors, or a linear model and gradient boosting, know nothing either.

## Why it hurts
A network learns shuffled labels by heart and predicts no better than chance. Labels get
shuffled when inputs and targets are sorted, filtered or joined apart from each other.

## What to do
Show some rows with their labels and look. Join inputs and targets by a key, not by
position. Then see what a plain model such as nearest neighbors reaches.

## When it is wrong
Where near inputs need not have near answers: parity of many bits, images that are
shifted, a signal in few of many features. So it is a note until a run has shown that
nothing is learned.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.neighbors import near_rows
from fathom.diagnose.progress import TINY, smoothed
from fathom.diagnose.rule import REMARK, Rule, Symptom
from fathom.diagnose.thresholds import (
    FEW_HELD,
    HALF_WAY,
    NEIGHBOR_LIFT,
    NEIGHBOR_R2,
    POOR_PROGRESS,
    TRAINING_LEARNS,
    VALIDATION_CHANCE,
)

# Standard errors within which classical models may know nothing.
NO_WISER = 1.0
# Progress that is as good as none.
LITTLE = 0.1
# Rows for each column from which on it takes more than columns to know all by heart.
WIDE = 2


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a remark if neighbors say nothing about the target."""
    found = measured(evidence)
    if found:
        yield Symptom(
            cause="Rows that are close to each other agree on the target no more than "
            "rows that are not: inputs and targets may have been mixed up.",
            repair="Show some rows with their targets and look; join the two by a key, "
            "not by position.",
            evidence=found,
            kind=REMARK,
            action="for row in range(5): print(X[row], y[row])",
            score=0.35,
        )


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if nothing that was learned holds on other rows."""
    course = evidence.course
    training, held = course.training_progress, course.validation_progress
    found: dict[str, Measurement] = {}
    enough = evidence.n_held is None or evidence.n_held >= FEW_HELD.value
    if training is not None and held is not None and len(held) and enough:
        learned, holds = float(smoothed(training)[-1]), float(smoothed(held).max())
        if learned > TRAINING_LEARNS.value and holds < VALIDATION_CHANCE.value:
            found = {
                "progress on validation rows": VALIDATION_CHANCE.against(holds),
                "progress on training rows": TRAINING_LEARNS.against(learned),
            }
    progress = evidence.progress or 0.0
    if not found and progress < POOR_PROGRESS.value:
        found = measured(evidence) or _unknown_to_others(evidence)
    elif not found and progress < HALF_WAY.value:
        near = measured(evidence)
        others = _unknown_to_others(evidence) if near else {}
        found = {**near, **others} if others else {}
    if found and not _known_to_others(evidence):
        yield Symptom(
            cause="What the network learns on the training rows says nothing about "
            "others: inputs and targets may have been mixed up."
            if "progress on training rows" in found
            else "Nothing was learned, and rows that are close to each other agree no "
            "more than others: inputs and targets may have been mixed up.",
            repair="Show some rows with their targets and look; join the two by a key, "
            "not by position.",
            evidence=found,
            epoch=course.n_epochs or None,
            action="for row in range(5): print(X[row], y[row])",
            edit=Edit("data", "targets", "join by a key"),
            below=HALF_WAY,
            score=0.6
            if _is_wide(evidence)
            else (0.86 if "progress on training rows" in found else 0.6),
            compares=False,
        )


def _is_wide(evidence: Evidence) -> bool:
    """Say whether there are so many columns that any labels are learned by heart."""
    x = evidence.training.x
    wide = isinstance(x, np.ndarray) and x.ndim == 2 and x.dtype == np.float32
    return bool(wide and WIDE * x.shape[1] > len(x))


def _known_to_others(evidence: Evidence) -> bool:
    """Say whether a poor run is one on rows of which classical models know something.

    They are asked only where it matters, because that takes time.
    """
    if (evidence.progress or 0.0) >= HALF_WAY.value:
        return False
    others = evidence.reference
    return others is not None and others.progress > max(2 * others.error, LITTLE)


def _unknown_to_others(evidence: Evidence) -> dict[str, Measurement]:
    """Return what classical models reach, if that may be nothing, too."""
    others = evidence.reference
    if others is None or others.error > LITTLE:
        return {}  # they cannot say
    if others.progress > NO_WISER * others.error:
        return {}
    return {"progress of classical models": Measurement(others.progress)}


def measured(evidence: Evidence) -> dict[str, Measurement]:
    """Return what neighbors say, if that is nothing."""
    known = near_rows(evidence)
    if known is None:
        return {}
    rows, near = known
    labels, values = evidence.labels, evidence.values
    if labels is not None:
        y = labels[rows]
        shares = np.bincount(y) / len(y)
        chance = float((shares**2).sum())
        agreement = float((y[near] == y[:, None]).mean())
        lift = agreement / chance
        beyond = (agreement - chance) / max(1 - chance, TINY)
        if lift < NEIGHBOR_LIFT.value and beyond < NEIGHBOR_LIFT.value - 1:
            return {
                "agreement over that of strangers": NEIGHBOR_LIFT.against(lift),
                "agreement of neighbors": Measurement(agreement),
            }
    elif values is not None:
        z = values[rows].reshape(len(rows), -1).astype(np.float64)
        variance = z.var(0).mean()
        error = ((z[near].mean(1) - z) ** 2).mean()
        r2 = float(1 - error / variance) if variance > 0 else 1.0
        if r2 < NEIGHBOR_R2.value:
            return {"R2 of the mean of five neighbors": NEIGHBOR_R2.against(r2)}
    return {}


RULE = Rule(
    "D005", "random-labels", __doc__ or "", {"data": look, "record": look_at_run}
)

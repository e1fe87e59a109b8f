"""Batches that hide something from the optimizer.

## What it sees
At most four rows in a batch with BatchNorm; a batch that was made larger than the data;
and, with `shuffle=False`, rows that come sorted: batches hold far fewer classes than
the data (an entropy of less than half), or a target follows from that of the row
before. In a run: without shuffling, answers that follow the last batches of the epoch;
fewer than 100 steps in all; running statistics of BatchNorm that are still a tenth what
they started with, and training rows that are known with the statistics of a batch and
not with these.

## Why it hurts
One row has no variance, so BatchNorm behind a dense layer turns it into zeros and
nothing is learned. With sorted rows every batch pulls towards its own class, and the
last ones win. With one batch an epoch there is one step an epoch.

## What to do
Use batches of 16 to 128 rows, and leave `shuffle` on. Where single rows are wanted, use
LayerNorm.

## When it is wrong
With time series that are meant to be seen in order. Full batches are right for second
order methods and for very small data, so data below 33 rows are left alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from fathom.diagnose.course import Course
from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.predictive import linear_correlation
from fathom.diagnose.rule import CERTAIN, REMARK, SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    DIFFERS_IN_USE,
    FEW_IN_A_BATCH,
    FEW_STEPS,
    FLAT_BATCHES,
    HALF_WAY,
    LAGGING,
    SORTED_TARGETS,
    STILL_FALLING,
)
from fathom.layers import BatchNorm, LayerNorm

USUAL_BATCH = 32
USUAL_MOMENTUM = 0.9


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield what is wrong with the batches."""
    size, n = evidence.settings.batch_size, evidence.n_rows
    if size > n > USUAL_BATCH:
        yield Symptom(
            cause=f"The batch size, {size:,}, is larger than the {n:,} training rows: "
            f"every epoch is a single step.",
            repair="Use a smaller batch, or count in steps and train for more epochs.",
            evidence={"batch size": Measurement(size), "rows": Measurement(n)},
            kind=REMARK,
            action=f"fm.train(network, data, batch_size={USUAL_BATCH})",
            edit=Edit("setting", "batch_size", USUAL_BATCH, size),
        )
    if not evidence.settings.shuffle and n > 2 * size > 2:
        yield from _sorted(evidence)


def _sorted(evidence: Evidence) -> Iterator[Symptom]:
    found = {}
    labels, values = evidence.labels, evidence.values
    if labels is not None:
        entropy = _entropy_of_batches(labels, evidence.settings.batch_size)
        if entropy < FLAT_BATCHES.value:
            found["entropy in a batch over that of all"] = FLAT_BATCHES.against(entropy)
    elif values is not None and evidence.training.y is not None:
        target = values.reshape(len(values), -1)[:, 0]
        follows = linear_correlation(target[:-1], target[1:])
        if follows > SORTED_TARGETS.value:
            found["correlation with the next row"] = SORTED_TARGETS.against(follows)
    if found:
        yield Symptom(
            cause="The rows come sorted by target and are not shuffled, so every batch "
            "shows a part of the targets only.",
            repair="Leave shuffle on.",
            evidence=found,
            action="fm.train(network, data, shuffle=True)",
            edit=Edit("setting", "shuffle", True, False),
            score=0.96,
            below=ALMOST_ALL,
        )


def _entropy_of_batches(labels: np.ndarray, size: int) -> float:
    n_classes = int(labels.max()) + 1
    batches = [labels[i : i + size] for i in range(0, len(labels) - size + 1, size)]
    inside = [_entropy(np.bincount(batch, minlength=n_classes)) for batch in batches]
    overall = _entropy(np.bincount(labels, minlength=n_classes))
    return float(np.mean(inside)) / overall if overall > 0 else 1.0


def _entropy(counts: np.ndarray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def look_at_network(evidence: Evidence) -> Iterator[Symptom]:
    """Yield BatchNorm layers that see a single row at a time."""
    settings = evidence.settings
    rows = settings.batch_size // settings.accumulate
    if rows > FEW_IN_A_BATCH.value or (rows > 1 and not _has_no_places(evidence)):
        return
    for place in evidence.places:
        frozen = place.address in settings.freeze
        if isinstance(place.layer, BatchNorm) and not frozen:
            layer = LayerNorm(name=place.layer.name)
            yield Symptom(
                cause=f"BatchNorm takes its statistics from the batch, and there "
                f"{'is one row' if rows == 1 else f'are {rows} rows'} in it.",
                repair="Use a larger batch, or LayerNorm.",
                evidence={"rows at a time": FEW_IN_A_BATCH.against(rows)},
                kind=_kind(rows, evidence),
                layer=place.address,
                action=f"fm.train(network, data, batch_size={USUAL_BATCH})",
                edit=Edit("setting", "batch_size", USUAL_BATCH, settings.batch_size)
                if settings.accumulate == 1
                else Edit("layer", place.address, layer, place.layer),
                score=0.93,
                below=ALMOST_ALL,
            )
            return


def _kind(rows: int, evidence: Evidence) -> str:
    """Return how sure it is that BatchNorm does harm with so few rows."""
    if rows > 1:
        return SYMPTOM
    return CERTAIN if _has_no_places(evidence) else REMARK


def _has_no_places(evidence: Evidence) -> bool:
    """Say whether a row is one number for each feature, as in a table."""
    shape = evidence.network.input_shape
    return isinstance(shape, tuple) and len(shape) == 1


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield what batches did to a run."""
    course = evidence.course
    settings = evidence.settings
    steps = course.steps
    # Tokens of a text are never balanced.
    has_classes = evidence.labels is not None or not evidence.n_rows
    if not settings.shuffle and has_classes and course.loses_to_the_last_batches:
        yield Symptom(
            cause="Rows come in the same order in every epoch, and the answers at its "
            "end lean towards the last batches.",
            repair="Leave shuffle on.",
            evidence={"shuffle": Measurement(False)},
            epoch=course.n_epochs,
            action="fm.train(network, data, shuffle=True)",
            edit=Edit("setting", "shuffle", True, False),
            score=0.9,
            below=ALMOST_ALL,
        )
    yield from list(_lagging(evidence)) or _differs_in_use(evidence)
    per_epoch = steps[-1] / max(course.n_epochs, 1) if len(steps) else FEW_STEPS.value
    total = evidence.n_rows and course.n_epochs * -(
        -evidence.n_rows // settings.batch_size
    )
    total = total or per_epoch * course.n_epochs
    is_large = settings.batch_size > 4 * USUAL_BATCH
    if is_large and 0 < total < FEW_STEPS.value and course.n_epochs > 1:
        yield Symptom(
            cause=f"Batches of {settings.batch_size:,} rows made {int(total):,} steps "
            f"in {course.n_epochs} epochs, which is little to learn from.",
            repair="Use smaller batches.",
            evidence={"steps": FEW_STEPS.against(int(total))},
            epoch=course.n_epochs,
            action=f"fm.train(network, data, batch_size={USUAL_BATCH})",
            edit=Edit("setting", "batch_size", USUAL_BATCH, settings.batch_size),
            score=0.86,
            below=ALMOST_ALL if _is_falling(course) else HALF_WAY,
        )


def _is_falling(course: Course) -> bool:
    return course.n_epochs > 1 and course.fall(course.loss) > STILL_FALLING.value


def _lagging(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a BatchNorm whose running statistics are still those of the start."""
    steps = evidence.course.steps
    if not len(steps) or evidence.given is not None:
        return
    for place in evidence.places:
        layer = place.layer
        if not isinstance(layer, BatchNorm):
            continue
        left = layer.momentum ** int(steps[-1])
        if left <= LAGGING.value:
            continue
        better = dataclasses.replace(layer, momentum=0.9)
        yield Symptom(
            cause=f"After {steps[-1]:,} steps the running statistics of "
            f"{place.address} are still {left:.0%} what they started with: in use "
            f"it does something else than in training.",
            repair="Take a smaller momentum, or train for more steps.",
            evidence={"share of the start in the statistics": LAGGING.against(left)},
            layer=place.address,
            epoch=evidence.course.n_epochs or None,
            action="fm.BatchNorm(momentum=0.9)",
            edit=Edit("layer", place.address, better, layer),
            # With a usual momentum the run was short.
            score=0.9 if layer.momentum > USUAL_MOMENTUM else 0.82,
            below=ALMOST_ALL,
        )
        return


def _differs_in_use(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if rows known in training are not known with BatchNorm's own."""
    course = evidence.course
    learned, share = course.training_progress, course.trivial.share
    normalized = [p for p in evidence.places if isinstance(p.layer, BatchNorm)]
    if not normalized or share is None or share >= 1 or learned is None:
        return
    if not len(learned) or (evidence.progress or 0.0) >= ALMOST_ALL.value:
        return
    answers = evidence.training_answers
    if answers is None:
        return
    right = float((answers.given.argmax(1) == answers.known).mean())
    lost = course.at_end(learned) - (right - share) / (1 - share)
    if lost <= DIFFERS_IN_USE.value:
        return
    address = normalized[0].address
    yield Symptom(
        cause=f"In training {course.at_end(learned):.0%} of the way was gone on the "
        f"training rows, and in use, with the running statistics of {address}, "
        f"{lost:.0%} of it is not there: they do not fit the batches.",
        repair="Take a smaller momentum, larger batches, or LayerNorm.",
        evidence={
            "progress on training rows, lost in use": DIFFERS_IN_USE.against(lost)
        },
        layer=address,
        epoch=course.n_epochs or None,
        action="fm.LayerNorm()",
        score=0.92,
        below=ALMOST_ALL,
    )


RULE = Rule(
    "O007",
    "batch-faults",
    __doc__ or "",
    {"data": look, "network": look_at_network, "record": look_at_run},
)

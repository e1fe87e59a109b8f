"""A network that learns the training rows by heart.

## What it sees
Before training, only the risk of it: fewer than 50 training rows, a class with fewer
than 5 of them, or more than 1,000 parameters that learn for each target value; and
weights of rows so unequal that less than a tenth of the rows count, class by class
(Kish's number), an alarm where fewer than 30 validation rows do. In a run: the
validation loss, smoothed, ends a quarter above its least while the training loss still
fell, and the progress on training rows is ahead of that on others; or the training rows
are known and of others less than half of the way, or less than quick classical models
reach.

## Why it hurts
A network with many more parameters than there are answers can give every training row
its answer without finding what they have in common. On new rows it is worse than a
smaller network, or than logistic regression.

## What to do
Hold rows back (`validation=0.2`) and stop early; compare with the baselines that every
run reports. Then more rows, augmentation, a smaller network, weight decay, dropout, or
a network that was trained on more.

## When it is wrong
Often: large networks with early stopping generalize well on few rows, and learning four
rows by heart is the point of the XOR example. So the risk alone is never more than a
note. In a run it is an alarm where a tenth of the way was lost since the best epoch:
a loss may rise while the answers stay right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import jax
import numpy as np

from fathom.diagnose.course import Course
from fathom.diagnose.edit import Edit
from fathom.diagnose.effective_rows import effective_rows, effective_share
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.progress import TINY, smoothed
from fathom.diagnose.rule import CERTAIN, REMARK, SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    BY_HEART,
    CAPACITY,
    EFFECTIVE_ROWS,
    FEW_JUDGES,
    FEW_OF_A_CLASS,
    FEW_ROWS,
    GAP,
    HALF_WAY,
    LOSS_RISES,
    LOST,
    POOR_PROGRESS,
    WIDE_GAP,
)
from fathom.training.packing import learning_mask
from fathom.variables import split_state

FEW_EPOCHS = 5


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a remark if there are few rows."""
    found = {}
    if evidence.n_rows < FEW_ROWS.value:
        found["training rows"] = FEW_ROWS.against(evidence.n_rows)
    labels = evidence.labels
    if labels is not None:
        rarest = int(np.bincount(labels, minlength=evidence.n_classes).min())
        if rarest < FEW_OF_A_CLASS.value:
            found["rows of the rarest class"] = FEW_OF_A_CLASS.against(rarest)
    if found:
        yield _risk("There are few rows to learn from.", found)
    yield from _few_count(evidence)


def _few_count(evidence: Evidence, epoch: int | None = None) -> Iterator[Symptom]:
    """Yield a symptom if the weights of the rows leave few that count."""
    share = effective_share(evidence.training.weight, evidence.labels)
    if evidence.n_rows < FEW_ROWS.value or share >= EFFECTIVE_ROWS.value:
        return
    n = share * evidence.n_rows
    held = evidence.validation
    judges = np.inf if held is None else effective_rows(held.weight, None)
    yield Symptom(
        cause=f"The weights of the rows are so unequal that the {evidence.n_rows:,} "
        f"count as {n:.3g}: a few are learned by heart, and the others hardly seen.",
        repair="Cut the largest weights off, at ten times the median, or leave them "
        "out.",
        evidence={
            "rows that count, as a share": EFFECTIVE_ROWS.against(share),
            "rows": Measurement(evidence.n_rows),
            **(
                {}
                if held is None
                else {"validation rows that count": FEW_JUDGES.against(judges)}
            ),
        },
        # What validation says is what a handful of rows says.
        kind=CERTAIN if judges < FEW_JUDGES.value else SYMPTOM,
        action="sample_weight = np.minimum(sample_weight, "
        "10 * np.median(sample_weight))",
        epoch=epoch,
        edit=Edit("setting", "sample_weight", None, "given"),
        score=0.87,
        below=ALMOST_ALL,
    )


def look_at_network(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a remark if there are many parameters for the rows."""
    shapes = jax.eval_shape(lambda: evidence.network.init(0))
    parameters = split_state(shapes)[0]
    learns = learning_mask(parameters, frozenset(evidence.settings.freeze))
    sizes = jax.tree.map(lambda a, m: math.prod(a.shape) * m, parameters, learns)
    n = int(sum(jax.tree.leaves(sizes)))
    y = evidence.training.x if evidence.training.y is None else evidence.training.y
    answers = sum(array.size for array in jax.tree.leaves(y))
    ratio = n / max(answers, 1)
    if ratio > CAPACITY.value:
        yield _risk(
            f"The network has {n:,} parameters for {answers:,} target values.",
            {"parameters for each": CAPACITY.against(ratio),
             "parameters": Measurement(n)},
        )  # fmt: skip


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if what was learned last was the training rows."""
    course = evidence.course
    yield from _few_count(evidence, course.n_epochs or None)
    held = course.validation_loss
    if held is None or course.n_epochs < FEW_EPOCHS:
        return
    losses, training = smoothed(held), smoothed(course.loss)
    best = int(losses.argmin())
    gap = _gap(course)
    if evidence.best_is_kept:
        yield from _by_heart(evidence, gap)
        return
    rise = float(losses[-1] / max(losses[best], TINY))
    lasts = course.n_epochs - 1 - best >= course.n_epochs / 4
    if rise < LOSS_RISES.value or not lasts or training[-1] >= training[best]:
        yield from _by_heart(evidence, gap)
        return
    if gap is not None and gap < GAP.value:
        return
    progress = course.validation_progress
    lost = 0.0
    if progress is not None:
        lost = float(smoothed(progress).max() - smoothed(progress)[-1])
    yield Symptom(
        cause=f"Since epoch {best + 1} the validation loss rose to {rise:.2f} times "
        f"its least while the training loss fell: the training rows are learned by "
        f"heart.",
        repair="Stop early and take the best epoch; then more rows, weight decay, "
        "dropout or a smaller network.",
        evidence={
            "validation loss over its least": LOSS_RISES.against(rise),
            "progress lost since the best epoch": LOST.against(lost),
            **({} if gap is None else {"gap of progress": GAP.against(gap)}),
        },
        kind=CERTAIN if lost > LOST.value else SYMPTOM,
        epoch=best + 1,
        action="fm.train(network, data, validation=0.2, early_stopping=10)",
        edit=Edit("setting", "early_stopping", 10, evidence.settings.early_stopping),
        score=0.65,
        below=POOR_PROGRESS if gap is None or gap < WIDE_GAP.value else HALF_WAY,
        compares=False,
    )


def _by_heart(evidence: Evidence, gap: float | None) -> Iterator[Symptom]:
    """Yield a symptom if the training rows are known and others are not."""
    course = evidence.course
    if gap is None or course.training_progress is None:
        return
    learned = float(smoothed(course.training_progress)[-1])
    by_heart = learned >= BY_HEART.value
    few = by_heart and evidence.n_rows < FEW_ROWS.value
    if not few:
        # Where the best epoch is kept, or others are hardly worse, it may be all there
        # is. Classical models, which take longest, are asked last.
        doubtful = evidence.best_is_kept or gap < WIDE_GAP.value
        is_plain = by_heart and not doubtful
        if gap < GAP.value or not (
            is_plain or _is_behind(evidence) or _holds_nothing(evidence, gap)
        ):
            return
    yield Symptom(
        cause=f"The training rows are learned {'by heart ' if by_heart else ''}"
        f"({learned:.0%} of the way), and of validation rows {learned - gap:.0%}.",
        repair="More rows, weight decay, dropout or a smaller network; and stop early.",
        evidence={
            "gap of progress": WIDE_GAP.against(gap),
            "progress on training rows": BY_HEART.against(learned),
        },
        epoch=course.n_epochs,
        action="fm.train(network, data, validation=0.2, early_stopping=10, "
        "weight_decay=0.1)",
        edit=Edit("setting", "early_stopping", 10, evidence.settings.early_stopping),
        score=0.62 if by_heart else 0.4,
        below=ALMOST_ALL if few else HALF_WAY,
    )


def _holds_nothing(evidence: Evidence, gap: float) -> bool:
    """Say whether nothing holds on other rows, where nobody knows what could."""
    poor = (evidence.progress or 0) < POOR_PROGRESS.value
    return poor and gap >= WIDE_GAP.value and evidence.reference is None


def _is_behind(evidence: Evidence) -> bool:
    """Say whether classical models learn more than any epoch did."""
    progress, others = evidence.course.validation_progress, evidence.reference
    if progress is None or others is None:
        return False
    return others.lead_over(float(smoothed(progress).max())) > 0


def _gap(course: Course) -> float | None:
    if course.training_progress is None or course.validation_progress is None:
        return None
    training, held = course.training_progress, course.validation_progress
    return float(smoothed(training)[-1] - smoothed(held)[-1])


def _risk(cause: str, found: dict[str, Measurement]) -> Symptom:
    return Symptom(
        cause=f"{cause} It may learn them by heart.",
        repair="Hold rows back and stop early; compare with a smaller network.",
        evidence=found,
        kind=REMARK,
        action="fm.train(network, data, validation=0.2, early_stopping=20)",
        score=0.25,
    )


RULE = Rule(
    "F001",
    "overfitting",
    __doc__ or "",
    {"data": look, "network": look_at_network, "record": look_at_run},
    needs="validation",
)

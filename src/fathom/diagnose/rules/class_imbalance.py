"""Classes of very different size.

## What it sees
How many training rows each class has: the rarest has less than a tenth of the most
frequent one, and no class weights are set. Targets with a class for every step of a
sequence are left alone: words are never balanced. In a run: a class that is rare and of
which less than a tenth is recognized at the end, or so few that chance gives it once in
a hundred times if it were recognized as the others are; or one with fewer rows than
most that is often taken for one and the same other class, while the rest are hardly
ever missed. With class weights: classes that count less than without, one of which
takes the others' answers.

## Why it hurts
The cost is a mean over rows, so a class of 1 % counts 1 %. A network that never
predicts it has an accuracy of 0.99 and has learned nothing about it.

## What to do
Look at the recall of every class, not at accuracy alone. If the rare class matters more
than its share, `class_weight="balanced"` makes every class count the same.

## When it is wrong
Where the shares are those of the world, and probabilities are wanted that are right on
average: class weights distort these. Many imbalanced problems are learned well as they
are, so before training this is never more than a note.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import CERTAIN, REMARK, SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    HALF_MISSED,
    IMBALANCE,
    MISSED_BY_CHANCE,
    OFTEN_MISSED,
    RARE_RECALL,
    RARE_ROWS,
    SELDOM_MISSED,
    SWALLOWED,
    TAKEN_FOR_ONE,
    UNEVEN,
)
from fathom.preparation import class_factors
from fathom.record.layer_records import ClassRecords


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a remark if a class is rare."""
    labels = evidence.labels
    if labels is None or evidence.class_weight is not None:
        return
    counts = np.bincount(labels, minlength=evidence.n_classes)
    rarest, most = int(counts.argmin()), int(counts.argmax())
    ratio = counts[rarest] / counts[most]
    if ratio >= IMBALANCE.value:
        return
    names = evidence.label_names
    n = int(counts[rarest])
    yield Symptom(
        cause=f"Of {names[rarest]} there {'is 1 row' if n == 1 else f'are {n} rows'} "
        f"and of {names[most]} {counts[most]:,}: accuracy hides the rare one.",
        repair="Look at the recall of each class; if the rare one matters as much, "
        "weight the classes.",
        evidence={
            "rarest over most frequent": IMBALANCE.against(float(ratio)),
            "share of the most frequent": Measurement(
                float(counts[most] / counts.sum())
            ),
        },
        kind=REMARK,
        action='fm.train(network, data, class_weight="balanced")',
        edit=Edit("setting", "class_weight", "balanced"),
        score=0.4,
    )


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if a class that counts little is hardly recognized."""
    classes = evidence.course.history.classes
    if classes is None or not classes.count[-1].sum():
        return
    if evidence.class_weight is not None:
        yield from _made_uneven(evidence, classes)
        return
    known = _counts(evidence, classes.count.shape[1])
    if known is not None and known.min() >= UNEVEN.value * known.max():
        return  # before the network is asked
    counts, hits = _judged(evidence, classes)
    known = counts if known is None else known
    rare = (known < IMBALANCE.value * known.max()) & (counts > 0)
    recall = hits / np.maximum(counts, 1)
    for worst in sorted(np.flatnonzero(rare), key=lambda i: recall[i]):
        chance = _chance_of_so_few(counts, hits, int(worst))
        missed = recall[worst] < RARE_RECALL.value and counts[worst] >= RARE_ROWS.value
        if missed or (
            recall[worst] < HALF_MISSED.value and chance < MISSED_BY_CHANCE.value
        ):
            found = float(recall[worst]), int(counts[worst]), chance
            yield _missed(evidence, int(worst), found, known[worst] / known.sum())
            return
    yield from _swallowed(evidence, known)


def _swallowed(evidence: Evidence, known: np.ndarray) -> Iterator[Symptom]:
    """Yield a symptom if one smaller class is taken for another, and the rest are not.

    A part of its labels may be given as the other's: what is left of it is then few,
    and looks like the other class.
    """
    answers = evidence.judged_answers
    n = len(known)
    if answers is None or n < 3 or answers.given.shape[1] != n:
        return
    table = np.zeros((n, n))
    np.add.at(table, (answers.known, answers.given.argmax(1)), 1)
    counts = table.sum(1)
    enough = counts >= RARE_ROWS.value
    if enough.sum() < 3:
        return
    missed = np.where(enough, 1 - table.diagonal() / np.maximum(counts, 1), np.nan)
    worst = int(np.nanargmax(missed))
    usual = float(np.nanmedian(np.delete(missed, worst)))
    wrong = np.delete(table[worst], worst)
    other = int(np.delete(np.arange(n), worst)[wrong.argmax()])
    taken = float(wrong.max() / max(wrong.sum(), 1))
    is_small = known[worst] < UNEVEN.value * np.median(known)
    is_hit = missed[worst] > OFTEN_MISSED.value and usual < SELDOM_MISSED.value
    if not (is_small and is_hit and taken > TAKEN_FOR_ONE.value):
        return
    names = evidence.label_names
    yield Symptom(
        cause=f"Of {names[worst]} {missed[worst]:.0%} are not recognized, nearly all "
        f"taken for {names[other]}, and it has {known[worst]:,} rows where others have "
        f"{np.median(known):,.0f}: it counts too little, or a part of its labels is "
        f"given as {names[other]}.",
        repair=f"Look at rows labeled {names[other]} that are near those of "
        f"{names[worst]}; weight the classes.",
        evidence={
            "share that is missed": OFTEN_MISSED.against(float(missed[worst])),
            "the same of most classes": SELDOM_MISSED.against(usual),
            "taken for one other class": TAKEN_FOR_ONE.against(taken),
        },
        epoch=evidence.course.n_epochs,
        action='fm.train(network, data, class_weight="balanced")',
        edit=Edit("setting", "class_weight", "balanced"),
        score=0.78,
        below=ALMOST_ALL,
        compares=False,
    )


def _judged(evidence: Evidence, classes: ClassRecords) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each class, how many rows were judged and how many were right.

    Training rows, where they are at hand, count as well: a class that is missed even
    among these is missed, and validation has few rows of a rare one.
    """
    counts, answers = classes.count[-1], evidence.judged_answers
    if answers is None:
        found = np.where(counts > 0, np.nan_to_num(classes.recall[-1]) * counts, 0)
        return counts, found
    known, n = answers.known, len(counts)
    right = answers.given.argmax(1) == known
    return np.bincount(known, minlength=n), np.bincount(known, right, n)


def _counts(evidence: Evidence, n_classes: int) -> np.ndarray | None:
    labels = evidence.labels
    return None if labels is None else np.bincount(labels, minlength=n_classes)


def _chance_of_so_few(counts: np.ndarray, hits: np.ndarray, one: int) -> float:
    """Return how likely so few hits are if a class were recognized as others are."""
    others = np.arange(len(counts)) != one
    usual = float(hits[others].sum() / max(counts[others].sum(), 1))
    n = int(counts[one])
    return sum(
        math.comb(n, k) * usual**k * (1 - usual) ** (n - k)
        for k in range(round(float(hits[one])) + 1)
    )


def _missed(
    evidence: Evidence, worst: int, found: tuple[float, int, float], share: float
) -> Symptom:
    recall, rows, chance = found
    names = evidence.label_names
    name = names[worst] if worst < len(names) else str(worst)
    is_sure = chance < MISSED_BY_CHANCE.value and recall < HALF_MISSED.value
    return Symptom(
        cause=f"{recall:.0%} of the examples of {name} are recognized: with "
        f"{share:.1%} of all it counts too little.",
        repair="Weight the classes, and judge by the recall of each.",
        evidence={
            "share that is recognized": RARE_RECALL.against(recall),
            "chance of so few, if it were as the others": MISSED_BY_CHANCE.against(
                chance
            ),
            "judged examples": Measurement(rows),
        },
        kind=CERTAIN if is_sure else SYMPTOM,
        epoch=evidence.course.n_epochs,
        action='fm.train(network, data, class_weight="balanced")',
        edit=Edit("setting", "class_weight", "balanced"),
        score=0.87,
        below=ALMOST_ALL,
        compares=False,
    )


def _made_uneven(evidence: Evidence, classes: ClassRecords) -> Iterator[Symptom]:
    """Yield a symptom if class weights make one class swallow the others."""
    counts = _counts(evidence, classes.count.shape[1])
    given = evidence.class_weight
    if counts is None or not counts.all() or not isinstance(given, Mapping):
        return
    target = evidence.target
    names = (target and target.classes) or range(len(counts))
    weighted = counts * class_factors(given, names)
    before, after = counts.min() / counts.max(), weighted.min() / weighted.max()
    heavy = int(weighted.argmax())
    judged = classes.count[-1]
    more = float((classes.predicted[-1][heavy] - judged[heavy]) / judged.sum())
    if after >= min(IMBALANCE.value, before) or more <= SWALLOWED.value:
        return
    name = evidence.label_names[heavy]
    yield Symptom(
        cause=f"Class weights make {name} count {weighted[heavy] / weighted.sum():.0%} "
        f"of all, and it takes answers that belong to others.",
        repair="Take smaller weights, or none.",
        evidence={
            "least weight of a class over the largest": IMBALANCE.against(float(after)),
            "without class weights": Measurement(float(before)),
            "answers beyond its own share": SWALLOWED.against(more),
        },
        epoch=int(classes.epochs[-1]),
        action="fm.train(network, data, class_weight=None)",
        edit=Edit("setting", "class_weight", None, evidence.class_weight),
        score=0.94,
        below=ALMOST_ALL,
    )


RULE = Rule(
    "D003",
    "class-imbalance",
    __doc__ or "",
    {"data": look, "record": look_at_run},
    needs="classes",
)

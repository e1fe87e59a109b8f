"""Data that give the answer away.

## What it sees
Each column by itself, on at most 5,000 training rows: how well the classes are told
from its values alone (fitted on every other row, measured on the rest), or how well its
ranks follow a numeric target. From 0.98 of the way from guessing to perfect, or a rank
correlation of 0.999, it is a symptom. A category whose values stand one to one for the
classes, or a number that is the target in another unit, is a copy; so is a number
that hardly varies within the classes, whatever their number. Beside that,
validation rows that are training rows, too, inputs and target, where there are many
more of them than independent columns would give by chance; validation rows that are
next to training rows with the same target, and four times as far from all others:
copies with a little noise; and columns of an array that number the rows, which are a
copy of the target where they tell it, because the file was sorted.

## Why it hurts
The network learns the column and nothing else, and scores almost perfectly, also on
rows held out, which have the column, too. In use the column is missing, or is filled in
after the answer is known. Rows on both sides of the split make the validation score one
on rows known by heart.

## What to do
Ask of each column named whether it is known at the time of predicting. If not, leave it
out. Drop duplicate rows before splitting, or split by whom they belong to.

## When it is wrong
Some problems are that easy: one measurement may tell two species apart. So a column
that only predicts well is a note, and only a copy is an alarm. Copies are looked for
where there are at least two columns, because a noise-free line is a fine first example.
Short sequences of few tokens come again by themselves; there duplicates are a note.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom.diagnose.columns import Column
from fathom.diagnose.duplicates import shared_rows
from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.near_copies import STEP, near_copies
from fathom.diagnose.predictive import (
    class_progress,
    is_copy_of_classes,
    linear_correlation,
    rank_correlation,
    variance_within,
)
from fathom.diagnose.rule import CERTAIN, REMARK, SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import (
    COPY_CORRELATION,
    DUPLICATES,
    LEAK_CORRELATION,
    LEAK_PROGRESS,
    LEAK_ROWS,
    MANY_COPIES,
    MANY_DUPLICATES,
    SORTED_BY,
    TIGHT,
)
from fathom.training.objective import Batch

MOST_NAMED = 5
# How far a step from row to row may be from a whole number of the least.
UNEVEN = 0.1
# Numbers of rows that were chosen from a table leave gaps, amounts leave more.
SPARSE = 10


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield columns that give the target away, and rows on both sides of the split."""
    columns = evidence.columns
    if len(columns) > 1 and evidence.n_rows >= LEAK_ROWS.value:
        found = [s for column in columns for s in _column(evidence, column)]
        yield from sorted(found, key=lambda s: s.kind != CERTAIN)[:MOST_NAMED]
    yield from _duplicates(evidence)


def _column(evidence: Evidence, column: Column) -> Iterator[Symptom]:
    rows = evidence.compared_rows
    values, labels = evidence.values, evidence.labels
    if _numbers_rows(column):
        yield _row_number(column)
    elif labels is not None:
        progress = class_progress(column.values, labels[rows], evidence.n_classes)
        spread = evidence.n_classes**2 * variance_within(column.values, labels[rows])
        copy = is_copy_of_classes(column.values, labels[rows])
        numbers = progress >= SORTED_BY.value and _is_even(column)
        tight = spread < TIGHT.value or numbers
        if progress >= LEAK_PROGRESS.value or tight:
            measured = {
                "progress of this column alone": LEAK_PROGRESS.against(progress),
                **({"spread within classes": TIGHT.against(spread)} if tight else {}),
                **({"steps from row to row": Measurement("even")} if numbers else {}),
            }
            yield _gives_away(column, copy or tight, measured)
    elif values is not None and evidence.training.y is not None:
        targets = values[rows].reshape(len(rows), -1)
        for target in targets.T if targets.shape[1] <= MOST_NAMED else ():
            by_rank = rank_correlation(column.values, target)
            numbers = by_rank >= SORTED_BY.value and _is_even(column)
            if by_rank >= LEAK_CORRELATION.value or numbers:
                linear = linear_correlation(column.values, target)
                copy = linear >= COPY_CORRELATION.value or numbers
                measured = {"rank correlation": LEAK_CORRELATION.against(by_rank)}
                yield _gives_away(column, copy, measured)


def _gives_away(
    column: Column, copy: bool, measured: dict[str, Measurement]
) -> Symptom:
    said = "is the target in other words" if copy else "alone almost gives the target"
    drop = f'table = fm.read(data.drop("{column.name}"), target=...)'
    if not column.in_table:
        drop = f"X = np.delete(X, {column.name[5:-1]}, axis=1)"
    return Symptom(
        cause=f"The column {column.name} {said}.",
        repair="If it is not known at the time of predicting, leave it out.",
        evidence=measured,
        kind=CERTAIN if copy else REMARK,
        action=drop,
        edit=Edit("data", column.name, "drop"),
        score=0.85 if copy else 0.45,
    )


def _numbers_rows(column: Column) -> bool:
    """Say whether a column is 0, 1, 2, ... or 1, 2, 3, ... in any order."""
    values = column.values
    low = values.min()
    if column.in_table or not np.isfinite(low) or values.max() - low < len(values) - 1:
        return False
    whole = bool((values == np.floor(values)).all())
    return whole and len(np.unique(values)) == len(values) and _is_dense(values)


def _is_dense(values: np.ndarray) -> bool:
    return float(values.max() - values.min()) <= SPARSE * len(values)


def _is_even(column: Column) -> bool:
    """Say whether a column numbers its rows in any unit: no value twice, even steps.

    Rows that were held back leave gaps of a few steps.
    """
    values = np.sort(column.values)
    if column.is_discrete or len(values) < LEAK_ROWS.value or np.isnan(values).any():
        return False
    steps = np.diff(values)
    if not 0 < steps.min() < np.inf:
        return False
    counts = steps / np.median(steps[steps < 1.5 * steps.min()])
    uneven = np.abs(counts - np.round(counts)).max()
    return bool(counts.sum() <= SPARSE * len(values) and uneven < UNEVEN)


def _row_number(column: Column) -> Symptom:
    return Symptom(
        cause=f"The column {column.name} has another whole number in every row: it "
        f"looks like the number of the row, which says nothing about new ones.",
        repair="Leave it out if it is an identifier.",
        evidence={"different values": Measurement(len(column.values))},
        kind=REMARK,
        action=f"X = np.delete(X, {column.name[5:-1]}, axis=1)",
        edit=Edit("data", column.name, "drop"),
        score=0.3,
    )


def _duplicates(evidence: Evidence) -> Iterator[Symptom]:
    if evidence.validation is None:
        return
    found = shared_rows(evidence.training, evidence.validation)
    many = found is not None and found.share >= MANY_DUPLICATES.value
    near = () if many else list(_near_copies(evidence.training, evidence.validation))
    if near:
        yield from near
        return
    if found is None or found.share <= DUPLICATES.value or not found.beyond_chance:
        return
    # Short sequences of few tokens come again by themselves.
    repeats = evidence.training.x.dtype.kind == "i"
    yield Symptom(
        cause=f"{found.n:,} of {found.of:,} validation rows are training rows, "
        f"too, inputs and target: the validation score is partly one on known rows.",
        repair="Drop duplicates before splitting, or split by whom the rows belong to.",
        evidence={
            "share of duplicates": (MANY_DUPLICATES if many else DUPLICATES).against(
                found.share
            ),
            "share by chance": Measurement(found.chance),
        },
        kind=REMARK if repeats else CERTAIN if many else SYMPTOM,
        action="frame = frame.unique()",
        edit=Edit("data", "rows", "drop duplicates"),
        score=0.6,
    )


def _near_copies(training: Batch, validation: Batch) -> Iterator[Symptom]:
    found = near_copies(training, validation)
    if found is None or found.share < MANY_COPIES.value:
        return
    yield Symptom(
        cause=f"{found.share:.0%} of the validation rows are next to training rows "
        f"with the same target, and {found.step:.3g} times as far from all others: "
        f"copies with a little noise, on both sides of the split.",
        repair="Split first, and then augment or oversample the training rows alone; "
        "or split by what the rows are copies of.",
        evidence={
            "share of near copies": MANY_COPIES.against(found.share),
            "step to the next row": Measurement(found.step, STEP),
            "rows looked at": Measurement(found.of),
        },
        kind=CERTAIN,
        action="fm.train(network, augmented_rows, validation=(X_held, y_held))",
        score=0.8,
    )


RULE = Rule("D004", "leakage", __doc__ or "", {"data": look})

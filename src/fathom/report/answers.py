"""What a model answers for the test rows of its run, beside what is true.

answers = test_answers(record, table)
largest_mistakes(answers)[0]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError
from fathom.report.run_record import RunRecord

if TYPE_CHECKING:
    from fathom.data import Table

MOST_MISTAKES = 10


@dataclass(frozen=True)
class TestAnswers:
    """Test rows, with true and predicted answers.

    Attributes:
        rows: (rows,) numbers in the table, from 0.
        table: Of these rows only.
        known: (rows,) class numbers, or (rows, targets) numbers in their own unit.
        given: (rows, classes) probabilities, or (rows, targets) numbers.
        classes: The labels; empty in regression.
        names: Of the targets.
    """

    __test__ = False  # not a class of tests

    rows: np.ndarray
    table: Table
    known: np.ndarray
    given: np.ndarray
    classes: tuple[Any, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Mistake:
    """One answer that is wrong, or far off.

    Attributes:
        row: Its number in the table, from 0.
        place: Its place among the test rows.
        true: The right answer.
        predicted: The answer given.
        size: Probability of the wrong class, or the true minus the predicted number.
    """

    row: int
    place: int
    true: Any
    predicted: Any
    size: float


def test_answers(record: RunRecord, table: Table) -> TestAnswers:
    """Predict a run's test rows.

    Raises:
        InputError: If the run has no model or no test rows, did not end well, or its
            model gives a class for every step, which the charts of classes do not show.
    """
    model, rows = record.model, np.asarray(record.split.get("test", ()), int)
    if model is None or model.target is None:
        raise InputError("There is no model whose answers could be shown.")
    if record.status != "done":
        raise InputError(
            f"The run is {record.status}, not done, and test rows are looked at only "
            f"once, at the end. 'fathom train --resume' goes on with an interrupted "
            f"run."
        )
    if not len(rows):
        raise InputError(
            "No rows were held back for a test, so nothing is known about how the "
            "model does on new rows. 'fathom train --test 0.2' holds back a fifth."
        )
    own, target = table.rows(rows), model.target
    known = target.encode(own)
    if target.classes:
        given = model.predict_proba(own)
        if given.ndim > 2:
            raise InputError("The model gives a class for every step of a sequence.")
        return TestAnswers(rows, own, known, given, target.classes, target.names)
    numbers = np.asarray(model.predict(own), float).reshape(len(rows), -1)
    wanted = target.decode_values(known).reshape(len(rows), -1)
    return TestAnswers(rows, own, wanted, numbers, (), target.names)


test_answers.__test__ = False  # pyright: ignore[reportFunctionMemberAccess]


def largest_mistakes(answers: TestAnswers, most: int = MOST_MISTAKES) -> list[Mistake]:
    """Return the most confident wrong classes, or the numbers furthest off.

    With several targets, those furthest off in units of each target's spread.
    """
    if answers.classes:
        return _wrong_classes(answers, most)
    off = answers.known - answers.given
    spread = answers.known.std(axis=0)
    sizes = np.abs(off) / np.where(spread > 0, spread, 1.0)
    order = np.argsort(-sizes.max(axis=1), kind="stable")[:most]
    found = []
    for place in order:
        which = int(sizes[place].argmax())
        true, predicted = answers.known[place], answers.given[place]
        if off[place, which]:
            found.append(
                Mistake(int(answers.rows[place]), int(place), true[which].item(),
                        predicted[which].item(), float(off[place, which]))
            )  # fmt: skip
    return found


def _wrong_classes(answers: TestAnswers, most: int) -> list[Mistake]:
    chosen = answers.given.argmax(axis=1)
    sure = answers.given.max(axis=1)
    wrong = np.flatnonzero(chosen != answers.known)
    order = wrong[np.argsort(-sure[wrong], kind="stable")][:most]
    return [
        Mistake(
            int(answers.rows[place]),
            int(place),
            answers.classes[answers.known[place]],
            answers.classes[chosen[place]],
            float(sure[place]),
        )
        for place in order
    ]

"""What explains single answers and columns has the numbers of `fathom.inspect`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from fathom.inspect.attribution import attribute
from fathom.inspect.importance import permutation_importance
from fathom.report.answers import TestAnswers, largest_mistakes, test_answers
from fathom.report.attribution_chart import attribution_chart, attribution_image
from fathom.report.example_sections import shown
from fathom.report.explained_section import because
from fathom.report.importance_section import importance_chart
from fathom.report.run_record import RunRecord, find_table, read_record


def read(path: Path) -> tuple[RunRecord, TestAnswers]:
    record = read_record(path)
    return record, test_answers(record, find_table(record))


def test_mistakes_are_wrong_and_the_surest_comes_first(two_classes: Path) -> None:
    _, answers = read(two_classes)
    mistakes = largest_mistakes(answers, most=500)
    wrong = answers.given.argmax(1) != answers.known
    assert len(mistakes) == wrong.sum()
    assert mistakes[0].size == pytest.approx(answers.given.max(1)[wrong].max())
    assert all(one.true != one.predicted for one in mistakes)


def test_mistakes_in_numbers_are_those_furthest_off(numbers: Path) -> None:
    _, answers = read(numbers)
    worst = largest_mistakes(answers)[0]
    off = answers.known[:, 0] - answers.given[:, 0]
    assert worst.size == pytest.approx(off[np.abs(off).argmax()])
    assert worst.row == answers.rows[np.abs(off).argmax()]


def test_an_answer_is_followed_back_to_the_columns(two_classes: Path) -> None:
    record, answers = read(two_classes)
    assert record.model is not None
    trace = record.model.trace(answers.table.rows([0]))
    output, hidden = because(trace, 1)
    assert (output.address, hidden.address[:9]) == ("output:1", "hidden_1:")
    assert output.activation == pytest.approx(answers.given[0, 1], abs=1e-6)
    sign = np.sign(output.weighted_sum or 0.0)
    most = max(output.terms, key=lambda term: sign * term.product)
    assert most.name == hidden.address
    assert {term.name for term in hidden.terms} <= set(answers.table.frame.columns)


def test_bars_are_the_attribution(two_classes: Path) -> None:
    record, answers = read(two_classes)
    assert record.model is not None
    found = attribute(record.model, answers.table.rows([0]))
    bars = attribution_chart(found, {"mean area": "12"}).chart.data[0]
    assert list(bars.x) == [value for _, value in found.strongest(0, 12)]


def test_pixels_are_the_attribution(images: Path) -> None:
    record, answers = read(images)
    assert record.model is not None
    found = attribute(record.model, answers.table.rows([0]))
    heat = np.asarray(attribution_image(found, (8, 8, 1)).chart.data[0].z)
    columns = found.by_column()
    assert heat[3, 4] == columns["pixel_3_4"][0]
    assert heat.sum() == pytest.approx(found.values.sum())


def test_columns_are_ranked_by_their_importance(three_classes: Path) -> None:
    record, answers = read(three_classes)
    assert record.model is not None
    found = permutation_importance(record.model, answers.table, "log_loss")
    picture = importance_chart(found)
    assert list(picture.chart.data[0].x) == sorted(found.mean, reverse=True)
    name, drop = found.ranked()[0]
    assert f"{name} {drop:.3g}" in picture.alternative


def test_the_output_that_is_followed_says_its_class(two_classes: Path) -> None:
    record, answers = read(two_classes)
    assert record.model is not None
    trace = record.model.trace(answers.table.rows([0]))
    assert because(trace, 1)[0].meaning == f"the class {answers.classes[1]}"
    assert because(trace, 1)[1].meaning == ""


def test_days_are_shown_without_a_time_of_day() -> None:
    assert shown(datetime(2026, 2, 3)) == "2026-02-03"
    assert shown(datetime(2026, 2, 3, 4, 5)) == "2026-02-03 04:05:00"

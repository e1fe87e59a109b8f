"""The picture of a decision boundary shows its line and every row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError
from fathom.inspect.boundary import Boundary, decision_boundary
from fathom.report.answers import test_answers
from fathom.report.boundary_picture import boundary_picture
from fathom.report.importance_section import boundary_along
from fathom.report.page import read_record
from fathom.report.run_record import find_table

COLUMNS = ["petal length (cm)", "petal width (cm)"]


@pytest.fixture(scope="module")
def iris() -> fm.data.Table:
    return fm.read("iris")


@pytest.fixture(scope="module")
def along(three_classes: Path, iris: fm.data.Table) -> Boundary:
    return decision_boundary(fm.load(three_classes), iris, COLUMNS, resolution=21)


def test_every_row_is_drawn_at_its_place_among_its_class(
    along: Boundary, iris: fm.data.Table
) -> None:
    chart = boundary_picture(along, iris.y).chart
    marks = [trace for trace in chart.data[1:] if trace.mode == "markers"]
    assert [len(trace.x) for trace in marks] == [50, 50, 50]
    expected = along.rows[np.asarray(iris.y) == iris.y[0]]
    np.testing.assert_array_equal(np.stack([marks[0].x, marks[0].y], -1), expected)


def test_the_line_drawn_is_the_boundary(along: Boundary, iris: fm.data.Table) -> None:
    chart = boundary_picture(along, iris.y).chart
    (line,) = (trace for trace in chart.data[1:] if trace.mode == "lines")
    drawn = np.stack([line.x, line.y], -1).reshape(-1, 3, 2)[:, :2]
    np.testing.assert_array_equal(drawn, along.segments)


def test_regions_have_the_predicted_class(along: Boundary) -> None:
    regions = boundary_picture(along).chart.data[0]
    np.testing.assert_array_equal(regions.z, along.predicted.T)


def test_on_one_column_the_words_say_where_the_class_changes(
    three_classes: Path, iris: fm.data.Table
) -> None:
    found = decision_boundary(fm.load(three_classes), iris, COLUMNS[:1])
    picture = boundary_picture(found)
    assert len(found.points)
    assert f"{COLUMNS[0]} = {found.points[0, 0]:.3f}" in picture.alternative


def test_numbers_are_drawn_as_a_surface_with_the_true_ones_on_it(
    numbers: Path,
) -> None:
    record = read_record(numbers)
    assert record.model is not None
    answers = test_answers(record, find_table(record))
    picture = boundary_along(record.model, answers, ["bmi", "bp", "sex"])
    assert picture is not None
    surface, rows = picture.chart.data
    assert surface.type == "contour"
    np.testing.assert_allclose(rows.marker.color, answers.known[:, 0])
    assert picture.question == "What does it predict for which bmi and bp?"


def test_answers_of_other_rows_are_refused(along: Boundary) -> None:
    with pytest.raises(InputError, match=r"each of the 150 rows\. Got 3"):
        boundary_picture(along, ["a", "b", "c"])


def test_arrays_may_bring_their_answers() -> None:
    x = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    y = (x.sum(1) > 0).astype(int)
    network = fm.Network([fm.Dense(2, "softmax")], input_shape=(2,))
    model = fm.train(network, (x, y), epochs=1, record=False, seed=0).model
    pair = decision_boundary(model, (x, y), [0, 1], resolution=5)
    alone = decision_boundary(model, x, [0, 1], resolution=5)
    np.testing.assert_array_equal(pair.values, alone.values)
    assert "The boundary is straight" in boundary_picture(pair, y).alternative

"""Decision boundaries: a point, a line, a plane, a hyperplane."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fathom as fm
from fathom.models.boundary import DecisionBoundary

WEIGHT = st.floats(0.01, 100).flatmap(lambda w: st.sampled_from([w, -w]))


@pytest.mark.parametrize(
    ("normal", "offset", "text"),
    [
        ((2.0,), -3.0, "point x1 = 1.5"),
        ((2.0,), 0.0, "point x1 = 0"),
        ((1.0, 1.0), -0.5, "line x2 = -1 x1 + 0.5"),
        ((1.0, -2.0), -4.0, "line x2 = 0.5 x1 - 2"),
        ((0.0, 2.0), 4.0, "line x2 = -2"),
        ((0.0, 2.0), 0.0, "line x2 = 0"),
        ((2.0, 0.0), -4.0, "line x1 = 2 (vertical)"),
        ((1.0, 0.0, -3.0), 2.0, "plane 1 x1 - 3 x3 + 2 = 0"),
        ((-1.0, 2.0, 3.0, 4.0), 0.0, "hyperplane -1 x1 + 2 x2 + 3 x3 + 4 x4 = 0"),
    ],
)
def test_reads_as_an_equation(normal, offset, text):
    assert str(DecisionBoundary(normal, offset)) == text


def test_vertical_line_has_neither_slope_nor_intercept():
    line = DecisionBoundary((2.0, 0.0), -4.0)
    assert (line.is_vertical, line.slope, line.intercept) == (True, None, None)


def test_vertical_line_has_two_points():
    assert DecisionBoundary((2.0, 0.0), -4.0).points == ((2.0, 0.0), (2.0, 1.0))


@settings(max_examples=50, deadline=None)
@given(WEIGHT, WEIGHT, st.floats(-100, 100))
def test_both_points_lie_on_the_line_at_distance_one(w1, w2, b):
    line = DecisionBoundary((w1, w2), b)
    p, q = line.points
    np.testing.assert_allclose(line.distance([p, q]), 0, atol=1e-8)
    assert math.dist(p, q) == pytest.approx(1)


@settings(max_examples=50, deadline=None)
@given(WEIGHT, WEIGHT, st.floats(-10, 10), st.floats(-10, 10))
def test_slope_and_intercept_give_points_of_the_line(w1, w2, b, x1):
    line = DecisionBoundary((w1, w2), b)
    x2 = line.slope * x1 + line.intercept
    scale = 1 + abs(x2)
    assert line.distance([x1, x2]) / scale == pytest.approx(0, abs=1e-9)


def test_distance_is_positive_where_the_weighted_sum_is():
    line = DecisionBoundary((3.0, 4.0), -5.0)
    # (3 * 3 + 4 * 4 - 5) / 5 = 4, and (0 + 0 - 5) / 5 = -1
    assert line.distance([[3, 4], [0, 0]]).tolist() == [4.0, -1.0]


def test_distance_of_one_point_is_a_float():
    assert type(DecisionBoundary((3.0, 4.0), -5.0).distance([3, 4])) is float


def test_distance_from_the_origin_is_offset_by_length():
    # |-14| / |(2, 3, 6)| = 14 / 7
    assert DecisionBoundary((2.0, 3.0, 6.0), -14.0).distance_from_origin == 2.0


@pytest.mark.parametrize(
    ("normal", "ask", "message"),
    [
        ((0.0, 0.0), lambda b: b, "All weights are 0"),
        ((1.0, 2.0), lambda b: b.point, "'point' is for a boundary of 1 input. This"),
        ((1.0,), lambda b: b.slope, "'slope' is for a boundary of 2 inputs. This one"),
        ((1.0, 1.0, 1.0), lambda b: b.points, "is a plane, of 3: use normal and"),
        ((1.0, 1.0), lambda b: b.distance([1, 2, 3]), "has 2 weights, .* length 3"),
    ],
)
def test_what_a_boundary_lacks_is_said_plainly(normal, ask, message):
    with pytest.raises(fm.InputError, match=message):
        ask(DecisionBoundary(normal, 1.0))

"""Charts of numbers, of the data and of results have the numbers that they name."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from fathom.report.data_charts import (
    class_counts,
    column_kinds,
    missing_values,
    target_distribution,
)
from fathom.report.regression_charts import (
    MOST_POINTS,
    predicted_against_true,
    residual_histogram,
    residuals_against_predicted,
)
from fathom.report.result_charts import beside_baselines


def numbers(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    known = rng.normal(50, 10, n)
    return known, known + rng.normal(1, 3, n)


def test_the_words_have_scikit_learns_r2_rmse_and_mae() -> None:
    known, given = numbers(200)
    text = predicted_against_true(known, given, "price").alternative
    assert f"R2 {metrics.r2_score(known, given):.3f}" in text
    assert f"RMSE {metrics.root_mean_squared_error(known, given):.3f}" in text
    assert f"MAE {metrics.mean_absolute_error(known, given):.3f}" in text


def test_every_row_is_a_point() -> None:
    known, given = numbers(200)
    points = predicted_against_true(known, given, "price").chart.data[1]
    assert np.array_equal(points.x, known)
    assert np.array_equal(points.y, given)


def test_a_large_set_is_thinned_and_that_is_said() -> None:
    known, given = numbers(9000)
    for draw in (predicted_against_true, residuals_against_predicted):
        picture = draw(known, given, "price")
        assert len(picture.chart.data[-1].x) == MOST_POINTS
        assert "Drawn are 2,000 of 9,000 rows" in picture.reading


def test_residuals_are_true_minus_predicted() -> None:
    known, given = numbers(50)
    points = residuals_against_predicted(known, given, "price").chart.data[0]
    assert np.array_equal(points.x, given)
    assert points.y == pytest.approx(known - given)


def test_the_histogram_counts_every_row_once() -> None:
    known, given = numbers(300)
    given[0] = 1e6  # far out
    picture = residual_histogram(known, given, "price")
    assert sum(picture.chart.data[0].y) == 300
    assert len(picture.chart.data[0].y) <= 80
    assert f"{(known - given).mean():.4g}" in picture.alternative


def test_classes_are_counted_by_part() -> None:
    known = np.array([0, 0, 0, 1, 1, 0])
    parts = {"training": [0, 1, 3], "validation": [], "test": [2, 4, 5]}
    picture = class_counts(known, ("a", "b"), parts)
    bars = {bar.name: list(bar.x) for bar in picture.chart.data}
    assert bars == {"training": [2, 1], "test": [2, 1]}
    assert "a 4; b 2" in picture.alternative
    assert "Always answering a would be right for 66.7%" in picture.alternative


def test_a_target_of_numbers_is_counted() -> None:
    values = np.arange(100.0)
    picture = target_distribution(values, "age")
    assert sum(picture.chart.data[0].y) == 100
    assert "mean 49.5" in picture.alternative


COLUMNS = [
    {"name": "size", "kind": "number", "missing": 5, "used": True},
    {"name": "code", "kind": "category", "missing": 0, "used": False},
    {"name": "city", "kind": "category", "missing": 1, "used": True},
]


def test_kinds_of_columns_are_counted() -> None:
    picture = column_kinds(COLUMNS)
    assert picture is not None
    assert picture.alternative == "3 columns: category 2 (1 not used); number 1."


def test_columns_of_one_kind_need_no_picture() -> None:
    assert column_kinds(COLUMNS[:1] * 4) is None


def test_missing_values_are_shares_of_the_rows() -> None:
    picture = missing_values(COLUMNS, 10)
    assert picture is not None
    assert list(picture.chart.data[0].x) == [0.5, 0.1]
    assert "size 50%; city 10%" in picture.alternative


def test_nothing_missing_needs_no_picture() -> None:
    assert missing_values(COLUMNS[1:2], 10) is None


def test_the_best_stands_on_top_whichever_it_is() -> None:
    scores = [
        {"name": "network", "kind": "network", "r2": 0.5},
        {"name": "mean", "kind": "trivial", "r2": -0.01},
        {"name": "ridge", "kind": "classical", "r2": 0.6},
    ]
    content = {"task": "regression", "test_rows": 9, "network": scores[0],
               "baselines": scores[1:]}  # fmt: skip
    picture = beside_baselines(content)
    assert picture is not None
    assert "best first: ridge 0.600; network 0.500; mean -0.010" in picture.alternative
    assert beside_baselines({**content, "baselines": []}) is None
    assert beside_baselines({}) is None

"""Learning curves: the same rows for every model, growing by size."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.experiment.learning_curve import _balanced_order


@pytest.fixture(scope="module")
def curve() -> fm.LearningCurve:
    return fm.learning_curve("mlp", "iris", sizes=[30, 15, 90], seeds=2, epochs=60)


def test_scores_have_one_value_for_every_size_and_seed(curve: fm.LearningCurve) -> None:
    assert curve.sizes == (15, 30, 90)
    assert {values.shape for values in curve.scores.values()} == {(3, 2)}
    assert curve.metric == "accuracy"


def test_more_rows_are_better_than_few(curve: fm.LearningCurve) -> None:
    network = curve.scores["network"].mean(axis=1)
    assert network[-1] > network[0]


def test_the_winner_has_the_best_mean(curve: fm.LearningCurve) -> None:
    best = curve.winners()[-1]
    means = {name: values[-1].mean() for name, values in curve.scores.items()}
    assert means[best] == max(means.values())
    assert best in str(curve).splitlines()[-1]


def test_the_figure_has_a_line_for_every_model(curve: fm.LearningCurve) -> None:
    lines = {line.name: line for line in curve.figure().data}
    assert set(lines) == set(curve.scores)
    np.testing.assert_allclose(lines["network"].y, curve.scores["network"].mean(axis=1))


def test_the_first_rows_have_the_classes_by_their_shares() -> None:
    table = fm.datasets.load("iris")
    order = _balanced_order(table, np.arange(150), seed=3)
    assert sorted(order) == list(range(150))
    counts = np.bincount(table.y[order[:30]], minlength=3)
    assert counts.min() >= 9


def test_regression_is_scored_by_r2() -> None:
    curve = fm.learning_curve("mlp", "diabetes", sizes=[40], seeds=1, epochs=5)
    assert curve.metric == "r2"
    assert "ridge regression" in curve.scores


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sizes": [500]}, "whole numbers from 2 to 112, what is not held out"),
        ({"sizes": []}, "whole numbers from 2"),
        ({"seeds": 0}, "'seeds'"),
        ({"test": 2}, "'test'"),
        ({"data": {"a": [1, 2]}}, "needs answers"),
    ],
)
def test_bad_settings_get_one_message(changed: dict, message: str) -> None:
    data = changed.pop("data", "iris")
    with pytest.raises(fm.InputError, match=message):
        fm.learning_curve("mlp", data, epochs=1, **changed)

"""Baselines: scikit-learn's, on the same rows, with Fathom's own preprocessing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

import fathom as fm
from fathom.data import Preprocessing, TargetCoding
from fathom.experiment import ExperimentSettings, run, split_rows
from fathom.experiment.baselines import fit_baselines, known_answers


def fitted(name: str) -> tuple[dict, fm.Table, fm.Table]:
    table = fm.datasets.load(name)
    split = split_rows(table, ExperimentSettings())
    fitting, test = table.rows(split.fitting), table.rows(split.test)
    coding = TargetCoding.fit(table.rows(split.training))
    scores = fit_baselines(fitting, test, coding, ExperimentSettings())
    return {score.name: score for score in scores}, fitting, test


def test_the_majority_class_is_right_as_often_as_it_occurs() -> None:
    scores, fitting, test = fitted("breast_cancer")
    labels, counts = np.unique(fitting.y, return_counts=True)
    majority = labels[counts.argmax()]
    expected = float(np.mean(test.y == majority))
    assert scores["majority class"].values["accuracy"] == expected


def test_logistic_regression_is_scikit_learns() -> None:
    scores, fitting, test = fitted("wine")
    preprocessing = Preprocessing.fit(fitting)
    model = LogisticRegression(max_iter=1000)
    model.fit(preprocessing.transform(fitting), fitting.y)
    expected = model.score(preprocessing.transform(test), test.y)
    assert scores["logistic regression"].values["accuracy"] == pytest.approx(expected)
    assert scores["logistic regression"].note == ""


def test_ridge_regression_is_scikit_learns_in_the_targets_unit() -> None:
    scores, fitting, test = fitted("diabetes")
    preprocessing = Preprocessing.fit(fitting)
    model = Ridge().fit(preprocessing.transform(fitting), fitting.y)
    guess = model.predict(preprocessing.transform(test))
    expected = np.sqrt(np.mean((guess - test.y) ** 2))
    found = scores["ridge regression"].values["root_mean_squared_error"]
    assert found == pytest.approx(expected, rel=1e-4)


def test_the_mean_explains_nothing() -> None:
    scores, _, _ = fitted("diabetes")
    assert -0.1 < scores["mean"].values["r2"] <= 0


def test_known_answers_are_in_the_targets_unit() -> None:
    table = fm.datasets.load("diabetes")
    known = known_answers(table, TargetCoding.fit(table)).known
    np.testing.assert_allclose(known[:, 0], table.y, rtol=1e-5)


def test_classes_seen_only_in_training_do_not_upset_the_baselines() -> None:
    y = ["a"] * 20 + ["b"] * 20 + ["c"]
    data = {"x": [float(i % 7) for i in range(41)], "y": y}
    settings = ExperimentSettings(target="y", hidden=(4,), epochs=2)
    experiment = run(data, settings)
    assert len(experiment.baselines) == 3
    assert "c" in experiment.model.classes


def test_no_row_is_in_two_parts_and_none_is_lost() -> None:
    table = fm.datasets.load("wine")
    split = split_rows(table, ExperimentSettings(seed=5))
    parts = [split.training, split.validation, split.test]
    assert sorted(np.concatenate(parts)) == list(range(len(table)))


def test_preprocessing_has_seen_the_training_rows_only() -> None:
    experiment = run("wine", ExperimentSettings(hidden=(4,), epochs=1, baselines=False))
    training = experiment.table.rows(experiment.split.training)
    assert experiment.model.preprocessing is not None
    expected = Preprocessing.fit(training).to_dict()
    assert experiment.model.preprocessing.to_dict() == expected

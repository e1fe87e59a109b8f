"""Fathom's estimators inside scikit-learn's own tools."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.estimators.examples import LABELS, VALUES, X, classifier, regressor

import fathom as fm
from fathom.errors import InputError


def test_a_pipeline_reaches_its_settings() -> None:
    pipeline = make_pipeline(StandardScaler(), classifier())
    pipeline.set_params(classifier__learning_rate=0.1).fit(X, LABELS)
    assert pipeline[-1].learning_rate == 0.1
    assert pipeline.score(X, LABELS) > 0.95


def test_a_pipeline_hands_on_pandas_tables() -> None:
    table = pd.DataFrame(X, columns=["a", "b", "c"])
    pipeline = make_pipeline(StandardScaler(), classifier(epochs=1))
    pipeline.set_output(transform="pandas").fit(table, LABELS)
    assert pipeline[-1].feature_names_in_.tolist() == ["a", "b", "c"]


def test_a_grid_search_finds_the_setting_that_learns() -> None:
    grid = {"learning_rate": [1e-6, 0.05], "weight_decay": [0.0, 0.1]}
    search = GridSearchCV(classifier(), grid, cv=3, error_score="raise").fit(X, LABELS)
    assert search.best_params_["learning_rate"] == 0.05


def test_folds_run_in_threads() -> None:
    with joblib.parallel_config("threading", n_jobs=2):
        scores = cross_val_score(regressor(epochs=200), X, VALUES, cv=3)
    assert scores.mean() > 0.9


def test_its_probabilities_can_be_calibrated() -> None:
    calibrated = CalibratedClassifierCV(classifier(), cv=3).fit(X, LABELS)
    assert calibrated.score(X, LABELS) > 0.9


def test_it_stacks_with_others() -> None:
    members: Any = [("network", classifier()), ("line", LogisticRegression())]
    assert StackingClassifier(members, cv=3).fit(X, LABELS).score(X, LABELS) > 0.9


def test_importance_by_permutation_finds_the_column_without_effect() -> None:
    found = permutation_importance(classifier().fit(X, LABELS), X, LABELS, n_repeats=2)
    assert np.argmin(found["importances_mean"]) == 2


def test_weights_are_routed_to_where_they_are_asked_for() -> None:
    weight = np.where(LABELS == "yes", 1.0, 0.0) + 1e-3
    with sklearn.config_context(enable_metadata_routing=True):
        asking = classifier().set_fit_request(sample_weight=True)
        asking.set_score_request(sample_weight=False)
        routed = cross_validate(
            asking, X, LABELS, cv=3, params={"sample_weight": weight},
            return_estimator=True, error_score="raise",
        )  # fmt: skip
    answers = np.concatenate([one.predict(X) for one in routed["estimator"]])
    assert (answers == "yes").mean() > 0.8


def test_a_clone_has_the_settings_and_nothing_learned() -> None:
    fitted = classifier(class_weight="balanced", epochs=1).fit(X, LABELS)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "network_")


def test_joblib_carries_a_fitted_estimator() -> None:
    fitted, file = classifier(epochs=2).fit(X, LABELS), io.BytesIO()
    joblib.dump(fitted, file)
    file.seek(0)
    back = joblib.load(file)
    np.testing.assert_array_equal(back.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize("make", [classifier, regressor])
def test_an_estimator_saved_and_loaded_answers_the_same(
    make: Any, tmp_path: Path
) -> None:
    y = LABELS if make is classifier else VALUES
    fitted = make(epochs=2, weight_decay=0.5).fit(X, y)
    back = type(fitted).load(fitted.save(tmp_path / "saved"))
    np.testing.assert_allclose(back.predict(X[:9]) == fitted.predict(X[:9]), 1)
    assert back.get_params() == fitted.get_params()
    assert back.history_["loss"].tolist() == fitted.history_["loss"].tolist()


def test_weights_of_classes_survive_saving(tmp_path: Path) -> None:
    answers = (LABELS == "yes").astype(int)
    fitted = classifier(epochs=1, class_weight={1: 3.0}).fit(X, answers)
    back = fm.Classifier.load(fitted.save(tmp_path / "saved"))
    again = back.fit(X, answers).predict_proba(X)
    np.testing.assert_array_equal(again, fitted.predict_proba(X))


def test_a_saved_estimator_of_a_raw_table_takes_raw_rows(tmp_path: Path) -> None:
    table = pd.DataFrame({"size": [1.0, None, 3.0, 4.0] * 9, "kind": list("abab") * 9})
    answer = ["x", "y", "x", "y"] * 9
    fitted = classifier().fit(table, answer)
    back = fm.Classifier.load(fitted.save(tmp_path / "saved"))
    assert back.predict(table).tolist() == answer


def test_several_labels_are_saved_and_a_network_with_them(tmp_path: Path) -> None:
    network = fm.Network([fm.Dense(4, "relu"), fm.Dense(2, "sigmoid")])
    fitted = classifier(network=network, epochs=1).fit(X, (X[:, :2] > 0).astype(int))
    back = fm.Classifier.load(fitted.save(tmp_path / "saved"))
    assert back.network == network
    assert back.predict(X).tolist() == fitted.predict(X).tolist()


def test_fathom_load_reads_the_model_of_a_saved_estimator(tmp_path: Path) -> None:
    fitted = regressor(epochs=1).fit(X, VALUES)
    fitted.save(tmp_path / "saved")
    model = fm.load(tmp_path / "saved")
    np.testing.assert_allclose(model.predict(X), fitted.predict(X), rtol=1e-5)


def test_the_wrong_kind_is_named_when_loaded(tmp_path: Path) -> None:
    regressor(epochs=1).fit(X, VALUES).save(tmp_path / "saved")
    with pytest.raises(InputError, match=r"fathom\.Regressor\.load"):
        fm.Classifier.load(tmp_path / "saved")

"""`fathom.Autoencoder` and `fathom.AnomalyDetector`: what is common in many rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import fathom as fm
from fathom.errors import InputError

DRAW = np.random.default_rng(0)
# Sixty rows near a plane in four columns of different units.
PLANE = DRAW.normal(size=(60, 2)) @ [[1, 2, 0, -1], [0, 1, 3, 1]]
X = (PLANE + 0.02 * DRAW.normal(size=(60, 4))) * [1, 10, 100, 1] + [0, 5, 0, 900]


@pytest.fixture(scope="module")
def fitted() -> fm.Autoencoder:
    plane = fm.Autoencoder(2, (), learning_rate=0.05, epochs=200, random_state=0)
    return plane.fit(X)


def test_a_linear_autoencoder_finds_the_plane_of_the_principal_components(
    fitted: fm.Autoencoder,
) -> None:
    standardized = (X - X.mean(0)) / X.std(0)
    pca = PCA(2).fit(standardized)
    restored = pca.inverse_transform(pca.transform(standardized))
    ours = (fitted.inverse_transform(fitted.transform(X)) - X.mean(0)) / X.std(0)
    np.testing.assert_allclose(ours, restored, atol=0.05)


def test_what_is_restored_is_in_the_units_of_the_rows(fitted: fm.Autoencoder) -> None:
    back = fitted.inverse_transform(fitted.transform(X))
    assert (np.abs(back - X) < 0.2 * X.std(0)).all()
    wrong = ((back - X) / X.std(0)) ** 2
    np.testing.assert_allclose(
        fitted.reconstruction_error(X), wrong.mean(1), rtol=1e-3, atol=1e-6
    )


def test_the_code_feeds_a_pipeline(fitted: fm.Autoencoder) -> None:
    pipeline = make_pipeline(clone(fitted), LogisticRegression())
    pipeline.fit(X, X[:, 3] > 900)
    assert pipeline.score(X, X[:, 3] > 900) > 0.9


def test_set_output_names_the_components(fitted: fm.Autoencoder) -> None:
    named = clone(fitted).set_params(epochs=1).set_output(transform="pandas").fit(X)
    columns: Any = named.transform(X).columns
    assert columns.tolist() == ["autoencoder0", "autoencoder1"]


def test_a_saved_autoencoder_gives_the_same_code(
    fitted: fm.Autoencoder, tmp_path: Path
) -> None:
    back = fm.Autoencoder.load(fitted.save(tmp_path / "saved"))
    np.testing.assert_allclose(back.transform(X), fitted.transform(X), atol=1e-6)


def test_codes_of_another_length_are_refused(fitted: fm.Autoencoder) -> None:
    with pytest.raises(InputError, match="2 components a row"):
        fitted.inverse_transform(X)


def test_the_text_of_a_raw_table_is_not_restored() -> None:
    table = pd.DataFrame({"size": X[:, 0], "kind": ["a", "b", "c"] * 20})
    coded = fm.Autoencoder(1, (), epochs=1, random_state=0).fit(table)
    assert coded.transform(table).shape == (60, 1)
    with pytest.raises(InputError, match="text or missing values"):
        coded.inverse_transform(coded.transform(table))


def test_a_network_of_ones_own_needs_a_layer_named_code() -> None:
    nameless = fm.Network([fm.Dense(2), fm.Dense(4)])
    with pytest.raises(InputError, match="a layer named 'code'"):
        fm.Autoencoder(network=nameless).fit(X)
    named = fm.Network([fm.Dense(2, name="code"), fm.Dense(4)])
    assert fm.Autoencoder(network=named, epochs=1).fit(X).transform(X).shape == (60, 2)


@pytest.fixture(scope="module")
def detector() -> fm.AnomalyDetector:
    settings = {"learning_rate": 0.05, "epochs": 200, "random_state": 0}
    return fm.AnomalyDetector(0.1, 2, (), **settings).fit(X)


def test_rows_off_the_plane_are_outliers(detector: fm.AnomalyDetector) -> None:
    away = X[:10] + np.array([3, 0, 0, 3])
    assert (detector.predict(away) == -1).all()
    ordinary = detector.score_samples(X).mean()
    assert (detector.score_samples(away) < 20 * ordinary).all()


def test_the_share_of_outliers_in_training_is_the_contamination(
    detector: fm.AnomalyDetector,
) -> None:
    assert (detector.predict(X) == -1).sum() == 6
    below = detector.decision_function(X) < 0
    np.testing.assert_array_equal(below, detector.predict(X) == -1)


def test_a_saved_detector_draws_the_same_line(
    detector: fm.AnomalyDetector, tmp_path: Path
) -> None:
    back = fm.AnomalyDetector.load(detector.save(tmp_path / "saved"))
    assert back.offset_ == detector.offset_
    assert back.predict(X).tolist() == detector.predict(X).tolist()


def test_a_share_that_is_none_is_named() -> None:
    with pytest.raises(InputError, match="'contamination' parameter"):
        fm.AnomalyDetector(contamination=0.7).fit(X)

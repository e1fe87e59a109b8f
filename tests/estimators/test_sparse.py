"""Sparse matrices in and dense answers out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_array, csc_matrix, csr_array, csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from tests.estimators.examples import LABELS, VALUES, X, classifier, regressor

import fathom as fm
from fathom.errors import InputError
from fathom.estimators import sparse

# Most numbers are 0, as in what is called sparse.
HOLES = np.where(np.abs(X) > 1, X, 0.0)
GOOD = [
    "a lovely warm film",
    "warm and funny",
    "lovely songs, lovely people",
    "funny from the first minute",
    "what a warm film",
    "songs that are lovely",
]
BAD = [
    "a dull and cold film",
    "cold from the first minute",
    "dull, dull songs",
    "what dull people",
    "cold and slow",
    "slow songs that are dull",
]


def test_a_network_learns_from_counted_words() -> None:
    texts, labels = GOOD + BAD, ["good"] * 6 + ["bad"] * 6
    pipeline = make_pipeline(TfidfVectorizer(), classifier())
    pipeline.fit(texts, labels)
    assert pipeline.predict(["lovely and warm", "slow, cold"]).tolist() == [
        "good",
        "bad",
    ]


@pytest.mark.parametrize("kind", [csr_array, csr_matrix, csc_matrix, coo_array])
def test_a_sparse_matrix_gives_what_the_dense_one_gives(kind: Any) -> None:
    fitted = classifier(epochs=5).fit(HOLES, LABELS)
    own = classifier(epochs=5).fit(kind(HOLES), LABELS)
    expected = fitted.predict_proba(HOLES)
    np.testing.assert_allclose(own.predict_proba(kind(HOLES)), expected, atol=1e-5)


def test_answers_come_in_pieces_that_give_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted = regressor(epochs=5).fit(csr_array(HOLES), VALUES)
    squeeze = fm.Autoencoder(2, (4,), epochs=5, random_state=0).fit(csr_array(HOLES))
    found = [fitted.predict, squeeze.transform, squeeze.reconstruction_error]
    whole = [answer(csr_array(HOLES)) for answer in found]
    monkeypatch.setattr(sparse, "ROWS", 16)
    for answer, expected in zip(found, whole, strict=True):
        np.testing.assert_array_equal(answer(coo_array(HOLES)), expected)


def test_a_matrix_too_large_to_be_dense_says_its_size() -> None:
    wide = csr_array((60, 10_000_000))
    with pytest.raises(InputError, match=r"60 x 10,000,000.*2\.2 GiB.*TruncatedSVD"):
        classifier().fit(wide, LABELS)


def test_sparse_rows_calibrate_and_give_sets() -> None:
    fitted = classifier(epochs=5).fit(csr_array(HOLES), LABELS)
    fitted.calibrate(csr_array(HOLES), LABELS)
    np.testing.assert_array_equal(
        fitted.predict_set(csr_array(HOLES)), fitted.predict_set(HOLES)
    )


def test_columns_are_scaled_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    from fathom.estimators import inputs

    weight = np.linspace(1, 2, len(X))
    whole = inputs.InputCoding.fit(X, weight)
    encoded = whole.encode(X)
    monkeypatch.setattr(inputs, "NUMBERS", 70)
    parts = inputs.InputCoding.fit(X, weight)
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-12)
    np.testing.assert_array_equal(whole.encode(X), encoded)

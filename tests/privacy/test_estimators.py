"""Private estimators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.training.conftest import blobs

import fathom as fm
from fathom.estimators import Classifier
from fathom.privacy.accounting import epsilon_of, steps_of

X, Y = blobs(40).x, blobs(40).y


def private(**given: Any) -> Classifier:
    usual = {"epochs": 2, "batch_size": 20, "random_state": 0,
             "privacy": fm.DifferentialPrivacy(1.0, 1.0)}  # fmt: skip
    return Classifier((4,), **{**usual, **given})  # pyright: ignore


@pytest.fixture(scope="module")
def fitted() -> Classifier:
    return private().fit(X, Y)


def test_a_fit_says_what_it_has_spent(fitted: Classifier) -> None:
    spent = fitted.privacy_
    assert spent is not None
    assert (spent.rows, spent.steps) == (40, 4)
    assert spent.epsilon == epsilon_of(1.0, 1e-5, steps_of(40, 20, 2))
    assert fitted.model_.about["privacy"] == spent.to_dict()


def test_equal_rows_stay_rows_of_their_own() -> None:
    """Where all rows are one batch, they would become one row of weight two else."""
    twice = private(batch_size=80).fit(np.tile(X, (2, 1)), np.tile(Y, 2))
    assert twice.privacy_ is not None
    assert twice.privacy_.rows == 80


def test_a_saved_estimator_stays_private(fitted: Classifier, tmp_path: Path) -> None:
    loaded = Classifier.load(fitted.save(tmp_path / "it"))
    assert loaded.privacy == fitted.privacy
    assert loaded.privacy_ == fitted.privacy_


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"class_weight": "balanced"}, "leave class_weight out"),
        ({"weight_decay": "auto"}, "weight_decay must be a number"),
        ({"n_members": 2}, "privacy is of one run"),
        ({"privacy": (1.0, 1.0)}, "'privacy' parameter of Classifier must be"),
    ],
)
def test_what_does_not_go_with_privacy_is_refused(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        private(**given).fit(X, Y)


def test_weights_of_rows_and_further_fits_are_refused() -> None:
    with pytest.raises(ValueError, match="leave sample_weight out"):
        private().fit(X, Y, sample_weight=np.ones(40))
    with pytest.raises(ValueError, match="partial_fit and warm_start go on"):
        private().partial_fit(X, Y)

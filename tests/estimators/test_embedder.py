"""`fathom.Embedder`: rows of one class lie close together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

import fathom as fm
from fathom.errors import InputError

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(60, 3))
# Rows inside a circle and rows outside, which no straight line separates.
KIND = np.where((X[:, :2] ** 2).sum(1) < 1.4, "inner", "outer")


@pytest.fixture(scope="module")
def fitted() -> fm.Embedder:
    settings: dict[str, Any] = {"learning_rate": 0.02, "epochs": 150}
    return fm.Embedder(2, (16,), random_state=0, **settings).fit(X, KIND)


def test_rows_of_a_class_lie_closer_than_they_did(fitted: fm.Embedder) -> None:
    before, after = (silhouette_score(x, KIND) for x in (X, fitted.transform(X)))
    assert after > 0.7 > 0.3 > before


def test_points_have_length_one(fitted: fm.Embedder) -> None:
    lengths = np.linalg.norm(fitted.transform(X), axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-6)


def test_neighbors_find_the_class_in_a_pipeline(fitted: fm.Embedder) -> None:
    pipeline = make_pipeline(clone(fitted), KNeighborsClassifier(3))
    assert pipeline.fit(X, KIND).score(X, KIND) > 0.95


def test_a_saved_embedder_gives_the_same_points(
    fitted: fm.Embedder, tmp_path: Path
) -> None:
    back = fm.Embedder.load(fitted.save(tmp_path / "saved"))
    np.testing.assert_array_equal(back.transform(X), fitted.transform(X))


def test_one_class_alone_cannot_be_told_apart() -> None:
    with pytest.raises(InputError, match="one class only"):
        fm.Embedder().fit(X, ["same"] * 60)

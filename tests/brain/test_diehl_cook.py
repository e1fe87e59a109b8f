"""Cells that learn by spike timing alone, and the classes they are named after."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.base import clone
from tests.tolerances import CLOSE

import fathom as fm
from fathom.brain import DiehlCook
from fathom.brain.competition import Cells, Competition, show

HOW = Competition(
    rate=0.5, decay=0.9, threshold=1.0, trace_decay=0.5, learning_rate=0.1,
    offset=0.3, power=1.0, theta_step=0.2, theta_keep=0.5, total=2.0,
)  # fmt: skip


def by_hand(
    cells: Cells, spikes: np.ndarray, learns: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same competition, cell by cell: weights, thetas and counts."""
    w, theta = np.array(cells.weight, float), np.array(cells.theta, float)
    u, counts = np.zeros(len(theta)), np.zeros(len(theta))
    trace = np.zeros(len(w))
    for s in spikes:
        trace = np.maximum(0.5 * trace, s)
        u = 0.9 * u + s @ w
        above = u - 1.0 - theta
        j = int(above.argmax())
        if above[j] < 0:
            continue
        u[:] = 0
        counts[j] += 1
        if learns:
            w[:, j] = np.clip(w[:, j] + 0.1 * (trace - 0.3) * (1 - w[:, j]), 0, 1)
            theta[j] += 0.2
    if learns:
        w, theta = w * 2.0 / w.sum(0), theta * 0.5
    return w, theta, counts


@pytest.fixture(scope="module")
def shown() -> tuple[Cells, np.ndarray]:
    random = np.random.default_rng(0)
    cells = Cells(
        jnp.asarray(random.random((6, 3)), jnp.float32), jnp.asarray([0.0, 0.3, 0.1])
    )
    return cells, (random.random((40, 6)) < 0.4).astype(np.float32)


@pytest.mark.parametrize("learns", [False, True])
def test_the_competition_is_that_by_hand(
    shown: tuple[Cells, np.ndarray], learns: bool
) -> None:
    cells, counts = jax.jit(show, static_argnums=3)(*shown, HOW, learns)
    weight, theta, expected = by_hand(*shown, learns)
    np.testing.assert_allclose(counts, expected)
    np.testing.assert_allclose(cells.weight, weight, **CLOSE)
    np.testing.assert_allclose(cells.theta, theta, **CLOSE)
    assert expected.sum() > 5


@pytest.fixture(scope="module")
def bars() -> tuple[np.ndarray, np.ndarray]:
    """Images of 4 x 4 with a bright row or a bright column, four of each, noisy."""
    random = np.random.default_rng(1)
    y = np.repeat(np.arange(8), 20)
    images = 0.1 * random.random((160, 4, 4))
    for image, k in zip(images, y, strict=True):
        image[(k, slice(None)) if k < 4 else (slice(None), k - 4)] += 0.8
    return images.reshape(160, 16), y


@pytest.fixture(scope="module")
def fitted(bars: tuple[np.ndarray, np.ndarray]) -> DiehlCook:
    return DiehlCook(16, epochs=3, random_state=0).fit(*bars)


def test_every_class_finds_a_cell(
    fitted: DiehlCook, bars: tuple[np.ndarray, np.ndarray]
) -> None:
    assert fitted.score(*bars) >= 0.95


def test_a_cell_looks_like_the_class_it_is_named_after(
    fitted: DiehlCook, bars: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = bars
    busy = fitted.counts(X).sum(0) > 20
    means = np.stack([X[y == k].mean(0) for k in range(8)])
    alike = np.corrcoef(fitted.weight_.T[busy], means)[: busy.sum(), busy.sum() :]
    assert (alike.argmax(1) == fitted.labels_[busy]).mean() >= 0.9


def test_the_classes_are_not_looked_at_while_learning(
    fitted: DiehlCook, bars: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = bars
    other = clone(fitted).fit(X, y[::-1])
    np.testing.assert_array_equal(other.weight_, fitted.weight_)


def test_an_answer_does_not_depend_on_the_rows_beside_it(
    fitted: DiehlCook, bars: tuple[np.ndarray, np.ndarray]
) -> None:
    X, _ = bars
    np.testing.assert_array_equal(fitted.counts(X)[3:5], fitted.counts(X[3:5]))


def test_labels_come_back_as_they_were(bars: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = bars
    names = np.where(y < 4, "row", "column")
    model = DiehlCook(16, epochs=3, random_state=0).fit(X, names)
    assert set(model.predict(X[::20])) <= {"row", "column"}
    assert model.decision_function(X[:3]).shape == (3,)


WRONG = {
    "cells": (DiehlCook(0), "'cells' parameter of DiehlCook must be a whole number"),
    "decay": (DiehlCook(decay=2.0), "a number from 0 to 1. Got 2.0"),
    "offset": (DiehlCook(offset=-1), "a number of at least 0. Got -1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_refused(
    name: str, bars: tuple[np.ndarray, np.ndarray]
) -> None:
    model, said = WRONG[name]
    with pytest.raises(fm.InputError) as error:
        model.fit(*bars)
    assert said in str(error.value)


def test_negative_inputs_are_refused(bars: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="Negative values in data passed to DiehlCook"):
        DiehlCook().fit(-bars[0], bars[1])


@pytest.mark.slow
def test_it_passes_scikit_learns_checks() -> None:
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(DiehlCook(6, epochs=1, steps=15, random_state=0), on_skip=None)

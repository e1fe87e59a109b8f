"""Ridge with a penalty for each target, beside scikit-learn's ridge fold by fold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.linalg import LinAlgError
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

import fathom as fm
from fathom.brain import penalties
from fathom.brain.held_out import Rows
from fathom.brain.left_out import left_out_errors, may_leave_out
from fathom.errors import InputError

ALPHAS = np.logspace(-1, 4, 11)
RNG = np.random.default_rng(0)
# Short grids end where some target would go on.
pytestmark = pytest.mark.filterwarnings("ignore:.*targets took the")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Keep small products on one thread: many wait for each other on a busy machine."""
    with threadpool_limits(1):
        yield


# More columns than rows (dual), and fewer (primal).
SHAPES = [(40, 70), (70, 20)]


def rows(n: int, p: int, targets: int = 5) -> tuple[np.ndarray, np.ndarray]:
    x = RNG.normal(size=(n, p)) + 2
    noise = np.linspace(0.5, 8, targets) * RNG.normal(size=(n, targets))
    return x, x @ RNG.normal(size=(p, targets)) / 2 + noise + 1


def by_hand(x: np.ndarray, y: np.ndarray, intercept: bool) -> np.ndarray:
    """The best penalty of each target, every fold and penalty fitted on its own."""
    errors = np.zeros((len(ALPHAS), y.shape[1]))
    for train, held in KFold(5).split(x):
        for i, alpha in enumerate(ALPHAS):
            model = Ridge(alpha, fit_intercept=intercept).fit(x[train], y[train])
            errors[i] += ((model.predict(x[held]) - y[held]) ** 2).mean(axis=0)
    return ALPHAS[errors.argmin(axis=0)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("intercept", [True, False])
def test_each_target_gets_the_penalty_that_fitting_every_fold_finds(
    shape: tuple[int, int], intercept: bool
) -> None:
    x, y = rows(*shape)
    model = fm.brain.RidgeCV(ALPHAS, fit_intercept=intercept).fit(x, y)
    np.testing.assert_allclose(model.alphas_, by_hand(x, y, intercept))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("intercept", [True, False])
def test_predictions_are_those_of_a_ridge_with_the_chosen_penalty(
    shape: tuple[int, int], intercept: bool
) -> None:
    x, y = rows(*shape)
    model = fm.brain.RidgeCV(ALPHAS, fit_intercept=intercept).fit(x, y)
    other = Ridge(model.alphas_, fit_intercept=intercept).fit(x, y)
    np.testing.assert_allclose(model.predict(x), other.predict(x), rtol=1e-8)


def test_single_precision_finds_the_same_penalties() -> None:
    x, y = rows(60, 100, 40)
    double = fm.brain.RidgeCV().fit(x, y)
    single = fm.brain.RidgeCV().fit(x.astype(np.float32), y.astype(np.float32))
    assert single.coef_.dtype == np.float32
    np.testing.assert_allclose(single.alphas_, double.alphas_, rtol=1e-5)
    np.testing.assert_allclose(single.coef_, double.coef_, atol=2e-4)


def test_a_penalty_too_small_for_single_precision_is_computed_in_double() -> None:
    x, y = rows(30, 60)
    x, y = (100 * x).astype(np.float32), y.astype(np.float32)
    model = fm.brain.RidgeCV([1e-4], fit_intercept=False).fit(x, y)
    exact = Ridge(1e-4, fit_intercept=False).fit(x.astype(float), y.astype(float))
    np.testing.assert_allclose(model.coef_, exact.coef_, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("failures", [1, 2])
def test_a_decomposition_that_fails_is_done_more_carefully(
    failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    gram = np.cov(RNG.normal(size=(6, 30))).astype(np.float32)
    calls: list[Any] = []
    real = penalties.eigh

    def eigh(*arguments: Any, **settings: Any) -> Any:
        calls.append(arguments[0].dtype)
        if len(calls) <= failures:
            raise LinAlgError("did not converge")
        return real(*arguments, **settings)

    monkeypatch.setattr(penalties, "eigh", eigh)
    values, vectors = penalties.spectrum(gram)
    np.testing.assert_allclose((vectors * values) @ vectors.T, gram, atol=1e-5)
    assert calls == [np.float32, np.float64]


def test_a_grid_of_penalties_is_made_of_few_combinations() -> None:
    values = np.logspace(0, 3, 200).astype(np.float32)
    left, right = penalties.combinations(values, np.logspace(0, 6, 20))
    assert left.shape[1] < 15
    exact = 1 / (values + np.logspace(0, 6, 20)[:, None])
    np.testing.assert_allclose(left @ right, exact, rtol=1e-5)


def test_targets_at_the_edge_of_the_grid_are_warned_of() -> None:
    x, y = rows(60, 10)
    with pytest.warns(UserWarning, match="took the least penalty, 1000: add smaller"):
        fm.brain.RidgeCV([1e3, 1e4]).fit(x, y)


@pytest.mark.filterwarnings("error")
def test_an_edge_beside_which_the_loss_is_level_is_not_warned_of() -> None:
    x, noise = RNG.normal(size=(60, 10)), RNG.normal(size=(60, 8))
    fm.brain.RidgeCV([1e6, 1e9]).fit(x, noise)
    fm.brain.RidgeCV([1e-6, 1e-5, 1e3]).fit(x, x[:, :2] + 0.1 * noise[:, :2])


def test_one_target_gives_answers_without_a_second_axis() -> None:
    x, y = rows(30, 4)
    model = fm.brain.RidgeCV().fit(x, y[:, 0])
    assert model.predict(x).shape == (30,)
    assert model.coef_.shape == (4,)


def test_choosing_by_r2_weighs_folds_by_their_spread() -> None:
    x, y = rows(60, 30, 60)
    y[:12] *= 20  # one fold would decide alone
    chosen = [
        fm.brain.RidgeCV(select_by=way).fit(x, y).alphas_
        for way in ("mean_squared_error", "r2")
    ]
    assert (chosen[0] != chosen[1]).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alphas": [0.0]}, "'alphas' parameter of RidgeCV must be one or more"),
        ({"cv": 1}, "'cv' parameter of RidgeCV must be 2 or more folds"),
        ({"select_by": "r3"}, "Unknown way to select 'r3'. Known: mean_squared"),
    ],
)
def test_a_bad_setting_is_said(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fm.brain.RidgeCV(**settings).fit(*rows(20, 3))


def test_a_linear_kernel_predicts_as_ridge_does() -> None:
    x, y = rows(40, 60)
    # Ridge centers its features first; here the kernel is centered instead.
    plain = fm.brain.RidgeCV(ALPHAS).fit(x, y)
    kernel = fm.brain.KernelRidgeCV(ALPHAS).fit(x, y)
    new = RNG.normal(size=(7, 60))
    np.testing.assert_allclose(kernel.predict(new), plain.predict(new), rtol=1e-7)


def test_another_kernel_is_scikit_learns() -> None:
    x, y = rows(30, 3)
    settings = {"gamma": 0.2}
    ours = fm.brain.KernelRidgeCV(
        [0.5], kernel="rbf", kernel_settings=settings, fit_intercept=False
    )
    theirs = KernelRidge(alpha=0.5, kernel="rbf", gamma=0.2).fit(x, y)
    np.testing.assert_allclose(ours.fit(x, y).predict(x), theirs.predict(x))


@pytest.mark.parametrize("centered", [True, False])
def test_leaving_rows_out_of_one_decomposition_is_decomposing_the_others(
    centered: bool,
) -> None:
    made = Rows.of(*rows(50, 90), centered)
    gram, splits = made.gram(), list(KFold(5).split(made.x))
    values = penalties.spectrum(gram)
    assert may_leave_out(values[0], ALPHAS, splits)
    once = list(left_out_errors(values, made.y, splits, ALPHAS, centered))
    each = [penalties.held_out_errors(f, ALPHAS) for f in made.folds(gram, splits)]
    np.testing.assert_allclose(once, each, rtol=1e-8)


def test_folds_that_do_not_train_on_all_other_rows_are_decomposed_each() -> None:
    splits = [(np.arange(5), np.arange(5, 8))]
    assert not may_leave_out(np.ones(10), ALPHAS, splits)

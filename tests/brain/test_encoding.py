"""Banded ridge, delays, temporal responses, ceilings, on responses of known origin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.utils.estimator_checks import check_estimator
from threadpoolctl import threadpool_limits

import fathom as fm
from fathom.brain.banded_ridge import band_weight_candidates
from fathom.brain.lagged import Recording
from fathom.errors import InputError

RNG = np.random.default_rng(0)
BANDS = (20, 200, 800)
# Rows of a time series depend on the rows before them.
OF_TIME = {"check_methods_sample_order_invariance", "check_methods_subset_invariance"}
LEFT_OUT = {"check_array_api_input"}
# Short grids end where some target would go on.
pytestmark = pytest.mark.filterwarnings("ignore:.*targets took the")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Keep small products on one thread: many wait for each other on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "settings", "fails"),
    [
        ("RidgeCV", {}, set()),
        ("KernelRidgeCV", {}, set()),
        ("BandedRidgeCV", {}, set()),
        ("Delayer", {"delays": (0,)}, set()),
        ("Delayer", {}, OF_TIME),
        ("TemporalResponseFunction", {"tmin": 0, "tmax": 0}, set()),
        ("TemporalResponseFunction", {}, OF_TIME),
    ],
)
def test_scikit_learns_checks_pass(
    name: str, settings: dict[str, Any], fails: set[str]
) -> None:
    estimator = getattr(fm.brain, name)(**settings)
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    others = {r["check_name"] for r in results if r["status"] != "passed"}
    assert others == fails | LEFT_OUT


@pytest.fixture(scope="module")
def three_bands() -> tuple[np.ndarray, Any]:
    """Features in three bands, and simulated targets each driven by one of them."""
    x = RNG.normal(size=(900, sum(BANDS))).astype(np.float32)
    return x, fm.brain.simulate_responses(x, 90, bands=BANDS, ceiling=0.5, n_repeats=2)


@pytest.fixture(scope="module")
def banded(three_bands: tuple[np.ndarray, Any]) -> Any:
    x, made = three_bands
    model = fm.brain.BandedRidgeCV(BANDS, n_iter=12, random_state=0)
    return model.fit(x[:600], made.repeats[0, :600])


def test_banded_ridge_beats_ridge_by_a_tenth_where_bands_differ(
    three_bands: tuple[np.ndarray, Any], banded: Any
) -> None:
    x, made = three_bands
    y = made.repeats[0]
    plain = fm.brain.RidgeCV().fit(x[:600], y[:600])
    gain = banded.score(x[600:], y[600:]) - plain.score(x[600:], y[600:])
    assert gain >= 0.09


def test_bands_that_drive_nothing_have_next_to_no_share_of_r2(
    three_bands: tuple[np.ndarray, Any], banded: Any
) -> None:
    x, made = three_bands
    shares = banded.score_by_band(x[600:], made.repeats[0, 600:])
    for band in range(3):
        assert abs(shares[band, made.band != band].mean()) < 0.03


def test_shares_of_bands_add_up_to_r2(
    three_bands: tuple[np.ndarray, Any], banded: Any
) -> None:
    x, made = three_bands
    y = made.repeats[0, 600:]
    parts = banded.predict_by_band(x[600:])
    total = r2_score(y - y.mean(axis=0), parts.sum(axis=0), multioutput="raw_values")
    shares = fm.brain.r2_split(y, parts)
    np.testing.assert_allclose(shares.sum(axis=0), total, atol=1e-6)


def test_the_chosen_weights_are_of_the_band_that_drives(
    three_bands: tuple[np.ndarray, Any], banded: Any
) -> None:
    _, made = three_bands
    of_small = made.band == 0
    assert (banded.band_weights_[0, of_small] > 0.5).all()


@pytest.mark.parametrize("shape", [(40, 60), (80, 12)], ids=["dual", "primal"])
def test_equal_weights_of_bands_are_plain_ridge(shape: tuple[int, int]) -> None:
    x = RNG.normal(size=shape)
    y = x[:, :3] @ RNG.normal(size=(3, 4)) + RNG.normal(size=(shape[0], 4))
    grid = np.logspace(-2, 4, 9)
    weights, half = [[0.5, 0.5]], shape[1] // 2
    banded = fm.brain.BandedRidgeCV((half, half), alphas=grid, band_weights=weights)
    plain = fm.brain.RidgeCV(2 * grid).fit(x, y)
    np.testing.assert_allclose(banded.fit(x, y).coef_, plain.coef_, atol=1e-8)


@pytest.mark.parametrize("shape", [(40, 60), (80, 12)], ids=["dual", "primal"])
def test_all_weight_on_one_band_is_ridge_on_that_band(shape: tuple[int, int]) -> None:
    x = RNG.normal(size=shape)
    y = x[:, :3] @ RNG.normal(size=(3, 4)) + RNG.normal(size=(shape[0], 4))
    grid, half = np.logspace(-2, 4, 9), shape[1] // 2
    banded = fm.brain.BandedRidgeCV((half, half), alphas=grid, band_weights=[[1, 0]])
    alone = fm.brain.RidgeCV(grid).fit(x[:, :half], y)
    np.testing.assert_allclose(
        banded.fit(x, y).predict(x), alone.predict(x[:, :half]), atol=1e-8
    )


def test_candidates_are_on_the_simplex_and_take_levels_in_turns() -> None:
    drawn = band_weight_candidates(101, 3, (0.01, 100.0), random_state=0)
    np.testing.assert_allclose(drawn.sum(axis=1), 1)
    assert drawn[2::2].max(axis=1).mean() > 0.9 > 0.5 > drawn[1::2].max(axis=1).mean()


def test_bands_that_do_not_fit_are_said() -> None:
    with pytest.raises(InputError, match=r"4 together. Got \(3, 2\), which are 5"):
        fm.brain.BandedRidgeCV((3, 2)).fit(np.ones((5, 4)), np.ones(5))


@pytest.mark.parametrize("true", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("n_repeats", [2, 8])
def test_the_noise_ceiling_is_the_truth(true: float, n_repeats: int) -> None:
    x = RNG.normal(size=(600, 10))
    made = fm.brain.simulate_responses(x, 60, ceiling=true, n_repeats=n_repeats)
    of_one = fm.brain.noise_ceiling(made.repeats, predicts="one")
    of_mean = fm.brain.noise_ceiling(made.repeats, predicts="mean")
    assert of_one.mean() == pytest.approx(true, abs=0.02)
    exact = n_repeats * true / (1 + (n_repeats - 1) * true)
    assert of_mean.mean() == pytest.approx(exact, abs=0.02)


def test_the_true_signal_scores_the_ceiling() -> None:
    x = RNG.normal(size=(4000, 10))
    made = fm.brain.simulate_responses(x, 5, ceiling=0.3)
    scores = r2_score(made.repeats[0], made.signal, multioutput="raw_values")
    np.testing.assert_allclose(scores, made.ceiling, atol=0.04)


def test_without_the_correction_noise_counts_as_signal() -> None:
    noise = RNG.normal(size=(4, 2000, 20))
    raw = fm.brain.explainable_variance(noise, is_corrected=False)
    assert raw.mean() == pytest.approx(1 / 4, abs=0.02)
    assert fm.brain.explainable_variance(noise).mean() == pytest.approx(0, abs=0.02)


def test_simulated_responses_say_that_they_are() -> None:
    assert fm.brain.simulate_responses(np.eye(9), 2).is_simulated


def test_a_response_of_blood_comes_later_and_is_found_at_its_delays() -> None:
    x = RNG.normal(size=(800, 3))
    curve = fm.brain.hemodynamic_response(2.0)
    made = fm.brain.simulate_responses(x, 2, ceiling=0.9, response=curve)
    late = fm.brain.Delayer(range(len(curve))).fit_transform(x)
    model = fm.brain.RidgeCV().fit(late, made.repeats[0])
    found = model.coef_.reshape(2, len(curve), 3)
    for target in range(2):
        strongest = np.abs(made.weights[:, target]).argmax()
        likeness = np.corrcoef(found[target, :, strongest], curve)[0, 1]
        assert abs(likeness) > 0.95


def test_delays_look_back_and_ahead() -> None:
    moved = fm.brain.Delayer((1, -1)).fit_transform(np.arange(4.0)[:, None] + 1)
    np.testing.assert_array_equal(moved, [[0, 2], [1, 3], [2, 4], [3, 0]])


def test_delays_name_their_columns() -> None:
    delayer = fm.brain.Delayer((0, 2)).fit(np.ones((3, 2)))
    names = ["a@0", "b@0", "a@2", "b@2"]
    assert delayer.get_feature_names_out(["a", "b"]).tolist() == names


@pytest.mark.parametrize("first", [0, -2, 2, -4])
def test_products_of_delayed_features_are_those_of_the_whole_matrix(first: int) -> None:
    x, y = RNG.normal(size=(101, 3)), RNG.normal(size=(101, 2))
    recording = Recording.of(x, y, first, 5)
    delayed = fm.brain.Delayer(range(first, first + 5)).fit_transform(x)
    for start, stop in ((0, 101), (20, 60)):
        found, some = recording.products(start, stop), delayed[start:stop]
        np.testing.assert_allclose(found.gram, some.T @ some, atol=1e-10)
        np.testing.assert_allclose(found.right, some.T @ y[start:stop], atol=1e-10)


def test_a_temporal_response_is_ridge_on_all_lags() -> None:
    x, y = RNG.normal(size=(300, 3)), RNG.normal(size=(300, 2))
    model = fm.brain.TemporalResponseFunction(
        -0.1, 0.3, sampling_rate=10, alphas=2.0
    ).fit(x, y)
    late = fm.brain.Delayer(range(-1, 4)).fit_transform(x - x.mean(axis=0))
    other = Ridge(2.0, fit_intercept=False).fit(late, y - y.mean(axis=0))
    by_lag = other.coef_.reshape(2, 5, 3).transpose(0, 2, 1)
    np.testing.assert_allclose(model.coef_, by_lag, atol=1e-10)
    np.testing.assert_allclose(model.times_, [-0.1, 0, 0.1, 0.2, 0.3])


def test_its_penalties_are_those_of_every_stretch_fitted_on_its_own() -> None:
    x = RNG.normal(size=(200, 2))
    y = np.roll(x, 1, axis=0) + np.array([0.5, 6.0]) * RNG.normal(size=(200, 2))
    grid = np.logspace(-1, 4, 9)
    model = fm.brain.TemporalResponseFunction(
        0, 0.4, sampling_rate=10, alphas=grid, fit_intercept=False, cv=4
    ).fit(x, y)
    late = fm.brain.Delayer(range(5)).fit_transform(x)
    errors = np.zeros((9, 2))
    for held in np.split(np.arange(200), 4):
        rest = np.setdiff1d(np.arange(200), held)
        for i, alpha in enumerate(grid):
            other = Ridge(alpha, fit_intercept=False).fit(late[rest], y[rest])
            errors[i] += ((other.predict(late[held]) - y[held]) ** 2).mean(axis=0)
    np.testing.assert_allclose(model.alphas_, grid[errors.argmin(axis=0)])

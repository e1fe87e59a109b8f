"""Probabilities that meet frequencies, intervals that hold, and both as files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fathom as fm
from fathom.uncertainty.conformal import Conformal
from fathom.uncertainty.temperature import fit_temperature, with_temperature

DRAW = np.random.default_rng(0)
LINE = DRAW.normal(size=(900, 2)).astype(np.float32)
NOISY = 3 * LINE[:, 0] + DRAW.normal(size=900) * 2 + 10
KINDS = np.array(["a", "b", "c"])[
    (2 * LINE[:, 0] + DRAW.logistic(size=900) > 0) * 1
    + (2 * LINE[:, 1] + DRAW.logistic(size=900) > 1)
]


@pytest.fixture(scope="module")
def line() -> fm.TrainingResult:
    network = fm.Network([fm.Dense(8, "tanh"), fm.Dropout(0.3), fm.Dense(1)], (2,))
    data = (LINE[:300], NOISY[:300])
    return fm.train(network, data, epochs=6, learning_rate=0.02, validation=0.3)


@pytest.fixture(scope="module")
def kinds() -> fm.EnsembleResult:
    """An ensemble that is much too sure: many units, few rows, many epochs."""
    network = fm.Network([fm.Dense(48, "relu"), fm.Dense(3, "softmax")], (2,))
    data = (LINE[:60], KINDS[:60])
    more = {"epochs": 120, "learning_rate": 0.05, "n_members": 2}
    return fm.train_ensemble(network, data, **more)


@pytest.fixture(scope="module")
def sure(kinds: fm.EnsembleResult) -> fm.Model:
    return kinds.model.members[0]


def test_intervals_cover_as_often_as_they_say_over_many_splits(
    line: fm.TrainingResult,
) -> None:
    draw, covered = np.random.default_rng(1), []
    for _ in range(100):
        order = 300 + draw.permutation(600)
        known, new = order[:99], order[99:]
        model = line.model.calibrate((LINE[known], NOISY[known]))
        low, high = model.predict_interval(LINE[new], 0.9).T
        covered.append(np.mean((low <= NOISY[new]) & (NOISY[new] <= high)))
    # 90 of 100 places: exactly 0.9. A split's coverage varies by sqrt(.09 (1/101 +
    # 1/501)) = 0.033; splits of the same 600 rows are alike, so 0.015 is allowed.
    assert np.mean(covered) == pytest.approx(0.9, abs=0.015)


def test_sets_cover_as_often_as_they_say_over_many_splits(sure: fm.Model) -> None:
    draw, covered = np.random.default_rng(2), []
    right = np.searchsorted(sure.classes, KINDS)
    missed = 1 - sure.predict_proba(LINE)[np.arange(900), right].astype(float)
    for _ in range(100):
        order = 60 + draw.permutation(840)
        known, new = order[:99], order[99:]
        scores = Conformal.of(missed[known, None])
        chosen = replace(sure, conformal=scores).predict_set(LINE[new], 0.9)
        covered.append(chosen[np.arange(len(new)), right[new]].mean())
    assert np.mean(covered) == pytest.approx(0.9, abs=0.015)


def test_the_interval_is_the_place_of_the_finite_sample_in_the_sorted_scores() -> None:
    scores = Conformal.of(np.arange(1.0, 100.0)[:, None])
    assert scores.quantiles(0.9) == 90  # ceil(100 * 0.9)


def test_too_few_rows_for_a_coverage_are_said() -> None:
    scores = Conformal.of(np.arange(1.0, 51.0)[:, None])
    with pytest.raises(fm.InputError, match="at least 99 calibration rows"):
        scores.quantiles(0.99)


def test_the_rows_that_training_held_back_calibrate(line: fm.TrainingResult) -> None:
    assert line.calibrated.about["calibration"] == {"rows": 90}
    by_hand = line.model.predict(LINE[:4])
    low, high = line.calibrated.predict_interval(LINE[:4]).T
    np.testing.assert_allclose((low + high) / 2, by_hand, rtol=1e-6)


def test_a_model_that_is_not_calibrated_says_what_to_do(
    line: fm.TrainingResult,
) -> None:
    with pytest.raises(fm.InputError, match=r"model\.calibrate"):
        line.model.predict_interval(LINE[:4])


def test_an_edited_model_is_not_calibrated(line: fm.TrainingResult) -> None:
    assert line.calibrated.edit("dense_1:0", bias=1.0).conformal is None


def test_a_temperature_makes_a_network_that_is_too_sure_less_so(
    sure: fm.Model,
) -> None:
    after = sure.calibrate((LINE[60:480], KINDS[60:480]))
    measured = after.about["calibration"]
    assert measured["temperature"] > 1.5
    for name in ("negative_log_likelihood", "calibration_error"):
        assert measured[name]["after"] < 0.7 * measured[name]["before"]
    new = (LINE[480:], KINDS[480:])  # rows that nothing looked at
    assert after.evaluate(new)["log_loss"] < 0.7 * sure.evaluate(new)["log_loss"]
    assert (after.predict(LINE) == sure.predict(LINE)).all()


def test_the_temperature_is_where_the_derivative_vanishes() -> None:
    z = DRAW.normal(size=(200, 3)) * 4
    y = np.array([DRAW.choice(3, p=p) for p in _softmax(z / 2.5)])
    t = fit_temperature([z], y)
    shares = _softmax(z / t)
    # With b = 1 / T: d/db of the negative log likelihood is sum (E z - z_y), db/dlog T
    # is -b, and the prior adds log T / 0.5^2.
    slope = ((shares * z).sum(1) - z[np.arange(200), y]).sum()
    assert -slope / t + np.log(t) / 0.25 == pytest.approx(0, abs=1e-3)
    assert t == pytest.approx(2.5, abs=0.6)


def test_rows_that_are_all_right_do_not_make_a_network_certain() -> None:
    z = np.tile([3.0, 0.0], (100, 1))
    assert 0.3 < fit_temperature([z], np.zeros(100, int)) < 1


def test_a_second_temperature_multiplies_the_first() -> None:
    network = fm.Network([fm.Dense(1, "sigmoid")], (2,))
    twice = with_temperature(with_temperature(network, 2.0), 1.5)
    assert twice == with_temperature(network, 3.0)


def test_a_calibration_error_counts_bins_by_their_rows() -> None:
    y, shares = [0, 0, 1, 1], [[0.9, 0.1]] * 2 + [[0.6, 0.4]] * 2
    # bins: 2 rows right at 0.9, 2 rows wrong at 0.6
    expected = 0.5 * 0.1 + 0.5 * 0.6
    assert fm.calibration_error(y, shares) == pytest.approx(expected)
    adaptive = fm.calibration_error(y, shares, bins=1, adaptive=True)
    assert adaptive == pytest.approx(0.75 - 0.5)


def test_an_ensemble_answers_with_the_mean_of_its_members(
    kinds: fm.EnsembleResult,
) -> None:
    own = np.stack([one.predict_proba(LINE[:9]) for one in kinds.model.members])
    np.testing.assert_allclose(kinds.model.predict_proba(LINE[:9]), own.mean(0))
    spread = kinds.model.predict_samples(LINE[:9]).spread
    np.testing.assert_allclose(spread, np.abs(own[0] - own[1]) / 2**0.5, rtol=1e-4)


def test_samples_that_contradict_each_other_disagree_by_a_bit() -> None:
    samples = fm.Samples(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
    np.testing.assert_allclose(samples.disagreement, np.log(2))
    alike = fm.Samples(np.full((2, 1, 2), 0.5))
    np.testing.assert_allclose(alike.disagreement, 0.0, atol=1e-12)


def test_dropout_samples_have_the_mean_and_spread_of_what_is_dropped() -> None:
    network = fm.Network([fm.Dropout(0.5), fm.Dense(1, use_bias=False)], (1,))
    model = fm.Model(network, {"dense_1": {"weight": np.ones((1, 1), np.float32)}})
    samples = model.predict_samples(np.ones((3, 1)), n=2000)
    # kept, a unit counts 1 / (1 - 0.5) = 2, so an answer is 0 or 2
    assert set(np.unique(samples.values)) == {0.0, 2.0}
    np.testing.assert_allclose(samples.mean, 1.0, atol=0.1)
    np.testing.assert_allclose(samples.spread, 1.0, atol=0.05)


def test_samples_of_a_network_without_chance_are_refused(sure: fm.Model) -> None:
    with pytest.raises(fm.InputError, match="Dropout"):
        sure.predict_samples(LINE[:2])


def test_a_calibrated_model_survives_saving(
    line: fm.TrainingResult, sure: fm.Model, tmp_path: Path
) -> None:
    line.calibrated.save(tmp_path / "line")
    again = fm.load(tmp_path / "line")
    bounds = line.calibrated.predict_interval(LINE[:9])
    np.testing.assert_array_equal(again.predict_interval(LINE[:9]), bounds)
    model = sure.calibrate((LINE[60:480], KINDS[60:480]))
    model.save(tmp_path / "sure")
    again = fm.load(tmp_path / "sure")
    shares = model.predict_proba(LINE[:9])
    np.testing.assert_array_equal(again.predict_proba(LINE[:9]), shares)
    assert again.about["calibration"] == model.about["calibration"]


def test_a_damaged_calibration_is_refused(
    line: fm.TrainingResult, tmp_path: Path
) -> None:
    folder = line.calibrated.save(tmp_path / "line")
    document = json.loads((folder / "calibration.json").read_text("utf-8"))
    document["scores"][0][0] = 1e9  # no longer sorted
    (folder / "calibration.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(fm.InputError, match="damaged"):
        fm.load(folder)


def test_an_ensemble_survives_saving(kinds: fm.EnsembleResult, tmp_path: Path) -> None:
    model = kinds.model.calibrate((LINE[60:480], KINDS[60:480]))
    model.save(tmp_path / "kinds")
    again = fm.Ensemble.load(tmp_path / "kinds")
    shares = model.predict_proba(LINE[:9])
    np.testing.assert_array_equal(again.predict_proba(LINE[:9]), shares)
    chosen = model.predict_set(LINE[:9])
    np.testing.assert_array_equal(again.predict_set(LINE[:9]), chosen)
    with pytest.raises(fm.InputError, match=r"fm\.Ensemble\.load"):
        fm.load(tmp_path / "kinds")


def _softmax(z: np.ndarray) -> np.ndarray:
    shares = np.exp(z - z.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)

"""Intervals of metrics: their formulas, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from fathom.intervals import difference, estimates, share, wilson
from fathom.metrics import classification_report_values, regression_report_values
from fathom.resampling import _draws, resampled


@pytest.mark.parametrize(("k", "n"), [(0, 7), (3, 10), (10, 10), (40, 90)])
def test_wilson_is_that_of_scipy(k: int, n: int) -> None:
    for level in (0.9, 0.95, 0.99):
        known = binomtest(k, n).proportion_ci(level, "wilson")
        assert wilson(k, n, level) == pytest.approx((known.low, known.high), abs=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_resampled_metrics_are_those_of_the_rows_drawn(n_classes: int) -> None:
    rng = np.random.default_rng(0)
    classes = rng.integers(n_classes, size=40)
    shares = rng.dirichlet(np.ones(n_classes), 40).round(1)  # with ties
    found = resampled("classification", classes, shares, n_draws=5, seed=3)
    for i, counts in enumerate(_draws(np.random.default_rng(3), 5, 40).astype(int)):
        rows = np.repeat(np.arange(40), counts)
        known = classification_report_values(classes[rows], shares[rows])
        assert {name: found[name][i] for name in known} == pytest.approx(known)


def test_resampled_numbers_are_those_of_the_rows_drawn() -> None:
    rng = np.random.default_rng(0)
    known = rng.normal(5, 2, size=(30, 2))
    given = known + rng.normal(size=(30, 2))
    found = resampled("regression", known, given, n_draws=3, seed=1)
    for i, counts in enumerate(_draws(np.random.default_rng(1), 3, 30).astype(int)):
        rows = np.repeat(np.arange(30), counts)
        values = regression_report_values(known[rows], given[rows])
        assert {name: found[name][i] for name in values} == pytest.approx(values)


def test_draws_in_parts_are_those_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    known, given = np.arange(20.0), np.arange(20.0) ** 1.1
    whole = resampled("regression", known, given, n_draws=10)
    monkeypatch.setattr("fathom.resampling.MOST_WEIGHTS", 60)
    parts = resampled("regression", known, given, n_draws=10)
    assert {name: values.shape for name, values in parts.items()} == {
        name: values.shape for name, values in whole.items()
    }
    np.testing.assert_allclose(parts["r2"], whole["r2"])


def test_an_area_that_most_draws_lack_is_left_out() -> None:
    classes = np.array([0] * 29 + [1])
    shares = np.random.default_rng(0).dirichlet([1, 1], 30)
    found = estimates("classification", classes, shares)
    assert "roc_auc" in found  # one row of 30 is drawn in 64 % of the draws
    assert "roc_auc" not in estimates("classification", classes[:29], shares[:29])


def test_the_interval_of_an_error_holds_the_truth_about_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(0), 0
    for _ in range(200):
        known = rng.normal(size=60)
        given = known + rng.normal(size=60)
        found = estimates("regression", known, given)["root_mean_squared_error"]
        held += found.low <= 1.0 <= found.high
    assert 0.90 <= held / 200 <= 0.99


def test_the_interval_of_a_difference_of_shares_holds_the_truth() -> None:
    rng, held = np.random.default_rng(0), 0
    for _ in range(1000):
        a, b = share(rng.random(40) < 0.9), share(rng.random(60) < 0.8)
        low, high = difference(a, b)
        held += low <= 0.1 <= high
    assert 0.93 <= held / 1000 <= 0.98


def test_an_interval_of_a_higher_level_is_wider() -> None:
    found = estimates("regression", np.arange(30.0), np.arange(30.0) ** 1.05)
    for one in (found["r2"], share(np.arange(10) < 4)):
        low, high = one.interval(0.99)
        assert low < one.low < one.high < high
        assert one.interval(0.95) == pytest.approx((one.low, one.high))

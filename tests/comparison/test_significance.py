"""The corrected resampled t test: its formula, and how often it is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from fathom.comparison.significance import (
    LEVEL,
    corrected_t_test,
    differences_from,
    holm,
)
from fathom.cross_validation.folds import folds_of


def test_without_rows_held_out_it_is_the_usual_t_test() -> None:
    apart = np.random.default_rng(0).normal(0.2, 1, 25)
    p, low, high = corrected_t_test(apart, 0.0)
    usual = ttest_1samp(apart, 0)
    assert p == pytest.approx(usual.pvalue)
    assert (low, high) == pytest.approx(tuple(usual.confidence_interval()))


def test_it_is_the_formula_of_nadeau_and_bengio() -> None:
    apart = np.array([0.02, 0.05, -0.01, 0.03, 0.04, 0.00, 0.02, 0.06, 0.01, 0.03])
    statistic = apart.mean() / np.sqrt((1 / 10 + 1 / 4) * apart.var(ddof=1))
    p, _, _ = corrected_t_test(apart, 1 / 4)
    assert p == pytest.approx(2 * (1 - t.cdf(statistic, 9)))


def test_equal_scores_are_chance_and_constant_ones_are_not() -> None:
    assert corrected_t_test(np.zeros(5), 0.25) == (1.0, 0.0, 0.0)
    assert corrected_t_test(np.full(5, 0.1), 0.25)[0] == 0.0


def _null_p_values(correction: float, n_trials: int = 150) -> np.ndarray:
    """p values for two equally good models: a line through one of two columns each."""
    rng, found = np.random.default_rng(1), []
    for trial in range(n_trials):
        x = rng.normal(size=(40, 2))
        y, apart = x.sum(axis=1) + rng.normal(size=40), []
        for repeat in range(5):
            for training, test in folds_of(5, 40, 1000 * trial + repeat):
                own = x[training]
                slope = y[training] @ own / (own**2).sum(axis=0)
                errors = np.mean((y[test][:, None] - x[test] * slope) ** 2, axis=0)
                apart.append(errors[0] - errors[1])
        found.append(corrected_t_test(np.array(apart), correction)[0])
    return np.array(found)


def test_it_is_wrong_about_equal_models_no_more_often_than_it_says() -> None:
    assert np.mean(_null_p_values(1 / 4) < LEVEL) < 0.08
    assert np.mean(_null_p_values(0.0) < LEVEL) > 0.15  # the usual one is


def test_holm_never_makes_a_p_value_smaller_nor_swaps_two() -> None:
    p = [0.04, 0.001, 0.2, 0.03]
    fixed = holm(p)
    assert all(new >= old for new, old in zip(fixed, p, strict=True))
    assert np.array_equal(np.argsort(fixed, kind="stable")[:1], np.argsort(p)[:1])
    assert fixed[1] == pytest.approx(0.004)
    assert fixed[3] == pytest.approx(0.09)
    assert fixed[0] == pytest.approx(0.09)


def test_a_difference_is_positive_where_the_first_is_better() -> None:
    scores = np.array([0.9, 0.8, 0.9, 0.85, 0.95])
    worse = differences_from(scores, [scores - 0.1 + 0.01 * scores], 0.25)[0]
    assert worse.mean > 0
    assert not worse.is_chance

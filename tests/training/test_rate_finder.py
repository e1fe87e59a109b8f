"""The learning rate finder: which rates work, by trials that are real trainings."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import fathom as fm
from fathom.rate_finder import trials
from fathom.rate_finder.choice import diverged, shares, working_range

RATES = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(64, 3)).astype(np.float32)
Y = (X @ np.array([[1.0], [-2.0], [0.5]]) + 1).astype(np.float32)
HELD = (X[:16] + 0.1, Y[:16])
NETWORK = fm.Network([fm.Dense(4, "tanh"), fm.Dense(1)], (3,))
LINE = fm.Network([fm.Dense(1)], (3,))


def column(*losses: float) -> np.ndarray:
    """Losses of one seed, which began at 1."""
    return np.array(losses)[:, None]


def find(network: fm.Network = NETWORK, **settings: Any) -> fm.LearningRateRange:
    usual: dict[str, Any] = {"validation": HELD, "steps": 6, "seeds": 2}
    return fm.find_learning_rate(network, (X, Y), **{**usual, **settings})


@pytest.fixture(scope="module")
def found() -> fm.LearningRateRange:
    return find(rates=[0.01, 0.1, 0.3, 1e30])


def test_the_range_ends_where_the_share_crosses_the_limit() -> None:
    found = working_range(RATES, np.ones(1), column(1.0, 0.4, 0.0, 0.4, 1.0))
    assert found is not None
    np.testing.assert_allclose([found.low, found.high], [10**-2.5, 10**-1.5])


def test_the_suggestion_is_three_times_the_smallest_rate_that_works() -> None:
    found = working_range(RATES, np.ones(1), column(0.2, 0.1, 0.0, 0.1, 0.2))
    assert found is not None
    assert found.best == pytest.approx(3 * found.low)


def test_the_suggestion_is_the_middle_of_a_narrow_range() -> None:
    found = working_range(RATES, np.ones(1), column(1.0, 1.0, 0.0, 1.0, 1.0))
    assert found is not None
    assert found.best == pytest.approx((found.low * found.high) ** 0.5)


def test_a_rate_must_work_with_every_seed() -> None:
    after = np.array([[1.0, 1.0], [0.1, 0.9], [0.0, 0.0], [0.1, 0.1], [1.0, 1.0]])
    found = working_range(RATES, np.ones(2), after)
    assert found is not None
    assert 1e-3 < found.low < 1e-2
    assert 1e-1 < found.high < 1


def test_a_lucky_rate_among_bad_ones_is_not_the_best() -> None:
    found = working_range(RATES, np.ones(1), column(0.4, 0.3, 0.5, 0.05, 3.0))
    assert found is not None
    assert found.high < 1e-2


@pytest.mark.parametrize(("factor", "offset"), [(100.0, 0.0), (1.0, -7.0)])
def test_scale_and_sign_of_the_loss_do_not_matter(factor: float, offset: float) -> None:
    after = column(0.9, 0.4, 0.1, 0.2, np.nan)
    one = working_range(RATES, np.ones(1), after)
    changed = np.ones(1) * factor + offset, after * factor + offset
    assert working_range(RATES, *changed) == pytest.approx(one)


def test_nan_infinite_and_risen_losses_have_diverged() -> None:
    after = column(0.5, 0.4, 2.0, np.nan, np.inf)
    assert diverged(np.ones(1), after).ravel().tolist() == [False, False, *[True] * 3]


def test_there_is_no_range_where_no_rate_helps() -> None:
    assert working_range(RATES[:3], np.ones(1), column(1.0, 1.1, np.nan)) is None
    assert shares(np.ones(1), column(np.nan, np.nan, np.nan)) is None


def test_a_trial_is_the_beginning_of_the_run_that_train_would_make(
    found: fm.LearningRateRange,
) -> None:
    for place, seed in [(0, 0), (1, 1)]:
        history = fm.train(
            NETWORK, (X, Y), validation=HELD, learning_rate=found.rates[place],
            epochs=3, seed=seed, record=False,
        ).history  # fmt: skip
        expected = history["validation_loss"][-1]
        assert found.after[place, seed] == pytest.approx(expected, rel=1e-4)


def test_a_rate_that_overflows_counts_as_diverged(found: fm.LearningRateRange) -> None:
    row = found.rows()[-1]
    assert (row["diverged"], row["loss"], row["works"]) == (1.0, None, False)


def test_other_rates_and_seeds_compile_nothing(found: fm.LearningRateRange) -> None:
    program: Any = trials._program(*_last_key())  # pyright: ignore[reportPrivateUsage]
    before = program._cache_size()
    again = find(rates=[0.02, 0.05, 0.2, 0.7], seed=5)
    assert program._cache_size() == before == 1
    assert not np.array_equal(again.after, found.after)


def _last_key() -> tuple[Any, bool]:
    from fathom.training.objective import Objective
    from fathom.training.step import Rule

    objective = Objective(NETWORK, "mean_squared_error")
    return Rule(objective, fm.optimizers.build("adam")), True


def test_a_budget_leaves_rates_out_all_over_the_range(
    found: fm.LearningRateRange,
) -> None:
    rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 1.0, 1e30]
    short = find(rates=rates, budget=1e-9)
    assert short.rates == (0.001, 0.1, 1e30)
    assert short.left_out == 6
    assert "no time for 6 more" in str(short)
    long = find(rates=found.rates, budget="1m")
    assert long.left_out == 0
    np.testing.assert_array_equal(long.after, found.after)


def test_rates_beyond_two_over_the_curvature_diverge() -> None:
    """On a quadratic, gradient descent needs rates below 2 / the largest curvature."""
    inputs = np.hstack([X, np.ones((64, 1))])
    limit = 2 / np.linalg.eigvalsh(2 * inputs.T @ inputs / 64)[-1]
    found = find(LINE, optimizer="sgd", batch_size=64, steps=60, validation=None)
    beyond = [row["diverged"] for row in found.rows() if row["rate"] > 1.05 * limit]
    assert len(beyond) > 3
    assert set(beyond) == {1.0}
    assert found.high is not None
    assert limit / 3 < found.high < 1.5 * limit
    assert not any(row["diverged"] for row in found.rows() if row["rate"] < limit)


def test_more_rates_are_tried_where_the_range_reaches_the_end() -> None:
    flat = fm.Network([fm.Dense(1, use_bias=False)], (3,))
    found = fm.find_learning_rate(
        flat, (X * 1e-3, Y), optimizer="sgd", steps=20, seeds=1, validation=None,
        batch_size=64,
    )  # fmt: skip
    usual_end = 0.01 * 1000
    assert found.rates[-1] > 1000 * usual_end
    assert found.high is not None
    assert usual_end < found.high < found.rates[-1]


def test_smaller_rates_are_tried_where_all_are_too_large() -> None:
    found = fm.find_learning_rate(
        LINE, (X * 1e6, Y), optimizer="sgd", steps=20, seeds=1, validation=None,
        batch_size=64,
    )  # fmt: skip
    assert found.rates[0] < 1e-9
    assert found.high is not None
    assert found.high < 1e-11


def test_the_rate_of_an_optax_optimizer_is_a_factor_of_its_updates() -> None:
    import optax

    own = find(LINE, optimizer=optax.sgd(0.1), rates=[0.1, 0.5, 1.0])
    named = find(LINE, optimizer="sgd", rates=[0.01, 0.05, 0.1])
    np.testing.assert_allclose(own.after, named.after, rtol=1e-5)


def test_given_start_values_are_those_of_every_seed() -> None:
    found = find(variables=NETWORK.init(7), rates=[0.01, 0.1, 0.3])
    assert found.before[0] == found.before[1]
    assert found.after[0, 0] != found.after[0, 1], "the order of the rows differs"


def evidence(asked: float) -> fm.LearningRateRange:
    after = np.array([[1.0], [0.4], [0.0], [0.4], [np.nan]])
    return fm.LearningRateRange(
        tuple(RATES), np.ones(1), after, asked, True, 10, "adam", 20, True
    )


def test_the_verdict_says_where_a_rate_lies() -> None:
    assert "learning rate 0.01 lies in the range" in evidence(0.01).verdict
    assert (
        "0.0001 is too small for 10 steps: 0.0032 to 0.032 works"
        in evidence(1e-4).verdict
    )
    assert evidence(1.0).verdict.endswith("is too large: 0.0032 to 0.032 works. "
                                          "Take 0.0095.")  # fmt: skip


def test_without_a_range_the_verdict_says_so() -> None:
    nothing = fm.LearningRateRange(
        (0.1, 1.0, 10.0), np.ones(1), np.full((3, 1), np.nan), 0.1, True, 10, "sgd", 20,
        True,
    )  # fmt: skip
    assert nothing.best is None
    assert nothing.verdict.startswith("No learning rate from 0.1 to 1e+01 lowered")
    assert "100%" in str(nothing)
    assert "one to take" not in nothing.plot().alternative


def test_print_shows_every_rate_with_its_gain() -> None:
    lines = str(evidence(0.01)).splitlines()
    row = next(line for line in lines if line.strip().startswith("0.01 "))
    assert row.endswith("* " + "#" * 24)
    assert any(line.strip().startswith("1 ") and "100%" in line for line in lines)
    assert "take 0.0095" in lines[-3]


def test_the_evidence_is_plain_data() -> None:
    content = json.loads(evidence(0.01).to_json())
    assert content["best"] == pytest.approx(0.0095, rel=0.01)
    assert content["rates"][-1] == {
        "rate": 1.0, "loss": None, "spread": None, "share": None, "diverged": 1.0,
        "works": False,
    }  # fmt: skip


def test_the_picture_leaves_out_what_diverged() -> None:
    picture = evidence(0.01).plot()
    assert picture.chart.data[0].y == (1.0, 0.4, 0.0, 0.4, None)
    assert "1: no finite loss" in picture.alternative
    assert "0.0032 to 0.032 work" in picture.alternative


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no steps": ({"steps": 0}, "'steps' parameter of find_learning_rate"),
    "no seeds": ({"seeds": 0}, "'seeds' parameter of find_learning_rate"),
    "two rates": ({"rates": [0.1, 0.2]}, "at least 3 different numbers above 0"),
    "rates that are no numbers": ({"rates": [0.1, [0.2], "x"]}, "numbers above 0"),
    "a negative seed": ({"seed": -1}, "seed"),
    "a negative rate": ({"rates": [0.1, 0.2, -1]}, "numbers above 0"),
    "an unknown setting": ({"batchsize": 8}, "Did you mean 'batch_size'"),
    "a setting without effect": ({"epochs": 8}, "It changes nothing here"),
    "an unknown optimizer": ({"optimizer": "adm"}, "Did you mean 'adam'"),
    "a bad batch size": ({"batch_size": 0}, "batch_size"),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_settings_are_refused(name: str) -> None:
    settings, said = WRONG[name]
    with pytest.raises(fm.InputError, match=said):
        find(**settings)

"""The verdict: plain when the network does not win, and when chance explains it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from fathom.verdict import Answers, Score, is_chance, verdict


def score(name: str, kind: str, wrong: int, rows: int = 100, start: int = 0) -> Score:
    errors = np.zeros(rows)
    errors[start : start + wrong] = 1
    return Score(name, kind, {"accuracy": 1 - wrong / rows}, errors)


MAJORITY = score("majority class", "trivial", 60)

STANDINGS = {
    "clear win": (2, 30, "The network wins on 100 test rows"),
    "win by chance": (10, 12, "so count the two as level"),
    "level": (10, 10, "does not win: on 100 test rows it is level with ridge"),
    "lost by chance": (12, 10, "The network does not win"),
    "clear loss": (30, 2, "The network loses on 100 test rows"),
}


@pytest.mark.parametrize("name", STANDINGS)
def test_the_verdict_says_where_the_network_stands(name: str) -> None:
    mine, other, said = STANDINGS[name]
    words = verdict(
        score("network", "network", mine),
        [MAJORITY, score("ridge", "classical", other)],
        "classification",
    )
    assert said in words


def test_a_network_no_better_than_the_majority_is_called_so() -> None:
    words = verdict(score("network", "network", 58), [MAJORITY], "classification")
    assert "has not been shown to have learned anything" in words


def test_a_loss_to_the_trivial_baseline_beyond_chance_is_called_so() -> None:
    words = verdict(score("network", "network", 90), [MAJORITY], "classification")
    assert "The network loses" in words
    assert "has not been shown to have learned anything" in words


def test_only_rows_on_which_one_alone_is_right_count() -> None:
    mine = np.array([1.0] * 3 + [0.0] * 9 + [0.0] * 500)
    other = np.array([0.0] * 3 + [1.0] * 9 + [0.0] * 500)
    p = binomtest(9, 12).pvalue
    assert is_chance(mine, other, "classification") == (True, f"p = {p:.2f}")


def test_chance_is_called_chance_about_19_times_in_20() -> None:
    rng = np.random.default_rng(0)
    calls = []
    for _ in range(100):
        mine, other = rng.normal(size=(2, 60)) ** 2
        calls.append(is_chance(mine, other, "regression")[0])
    assert 88 <= sum(calls) <= 100


def test_the_difference_of_scaled_errors_is_the_difference_in_r2() -> None:
    rng = np.random.default_rng(1)
    known = rng.normal(3, 5, size=(50, 2))
    answers = Answers("regression", known)
    one = answers.score("one", "network", known + rng.normal(size=known.shape))
    two = answers.score("two", "classical", known + rng.normal(size=known.shape) * 2)
    difference = two.errors.mean() - one.errors.mean()
    assert difference == pytest.approx(one.values["r2"] - two.values["r2"])

"""A model by group: which rows, which rates, which gaps."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

import fathom as fm
from fathom.data import TargetCoding
from fathom.fairness.grouping import groups_of
from fathom.fairness.rates import rates
from fathom.plain import plain


@pytest.fixture(scope="module")
def model() -> fm.Model:
    """Says yes where x > 0, with a probability of sigmoid(4 x)."""
    network = fm.Network([fm.Dense(2, "softmax")], (1,))
    weight = np.array([[0.0, 4.0]], np.float32)
    variables = {"dense_1": {"weight": weight, "bias": np.zeros(2, np.float32)}}
    target = TargetCoding("classification", ("y",), ("no", "yes"))
    return fm.Model(network, variables, "cross_entropy", target)


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """100 rows of a, of which all answers are right; 100 of b, half of them wrong."""
    x = np.tile([[-1.0], [1.0]], (100, 1)).astype(np.float32)
    truth = np.where(x[:, 0] > 0, "yes", "no")
    groups = np.repeat(["a", "b"], 100)
    truth[100:150] = np.where(truth[100:150] == "yes", "no", "yes")
    return x, truth, groups


@pytest.fixture(scope="module")
def found(model: fm.Model, rows: tuple) -> fm.GroupEvaluation:
    x, truth, groups = rows
    return model.evaluate_by_group((x, truth), groups)


def gap(found: fm.GroupEvaluation, metric: str):
    return next(one for one in found.gaps if one.metric == metric)


def test_each_group_has_the_metrics_of_its_rows(
    found: fm.GroupEvaluation, model: fm.Model, rows: tuple
) -> None:
    x, truth, groups = rows
    for group in found.groups:
        own = groups == group.name
        values = model.evaluate((x[own], truth[own]))
        measured = {name: group.estimates[name].value for name in values}
        assert measured == pytest.approx(values)


def test_the_gap_is_the_difference_and_is_beyond_chance(
    found: fm.GroupEvaluation,
) -> None:
    accuracy = gap(found, "accuracy")
    assert (accuracy.highest, accuracy.lowest) == ("a", "b")
    assert accuracy.size == pytest.approx(0.5)
    assert 0 < accuracy.low < 0.5 < accuracy.high
    assert found.verdict.startswith("By group, these differ by more than chance")


def test_equal_selection_is_no_gap(found: fm.GroupEvaluation) -> None:
    selection = gap(found, "selection rate of yes")
    assert selection.size == 0
    assert not selection.is_beyond_chance


def test_equal_opportunity_is_the_gap_of_true_positive_rates(
    found: fm.GroupEvaluation,
) -> None:
    assert gap(found, "true positive rate of yes").size == pytest.approx(0.5)


def test_two_equal_groups_are_said_to_be_within_chance(
    model: fm.Model, rows: tuple
) -> None:
    x, truth, _ = rows
    halves = np.tile(["first", "first", "second", "second"], 50)
    verdict = model.evaluate_by_group((x, truth), halves).verdict
    assert verdict.startswith("By group, no difference is more than chance")
    assert "does not show that there is none" in verdict


def test_a_small_group_is_said_to_be_small_and_makes_no_gap(
    model: fm.Model, rows: tuple
) -> None:
    x, truth, groups = rows
    three = groups.astype("<U4")
    three[:10] = "tiny"
    found = model.evaluate_by_group((x, truth), three)
    assert found.too_small == ("tiny",)
    assert "fewer than 30 rows): tiny" in found.verdict
    named = {name for one in found.gaps for name in (one.highest, one.lowest)}
    assert "tiny" not in named


def test_more_groups_make_wider_intervals_of_the_gaps(
    model: fm.Model, rows: tuple
) -> None:
    x, truth, groups = rows
    four = np.char.add(groups, np.tile(["1", "1", "2", "2"], 50))
    two = np.where(np.isin(four, ["a1", "b1"]), four, "")
    both = two != ""
    some = model.evaluate_by_group((x[both], truth[both]), four[both])
    all_four = model.evaluate_by_group((x, truth), four)
    width = [gap(one, "accuracy").high - gap(one, "accuracy").low
             for one in (some, all_four)]  # fmt: skip
    assert width[0] < width[1]


def test_the_favorable_class_can_be_named(model: fm.Model, rows: tuple) -> None:
    x, truth, groups = rows
    found = model.evaluate_by_group((x, truth), groups, favorable="no")
    names = [name for name in found.everyone.estimates if "rate" in name]
    assert names == [f"{kind} rate of no" for kind in
                     ("selection", "true positive", "false positive")]  # fmt: skip


def test_numbers_of_a_regression_are_measured_by_group() -> None:
    network = fm.Network([fm.Dense(1, "identity")], (1,))
    one = np.ones((1, 1), np.float32)
    variables = {"dense_1": {"weight": one, "bias": np.zeros(1, np.float32)}}
    target = TargetCoding("regression", ("y",), None, (0.0,), (1.0,))
    model = fm.Model(network, variables, target=target)
    x = np.random.default_rng(0).normal(size=(80, 1)).astype(np.float32)
    y = x[:, 0] + np.repeat([0.1, 1.0], 40)
    found = model.evaluate_by_group((x, y), np.repeat(["near", "far"], 40))
    error = gap(found, "mean_absolute_error")
    assert (error.highest, error.size) == ("far", pytest.approx(0.9, rel=1e-4))
    with pytest.raises(fm.InputError, match="'favorable' names a class"):
        model.evaluate_by_group((x, y), np.repeat(["near", "far"], 40), "yes")


def test_text_html_and_dict_hold_every_group(found: fm.GroupEvaluation) -> None:
    json.dumps(plain(found.to_dict()), allow_nan=False)
    assert [one["group"] for one in found.to_dict()["groups"]] == ["a", "b"]
    assert str(found).endswith(found.verdict)
    assert "<caption>By group;" in found.to_html()


def test_rates_are_shares_of_the_right_rows() -> None:
    known, chosen = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0, 2])
    found = rates(known, chosen, ("x", "y", "z"), favorable="y")
    values = {name.split(" rate")[0]: one.value for name, one in found.items()}
    assert values == {"selection": 0.5, "true positive": 0.5,
                      "false positive": 0.5}  # fmt: skip
    assert found["false positive rate of y"].n == 4


def test_a_number_of_many_values_is_cut_into_quarters() -> None:
    ages = fm.read({"age": list(range(20, 60)), "z": [0.5, 0.7] * 20})
    name, names = groups_of(ages, "age", 40)
    groups, counts = np.unique(names, return_counts=True)
    assert name == "age"
    assert groups.tolist() == ["20 to 29", "30 to 39", "40 to 49", "50 to 59"]
    assert counts.tolist() == [10] * 4


def test_missing_values_and_dates_are_groups() -> None:
    values = [date(2020, 1, 1), None, date(2021, 1, 1), float("nan")]
    assert groups_of(None, values, 4)[1].tolist() == [
        "2020-01-01", "(missing)", "2021-01-01", "(missing)"]  # fmt: skip


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("sex", "cannot be found in arrays"),
        (["a"] * 200, "one group of 'group'"),
        (["a", "b"], "one value for each of 200 rows. Got 2"),
        ([f"name {i}" for i in range(200)], "makes 200 groups"),
        (np.zeros((200, 2)), r"Got an array of shape \(200, 2\)"),
    ],
)
def test_bad_groups_get_one_message(
    groups: object, message: str, model: fm.Model, rows: tuple
) -> None:
    x, truth, _ = rows
    with pytest.raises(fm.InputError, match=message):
        model.evaluate_by_group((x, truth), groups)


def test_an_unknown_favorable_class_is_named(model: fm.Model, rows: tuple) -> None:
    x, truth, groups = rows
    with pytest.raises(fm.InputError, match=r"no class 'yess'\. Did you mean 'yes'"):
        model.evaluate_by_group((x, truth), groups, favorable="yess")

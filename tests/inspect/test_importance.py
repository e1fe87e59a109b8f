"""Permutation importance is what scikit-learn's is, and 0 for what is not used."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.data.target import TargetCoding
from fathom.inspect.importance import permutation_importance

RNG = np.random.default_rng(0)
WEIGHT = np.array([[2.0], [-1.0], [0.0], [0.5]], np.float32)


def linear() -> tuple[fm.Model, np.ndarray, np.ndarray]:
    target = TargetCoding("regression", ("y",), None, (0.0,), (1.0,))
    network = fm.Network([fm.Dense(1)], (4,))
    variables = {"dense_1": {"weight": WEIGHT, "bias": np.zeros(1, np.float32)}}
    X = RNG.normal(size=(200, 4)).astype(np.float32)
    y = X @ WEIGHT[:, 0] + 0.3 * RNG.normal(size=200)
    return fm.Model(network, variables, target=target), X, y


def test_it_agrees_with_scikit_learn() -> None:
    from sklearn.inspection import permutation_importance as theirs
    from sklearn.linear_model import LinearRegression

    model, X, y = linear()
    same = LinearRegression().fit(X, y)
    same.coef_, same.intercept_ = WEIGHT[:, 0], 0.0
    wanted = theirs(same, X, y, n_repeats=60, random_state=0)
    found = permutation_importance(model, (X, y), repeats=60)
    spread = np.hypot(found.std, wanted.importances_std) / np.sqrt(60)
    assert (abs(found.mean - wanted.importances_mean) <= 4 * spread).all()
    np.testing.assert_allclose(found.std, wanted.importances_std, rtol=0.4)
    assert found.value == pytest.approx(same.score(X, y), abs=1e-6)


def test_an_input_without_weight_does_not_matter() -> None:
    model, X, y = linear()
    found = permutation_importance(model, (X, y))
    assert found.drops[2].tolist() == [0.0] * 10
    assert [name for name, _ in found.ranked()][:2] == ["input:0", "input:1"]
    assert (found.low[0], found.high[0]) > (0.5, 0.5)


def test_of_an_error_more_is_worse() -> None:
    model, X, y = linear()
    found = permutation_importance(model, (X, y), "mean_absolute_error")
    assert found.mean[0] > found.mean[1] > found.mean[3] > 0


def test_the_interval_holds_the_mean_of_many_shuffles() -> None:
    model, X, y = linear()
    truth = permutation_importance(model, (X, y), repeats=300, seed=9).mean
    inside = 0
    for seed in range(20):
        found = permutation_importance(model, (X, y), repeats=5, seed=seed)
        inside += (found.low[0] <= truth[0]) & (truth[0] <= found.high[0])
    assert 16 <= inside <= 20


@pytest.fixture(scope="module")
def table() -> fm.Table:
    city = np.array(["Oslo", "Rome", "Bonn"])[RNG.integers(0, 3, 240)]
    rows = {
        "age": RNG.normal(size=240),
        "same": ["x"] * 240,
        "city": city,
        "buys": np.where(city == "Rome", "yes", "no"),
    }
    return fm.read(rows, target="buys")


@pytest.fixture(scope="module")
def table_model(table: fm.Table) -> fm.Model:
    return fm.train("mlp", table, epochs=40, learning_rate=0.01).model


def test_a_column_is_shuffled_before_it_is_encoded(
    table_model: fm.Model, table: fm.Table
) -> None:
    found = permutation_importance(table_model, table, "log_loss", repeats=3, seed=5)
    assert found.columns == ("age", "same", "city")
    assert found.drops[1].tolist() == [0.0] * 3
    assert found.ranked()[0][0] == "city"
    order = np.random.default_rng(5).permutation(240)
    raw = table.raw.with_columns(table.raw["city"][order])
    values = table_model.evaluate((raw, table.y))
    drop = values["log_loss"] - table_model.evaluate(table)["log_loss"]
    assert found.drops[2, 0] == pytest.approx(drop, rel=1e-4)


def test_a_feature_of_a_sequence_is_shuffled_with_all_its_steps() -> None:
    target = TargetCoding("classification", ("y",), (0, 1))
    network = fm.Network([fm.GRU(4), fm.Dense(2, "softmax")], (6, 3))
    model = fm.Model(network, network.init(0), target=target)
    X = RNG.normal(size=(30, 6, 3)).astype(np.float32)
    found = permutation_importance(model, (X, model.predict(X)), repeats=2)
    assert found.columns == ("input:0", "input:1", "input:2")
    assert found.value == 1.0
    assert (found.mean >= 0).all()


def test_bad_input_is_named() -> None:
    model, X, y = linear()
    with pytest.raises(fm.InputError, match="Unknown metric of numbers 'accuracy'"):
        permutation_importance(model, (X, y), "accuracy")
    with pytest.raises(fm.InputError, match="'repeats' parameter"):
        permutation_importance(model, (X, y), repeats=1)
    with pytest.raises(fm.InputError, match="must be a pair"):
        permutation_importance(model, X)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_a_metric_has_the_value_that_evaluate_gives(
    table_model: fm.Model, table: fm.Table, metric: str
) -> None:
    found = permutation_importance(table_model, table, metric, repeats=2)
    assert found.value == pytest.approx(table_model.evaluate(table)[metric], rel=1e-6)

"""The boundary of a known model is the known point, line and plane."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.data.target import TargetCoding
from fathom.inspect.boundary import decision_boundary

RNG = np.random.default_rng(0)
WEIGHT, BIAS = np.array([1.5, -2.0, 0.5]), 0.3
X = RNG.normal(size=(80, 3)).astype(np.float32)


def logistic() -> fm.Model:
    network = fm.Network([fm.Dense(1, "sigmoid")], (3,))
    weight = WEIGHT.astype(np.float32)[:, None]
    variables = {"dense_1": {"weight": weight, "bias": np.float32([BIAS])}}
    target = TargetCoding("classification", ("y",), ("no", "yes"))
    return fm.Model(network, variables, target=target)


def test_the_boundary_of_a_logistic_model_is_its_line() -> None:
    found = decision_boundary(logistic(), X, [0, 1])
    held = found.held["input:2"]
    assert held == pytest.approx(float(np.median(X[:, 2])))
    sums = found.points @ WEIGHT[:2] + held * WEIGHT[2] + BIAS
    np.testing.assert_allclose(sums, 0, atol=1e-4)
    assert (found.kind, len(found.points) > 50) == ("line", True)
    assert found.straight is not None
    assert found.straight.slope == pytest.approx(0.75, abs=1e-4)
    intercept = (held * WEIGHT[2] + BIAS) / 2
    assert found.straight.intercept == pytest.approx(intercept, abs=1e-4)
    assert np.dot(found.straight.normal, WEIGHT[:2]) > 0


def test_pieces_of_the_line_lie_on_it_and_join() -> None:
    found = decision_boundary(logistic(), X, [0, 1], resolution=20)
    middle = found.segments.mean(1)
    sums = middle @ WEIGHT[:2] + found.held["input:2"] * WEIGHT[2] + BIAS
    np.testing.assert_allclose(sums, 0, atol=1e-4)
    assert len(found.segments) == len(found.points) - 1


def test_one_column_has_a_point() -> None:
    found = decision_boundary(logistic(), X, "input:1", held={"input:0": 1.0})
    expected = (WEIGHT[0] + found.held["input:2"] * WEIGHT[2] + BIAS) / 2
    assert found.points.shape == (1, 1)
    assert found.points[0, 0] == pytest.approx(expected, abs=1e-4)
    assert (found.kind, found.held["input:0"]) == ("point", 1.0)
    assert found.straight is not None
    assert found.straight.point == pytest.approx(expected, abs=1e-4)


def test_three_columns_have_a_surface() -> None:
    found = decision_boundary(logistic(), X, [0, 1, 2])
    np.testing.assert_allclose(found.points @ WEIGHT + BIAS, 0, atol=1e-4)
    assert (found.kind, found.held) == ("surface", {})
    assert found.straight is not None
    assert found.straight.kind == "plane"


def test_a_ring_is_found_and_is_not_straight() -> None:
    angle = RNG.uniform(0, 2 * np.pi, 300)
    radius = np.where(np.arange(300) % 2, 2.0, 0.5)
    rings = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)
    network = fm.Network([fm.Dense(16, "tanh"), fm.Dense(2, "softmax")], (2,))
    result = fm.train(
        network, (rings, np.arange(300) % 2), epochs=60, learning_rate=0.03, seed=0
    )
    found = decision_boundary(result.model, rings, [0, 1])
    lengths = np.linalg.norm(found.points, axis=1)
    assert ((lengths > 0.5) & (lengths < 2)).all()
    assert found.straight is None
    assert (found.answers == np.arange(300) % 2).mean() > 0.95


def test_each_side_has_the_class_that_is_said() -> None:
    network = fm.Network([fm.Dense(8, "tanh"), fm.Dense(3, "softmax")], (2,))
    target = TargetCoding("classification", ("y",), ("a", "b", "c"))
    model = fm.Model(network, network.init(2), target=target)
    rows = 3 * X[:, :2]
    found = decision_boundary(model, rows, [0, 1])
    assert len(found.points)
    shares = model.predict_proba(found.points.astype(np.float32))
    both = np.take_along_axis(shares, found.pairs, axis=1)
    np.testing.assert_allclose(both[:, 0], both[:, 1], atol=1e-4)
    np.testing.assert_allclose(both[:, 0], shares.max(1), atol=1e-4)


def test_of_numbers_there_is_the_surface_of_predictions() -> None:
    target = TargetCoding("regression", ("y",), None, (10.0,), (2.0,))
    network = fm.Network([fm.Dense(4, "tanh"), fm.Dense(1)], (3,))
    model = fm.Model(network, network.init(0), target=target)
    found = decision_boundary(model, X, [0, 2], resolution=5)
    row = np.array([found.axes[0][1], found.held["input:1"], found.axes[1][3]])
    wanted = model.predict(row[None].astype(np.float32))[0]
    assert found.values[0, 1, 3] == pytest.approx(wanted, rel=1e-5)
    assert (found.kind, found.points.size, found.classes) == ("values", 0, ("y",))


@pytest.fixture(scope="module")
def table_model() -> tuple[fm.Model, fm.Table]:
    age = np.where(np.arange(60) % 2, 20.0, 60.0) + RNG.normal(size=60)
    rows = {
        "age": [None, *age[1:]],
        "pay": RNG.normal(size=60),
        "city": ["Oslo", "Rome", "Rome"] * 20,
        "buys": np.where(np.arange(60) % 2, "yes", "no"),
    }
    table = fm.read(rows, target="buys")
    return fm.train("mlp", table, epochs=40).model, table


def test_a_table_has_its_boundary_in_its_own_units(
    table_model: tuple[fm.Model, fm.Table],
) -> None:
    model, table = table_model
    found = decision_boundary(model, table, ["age", "pay"])
    assert found.held == {"city": "Rome"}
    assert ((found.points[:, 0] > 15) & (found.points[:, 0] < 65)).all()
    row = {"age": found.points[:1, 0], "pay": found.points[:1, 1], "city": ["Rome"]}
    np.testing.assert_allclose(model.predict_proba(row)[0], 0.5, atol=1e-4)
    assert np.isnan(found.rows[0, 0])


def test_a_column_without_numbers_is_named(
    table_model: tuple[fm.Model, fm.Table],
) -> None:
    with pytest.raises(fm.InputError, match="'city' is of kind 'category'"):
        decision_boundary(*table_model, ["age", "city"])
    with pytest.raises(fm.InputError, match="one, two or three columns"):
        decision_boundary(*table_model, ["age", "age"])
    with pytest.raises(fm.InputError, match="Unknown column 'agee'"):
        decision_boundary(*table_model, "agee")

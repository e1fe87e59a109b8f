"""Partial dependence is scikit-learn's by brute force, in the user's own values."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.inspection import partial_dependence as theirs

import fathom as fm
from fathom.data.target import TargetCoding
from fathom.inspect.dependence import partial_dependence

RNG = np.random.default_rng(0)


class Regression(RegressorMixin, BaseEstimator):
    """A model as scikit-learn wants one."""

    def __init__(self, model: fm.Model | None = None) -> None:
        self.model = model
        self.fitted_ = True

    def fit(self, X: np.ndarray, y: np.ndarray) -> Regression:
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        assert self.model is not None
        return self.model.predict(X)


class Classes(ClassifierMixin, Regression):
    def __init__(self, model: fm.Model | None = None) -> None:
        super().__init__(model)
        self.classes_ = np.arange(3)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        assert self.model is not None
        return self.model.predict_proba(X)


def array_model(task: str) -> tuple[fm.Model, np.ndarray]:
    last = fm.Dense(3, "softmax") if task == "classification" else fm.Dense(1)
    target = TargetCoding("classification", ("y",), (0, 1, 2))
    if task == "regression":
        target = TargetCoding("regression", ("y",), None, (5.0,), (3.0,))
    network = fm.Network([fm.Dense(8, "tanh"), last], (4,))
    X = RNG.normal(size=(60, 4)).astype(np.float32)
    return fm.Model(network, network.init(0), target=target), X


@pytest.mark.parametrize("columns", [[1], [0, 2]])
def test_of_numbers_it_is_scikit_learns(columns: list[int]) -> None:
    model, X = array_model("regression")
    wanted = theirs(
        Regression(model), X, columns, method="brute", kind="both", grid_resolution=7
    )
    axes = wanted["grid_values"]
    found = partial_dependence(model, X, columns, axes if len(axes) > 1 else axes[0])
    np.testing.assert_allclose(found.average, wanted["average"], rtol=1e-5)
    np.testing.assert_allclose(found.individual, wanted["individual"], rtol=1e-5)


def test_of_classes_it_is_scikit_learns() -> None:
    model, X = array_model("classification")
    wanted = theirs(Classes(model), X, [3], method="brute", grid_resolution=7)
    found = partial_dependence(model, X, "input:3", wanted["grid_values"][0])
    np.testing.assert_allclose(found.average, wanted["average"], rtol=1e-5)
    assert found.outputs == (0, 1, 2)
    np.testing.assert_allclose(found.average.sum(0), 1, rtol=1e-5)


def test_numbers_are_tried_at_their_quantiles() -> None:
    model, X = array_model("regression")
    found = partial_dependence(model, X, 0, grid=5)
    expected = np.quantile(X[:, 0].astype(float), [0.05, 0.275, 0.5, 0.725, 0.95])
    np.testing.assert_allclose(found.grid[0], expected)


def test_of_many_rows_some_are_taken() -> None:
    model, X = array_model("regression")
    found = partial_dependence(model, X, 0, grid=3, most_rows=10)
    assert (found.rows[0], found.rows[-1]) == (0, 59)
    assert found.individual.shape == (1, 10, 3)


TABLE = {
    "age": [20.0, 30.0, None, 50.0] * 15,
    "member": [True, False, False] * 20,
    "city": ["Oslo", "Rome", "Bonn", None] * 15,
    "seen": [f"2024-0{1 + i % 9}-11" for i in range(60)],
    "same": ["x"] * 60,
    "buys": ["yes", "no", "yes", "no"] * 15,
}


@pytest.fixture(scope="module")
def table_model() -> fm.Model:
    return fm.train("mlp", fm.read(TABLE, target="buys"), epochs=10).model


@pytest.mark.parametrize(
    ("column", "value"),
    [("age", 30.0), ("member", True), ("city", "Rome"), ("seen", "2024-03-11")],
)
def test_a_column_is_set_in_the_users_own_values(
    table_model: fm.Model, column: str, value: object
) -> None:
    wanted = table_model.predict_proba({**TABLE, column: [value] * 60})[:, 1].mean()
    found = partial_dependence(table_model, TABLE, column, [value], "yes")
    assert found.average[0, 0] == pytest.approx(wanted, rel=1e-5)


def test_every_category_is_tried(table_model: fm.Model) -> None:
    found = partial_dependence(table_model, TABLE, ["city", "member"])
    assert sorted(found.grid[0]) == ["Bonn", "Oslo", "Rome"]
    assert found.average.shape == (2, 3, 2)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("aeg", "Unknown column 'aeg'. Did you mean 'age'"),
        ("same", "does not use the column 'same'"),
        (["age", "age"], "one column, or two that differ"),
    ],
)
def test_a_bad_column_is_named(
    table_model: fm.Model, columns: object, message: str
) -> None:
    with pytest.raises(fm.InputError, match=message.replace("(", "[(]")):
        partial_dependence(table_model, TABLE, columns)


def test_a_bad_grid_is_named(table_model: fm.Model) -> None:
    with pytest.raises(fm.InputError, match="'grid' must be a whole number"):
        partial_dependence(table_model, TABLE, "age", grid=1)

"""`fm.check` takes what `fm.train` takes, and changes nothing."""

from __future__ import annotations

import time

import numpy as np
import pytest
from tests.diagnose.examples import generated_table, mlp, numbers, rows

import fathom as fm

BUNDLED = ("iris", "wine", "breast_cancer", "diabetes", "digits")


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_data_and_the_usual_network_raise_nothing(name: str) -> None:
    found = fm.check("mlp", fm.datasets.load(name), validation=0.2)
    assert len(found) == 0, str(found)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["lenet", "cnn", "neocognitron", "gru",
                                    "transformer"])  # fmt: skip
def test_recipes_on_digits_raise_nothing(recipe: str) -> None:
    found = fm.check(recipe, fm.datasets.load("digits"), validation=0.2)
    assert len(found) == 0, str(found)


def test_without_a_network_only_the_data_are_looked_at() -> None:
    X, y = rows()
    found = fm.check(None, (X * 1000, y))
    assert found.names == ("unscaled-inputs",)
    assert "double-softmax" not in found.passed


def test_data_are_as_they_were() -> None:
    X, y = (a.copy() for a in rows())
    X[3, 4] = np.nan
    before = X.copy()
    fm.check(mlp(), (X, y))
    assert np.array_equal(X, before, equal_nan=True)


def test_the_first_value_that_is_not_finite_is_named() -> None:
    X = rows()[0].copy()
    X[3, 4], X[7, 1] = np.nan, np.inf
    cause = fm.check(mlp(), (X, rows()[1]))[0].cause
    assert cause == (
        "The inputs have 2 values that are NaN or infinite; the first is nan at [3, 4]."
    )


def test_the_start_values_of_a_trained_model_are_those_that_are_looked_at() -> None:
    trained = fm.train(mlp(), rows(), epochs=1).model
    assert len(fm.check(mlp(), rows(), start_from=trained, freeze="dense_1")) == 0


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(fm.InputError, match=r"'batchsize'\. Did you mean 'batch_size'"):
        fm.check(mlp(), rows(), batchsize=3)


def test_what_training_refuses_and_no_rule_names_is_refused() -> None:
    X, y = rows()
    with pytest.raises(fm.InputError, match="as many rows"):
        fm.check(mlp(), (X, y[:-1]))


def test_several_faults_are_all_found() -> None:
    X, y = numbers()
    network = fm.Network([fm.Dense(16), fm.Dense(1, "relu")], (8,))
    found = fm.check(network, (X * 1e3, y), learning_rate=3.0)
    assert found[0].name == "output-loss-mismatch"
    assert set(found.names[1:]) == {
        "unscaled-inputs",
        "missing-nonlinearity",
        "learning-rate-too-high",
    }


def test_the_repair_of_a_mismatch_repairs_it() -> None:
    X, y = rows()
    network = fm.Network([fm.Dense(8, "relu"), fm.Dense(3, "relu")], (8,))
    edit = fm.check(network, (X, y), "cross_entropy")[0].edit
    assert edit is not None
    repaired = network.replace(edit.at, edit.value)
    assert len(fm.check(repaired, (X, y), "cross_entropy")) == 0


def test_a_second_look_at_ten_thousand_rows_takes_no_time() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(10_000, 20))
    table = fm.read(X, target=X[:, 0] + X[:, 1] ** 2 > 1)
    fm.check("mlp", table, validation=0.2)  # compiles
    began = time.perf_counter()
    fm.check("mlp", table, validation=0.2)
    assert time.perf_counter() - began < 2.0


def test_a_column_that_is_the_target_is_named() -> None:
    finding = fm.check("mlp", generated_table(copy=True))[0]
    assert finding.cause == "The column code is the target in other words."

"""Models with neurons edited and silenced, and what that changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError
from fathom.inspect.surgery import compare
from fathom.inspect.unit_importance import unit_importance


@pytest.fixture(scope="module")
def iris() -> fm.Model:
    layers = [fm.Dense(6, "tanh", name="hidden"), fm.Dense(3, "softmax", name="out")]
    data = fm.datasets.load("iris")
    return fm.train(fm.Network(layers), data, epochs=30, learning_rate=0.01).model


def test_an_edited_weight_is_the_only_one_that_changes(iris: fm.Model) -> None:
    changed = iris.edit("hidden:2", weight={1: 9.0})
    difference = (
        changed.variables["hidden"]["weight"] != iris.variables["hidden"]["weight"]
    )
    assert np.argwhere(difference).tolist() == [[1, 2]]
    assert changed.variables["hidden"]["weight"][1, 2] == 9.0


def test_a_weight_is_edited_by_the_name_of_its_column(iris: fm.Model) -> None:
    changed = iris.edit("hidden:2", weight={"petal width (cm)": 0.0})
    terms = changed.trace(fm.datasets.load("iris"))["hidden:2"].terms
    assert {t.name: t.weight for t in terms}["petal width (cm)"] == 0.0


def test_all_weights_and_the_bias_are_edited_at_once(iris: fm.Model) -> None:
    changed = iris.edit("hidden:0", weight=np.zeros(4), bias=2.0)
    activation = changed.trace(fm.datasets.load("iris"))["hidden"].activation
    np.testing.assert_allclose(activation[:, 0], np.tanh(2.0), rtol=1e-5)


def test_an_edit_leaves_the_model_as_it_was(iris: fm.Model) -> None:
    before = iris.variables["hidden"]["bias"].copy()
    iris.edit("hidden:0", bias=99.0)
    np.testing.assert_array_equal(iris.variables["hidden"]["bias"], before)


def test_a_block_of_a_repeat_is_edited_alone() -> None:
    network = fm.Network([fm.Repeat(fm.Dense(2, name="d"), 3, name="r")], (2,))
    model = fm.Model(network, network.init(0))
    changed = model.edit("r[1]/d:0", bias=5.0)
    np.testing.assert_array_equal(
        changed.variables["r"]["d"]["bias"], [[0, 0], [5, 0], [0, 0]]
    )


@pytest.mark.parametrize(
    ("address", "how", "message"),
    [
        ("hidden:9", {"bias": 1.0}, "has the units from 0 to 5"),
        ("hidden", {"bias": 1.0}, "Give a neuron without a place"),
        ("hidden:0", {}, "edit needs weight"),
        (
            "hidden:0",
            {"weight": {"petal widht (cm)": 1.0}},
            "Did you mean 'petal",
        ),
        ("hidden:0", {"weight": {7: 1.0}}, "There is no input 7"),
        ("hidden:0", {"weight": [1.0]}, r"numbers of shape \(4,\)"),
        ("hidden:0", {"bias": float("nan")}, "must be finite"),
        ("hiden:0", {"bias": 1.0}, "Did you mean 'hidden'"),
    ],
)
def test_an_edit_that_does_not_fit_says_why(
    iris: fm.Model, address: str, how: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        iris.edit(address, **how)


def test_a_silenced_neuron_gives_zero_and_the_others_what_they_gave(
    iris: fm.Model,
) -> None:
    data = fm.datasets.load("iris")
    quiet = iris.ablate("hidden:1", "hidden:4")
    trace = quiet.trace(data)
    before = iris.trace(data)["hidden"].activation
    after = trace["hidden_silenced"].output
    assert (after[:, [1, 4]] == 0).all()
    np.testing.assert_array_equal(after[:, [0, 2, 3, 5]], before[:, [0, 2, 3, 5]])


def test_silencing_changes_the_outputs_as_zeroed_outgoing_weights_do(
    iris: fm.Model,
) -> None:
    data = fm.datasets.load("iris")
    weight = np.array(iris.variables["out"]["weight"])
    weight[3] = 0
    zeroed = iris
    for unit in range(3):
        zeroed = zeroed.edit(f"out:{unit}", weight=weight[:, unit])
    np.testing.assert_allclose(
        iris.ablate("hidden:3").outputs(data), zeroed.outputs(data), rtol=1e-5
    )


def test_a_silenced_model_can_be_saved_and_loaded(
    iris: fm.Model, tmp_path: Any
) -> None:
    data = fm.datasets.load("iris")
    quiet = iris.ablate("hidden:1")
    loaded = fm.load(quiet.save(tmp_path / "quiet"))
    np.testing.assert_array_equal(loaded.outputs(data), quiet.outputs(data))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("out:0", "is an output of the network"),
        ("repeat_1[0]/d:0", "inside 'repeat_1'"),
        ("concat_1/left:0", "inside 'concat_1'"),
    ],
)
def test_neurons_that_cannot_be_silenced_say_why(address: str, message: str) -> None:
    layers = [
        fm.Repeat(fm.Dense(2, name="d"), 2),
        fm.Concat([fm.Dense(2, name="left"), fm.Dense(2, name="right")]),
        fm.Dense(1, name="out"),
    ]
    network = fm.Network(layers, (2,))
    with pytest.raises(InputError, match=message):
        fm.Model(network, network.init(0)).ablate(address)


def test_comparison_holds_both_models_metrics(iris: fm.Model) -> None:
    data = fm.datasets.load("iris")
    quiet = iris.ablate(*(f"hidden:{unit}" for unit in range(6)))
    found = compare(iris, quiet, data)
    assert found.after["accuracy"] == quiet.evaluate(data)["accuracy"]
    assert (
        found.change["accuracy"] == found.after["accuracy"] - found.before["accuracy"]
    )
    assert found.n_changed == (iris.predict(data) != quiet.predict(data)).sum()
    assert "accuracy" in str(found)


def test_importance_of_a_unit_is_the_cost_without_it(iris: fm.Model) -> None:
    data = fm.datasets.load("iris")
    found = unit_importance(iris, data)
    assert found.addresses == tuple(f"hidden:{unit}" for unit in range(6))
    for unit in (0, 5):
        quiet = iris.ablate(f"hidden:{unit}")
        more = quiet.evaluate(data)["log_loss"] - iris.evaluate(data)["log_loss"]
        assert found.increases[unit] == pytest.approx(more, rel=1e-3, abs=1e-5)
        assert found.changed is not None
        share = (quiet.predict(data) != iris.predict(data)).mean()
        assert found.changed[unit] == pytest.approx(share)


def test_importance_reaches_single_blocks_of_a_repeat() -> None:
    data = fm.datasets.load("iris")
    layers = [fm.Dense(4, "tanh"), fm.Repeat(fm.Dense(4, "tanh"), 2)]
    network = fm.Network([*layers, fm.Dense(3, "softmax")])
    model = fm.train(network, data, epochs=3).model
    found = unit_importance(model, data, "repeat_1[0]/dense_1")
    unit = 2
    outgoing = model.variables["repeat_1"]["dense_1"]["weight"][1].copy()
    outgoing[unit] = 0
    edited = model
    for after in range(4):
        edited = edited.edit(f"repeat_1[1]/dense_1:{after}", weight=outgoing[:, after])
    more = edited.evaluate(data)["log_loss"] - model.evaluate(data)["log_loss"]
    assert found.increases[unit] == pytest.approx(more, rel=1e-3, abs=1e-5)


def test_a_neuron_without_outgoing_weight_has_no_importance(iris: fm.Model) -> None:
    data = fm.datasets.load("iris")
    model = iris
    for unit in range(3):
        model = model.edit(f"out:{unit}", weight={4: 0.0})
    found = unit_importance(model, data)
    assert found.increases[4] == pytest.approx(0, abs=1e-6)
    assert found.ranked(1)[0][0] != "hidden:4"

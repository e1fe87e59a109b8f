"""Every derivative of a step is JAX's own, and every update the training's."""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np
import optax
import pytest
from tests.catalogue import LAYERS
from tests.catalogue_rows import LayerRow
from tests.inspect.worked import network_of, rows_of, variables_of

import fathom as fm
from fathom import losses
from fathom.compilation import quick_compilation
from fathom.errors import InputError
from fathom.inspect.backpropagation import Backpropagation
from fathom.variables import split_state

IDS = [row.id for row in LAYERS]
catalogue = pytest.mark.parametrize("index", range(len(LAYERS)), ids=IDS)
SINGLE = [row for row in LAYERS if not row.before and not row.after]


def answered(network: fm.Network, x: Any) -> np.ndarray:
    n = len(jax.tree.leaves(x)[0])
    random = np.random.default_rng(2)
    return random.normal(size=(n, *network.output_shape)).astype(np.float32)


def assert_equal(found: Any, expected: Any, near: float = 1e-6) -> None:
    """Within a share of the largest number."""
    largest = max([1e-3, *(np.abs(e).max() for e in jax.tree.leaves(expected))])
    jax.tree.map(
        lambda f, e: np.testing.assert_allclose(f, e, rtol=near, atol=near * largest),
        dict(found),
        dict(expected),
    )


@functools.cache
def worked(index: int) -> tuple[fm.Network, Any, Any, Any, Backpropagation]:
    """A row of the catalogue: network, variables, rows, answers, derivatives."""
    row = LAYERS[index]
    network = network_of(row)
    variables, x = variables_of(network), rows_of(row)
    y = answered(network, x)
    found = fm.Model(network, variables).backpropagate(x, y)
    return network, variables, x, y, found


@catalogue
def test_gradients_of_every_family_are_those_of_jax(index: int) -> None:
    network, variables, x, y, found = worked(index)
    parameters, state = split_state(variables)

    def cost(own: Any) -> jax.Array:
        forward = network.forward({**own, "state": state}, x)
        values = losses.get("mse")(forward.outputs, y)
        extra = 0.0 if forward.penalty is None else forward.penalty
        return (values + extra).mean()

    compiled = jax.jit(jax.grad(cost), compiler_options=quick_compilation())
    assert_equal(found.gradients, compiled(parameters))


@pytest.mark.slow
@pytest.mark.parametrize("row", SINGLE, ids=[row.id for row in SINGLE])
def test_derivative_at_a_layers_output_is_that_of_the_layers_behind(
    row: LayerRow,
) -> None:
    behind = [fm.Flatten(name="flat"), fm.Dense(2, name="head")]
    network = fm.Network([row.layer, *behind], row.shape)
    variables, x = variables_of(network), rows_of(row)
    y = answered(network, x)
    found = fm.Model(network, variables).backpropagate(x, y)
    first = network.layers[0].name
    a = found.trace[str(first)].output
    tail = fm.Network(behind, a.shape[1:])

    def cost(a: jax.Array) -> jax.Array:
        return losses.get("mse")(tail.apply(variables, a), y).mean()

    # One way is compiled as a whole: float32 rounds differently in the two.
    near = 1e-5
    compiled = jax.jit(jax.grad(cost), compiler_options=quick_compilation())
    assert_equal({"a": found[str(first)].d_output}, {"a": compiled(a)}, near)


@catalogue
def test_bias_gradient_is_the_sum_of_the_derivatives_at_the_weighted_sum(
    index: int,
) -> None:
    row, found = LAYERS[index], worked(index)[-1]
    for layer in found:
        bias, dz = layer.gradients.get("bias"), layer.d_weighted_sum
        if bias is None or dz is None or np.ndim(bias) != 1:
            continue
        if layer.address.startswith("on_") or getattr(row.layer, "shared", False):
            continue  # several share the bias: each has its part
        total = dz.reshape(-1, dz.shape[-1]).sum(0)
        assert_equal({"b": total}, {"b": bias}, near=1e-5)


def classifier() -> tuple[fm.Model, np.ndarray, np.ndarray]:
    network = fm.Network(
        [fm.Dense(5, "tanh", name="hidden"), fm.Dense(3, "softmax", name="out")], (4,)
    )
    random = np.random.default_rng(0)
    x = random.normal(size=(6, 4)).astype(np.float32)
    model = fm.Model(network, variables_of(network), loss="cross_entropy")
    return model, x, np.array([0, 1, 2, 0, 1, 2])


def test_derivative_at_a_softmax_with_cross_entropy_is_output_minus_target() -> None:
    model, x, y = classifier()
    found = model.backpropagate(x, y)
    expected = (found.trace.outputs - np.eye(3)[y]) / len(y)
    np.testing.assert_allclose(
        found["out"].d_weighted_sum, expected, rtol=1e-5, atol=1e-7
    )


def test_derivative_at_the_output_is_that_of_the_loss_formula() -> None:
    model, x, y = classifier()
    found = model.backpropagate(x, y)
    expected = -np.eye(3)[y] / found.trace.outputs / len(y)
    np.testing.assert_allclose(found["out"].d_activation, expected, rtol=1e-5)


def test_softmax_derivatives_pass_through_its_jacobian() -> None:
    model, x, y = classifier()
    found = model.backpropagate(x, y)
    a, da = found.trace.outputs, found["out"].d_activation
    expected = a * (da - (a * da).sum(1, keepdims=True))
    np.testing.assert_allclose(
        found["out"].d_weighted_sum, expected, rtol=1e-4, atol=1e-7
    )


def test_chain_rule_of_a_neuron_multiplies_up() -> None:
    model, x, y = classifier()
    neuron = model.backpropagate(x, y).neuron("hidden:2", row=3)
    sent_back = sum(term.product for term in neuron.downstream)
    assert sent_back == pytest.approx(neuron.d_activation, rel=1e-5)
    steep = 1 - neuron.neuron.activation**2
    (dz,) = neuron.d_weighted_sums
    assert dz == pytest.approx(neuron.d_activation * steep, rel=1e-5)


def test_weight_gradient_of_a_neuron_is_the_sum_over_rows_of_input_times_dz() -> None:
    model, x, y = classifier()
    found = model.backpropagate(x, y)
    dz = found["hidden"].d_weighted_sum[:, 2]
    by_name = {one.name: one.gradient for one in found["hidden:2"].weights}
    assert by_name["weight[1,2] of input:1"] == pytest.approx(
        (x[:, 1] * dz).sum(), 1e-4
    )
    assert by_name["bias[2]"] == pytest.approx(dz.sum(), 1e-4)
    assert len(by_name) == 5


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "lion", "rmsprop"])
def test_update_is_that_of_the_first_training_step(optimizer: str) -> None:
    model, x, y = classifier()
    found = model.backpropagate(x, y, optimizer=optimizer, learning_rate=0.01)
    trained = fm.train(
        model.network, (x, y), loss="cross_entropy", optimizer=optimizer,
        learning_rate=0.01, epochs=1, batch_size=len(x), validation=None,
        start_from=model,
    ).model  # fmt: skip
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6),
        dict(found.updated),
        dict(trained.variables),
    )


def test_an_optax_transformation_is_complete_in_itself() -> None:
    model, x, y = classifier()
    found = model.backpropagate(x, y, optimizer=optax.sgd(0.5))
    layer = found["hidden"]
    expected = layer.before["weight"] - 0.5 * layer.gradients["weight"]
    np.testing.assert_allclose(layer.after["weight"], expected, rtol=1e-5)


def test_a_small_step_lowers_the_loss() -> None:
    model, x, y = classifier()
    found = model.backpropagate(x, y, learning_rate=0.05)
    assert found.model.backpropagate(x, y).loss < found.loss


def test_layers_come_from_the_last_to_the_first() -> None:
    model, x, y = classifier()
    assert [one.address for one in model.backpropagate(x, y).layers] == [
        "out",
        "hidden",
    ]


def test_gates_of_a_recurrent_neuron_have_a_derivative_each() -> None:
    network = fm.Network([fm.LSTM(3), fm.Dense(2)], (5, 2))
    x = np.random.default_rng(0).normal(size=(4, 5, 2)).astype(np.float32)
    model = fm.Model(network, variables_of(network))
    found = model.backpropagate(x, answered(network, x))
    neuron = found.neuron("lstm_1:1@2", row=1)
    dz = found["lstm_1"].d_weighted_sum[1, 2]
    assert neuron.d_weighted_sums == tuple(map(float, dz[1::3]))
    assert len(neuron.weights) == 4 * (2 + 3 + 1)


def test_tables_give_their_own_answers() -> None:
    data = fm.datasets.load("iris")
    network = fm.Network([fm.Dense(3, "softmax")])
    model = fm.train(network, data, epochs=1).model
    found = model.backpropagate(data)
    assert found.loss == pytest.approx(model.evaluate(data)["log_loss"], rel=1e-4)


def test_without_answers_the_message_says_what_to_give() -> None:
    network = fm.Network([fm.Dense(1)], (2,))
    model = fm.Model(network, network.init(0))
    with pytest.raises(InputError, match=r"give model.backpropagate\(x, y\)"):
        model.backpropagate(np.ones((2, 2)))


def test_writing_out_names_inputs_derivatives_and_updates() -> None:
    model, x, y = classifier()
    text = str(model.backpropagate(x, y)["hidden:0"])
    assert "dL/dz = dL/da * f'(z)" in text
    assert "weight[0,0] of input:0" in text


@pytest.mark.parametrize("how", [{"learning_rate": -1}, {"learning_rate": "big"},
                                 {"weight_decay": -0.1}])  # fmt: skip
def test_an_update_that_is_none_is_refused(how: dict[str, Any]) -> None:
    network = fm.Network([fm.Dense(1)], (2,))
    model = fm.Model(network, network.init(0))
    with pytest.raises(InputError, match="of backpropagate must be a number, 0 or"):
        model.backpropagate(np.ones((1, 2)), np.ones((1, 1)), **how)

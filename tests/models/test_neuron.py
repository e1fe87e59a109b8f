"""The neuron: a readable door to a network of one `Dense(1)`."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fathom as fm
from fathom.models.neuron import Neuron

NUMBERS = st.floats(-100, 100, allow_subnormal=False)


def test_one_input_gives_a_float():
    activation = Neuron([2, -1], 0.5)([3, 4])
    assert type(activation) is float
    assert activation == 2.5


def test_many_inputs_give_an_array_of_one_activation_each():
    found = Neuron([2, -1], 0.5, "relu")([[3, 4], [0, 1], [1, 0]])
    assert found.tolist() == [2.5, 0.0, 2.5]


def test_bias_is_0_and_activation_identity_unless_given():
    assert Neuron([2, -1])([3, 4]) == 2.0


def test_step_fires_at_a_weighted_sum_of_zero():
    assert Neuron([1], -1, "step")([[0.9], [1.0], [1.1]]).tolist() == [0.0, 1.0, 1.0]


def test_activation_may_be_a_function():
    assert Neuron([3], 0, jnp.square)([2]) == 36.0


def test_network_and_variables_give_the_same_activations():
    neuron = Neuron([0.3, -0.7], 0.1, "tanh")
    x = np.array([[1.0, 2.0], [3.0, -4.0]], np.float32)
    outputs = neuron.network.apply(neuron.variables, x)[:, 0]
    np.testing.assert_allclose(outputs, neuron(x), rtol=1e-6)


def test_variables_go_back_to_the_same_neuron():
    neuron = Neuron([0.25, -0.5], 1.5, "sigmoid")
    assert Neuron.from_variables(neuron.network, neuron.variables) == neuron


def test_trained_model_of_one_neuron_can_be_read():
    X, y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
    result = fm.train(
        fm.Network([fm.Dense(1)]),
        (X, y),
        optimizer="nesterov",
        learning_rate=0.05,
        epochs=300,
    )
    neuron = Neuron.from_model(result.model)
    assert neuron.weights == pytest.approx([2.0], abs=1e-3)
    assert neuron.bias == pytest.approx(1.0, abs=1e-3)


def test_neuron_of_a_layer_has_that_neurons_activation():
    network = fm.Network([fm.Dense(4, "tanh"), fm.Dense(2)], (3,))
    variables = network.init(0)
    x = np.ones((1, 3), np.float32)
    taps = network.forward(variables, x, listen=True).taps
    neuron = Neuron.from_variables(network, variables, "dense_1:2")
    expected = float(taps["dense_1"]["activation"][0, 2])
    assert neuron([1, 1, 1]) == pytest.approx(expected, rel=1e-5)


def test_neuron_inside_a_residual_block_is_found_by_its_path():
    network = fm.Network([fm.Residual([fm.Dense(3, "relu", use_bias=False)])], (3,))
    variables = network.init(0)
    neuron = Neuron.from_variables(network, variables, "residual_1/dense_1:1")
    weight = variables["residual_1"]["dense_1"]["weight"][:, 1]
    assert neuron == Neuron(weight, 0.0, "relu")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=3), NUMBERS)
def test_terms_of_an_explanation_add_up_to_the_sum(pairs, bias):
    weights, x = zip(*pairs, strict=True)
    explained = Neuron(weights, bias).explain(x)
    total = sum(explained.products) + explained.bias
    assert total == pytest.approx(explained.weighted_sum, rel=1e-12, abs=1e-9)


def test_explanation_ends_in_what_the_neuron_gives():
    neuron = Neuron([0.5, -2], 0.25, "sigmoid")
    assert neuron.explain([1, 3]).activation == neuron([1, 3])


def test_explanation_reads_as_a_table():
    lines = str(Neuron([0.5, -2], 0.25, "relu").explain([1, 3])).splitlines()
    assert [line.split() for line in lines] == [
        ["input", "weight", "product"],
        ["x1", "1", "0.5", "0.5"],
        ["x2", "3", "-2", "-6"],
        ["bias", "0.25"],
        ["sum", "-5.25"],
        ["relu", "0"],
    ]


def test_columns_of_the_table_line_up():
    lines = str(Neuron([0.5, -200], 0.25).explain([1, 3])).splitlines()
    assert len({len(line) for line in lines}) == 1


def test_equal_neurons_are_equal_and_can_be_keys():
    assert {Neuron([1, 2], 3): "x"}[Neuron((1.0, 2.0), 3.0)] == "x"


@pytest.mark.parametrize("shape", [(3,), (1,), (4, 3), ()])
def test_wrong_length_names_both_lengths(shape):
    length = shape[-1] if shape else 1
    message = f"has 2 weights, .* length {length}, shape "
    with pytest.raises(fm.InputError, match=message):
        Neuron([1, 2])(np.ones(shape))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Neuron([]), r"'weights' parameter of Neuron must be a list of finite"),
        (lambda: Neuron(2.0), r"'weights' .* Got 2\.0 instead"),
        (lambda: Neuron([1, float("nan")]), r"'weights' .* Got \[1, nan\] instead"),
        (lambda: Neuron(["a"]), r"'weights' .* Got \['a'\] instead"),
        (lambda: Neuron([[1], [2, 3]]), r"'weights' parameter of Neuron must be"),
        (lambda: Neuron([1], "b"), r"'bias' .* one finite number. Got 'b' instead"),
        (lambda: Neuron([1], [1, 2]), r"'bias' .* one finite number"),
        (lambda: Neuron([1], 0, "rellu"), r"Unknown activation 'rellu'. Did you mean"),
        (lambda: Neuron([1], 0, "softmax"), r"such as 'sigmoid': softmax compares"),
        (lambda: Neuron([1])(["a"]), r"Inputs must be numbers. Got \['a'\] instead"),
        (lambda: Neuron([1])([[1], [2, 3]]), r"Inputs must be numbers"),
        (lambda: Neuron([1]).explain([[1], [2]]), r"one input of shape \(1,\). Got"),
        (lambda: Neuron([0, 0], 1).decision_boundary(), r"All weights are 0"),
    ],
)
def test_bad_input_is_said_plainly(call, message):
    with pytest.raises(fm.InputError, match=message):
        call()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (None, r"more than one neuron: .* dense_1 \(4\), dense_2 \(2\)"),
        ("dense_1", r"written layer:index, such as 'hidden_1:17'. Got 'dense_1'"),
        ("dense_1:x", r"written layer:index"),
        ("dense_1:4", r"has neurons dense_1:0 to dense_1:3. Got 'dense_1:4'"),
        ("dense_3:0", r"There is no layer 'dense_3'. Did you mean"),
        ("dropout_1:0", r"Layer 'dropout_1' \(Dropout\) is not Dense"),
        ("repeat_1/dense_1:0", r"inside a Repeat, no neuron can be taken out"),
    ],
)
def test_address_without_a_neuron_is_said_plainly(address, message):
    layers = [
        fm.Dense(4),
        fm.Dropout(0.5),
        fm.Repeat([fm.Dense(4)], 2),
        fm.Dense(2, name="dense_2"),
    ]
    network = fm.Network(layers, (3,))
    with pytest.raises(fm.InputError, match=message):
        Neuron.from_variables(network, network.init(0), address)

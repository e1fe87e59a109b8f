"""Every neuron's terms add up to what the network itself computed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from tests.catalogue import LAYERS
from tests.catalogue_rows import LayerRow
from tests.inspect.worked import model_of, rows_of

import fathom as fm
from fathom import activations
from fathom.errors import InputError
from fathom.inspect.addresses import Address, at_index
from fathom.inspect.trace import Trace

ROW = 1


def neurons(trace: Trace, n: int = 3) -> list[str]:
    """Some neurons of every layer, at different places."""
    random = np.random.default_rng(0)
    found = []
    for layer in trace:
        if isinstance(layer.output, Mapping):
            continue
        shape = layer.output.shape[1:]
        for _ in range(n):
            index = tuple(int(random.integers(0, size)) for size in shape)
            found.append(at_index(layer.address, index))
    return found


@pytest.mark.parametrize("row", LAYERS, ids=[row.id for row in LAYERS])
def test_terms_of_every_layer_add_up_to_the_networks_own_sum(row: LayerRow) -> None:
    trace = model_of(row).trace(rows_of(row))
    for address in neurons(trace):
        neuron = trace.neuron(address, ROW)
        assert neuron.sums, address
        for one in neuron.sums:
            scale = max([1.0, *(abs(term.product) for term in one.terms)])
            assert abs(one.total - one.value) <= 1e-5 * scale, (address, one.name)


@pytest.mark.slow
@pytest.mark.parametrize("row", LAYERS, ids=[row.id for row in LAYERS])
def test_outputs_of_a_trace_are_the_predictions(row: LayerRow) -> None:
    model, rows = model_of(row), rows_of(row)
    trace = model.trace(rows)
    np.testing.assert_allclose(trace.outputs, model.predict(rows), rtol=1e-5, atol=1e-5)
    last = model.network.layers[-1].name
    np.testing.assert_array_equal(trace[str(last)].output, trace.outputs)


@pytest.mark.parametrize("name", ["relu", "tanh", "softmax", "step", "gelu"])
def test_activation_of_a_neuron_is_the_function_of_its_sum(name: str) -> None:
    network = fm.Network([fm.Dense(4, name)], (3,))
    x = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    trace = fm.Model(network, network.init(0)).trace(x)
    z = np.array([trace.neuron(f"dense_1:{j}").weighted_sum for j in range(4)])
    expected = activations.get(name)(z.astype(np.float32))
    found = [trace.neuron(f"dense_1:{j}").activation for j in range(4)]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_neuron_written_out_by_hand() -> None:
    network = fm.Network([fm.Dense(1, "relu", name="out")], (2,))
    variables = {"out": {"weight": np.array([[2.0], [-3.0]]), "bias": np.array([0.5])}}
    neuron = fm.Model(network, variables).trace(np.array([[1.0, 0.25]]))["out:0"]
    written = [(t.name, t.input, t.weight, t.product) for t in neuron.terms]
    assert written == [("input:0", 1.0, 2.0, 2.0), ("input:1", 0.25, -3.0, -0.75)]
    assert (neuron.bias, neuron.weighted_sum, neuron.activation) == (0.5, 1.75, 1.75)
    assert neuron.how == ("a = relu(z) = relu(1.75) = 1.75",)


def test_the_first_layers_inputs_have_the_names_of_the_columns() -> None:
    table = {"age": [20, 30, 41, 52], "city": ["Rome", "Oslo", "Rome", "Oslo"]}
    answer = ["yes", "no", "yes", "no"]
    network = fm.Network([fm.Dense(2, "tanh"), fm.Dense(2, "softmax")])
    data = fm.read({**table, "answer": answer}, target="answer")
    model = fm.train(network, data, epochs=1, validation=None).model
    names = {term.name for term in model.trace(table)["dense_1:0"].terms}
    assert names == set(model.preprocessing.feature_names)
    assert "age" in names


def test_later_layers_name_the_neuron_and_not_its_copy() -> None:
    layers = [fm.Conv(2, 3), fm.Dropout(0.5), fm.Flatten(), fm.Dense(1)]
    network = fm.Network(layers, (3, 3, 1))
    model = fm.Model(network, network.init(0))
    names = [t.name for t in model.trace(np.ones((1, 3, 3, 1)))["dense_1:0"].terms]
    assert len(names) == len(set(names)) == 18
    assert "conv_1:1@2,0" in names


def test_a_place_that_is_not_given_is_the_most_active_one() -> None:
    network = fm.Network([fm.Conv(1, 1, weight_init="constant(1.0)")], (2, 2, 1))
    trace = fm.Model(network, network.init(0)).trace(
        np.array([[[[1.0], [2.0]], [[4.0], [3.0]]]])
    )
    assert trace["conv_1:0"].address == "conv_1:0@1,0"


def test_any_step_of_a_recurrent_neuron_can_be_looked_at() -> None:
    network = fm.Network([fm.LSTM(3)], (5, 2))
    model = fm.Model(network, network.init(0))
    rows = np.random.default_rng(0).normal(size=(1, 5, 2)).astype(np.float32)
    trace = model.trace(rows)
    assert trace["lstm_1:1"].address == "lstm_1:1"
    assert trace["lstm_1:1"].sums == trace["lstm_1:1@4"].sums
    assert trace["lstm_1:1@2"].sums != trace["lstm_1:1@4"].sums
    names = {term.name for term in trace["lstm_1:1@2"].terms}
    assert names >= {"input:0@2", "lstm_1:0@1"}


def test_a_layer_of_a_users_own_that_is_no_sum_says_so() -> None:
    network = fm.Network([SquaredInTest()], (3,))
    neuron = fm.Model(network, {}).trace(np.array([[1.0, 2.0, 3.0]]))[
        "squared_in_test_1:1"
    ]
    assert neuron.sums == ()
    assert "no sum" in neuron.how[0]


def test_blocks_of_a_repeat_have_addresses_of_their_own() -> None:
    network = fm.Network([fm.Repeat(fm.Dense(2, "tanh"), 3)], (2,))
    model = fm.Model(network, network.init(0))
    trace = model.trace(np.array([[0.3, -0.2]]))
    assert trace.addresses == (
        *(f"repeat_1[{i}]/dense_1" for i in range(3)),
        "repeat_1",
    )
    names = [term.name for term in trace["repeat_1[2]/dense_1:0"].terms]
    assert sorted(names) == ["repeat_1[1]/dense_1:0", "repeat_1[1]/dense_1:1"]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("hidden:0", "There is no layer 'hidden'. Did you mean 'hidden_1'?"),
        ("hidden_1:4", "has the units from 0 to 3. Got 4"),
        ("hidden_1:0@2", "has no place: write 'hidden_1:0'"),
        ("hidden_1:", "An address is a layer"),
        ("hidden_1:x", "An address is a layer"),
        ("repeat_1/dense_1:0", r"Did you mean 'repeat_1\[\d\]/dense_1'"),
    ],
)
def test_an_address_that_leads_nowhere_says_what_there_is(
    address: str, message: str
) -> None:
    layers = [
        fm.Dense(4, "relu", name="hidden_1"),
        fm.Repeat(fm.Dense(4), 2),
    ]
    network = fm.Network(layers, (2,))
    trace = fm.Model(network, network.init(0)).trace(np.ones((1, 2)))
    with pytest.raises(InputError, match=message):
        trace[address]


@pytest.mark.parametrize("row", [-1, 2, 1.0, "a"])
def test_a_row_that_was_not_traced_is_refused(row: object) -> None:
    network = fm.Network([fm.Dense(1)], (2,))
    trace = fm.Model(network, network.init(0)).trace(np.ones((2, 2)))
    with pytest.raises(InputError, match="row must be from 0 to 1"):
        trace.neuron("dense_1:0", row=row)  # pyright: ignore


@pytest.mark.parametrize("text", ["conv_2:5@3,4", "a", "r_1[3]/d:0", "b[left]/c:1@2"])
def test_an_address_reads_back_as_it_is_spelled(text: str) -> None:
    assert str(Address.parse(text)) == text


def test_a_neuron_in_html_cannot_carry_a_columns_markup() -> None:
    network = fm.Network([fm.Dense(1)])
    rows = {"<script>x</script>": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.0, 3.1, 4.2]}
    data = fm.read(rows, target="y")
    model = fm.train(network, data, epochs=1, validation=None).model
    page = model.trace(rows)["dense_1:0"]._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


class SquaredInTest(fm.Layer):
    """The square of its input."""

    def apply(self, variables, x, scope):
        """Return the square."""
        return x * x + 1

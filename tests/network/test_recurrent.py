"""What recurrent layers promise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from tests.tolerances import CLOSE

import fathom as fm
from fathom.layers import Scope

INPUTS, UNITS, TIME = 3, 4, 7
FAMILIES = {
    "RNN": fm.RNN,
    "LSTM": fm.LSTM,
    "GRU": fm.GRU,
}
families = pytest.mark.parametrize("family", FAMILIES)
trainings = pytest.mark.parametrize("training", [False, True])
directions = pytest.mark.parametrize("bidirectional", [False, True])
# Padded at the end, at the start, in the middle, and altogether.
STEPS = jnp.ones((4, TIME)).at[0, 4:].set(0).at[1, :2].set(0).at[2, 3].set(0)
STEPS = STEPS.at[3].set(0)


def numbers(*shape: int, seed: int = 0) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), shape)


def made(family: str, **settings: Any) -> tuple[Any, Any]:
    """A layer, and variables away from their start."""
    layer = FAMILIES[family](UNITS, **settings)
    drawn = layer.init(jax.random.key(1), (TIME, INPUTS))
    return layer, jax.tree.map(lambda a: a + 0.3 * numbers(*a.shape), drawn)


@trainings
@directions
@families
def test_padded_steps_count_as_if_they_were_not_there(
    family: str, bidirectional: bool, training: bool
) -> None:
    layer, variables = made(family, bidirectional=bidirectional)
    x = numbers(4, TIME, INPUTS)
    outputs = layer.apply(variables, x, Scope(training, steps=STEPS))
    for row in range(3):
        short = x[row : row + 1, np.asarray(STEPS[row]) > 0]
        expected = layer.apply(variables, short, Scope(training))
        np.testing.assert_allclose(outputs[row : row + 1], expected, **CLOSE)
    np.testing.assert_array_equal(outputs[3], jnp.zeros_like(outputs[3]))


@trainings
@families
def test_a_sequence_is_zero_at_padded_steps_only(family: str, training: bool) -> None:
    layer, variables = made(family, returns="sequence", bidirectional=True)
    scope = Scope(training, steps=STEPS)
    outputs = layer.apply(variables, numbers(4, TIME, INPUTS), scope)
    np.testing.assert_array_equal((outputs != 0).all(-1), STEPS > 0)


@trainings
@families
def test_last_is_the_end_of_the_sequence(family: str, training: bool) -> None:
    layer, variables = made(family, returns="sequence", bidirectional=True)
    last = FAMILIES[family](UNITS, bidirectional=True)
    x = numbers(2, TIME, INPUTS)
    a = layer.apply(variables, x, Scope(training))
    ends = jnp.concatenate([a[:, -1, :UNITS], a[:, 0, UNITS:]], axis=-1)
    found = last.apply(variables, x, Scope(training))
    np.testing.assert_allclose(found, ends, **CLOSE)


@pytest.mark.parametrize("is_padded", [False, True])
@pytest.mark.parametrize("returns", ["last", "sequence"])
@families
def test_fast_gradient_is_the_plain_one_inside_a_loop(
    family: str, returns: str, is_padded: bool
) -> None:
    layer, variables = made(family, returns=returns, bidirectional=True)
    x, steps = numbers(4, TIME, INPUTS), STEPS if is_padded else None

    def gradients(is_watched: bool) -> Any:
        def score(variables: Any, x: jax.Array) -> jax.Array:
            taps: Any = {} if is_watched else None
            scope = Scope(True, steps=steps, taps=taps)
            return (layer.apply(variables, x, scope) ** 2).sum()

        def step(x: jax.Array, _: None) -> tuple[jax.Array, Any]:
            dw, dx = jax.grad(score, (0, 1))(variables, x)
            return x - 0.01 * dx, dw

        return jax.jit(lambda x: lax.scan(step, x, length=2))(x)

    fast, plain = gradients(False), gradients(True)
    largest = max(float(jnp.abs(a).max()) for a in jax.tree.leaves(plain))
    for a, b in zip(jax.tree.leaves(fast), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6 * largest)


@families
def test_prediction_has_a_forward_mode_derivative(family: str) -> None:
    layer, variables = made(family)
    x, direction = numbers(2, TIME, INPUTS), numbers(2, TIME, INPUTS, seed=1)

    def outputs(x: jax.Array) -> jax.Array:
        return layer.apply(variables, x, Scope())

    _, forward = jax.jvp(outputs, (x,), (direction,))
    jacobian = jax.jacrev(outputs)(x)
    expected = jnp.tensordot(jacobian, direction, 3)
    np.testing.assert_allclose(forward, expected, **CLOSE)


@families
def test_recurrent_weights_of_every_gate_keep_lengths(family: str) -> None:
    layer = FAMILIES[family](UNITS)
    variables = layer.init(jax.random.key(0), (TIME, INPUTS))
    u = np.asarray(variables["weight_recurrent"])
    for gate in np.split(u, u.shape[1] // UNITS, axis=1):
        np.testing.assert_allclose(gate.T @ gate, np.eye(UNITS), atol=1e-6)


@families
def test_input_weights_start_with_the_fans_of_one_gate(family: str) -> None:
    layer = FAMILIES[family](200)
    weight = layer.init(jax.random.key(0), (TIME, 100))["weight"]
    bound = np.sqrt(6 / (100 + 200))  # Glorot and Bengio 2010
    assert 0.99 * bound < np.abs(weight).max() <= bound


def test_gates_are_drawn_each_for_itself() -> None:
    weight = fm.LSTM(2).init(jax.random.key(0), (TIME, 3))["weight"]
    assert len(np.unique(weight)) == weight.size


@pytest.mark.parametrize("forget_bias", [1.0, -2.5])
def test_forget_gates_alone_start_with_the_forget_bias(forget_bias: float) -> None:
    layer = fm.LSTM(2, forget_bias=forget_bias)
    bias = layer.init(jax.random.key(0), (TIME, INPUTS))["bias"]
    expected = [0, 0, forget_bias, forget_bias, 0, 0, 0, 0]
    np.testing.assert_array_equal(bias, np.array(expected, np.float32))


def test_a_cell_with_open_gates_adds_up_its_candidates() -> None:
    """Sigmoids of +-40 are 1 and 0: the cell keeps everything and reads half of it."""
    bias = jnp.asarray([40.0, 40.0, 0.0, 0.0])  # i and f open, o half open
    variables = {
        "weight": jnp.asarray([[0.0, 0.0, 1.0, 0.0]]),
        "weight_recurrent": jnp.zeros((1, 4)),
        "bias": bias,
    }
    x = jnp.asarray([[[0.1], [-0.3], [0.5]]])
    outputs = fm.LSTM(1).apply(variables, x, Scope())
    c = np.tanh(0.1) - np.tanh(0.3) + np.tanh(0.5)
    np.testing.assert_allclose(outputs, [[0.5 * np.tanh(c)]], **CLOSE)


@directions
@families
def test_taps_have_a_value_for_every_step(family: str, bidirectional: bool) -> None:
    layer, variables = made(family, bidirectional=bidirectional)
    scope = Scope(taps={})
    outputs = layer.apply(variables, numbers(2, TIME, INPUTS), scope)
    taps: Any = scope.taps
    for way in ("forward", "backward") if bidirectional else ("",):
        own, bias = taps[way], (variables[way] if way else variables)["bias"]
        assert own["weighted_sum"].shape == (2, TIME, bias.size)
        assert own["activation"].shape == (2, TIME, UNITS)
        assert ("cell" in own) == (family == "LSTM")
    if bidirectional:
        np.testing.assert_array_equal(taps[""]["activation"], outputs)
    else:
        np.testing.assert_array_equal(taps[""]["activation"][:, -1], outputs)


@families
def test_half_precision_is_near_full_precision(family: str) -> None:
    layer, variables = made(family)
    x = numbers(2, TIME, INPUTS)
    exact = layer.apply(variables, x, Scope(True))
    rounded = layer.apply(variables, x, Scope(True, precision="bfloat16"))
    assert rounded.dtype == jnp.float32
    np.testing.assert_allclose(rounded, exact, rtol=0, atol=0.05)
    assert np.abs(rounded - exact).max() > 0


@pytest.mark.parametrize(("family", "gates"), [("RNN", 1), ("LSTM", 4), ("GRU", 3)])
def test_multiply_adds_count_every_gate_of_every_step(family: str, gates: int) -> None:
    one = FAMILIES[family](6).multiply_adds((10, 5))
    assert one == 10 * gates * (5 * 6 + 6 * 6)
    both = FAMILIES[family](6, bidirectional=True).multiply_adds((10, 5))
    assert both == 2 * one


def test_the_activation_inside_a_recurrence_is_not_taken_off() -> None:
    """Cross-entropy takes the logits behind a final sigmoid; here are none."""
    network = fm.Network([fm.RNN(1, "sigmoid")], input_shape=(TIME, INPUTS))
    assert network.without_output_activation() == (network, None)


def test_padding_of_an_embedding_reaches_layers_behind_each_other() -> None:
    layers = [
        fm.Embedding(5, INPUTS, padding=0),
        fm.GRU(UNITS, "sequence", bidirectional=True),
        fm.LSTM(UNITS),
    ]
    short = fm.Network(layers, input_shape=(4,))
    long = short.with_input_shape((6,))
    variables = short.init(0)
    tokens = np.random.default_rng(0).integers(1, 5, (3, 4))
    filled = np.pad(tokens, ((0, 0), (0, 2)))
    expected = short.apply(variables, tokens)
    np.testing.assert_allclose(long.apply(variables, filled), expected, **CLOSE)


def shape_of(layer: fm.Layer, shape: tuple[int, ...]) -> Any:
    return lambda: layer.output_shape(shape)


MISTAKES = {
    "units": (lambda: fm.LSTM(0), "'units' parameter of LSTM must be a whole number"),
    "returns": (
        lambda: fm.GRU(3, returns="all"),
        "'returns' parameter of GRU must be 'last' or 'sequence'. Got 'all'",
    ),
    "unhashable": (lambda: fm.GRU(3, returns=["last"]), r"Got \['last'\] instead"),
    "bidirectional": (lambda: fm.RNN(3, bidirectional=2), "must be True or False"),
    "activation": (lambda: fm.RNN(3, "tanhh"), "Did you mean 'tanh'"),
    "weight_init": (lambda: fm.RNN(3, weight_init="autoo"), "Did you mean 'auto'"),
    "recurrent_init": (
        lambda: fm.LSTM(3, recurrent_init="orthogonl"),
        "Did you mean 'orthogonal'",
    ),
    "forget_bias": (
        lambda: fm.LSTM(3, forget_bias="one"),
        "'forget_bias' parameter of LSTM must be a number. Got 'one'",
    ),
    "axes": (
        shape_of(fm.LSTM(3, name="memory"), (8,)),
        r"Layer 'memory' \(LSTM\) cannot take inputs of shape \(8,\): it expects a "
        r"sequence, \(time, inputs\)",
    ),
    "stacked": (
        lambda: fm.Network([fm.GRU(3), fm.GRU(3)], input_shape=(5, 2)),
        r"'gru_2' \(GRU\) cannot take inputs of shape \(3,\).*returns='sequence'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_said_in_words(mistake: str) -> None:
    make, message = MISTAKES[mistake]
    with pytest.raises(fm.InputError, match=message):
        make()

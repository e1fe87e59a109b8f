"""What every layer family promises, for every row of the catalogue."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.catalogue import LAYERS
from tests.catalogue_rows import LayerRow
from tests.tolerances import CLOSE

import fathom as fm
from fathom.variables import split_state

rows = pytest.mark.parametrize("row", LAYERS, ids=lambda row: row.id)


def made(row: LayerRow) -> tuple[fm.Network, Any, np.ndarray]:
    """A network of that layer alone, variables away from their start, and inputs."""
    layers = [*row.before, row.layer, *row.after]
    network = fm.Network(layers, input_shape=row.shape)
    random = np.random.default_rng(0)
    variables = jax.tree.map(
        lambda a: a + jnp.asarray(0.3 * np.abs(random.normal(size=a.shape)), a.dtype),
        network.init(0),
    )
    if row.is_token:
        return network, variables, random.integers(0, 5, (6, *row.shape))
    if isinstance(row.shape, dict):
        named = {name: random.normal(size=(6, *s)) for name, s in row.shape.items()}
        return network, variables, jax.tree.map(as_default, named)
    return network, variables, as_default(random.normal(size=(6, *row.shape)))


def as_default(x: np.ndarray) -> np.ndarray:
    return x.astype(jnp.result_type(float))


def inner(network: fm.Network, variables: Any) -> tuple[Any, Any]:
    """Parameters and running statistics of the only layer, or of all."""
    name = network.layers[0].name
    parameters, state = jax.device_get(split_state(variables))
    if len(network.layers) > 1:
        return parameters, state
    return parameters.get(name, {}), state.get(name, {})


def test_every_family_has_a_row() -> None:
    rowed = {type(row.layer).__name__ for row in LAYERS}
    # The guide's examples, which are run as tests, define families of their own.
    families = fm.Layer.registry.values()
    own = {family for family in families if family.__module__.startswith("fathom.")}
    assert rowed == {family.__name__ for family in own}


@rows
def test_layer_agrees_with_its_twin(row: LayerRow) -> None:
    network, variables, x = made(row)
    expected = row.twin(*inner(network, variables), x)
    np.testing.assert_allclose(network.apply(variables, x), expected, **CLOSE)
    assert expected.shape == (6, *network.output_shape)


@rows
def test_compiled_equals_eager(row: LayerRow) -> None:
    network, variables, x = made(row)
    eager = network.apply(variables, x)
    np.testing.assert_allclose(network.compiled_apply(variables, x), eager, **CLOSE)


@rows
def test_batch_equals_row_by_row(row: LayerRow) -> None:
    network, variables, x = made(row)
    apply = network.compiled_apply
    one_by_one = [
        apply(variables, jax.tree.map(lambda a: a[i : i + 1], x))[0]  # noqa: B023
        for i in range(6)
    ]
    np.testing.assert_allclose(apply(variables, x), one_by_one, **CLOSE)


@rows
def test_seeds_at_once_equal_seeds_one_by_one(row: LayerRow) -> None:
    network, _, x = made(row)
    seeds = [network.init(seed) for seed in range(3)]
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *seeds)
    # Three numbers go along, for layers that have no variables.
    apply = jax.jit(jax.vmap(lambda variables, _: network.apply(variables, x)))
    at_once = apply(stacked, jnp.arange(3))
    one_by_one = [network.compiled_apply(variables, x) for variables in seeds]
    np.testing.assert_allclose(at_once, one_by_one, **CLOSE)


def test_start_values_drawn_at_once_equal_those_drawn_one_by_one() -> None:
    network = fm.Network([fm.LSTM(3), fm.Residual([fm.Dense(3)])], (5, 3))
    keys = jax.random.split(jax.random.key(1), 3)
    at_once = jax.vmap(network.init)(keys)
    one_by_one = [network.init(key) for key in keys]
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *one_by_one)
    jax.tree.map(np.testing.assert_array_equal, at_once, stacked)


@rows
def test_listening_changes_no_number(row: LayerRow) -> None:
    network, variables, x = made(row)
    heard = network.forward(variables, x, listen=True)
    np.testing.assert_array_equal(heard.outputs, network.apply(variables, x))
    assert heard.taps


@rows
def test_json_round_trip_gives_the_same_network(row: LayerRow) -> None:
    network = made(row)[0]
    assert fm.Network.from_json(network.to_json()) == network


@rows
def test_summary_counts_the_parameters(row: LayerRow) -> None:
    network, variables, _ = made(row)
    parameters = jax.tree.leaves(split_state(variables)[0])
    assert network.summary().parameters == sum(a.size for a in parameters)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "row", [row for row in LAYERS if not row.is_spiking], ids=lambda row: row.id
)
def test_gradient_agrees_with_finite_differences(row: LayerRow) -> None:
    network, variables, x = made(row)
    variables = jax.tree.map(lambda a: a.astype(float), variables)
    parameters, state = split_state(variables)
    mix = np.random.default_rng(1).normal(size=(6, *network.output_shape))
    joined = {"state": state} if state else {}

    def score(parameters: Any, x: Any) -> jax.Array:
        outputs = network.forward(
            {**parameters, **joined}, x, training=True, key=jax.random.key(0)
        ).outputs
        return jnp.sum(outputs * mix)

    both = (0,) if row.is_token else (0, 1)
    compare_gradients(score, (parameters, x), both)


def compare_gradients(score: Any, arguments: Any, which: tuple[int, ...]) -> None:
    """Hold the gradient along a random direction against a central difference."""
    values_of = jax.jit(score)
    gradients = jax.jit(jax.grad(score, argnums=which))(*arguments)
    random = np.random.default_rng(2)
    for argument, gradient in zip(which, gradients, strict=True):
        direction = jax.tree.map(
            lambda a: random.normal(size=a.shape), arguments[argument]
        )
        slope = sum(
            np.vdot(d, g)
            for d, g in zip(
                jax.tree.leaves(direction), jax.tree.leaves(gradient), strict=True
            )
        )
        values = []
        for sign in (1e-6, -1e-6):
            moved = list(arguments)
            moved[argument] = jax.tree.map(
                lambda a, d, sign=sign: a + sign * d, arguments[argument], direction
            )
            values.append(float(values_of(*moved)))
        difference = (values[0] - values[1]) / 2e-6
        assert slope == pytest.approx(difference, rel=1e-6, abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(
    units=st.integers(1, 5),
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
    rate=st.floats(0, 0.9),
    n=st.integers(1, 3),
)
def test_any_settings_deliver_the_promised_shape(
    units: int, shape: tuple[int, ...], rate: float, n: int
) -> None:
    last = shape[-1]
    network = fm.Network(
        [
            fm.Repeat([fm.Dense(last, "relu"), fm.Dropout(rate), fm.BatchNorm()], n),
            fm.Residual([fm.LayerNorm(), fm.Dense(last)]),
            fm.Concat([fm.Dense(units), []]),
            fm.Reshape((-1,)),
        ],
        input_shape=shape,
    )
    x = jax.ShapeDtypeStruct((2, *shape), np.float32)
    outputs = jax.eval_shape(lambda x: network.apply(network.init(0), x), x)
    assert outputs.shape == (2, *network.output_shape)

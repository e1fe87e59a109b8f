"""Probes of zeros: their gradient is dL/dz, for every layer of a network."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.tolerances import EXACT

import fathom as fm

NETWORK = fm.Network(
    [
        fm.Dense(5, "tanh"),
        fm.Residual([fm.Dense(5, "sigmoid")]),
        fm.Dense(3, "softmax"),
    ],
    (4,),
)
TARGETS = np.array([0, 2, 1, 0, 1, 2])
DENSE = ("dense_1", "residual_1/dense_1", "dense_2")


def backward() -> tuple[Any, Any, Any, Any]:
    """Return variables' gradient, probes' gradient, taps and inputs."""
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(6, 4)))
    y = jnp.asarray(TARGETS)
    variables = jax.tree.map(
        lambda a: jnp.asarray(rng.normal(size=a.shape)), NETWORK.init(0)
    )
    taps = NETWORK.forward(variables, x, listen=True).taps
    probes = {
        address: {"weighted_sum": jnp.zeros_like(taps[address]["weighted_sum"])}
        for address in DENSE
    }

    def cost(variables: Any, probes: Any) -> jax.Array:
        outputs = NETWORK.forward(variables, x, probes=probes).outputs
        return fm.losses.get("cross_entropy")(outputs, y).sum()

    of_variables, of_probes = jax.grad(cost, argnums=(0, 1))(variables, probes)
    return of_variables, of_probes, taps, x


@pytest.mark.usefixtures("float64")
def test_sum_over_the_batch_is_the_gradient_of_the_bias():
    of_variables, of_probes, _, _ = backward()
    for address in DENSE:
        dz = of_probes[address]["weighted_sum"]
        bias = at(of_variables, address)["bias"]
        np.testing.assert_allclose(dz.sum(0), bias, **EXACT)


@pytest.mark.usefixtures("float64")
def test_product_with_the_inputs_is_the_gradient_of_the_weights():
    of_variables, of_probes, taps, x = backward()
    first = taps["dense_1"]["activation"]
    inside = taps["residual_1/dense_1"]["activation"]
    inputs = {"dense_1": x, "residual_1/dense_1": first, "dense_2": first + inside}
    for address in DENSE:
        dz = of_probes[address]["weighted_sum"]
        weight = at(of_variables, address)["weight"]
        np.testing.assert_allclose(inputs[address].T @ dz, weight, **EXACT)


@pytest.mark.usefixtures("float64")
def test_of_the_output_layer_is_probability_minus_target():
    _, of_probes, taps, _ = backward()
    expected = taps["dense_2"]["activation"] - np.eye(3)[TARGETS]
    np.testing.assert_allclose(of_probes["dense_2"]["weighted_sum"], expected, **EXACT)


RECURRENT = {
    "RNN": fm.RNN(3),
    "LSTM": fm.LSTM(3, "sequence"),
    "GRU": fm.GRU(3),
    "both ways": fm.LSTM(3, bidirectional=True),
    "both ways, all steps": fm.GRU(3, "sequence", bidirectional=True),
}
recurrent = pytest.mark.parametrize("kind", RECURRENT)


def through_time(kind: str, is_padded: bool) -> tuple[Any, Any, Any, Any, Any]:
    """Return cost, variables, probes of zeros, taps and inputs of one layer."""
    rng = np.random.default_rng(0)
    layer = RECURRENT[kind]
    masking = [fm.Masking()] if is_padded else []
    network = fm.Network([*masking, dataclasses.replace(layer, name="r")], (5, 2))
    x = rng.normal(size=(4, 5, 2))
    x[0, 3:] = x[1, 1] = 0 if is_padded else 1
    x = jnp.asarray(x)
    variables = jax.tree.map(
        lambda a: jnp.asarray(rng.normal(size=a.shape)), network.init(0)
    )
    mix = rng.normal(size=(4, *network.output_shape))
    taps = network.forward(variables, x, listen=True).taps
    probes = {
        address: {n: jnp.zeros_like(a) for n, a in own.items() if n not in ENDS}
        for address, own in taps.items()
        if address.startswith("r")
    }

    def cost(variables: Any, probes: Any) -> jax.Array:
        outputs = network.forward(variables, x, probes=probes).outputs
        return (outputs * mix).sum()

    return cost, variables, probes, taps, x


ENDS = ("input", "output")


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("is_padded", [False, True])
@recurrent
def test_in_a_recurrent_layer_sum_up_to_the_gradient_of_its_weights(
    kind: str, is_padded: bool
) -> None:
    """Over batch and steps: of the bias, and with the inputs, of the input weights."""
    cost, variables, probes, _, x = through_time(kind, is_padded)
    of_variables, of_probes = jax.jit(jax.grad(cost, (0, 1)))(variables, probes)
    for address in [a for a, own in probes.items() if "weighted_sum" in own]:
        dz = of_probes[address]["weighted_sum"]
        own = at(of_variables, address)
        np.testing.assert_allclose(dz.sum((0, 1)), own["bias"], **EXACT)
        weight = jnp.einsum("bti,btz->iz", x, dz)
        np.testing.assert_allclose(weight, own["weight"], **EXACT)
        assert (jnp.abs(dz).sum((0, 2)) > 0).all()


@pytest.mark.usefixtures("float64")
@recurrent
def test_in_a_recurrent_layer_have_the_slope_of_the_cost(kind: str) -> None:
    """What is added to a gate, cell or state of a step acts on all later steps."""
    cost, variables, probes, _, _ = through_time(kind, is_padded=True)
    gradients = jax.jit(jax.grad(cost, 1))(variables, probes)
    both = jax.jit(cost)
    for address, own in probes.items():
        for name, zeros in own.items():
            away = jnp.asarray(np.random.default_rng(1).normal(size=zeros.shape))
            ends = [
                both(
                    variables,
                    {**probes, address: {**own, name: sign * 1e-6 * away}},
                )
                for sign in (1, -1)
            ]
            slope = float(ends[0] - ends[1]) / 2e-6
            found = float((gradients[address][name] * away).sum())
            assert found == pytest.approx(slope, rel=1e-6, abs=1e-8)


@pytest.mark.usefixtures("float64")
@recurrent
def test_in_a_recurrent_layer_are_part_of_what_is_tapped(kind: str) -> None:
    layer = dataclasses.replace(RECURRENT[kind], name="r")
    network = fm.Network([layer], (5, 2))
    _, variables, probes, taps, x = through_time(kind, is_padded=False)
    first = next(address for address in probes if "weighted_sum" in probes[address])
    # On the first step of one direction: only what follows it moves.
    probe = probes[first]["weighted_sum"].at[0, 0].set(0.5)
    moved = network.forward(
        variables, x, listen=True, probes={first: {"weighted_sum": probe}}
    ).taps[first]["weighted_sum"]
    difference = moved - taps[first]["weighted_sum"]
    # The first gate: a GRU's last one depends on it within the step.
    np.testing.assert_allclose(difference[0, 0, :3], 0.5, **EXACT)
    assert (jnp.abs(difference[0]).sum(-1) > 0).all()
    # Another batch is another product, which may be rounded in another way.
    np.testing.assert_allclose(difference[1:], 0.0, atol=1e-12)


def at(tree: Any, address: str) -> Any:
    for name in address.split("/"):
        tree = tree[name]
    return tree

"""Probes of zeros: their gradient is dL/dz, for every layer of a network."""

from __future__ import annotations

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


def at(tree: Any, address: str) -> Any:
    for name in address.split("/"):
        tree = tree[name]
    return tree

"""Objectives of the user's own are recorded as far as they can be heard."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fathom as fm

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
Y = (np.arange(40) % 2).astype(np.int32)


def network() -> fm.Network:
    return fm.Network([fm.Dense(6, "relu"), fm.Dense(2)], (4,))


def heard(objective: Any) -> Any:
    settings = {"epochs": 2, "batch_size": 10, "objective": objective}
    both = [
        fm.train(network(), (X, Y), record=record, **settings)
        for record in (True, False)
    ]
    variables = [result.model.variables for result in both]
    jax.tree.map(np.testing.assert_array_equal, *variables)
    return both[0].history


def test_what_an_objective_runs_forward_is_heard() -> None:
    def objective(network: Any, variables: Any, batch: Any, key: Any) -> Any:
        outputs = network.apply(variables, batch.x)
        return jnp.square(outputs).sum(-1)

    layers = heard(objective).layers
    assert "dead_units" in layers["dense_1"]
    assert "gradient_norm" in layers["dense_2"]


def test_triplets_are_recorded() -> None:
    assert "dead_units" in heard(fm.objectives.triplet()).layers["dense_1"]


def test_what_happens_inside_another_transformation_does_no_harm() -> None:
    def objective(network: Any, variables: Any, batch: Any, key: Any) -> Any:
        def one(x: Any) -> Any:
            return jnp.square(network.apply(variables, x[None])).sum()

        return jax.vmap(one)(batch.x) + jax.vmap(jax.grad(one))(batch.x).sum(-1)

    layers = heard(objective).layers
    assert "gradient_norm" in layers["dense_1"]
    assert "dead_units" not in layers["dense_1"]


def test_two_players_are_recorded_by_their_parameters() -> None:
    maker = fm.Network([fm.Dense(6, "relu"), fm.Dense(4)], (2,))
    judge = fm.Network([fm.Dense(6, "relu"), fm.Dense(1, "sigmoid")], (4,))
    gan = fm.train_gan(maker, judge, X, epochs=2)
    assert "gradient_norm" in gan.history.layers["generator/dense_1"]
    assert "update_ratio" in gan.history.layers["discriminator/dense_2"]
    plain = fm.train_gan(maker, judge, X, epochs=2, record=False)
    both = (gan.generator.variables, plain.generator.variables)
    jax.tree.map(np.testing.assert_array_equal, *both)

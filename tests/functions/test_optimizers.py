"""Optimizers: their formulas, optax's own, and that they find a minimum."""

from __future__ import annotations

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from tests.catalogue_functions import OPTIMIZER_ROWS

from fathom import optimizers
from fathom.errors import InputError

ROWS = pytest.mark.parametrize("row", OPTIMIZER_ROWS, ids=lambda row: row.name)
GRADIENTS = [1.0, 0.5, -2.0, 0.1, 0.1, -0.3]


@ROWS
def test_directions_equal_the_formula(row):
    direction = optimizers.build(row.name).direction
    with jax.enable_x64(True):
        update = jax.jit(direction.update)
        state, found = direction.init(jnp.zeros(())), []
        for gradient in GRADIENTS:
            step, state = update(jnp.asarray(gradient), state)
            found.append(float(step))
    np.testing.assert_allclose(found, row.twin(GRADIENTS), rtol=1e-6)


@ROWS
def test_finds_the_minimum_of_a_quadratic_with_a_falling_rate(row):
    direction = optimizers.build(row.name).direction
    target, curvature = jnp.array([1.0, -2.0]), jnp.array([1.0, 3.0])

    def one_step(carry, rate):
        p, state = carry
        step, state = direction.update(curvature * (p - target), state, p)
        return (p - rate * step, state), None

    rates = row.learning_rate * jnp.linspace(1, 0, 3000) ** 2
    start = (jnp.zeros(2), direction.init(jnp.zeros(2)))
    (end, _), _ = jax.jit(lambda: jax.lax.scan(one_step, start, rates))()
    np.testing.assert_allclose(end, target, atol=1e-2)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("sgd", optax.sgd(0.02)),
        ("momentum", optax.sgd(0.02, momentum=0.9)),
        ("nesterov", optax.sgd(0.02, momentum=0.9, nesterov=True)),
        ("adagrad", optax.adagrad(0.02)),
        ("rmsprop", optax.rmsprop(0.02)),
        ("adam", optax.adam(0.02)),
        ("adamw", optax.adamw(0.02)),
        ("lion", optax.lion(0.02, weight_decay=0.0)),
    ],
)
def test_is_optax_step_for_step(name, theirs):
    ours = optimizers.build(name)
    p = q = jnp.array([0.5, -1.0, 2.0])
    state, their_state = ours.direction.init(p), theirs.init(q)
    for step in range(5):
        gradient = jnp.sin(jnp.arange(3.0) + step)
        direction, state = ours.direction.update(gradient, state, p)
        p = p - 0.02 * (direction + ours.default_weight_decay * p)
        # optax's Adam mixes integers and floats.
        with jax.numpy_dtype_promotion("standard"):
            update, their_state = theirs.update(gradient, their_state, q)
        q = q + update
        np.testing.assert_allclose(p, q, rtol=1e-6)


@ROWS
def test_the_default_learning_rate_is_positive(row):
    assert optimizers.build(row.name).default_learning_rate > 0


def test_only_adamw_decays_weights_by_default():
    built = [optimizers.build(name) for name in optimizers.OPTIMIZERS]
    assert [one.name for one in built if one.default_weight_decay] == ["adamw"]


def test_the_same_name_is_the_same_object():
    assert optimizers.build("adam") is optimizers.build("adam")


def test_adam_does_not_import_optax():
    program = (
        "import sys; from fathom.optimizers import build; build('adam'); "
        "sys.exit('optax' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_transformation_is_kept_and_has_no_learning_rate_of_ours():
    transformation = optax.chain(optax.clip(1.0), optax.adam(1e-2))
    built = optimizers.build(transformation)
    assert built.direction is transformation
    assert (built.default_learning_rate, built.default_weight_decay) == (None, 0.0)


def test_an_optimizer_is_itself():
    adam = optimizers.build("adam")
    assert optimizers.build(adam) is adam


def test_an_unknown_name_is_answered_with_the_closest():
    with pytest.raises(InputError, match=r"Unknown optimizer 'adma'.*'adam'"):
        optimizers.build("adma")


def test_something_else_is_refused_with_what_to_give():
    with pytest.raises(InputError, match=r"a name or an optax\.GradientTransformation"):
        optimizers.build(optax.adam)

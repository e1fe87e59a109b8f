"""Initializers: the variance they promise, and the strings that set their scale."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.catalogue_functions import INITIALIZER_ROWS

from fathom import initializers
from fathom.errors import InputError

ROWS = pytest.mark.parametrize("row", INITIALIZER_ROWS, ids=lambda row: row.text)


def draw(text, seed=0, activation="identity", dtype=jnp.float32):
    # 48 x 8000 values of fans 48 and 32: the fans are told, never read off the shape.
    key = jax.random.key(seed)
    initializer = initializers.get(text)
    return np.asarray(initializer(key, (48, 8000), 48, 32, activation, dtype))


@pytest.mark.parametrize(
    "row",
    [row for row in INITIALIZER_ROWS if row.text != "orthogonal"],
    ids=lambda row: row.text,
)
def test_mean_and_variance_are_the_promised_ones(row):
    values = draw(row.text).astype(float)
    assert values.mean() == pytest.approx(row.mean, abs=2e-3)
    assert values.var() == pytest.approx(row.variance, rel=0.02, abs=1e-9)


@ROWS
def test_the_same_key_gives_the_same_values_and_another_key_others(row):
    initializer = initializers.get(row.text)
    values = [
        np.asarray(initializer(jax.random.key(seed), (6, 4), 6, 4))
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(values[0], values[1])
    assert (values[0] == values[2]).all() == row.text.startswith(("zeros", "constant"))


@ROWS
def test_shape_and_dtype_are_the_ones_asked_for(row):
    initializer = initializers.get(row.text)
    values = initializer(jax.random.key(0), (3, 2, 4), 6, 4, dtype=jnp.bfloat16)
    assert (values.shape, values.dtype) == ((3, 2, 4), jnp.bfloat16)


@pytest.mark.parametrize(
    ("activation", "chosen"),
    [
        ("relu", "he_normal"),
        ("leaky_relu", "he_normal"),
        ("elu", "he_normal"),
        ("gelu", "he_normal"),
        ("silu", "he_normal"),
        ("softplus", "he_normal"),
        ("selu", "lecun_normal"),
        ("identity", "glorot_uniform"),
        ("tanh", "glorot_uniform"),
        ("softmax", "glorot_uniform"),
    ],
)
def test_auto_follows_the_activation(activation, chosen):
    np.testing.assert_array_equal(draw("auto", 0, activation), draw(chosen))


def test_he_normal_keeps_the_signal_through_twenty_relu_layers():
    key = jax.random.key(0)
    a = jax.random.normal(key, (64, 256))
    start = float(jnp.mean(a**2))
    for layer in range(20):
        weight = initializers.he_normal(
            jax.random.fold_in(key, layer), (256, 256), 256, 256
        )
        a = jax.nn.relu(a @ weight)
    assert 0.4 < float(jnp.mean(a**2)) * 2 / start < 2.5


@pytest.mark.parametrize("shape", [(12, 5), (5, 12), (3, 2, 6)])
def test_orthogonal_has_orthonormal_columns_or_rows(shape):
    values = initializers.orthogonal(jax.random.key(0), shape, 1, 1)
    matrix = np.asarray(values).reshape(-1, shape[-1])
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(tall.T @ tall, np.eye(tall.shape[1]), atol=1e-5)


def test_uniform_stays_within_its_limit():
    assert np.abs(draw("uniform(0.3)")).max() <= 0.3


def test_an_argument_may_carry_spaces_and_an_exponent():
    np.testing.assert_array_equal(draw(" normal ( 2e-2 ) "), draw("normal(0.02)"))


def test_the_same_text_gives_the_same_function():
    assert initializers.get("normal(0.02)") is initializers.get("normal(0.02)")


def test_a_function_is_itself():
    assert initializers.get(initializers.zeros) is initializers.zeros


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("he_norml", r"Unknown initializer 'he_norml'\. Did you mean 'he_normal'\?"),
        ("gauss(1)", "Unknown initializer 'gauss'"),
        ("zeros(1)", r"'zeros' takes no argument\. Got 'zeros\(1\)' instead"),
        ("normal(-1)", r"'normal' must be one positive number\. Got 'normal\(-1\)'"),
        ("uniform(0)", "'uniform' must be one positive number"),
        ("normal()", "'normal' must be one positive number"),
        ("normal(1, 2)", "'normal' must be one positive number"),
        ("constant(nan)", "'constant' must be one finite number"),
        ("constant(inf)", "'constant' must be one finite number"),
        ("constant(__import__('os'))", "'constant' must be one finite number"),
    ],
)
def test_a_bad_text_is_refused_with_what_to_write(text, message):
    with pytest.raises(InputError, match=message):
        initializers.get(text)


def test_something_else_than_a_name_is_refused():
    with pytest.raises(InputError, match="must be a name or a function"):
        initializers.get(0.1)

"""Activations against their formulas, scipy, finite differences and their promises."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from tests.catalogue_functions import ACTIVATION_ROWS

from fathom import activations
from fathom.errors import InputError

ROWS = pytest.mark.parametrize("row", ACTIVATION_ROWS, ids=lambda row: row.name)
GRID = np.linspace(-8.05, 7.95, 60).reshape(6, 10)


@ROWS
def test_equals_its_formula(row):
    found = activations.get(row.name)(jnp.asarray(GRID, jnp.float32))
    np.testing.assert_allclose(found, row.twin(GRID), rtol=1e-5, atol=1e-6)


@ROWS
def test_keeps_its_formula_to_float64(row):
    with jax.enable_x64(True):
        found = np.asarray(jax.jit(activations.get(row.name))(GRID))
    np.testing.assert_allclose(found, row.twin(GRID), rtol=1e-12, atol=1e-14)


@ROWS
def test_gradient_equals_finite_differences_in_float64(row):
    weights = np.linspace(-1, 1, GRID.size).reshape(GRID.shape)
    with jax.enable_x64(True):
        function = activations.get(row.name)
        gradient = jax.jit(jax.grad(lambda x: jnp.sum(weights * function(x))))(GRID)
    expected = np.zeros_like(GRID)
    for place in np.ndindex(GRID.shape):
        shift = np.zeros_like(GRID)
        shift[place] = 1e-6
        change = row.twin(GRID + shift) - row.twin(GRID - shift)
        expected[place] = np.sum(weights * change) / 2e-6
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


@ROWS
def test_compiled_equals_eager(row):
    function, x = activations.get(row.name), jnp.asarray(GRID, jnp.float32)
    np.testing.assert_allclose(jax.jit(function)(x), function(x), rtol=1e-5, atol=1e-6)


@ROWS
def test_vmap_equals_row_by_row(row):
    function, x = activations.get(row.name), jnp.asarray(GRID, jnp.float32)
    by_row = np.stack([jax.jit(function)(one) for one in x])
    np.testing.assert_allclose(
        jax.jit(jax.vmap(function))(x), by_row, rtol=1e-5, atol=1e-6
    )


@ROWS
def test_stays_in_the_range_it_promises(row):
    x = np.concatenate([np.linspace(-10, 10, 4001), [-1e4, 1e4]])
    found = activations.get(row.name)(jnp.asarray(x, jnp.float32)[:, None])
    assert row.lowest <= float(found.min())
    assert float(found.max()) <= row.highest


@ROWS
def test_value_and_gradient_are_finite_for_huge_inputs(row):
    x = jnp.array([-1e30, -1e4, -100.0, 0.0, 100.0, 1e4, 1e30])

    @jax.jit
    def value_and_slope(x):
        value, pull_back = jax.vjp(activations.get(row.name), x)
        return value, pull_back(jnp.ones_like(x))

    assert all(np.isfinite(part).all() for part in jax.tree.leaves(value_and_slope(x)))


@ROWS
def test_nan_stays_visible(row):
    assert np.isnan(activations.get(row.name)(jnp.array([jnp.nan, 1.0]))[0])


@ROWS
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_keeps_the_dtype(row, dtype):
    x = jax.ShapeDtypeStruct((2, 3), dtype)
    assert jax.eval_shape(activations.get(row.name), x).dtype == dtype


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("step", 0.0),
        ("relu", 0.0),
        ("leaky_relu", 0.01),
        ("elu", 1.0),
        ("selu", 1.7581),
        ("gelu", 0.5),
        ("silu", 0.5),
        ("softplus", 0.5),
    ],
)
def test_derivative_at_zero_is_the_documented_one(name, slope):
    assert float(jax.jit(jax.grad(activations.get(name)))(0.0)) == pytest.approx(
        slope, rel=1e-4
    )


def test_second_derivative_of_softplus_at_zero_is_a_quarter():
    assert float(jax.grad(jax.grad(activations.softplus))(0.0)) == 0.25


def test_gradient_of_step_is_zero_everywhere():
    gradient = jax.vmap(jax.grad(activations.step))(jnp.array([-1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(gradient, 0.0)


def test_sigmoid_keeps_its_left_tail():
    x = jnp.array([-20.0, -80.0])
    np.testing.assert_allclose(
        activations.sigmoid(x), scipy.special.expit([-20.0, -80.0]), rtol=1e-5
    )


def test_softmax_equals_scipy_and_sums_to_one_over_the_last_axis():
    x = np.random.default_rng(0).normal(0, 5, (2, 3, 4))
    found = activations.softmax(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(found, scipy.special.softmax(x, axis=-1), rtol=1e-5)


def test_gelu_is_the_exact_one_and_not_the_tanh_form():
    expected = GRID * scipy.special.ndtr(GRID)
    found = np.asarray(activations.gelu(jnp.asarray(GRID, jnp.float32)))
    approximate = np.asarray(jax.nn.gelu(jnp.asarray(GRID, jnp.float32)))
    assert np.abs(found - expected).max() < 2e-6 < np.abs(approximate - expected).max()


def test_selu_has_its_fixed_point_at_mean_zero_and_variance_one():
    points, weights = np.polynomial.hermite_e.hermegauss(101)
    a = np.asarray(activations.selu(jnp.asarray(points, jnp.float32)), float)
    share = weights / weights.sum()
    mean = share @ a
    assert mean == pytest.approx(0, abs=0.02)
    assert share @ (a - mean) ** 2 == pytest.approx(1, abs=0.02)


def test_none_is_identity_and_a_function_is_itself():
    assert activations.get(None) is activations.identity
    assert activations.get(jnp.sin) is jnp.sin


def test_an_unknown_name_is_answered_with_the_closest():
    with pytest.raises(InputError, match=r"Unknown activation 'rellu'.*mean 'relu'"):
        activations.get("rellu")


def test_something_else_than_a_name_is_refused_with_the_names():
    with pytest.raises(InputError, match=r"Got 3 instead\. Known: elu, gelu"):
        activations.get(3)

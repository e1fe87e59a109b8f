"""What a drawn code promises: its cost, its distribution and its gradient."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.reference import augmentation as twins
from tests.tolerances import CLOSE

import fathom as fm
from fathom.layers import Scope
from fathom.layers.sampling import divergence


def codes(n: int = 5, k: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 2 * k)).astype(np.float32)


def penalty(x: np.ndarray, weight: float = 1.0, **how: object) -> np.ndarray:
    network = fm.Network([fm.Sample(weight)], input_shape=x.shape[1:])
    found = network.forward({}, x, **how).penalty  # type: ignore[arg-type]
    return np.asarray(found)


def test_the_divergence_agrees_with_its_twin() -> None:
    mean, log_variance = np.split(codes(), 2, axis=1)
    np.testing.assert_allclose(
        divergence(jnp.asarray(mean), jnp.asarray(log_variance)),
        twins.divergence(mean, log_variance),
        **CLOSE,
    )


def test_the_divergence_is_the_mean_of_the_log_ratio_of_the_densities() -> None:
    """KL = E[log q(z) - log p(z)] with z from q, by drawing."""
    mean, log_variance = np.array([[0.7, -0.4]]), np.array([[-1.0, 0.5]])
    noise = np.random.default_rng(0).normal(size=(400_000, 2))
    z = mean + np.exp(log_variance / 2) * noise
    ratio = (z**2 / 2 - noise**2 / 2 - log_variance / 2).sum(1)
    error = ratio.std() / len(ratio) ** 0.5
    exact = divergence(jnp.asarray(mean), jnp.asarray(log_variance))
    assert abs(float(exact[0]) - ratio.mean()) < 4 * error


def test_a_standard_normal_code_costs_nothing() -> None:
    np.testing.assert_array_equal(penalty(np.zeros((4, 6), np.float32)), np.zeros(4))


@pytest.mark.parametrize("training", [False, True])
def test_the_cost_is_the_same_in_training_and_prediction(training: bool) -> None:
    mean, log_variance = np.split(codes(), 2, axis=1)
    found = penalty(codes(), 0.25, training=training, key=jax.random.key(0))
    expected = 0.25 * twins.divergence(mean, log_variance)
    np.testing.assert_allclose(found, expected, **CLOSE)


def test_axes_before_the_last_are_summed_for_each_example() -> None:
    x = codes(6).reshape(2, 3, 6)
    mean, log_variance = np.split(x, 2, axis=-1)
    assert penalty(x) == pytest.approx(twins.divergence(mean, log_variance), rel=1e-5)


def test_drawn_codes_have_the_mean_and_the_deviation() -> None:
    x = jnp.tile(jnp.array([[0.5, -1.0, 0.8, -2.0]]), (20_000, 1))
    scope = Scope(training=True, key=jax.random.key(0))
    z = np.asarray(fm.Sample().apply({}, x, scope))
    deviation = np.exp(np.array([0.4, -1.0]))
    assert np.abs(z.mean(0) - [0.5, -1.0]).max() < 5 * deviation.max() / 20_000**0.5
    np.testing.assert_allclose(z.std(0), deviation, rtol=0.03)


def test_the_gradient_goes_through_the_mean_and_the_deviation() -> None:
    """dz/dmean = 1 and dz/dlog_variance = (z - mean) / 2."""
    x = jnp.asarray(codes())
    scope = Scope(training=True, key=jax.random.key(0))
    z = fm.Sample(0.0).apply({}, x, scope)
    slope = jax.grad(lambda x: fm.Sample(0.0).apply({}, x, scope).sum())(x)
    by_mean, by_log_variance = np.split(np.asarray(slope), 2, axis=1)
    np.testing.assert_allclose(by_mean, np.ones_like(by_mean), **CLOSE)
    np.testing.assert_allclose(by_log_variance, (z - x[:, :3]) / 2, **CLOSE)


def test_variances_beyond_all_bounds_stay_finite_and_find_back() -> None:
    x = np.array([[0.0, 300.0], [0.0, -300.0]], np.float32)

    def cost(x: jax.Array) -> jax.Array:
        scope = Scope(training=True, key=jax.random.key(0))
        z = fm.Sample().apply({}, x, scope)
        return scope.penalties[0].sum() + 0 * z.sum()

    value, slope = jax.value_and_grad(cost)(jnp.asarray(x))
    assert np.isfinite(value)
    assert slope[0, 1] > 0 > slope[1, 1]


def test_an_odd_axis_is_refused() -> None:
    with pytest.raises(fm.ShapeError, match="an even last axis, k means and then k"):
        fm.Network([fm.Sample()], input_shape=(5,))


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(fm.InputError, match="'weight' parameter of Sample must be"):
        fm.Sample(-1.0)


def test_the_validation_loss_has_the_cost_too() -> None:
    x = np.repeat(codes(1), 32, axis=0)
    y = np.tile(x[:1, :3], (32, 1))  # the means: no error at prediction
    network = fm.Network([fm.Sample(0.5)], input_shape=(6,))
    result = fm.train(
        network, (x, y), loss="mean_squared_error", validation=(x, y), epochs=1
    )
    mean, log_variance = np.split(x[:1], 2, axis=1)
    expected = 0.5 * twins.divergence(mean, log_variance)[0]
    assert result.history["validation_loss"][0] == pytest.approx(expected, rel=1e-4)

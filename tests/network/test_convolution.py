"""Convolution: the fast form is the plain one, and messages where it cannot be."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from tests.tolerances import EXACT

import fathom as fm
from fathom.layers.convolving import convolve_fast, transpose
from fathom.layers.scope import Scope
from fathom.layers.window import Window, convolve, same_pads

CASES = [
    # places, channels, units, kernel, stride, dilation, padding, groups
    ((7,), 6, 4, 3, 1, 1, "same", 1),
    ((8,), 6, 4, 5, 2, 1, "same", 1),
    ((9,), 2, 4, 3, 1, 2, "valid", 1),
    ((6, 5), 6, 3, 3, 1, 1, "same", 1),
    ((6, 5), 6, 3, 3, 2, 1, "same", 1),
    ((7, 8), 5, 3, 2, 3, 1, "valid", 1),
    ((7, 8), 5, 3, 4, 2, 1, "valid", 1),
    ((9, 8), 6, 3, 3, 1, 2, "same", 1),
    ((9, 8), 6, 3, 3, 2, 2, "valid", 1),
    ((5, 5), 6, 3, 1, 1, 1, "valid", 1),
    ((5, 6), 6, 3, 1, 2, 1, "valid", 1),
    ((5, 5), 1, 3, 3, 2, 1, "same", 1),
    ((5, 5), 6, 4, 3, 1, 1, "same", 2),
    ((5, 5), 4, 8, 3, 2, 1, "same", 4),
    ((3, 4, 3), 6, 2, 2, 1, 1, "same", 1),
]


def window_of(case: tuple) -> Window:
    places, _, _, kernel, stride, dilation, padding, groups = case
    n = len(places)
    k, s, d = ((v,) * n for v in (kernel, stride, dilation))
    pads = same_pads(places, k, s, d) if padding == "same" else ((0, 0),) * n
    return Window(k, s, d, pads, groups)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_fast_form_has_the_plain_values_and_gradients_in_a_loop(case: tuple) -> None:
    window, random = window_of(case), np.random.default_rng(0)
    places, channels, units, *_ = case
    x = random.normal(size=(2, 3, *places, channels))  # (steps of a loop, batch, ...)
    weight = random.normal(size=(*window.kernel, channels // window.groups, units))

    def total(function: Any) -> Any:
        def cost(x: Any, weight: Any) -> Any:
            def step(carry: Any, part: Any) -> Any:
                z = function(part, weight, window)
                return carry + jnp.sum(jnp.sin(z)), z

            return lax.scan(step, jnp.zeros((), x.dtype), x)

        return jax.jit(jax.value_and_grad(cost, argnums=(0, 1), has_aux=True))

    (_, z), gradients = total(convolve)(x, weight)
    (_, fast), fast_gradients = total(convolve_fast)(x, weight)
    np.testing.assert_allclose(fast, z, **EXACT)
    for one, other in zip(fast_gradients, gradients, strict=True):
        np.testing.assert_allclose(one, other, **EXACT)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("places", "kernel", "stride"),
    [((4,), 3, 2), ((3, 4), 4, 2), ((3, 3), 2, 3), ((3, 3), 3, 1)],
)
def test_fast_transpose_is_the_adjoint_with_its_gradients(places, kernel, stride):
    n, random = len(places), np.random.default_rng(1)
    k, s, ones = (kernel,) * n, (stride,) * n, (1,) * n
    larger = tuple(p * stride for p in places)
    window = Window(k, s, ones, same_pads(larger, k, s, ones))
    x, weight = random.normal(size=(2, *places, 5)), random.normal(size=(*k, 3, 5))

    def plain(x: Any, weight: Any) -> Any:
        like = jax.ShapeDtypeStruct((2, *larger, 3), x.dtype)
        z = jax.linear_transpose(lambda y: convolve(y, weight, window), like)(x)[0]
        return jnp.sum(jnp.sin(z))

    def fast(x: Any, weight: Any) -> Any:
        return jnp.sum(jnp.sin(transpose(x, weight, window, larger)))

    for one, other in zip(
        jax.grad(fast, argnums=(0, 1))(x, weight),
        jax.grad(plain, argnums=(0, 1))(x, weight),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, **EXACT)


def test_training_and_prediction_convolve_alike() -> None:
    network = fm.Network([fm.Conv(8, 3, "relu"), fm.Conv(4, 3, stride=2)], (9, 8, 6))
    variables, x = network.init(0), np.random.default_rng(0).normal(size=(2, 9, 8, 6))
    x = x.astype(np.float32)
    trained = network.forward(variables, x, training=True).outputs
    np.testing.assert_allclose(trained, network.apply(variables, x), atol=1e-5)


def test_a_causal_convolution_sees_nothing_that_comes_later() -> None:
    network = fm.Network(fm.Conv(2, 3, padding="causal"), (6, 1))
    x = np.random.default_rng(0).normal(size=(1, 6, 1)).astype(np.float32)
    later = x.copy()
    later[:, 4:] = 9
    a, b = (network.apply(network.init(0), v) for v in (x, later))
    np.testing.assert_array_equal(a[:, :4], b[:, :4])
    assert np.abs(a - b)[:, 4:].max() > 0


@pytest.mark.parametrize("layer", [fm.GlobalMaxPool(), fm.GlobalAveragePool()])
def test_global_pooling_leaves_padded_steps_out(layer: fm.Layer) -> None:
    x = jnp.asarray([[[1.0], [2.0], [90.0]]])
    scope = Scope(steps=jnp.asarray([[1.0, 1.0, 0.0]]))
    expected = layer.apply({}, x[:, :2], Scope())
    np.testing.assert_allclose(layer.apply({}, x, scope), expected)


def test_start_values_keep_the_variance_of_what_each_neuron_sees() -> None:
    network = fm.Network(fm.Conv(64, 5, "relu"), (8, 8, 32))
    weight = np.asarray(network.init(0)["conv_1"]["weight"])
    assert weight.std() == pytest.approx((2 / (25 * 32)) ** 0.5, rel=0.02)


def test_multiply_adds_of_a_known_layer() -> None:
    layer = fm.Conv(32, 3, padding="valid")
    assert layer.multiply_adds((28, 28, 1)) == 26 * 26 * 9 * 32


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (fm.Conv(4), (8,), r"'conv_1' \(Conv\) cannot take inputs of shape \(8,\)"),
        (fm.Conv(4, 5, padding="valid"), (3, 3, 1), "places for its kernel of"),
        (fm.Conv(4, groups=3), (8, 8, 4), "has 3 groups, which must divide its 4"),
        (fm.Conv(4, padding="causal"), (8, 8, 1), "for causal padding"),
        (fm.Conv(4, (3, 3)), (8, 1), r"has kernel=\(3, 3\) for 2 axes"),
        (fm.MaxPool(4), (3, 3, 1), r"'max_pool_1' \(MaxPool\) .* at least \(4, 4\)"),
        (fm.GlobalMaxPool(), (8,), r"'global_max_pool_1'"),
        (fm.Upsample((2, 2)), (8, 1), r"'upsample_1' \(Upsample\)"),
    ],
)
def test_shapes_that_do_not_fit_name_the_layer(layer, shape, message) -> None:
    with pytest.raises(fm.ShapeError, match=message):
        fm.Network(layer, shape)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fm.Conv(0), "'units' parameter of Conv"),
        (lambda: fm.Conv(4, 0), "'kernel' parameter of Conv"),
        (lambda: fm.Conv(4, stride=1.5), "'stride' parameter of Conv"),
        (lambda: fm.Conv(4, padding="full"), "'same', 'valid', 'causal'"),
        (lambda: fm.Conv(4, groups="each"), "or 'depthwise'"),
        (lambda: fm.ConvTranspose(4, padding="causal"), "'same' or 'valid'"),
        (lambda: fm.MaxPool(0), "'size' parameter of MaxPool"),
        (lambda: fm.AveragePool(padding="full"), "'same' or 'valid'"),
        (lambda: fm.Upsample(method="cubic"), "method"),
    ],
)
def test_bad_settings_get_one_message(make, message) -> None:
    with pytest.raises(fm.InputError, match=message):
        make()

"""Spiking layers: their gradient by hand, padding, training, what is seen of them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.reference.spiking import gradient_by_hand
from tests.tolerances import CLOSE, EXACT

import fathom as fm
from fathom.brain import SURROGATES, spike
from fathom.layers.scope import Scope


def series(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("name", SURROGATES)
def test_a_spike_comes_at_the_threshold_and_above(name: str) -> None:
    found = spike(jnp.array([-1e-6, 0.0, 2.0]), name)
    assert found.tolist() == [0, 1, 1]


@pytest.mark.parametrize("name", SURROGATES)
def test_a_surrogate_is_1_at_the_threshold_and_falls_to_both_sides(name: str) -> None:
    u = jnp.array([-2.0, -0.2, -0.1, 0.0, 0.1, 0.2, 2.0])
    g = np.asarray(jax.vmap(jax.grad(lambda u: spike(u, name)))(u))
    assert g[3] == 1
    np.testing.assert_allclose(g, g[::-1], **CLOSE)
    assert (np.diff(g[3:]) < 0).all()


def test_a_fast_sigmoid_is_the_slope_of_its_function() -> None:
    u = jnp.array([-0.3, 0.07, 0.5])
    slope = jax.vmap(jax.grad(lambda u: u / (1 + 25 * jnp.abs(u))))(u)
    g = jax.vmap(jax.grad(spike))(u)
    np.testing.assert_allclose(g, slope, **CLOSE)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "layer",
    [
        fm.Spiking(4, 0.8),
        fm.Spiking(4, 0.7, 0.6, "zero", "triangular", slope=0.5),
    ],
    ids=["subtract", "zero"],
)
def test_the_gradient_is_that_through_time_by_hand(layer: fm.Spiking) -> None:
    x, mix = series(9, 3), series(9, 4, seed=1)
    variables = {"weight": series(3, 4, seed=2), "bias": np.full(4, 0.2)}

    def score(variables: Any) -> jax.Array:
        return jnp.sum(mix * layer.apply(variables, jnp.asarray(x)[None], Scope())[0])

    def derivative(u: np.ndarray) -> np.ndarray:
        if layer.surrogate == "triangular":
            return np.maximum(0, 1 - 0.5 * abs(u))
        return 1 / (1 + 25 * abs(u)) ** 2

    found = jax.grad(score)(variables)
    weight, bias = gradient_by_hand(variables, x, mix, derivative, layer)
    np.testing.assert_allclose(found["weight"], weight, **EXACT)
    np.testing.assert_allclose(found["bias"], bias, **EXACT)


@pytest.mark.parametrize("over", ["mean", "last"])
def test_training_reads_the_same_of_the_membrane_as_prediction(over: str) -> None:
    network = fm.Network([fm.LeakyReadout(3, over=over)], (7, 4))
    variables, x = network.init(0), series(5, 7, 4).astype("f")
    variables["leaky_readout_1"]["bias"] = jnp.array([0.5, -1.0, 2.0])
    quick = network.forward(variables, x, training=True).outputs
    np.testing.assert_allclose(quick, network.apply(variables, x), **CLOSE)


def test_padding_changes_nothing() -> None:
    layers = [fm.Masking(0.0), fm.Spiking(5), fm.LeakyReadout(2, over="mean")]
    short = fm.Network(layers, (4, 3))
    long = short.with_input_shape((6, 3))
    variables, x = short.init(0), 3 * series(2, 4, 3).astype("f")
    padded = np.concatenate([x, np.zeros((2, 2, 3), "f")], axis=1)
    expected = short.compiled_apply(variables, x)
    np.testing.assert_allclose(
        long.compiled_apply(variables, padded), expected, **CLOSE
    )


def test_a_rate_code_has_as_many_spikes_as_the_intensity_says() -> None:
    layer = fm.Encode("rate", 20)
    x = jnp.array([[0.0, 0.25, 0.8, 1.0, 3.0]])
    even = layer.apply({}, x, Scope()).sum(1)
    assert even.tolist() == [[0, 5, 16, 20, 20]]


def test_training_draws_the_rate_code_anew() -> None:
    layer, x = fm.Encode("rate", 400), jnp.full((1, 3), 0.3)
    one, two = (
        layer.apply({}, x, Scope(training=True, key=jax.random.key(seed)))
        for seed in range(2)
    )
    assert (one != two).any()
    np.testing.assert_allclose(one.mean(1), 0.3, atol=0.08)  # 3.5 standard errors


def test_the_strongest_input_spikes_first_in_a_latency_code() -> None:
    s = fm.Encode("latency", 11).apply({}, jnp.array([[1.0, 0.5, 0.1, 0.0]]), Scope())
    assert [np.flatnonzero(s[0, :, i]).tolist() for i in range(4)] == [
        [0],
        [5],
        [9],
        [],
    ]


@pytest.fixture(scope="module")
def trained() -> fm.TrainingResult:
    """A small spiking network on two classes of rows, three epochs."""
    y = np.arange(96) % 2
    X = series(96, 6) + 1.5 * y[:, None]
    network = fm.models.spiking((6,), 2, "softmax", hidden=(8,), steps=10)
    return fm.train(
        network, (X, y), epochs=12, batch_size=16, learning_rate=0.02, validation=0.25
    )


def test_a_spiking_network_learns(trained: fm.TrainingResult) -> None:
    assert trained.history["validation_accuracy"][-1] >= 0.9


def test_a_trace_shows_sum_membrane_and_spikes(trained: fm.TrainingResult) -> None:
    seen = trained.model.trace(series(3, 6))["spiking_1"]
    u, s = seen.taps["membrane"], seen.activation
    assert u.shape == s.shape == seen.weighted_sum.shape == (3, 10, 8)
    np.testing.assert_array_equal(s, (u >= 1).astype("f"))


def test_a_neuron_is_explained_at_the_step_of_its_address(
    trained: fm.TrainingResult,
) -> None:
    trace = trained.model.trace(series(3, 6))
    u, z = trace["spiking_1"].taps["membrane"], trace["spiking_1"].weighted_sum
    neuron = trace["spiking_1:2@4"]
    assert neuron.sums[0].value == pytest.approx(float(z[0, 4, 2]), abs=1e-5)
    assert f"= {u[0, 4, 2]:.6g}" in neuron.how[0]
    assert "threshold" in neuron.how[1]
    assert neuron.terms[0].name.startswith("input:")  # the current is the input


def test_an_output_is_explained_as_a_sum_over_time(trained: fm.TrainingResult) -> None:
    neuron = trained.model.trace(series(3, 6))["output:1"]
    one = neuron.sums[0]
    assert one.total == pytest.approx(one.value, abs=1e-5)
    assert "spiking_1:" in one.terms[0].name
    assert one.terms[0].name.endswith(" over time")


def test_backpropagation_reaches_the_membrane(trained: fm.TrainingResult) -> None:
    back = trained.model.backpropagate(series(4, 6), np.array([0, 1, 0, 1]))
    d = back.derivatives(back.trace.sites["spiking_1"])["membrane"]
    assert d.shape == (4, 10, 8)
    assert np.abs(d).max() > 0


WRONG = {
    "no neurons": (lambda: fm.Spiking(0), "'units' parameter of Spiking"),
    "decay": (lambda: fm.Spiking(3, decay=1.5), "a number from 0 to 1. Got 1.5"),
    "threshold": (lambda: fm.Spiking(3, threshold=0), "a number above 0. Got 0"),
    "reset": (lambda: fm.Spiking(3, reset="substract"), "Did you mean 'subtract'?"),
    "surrogate": (lambda: fm.Spiking(3, surrogate="atan"), "Known: arctangent"),
    "slope": (lambda: fm.Spiking(3, slope=-1), "a number above 0, or None. Got -1"),
    "row": (
        lambda: fm.Network([fm.Spiking(3)], (4,)).init(0),
        "Encode('constant', steps=25) makes one of a row",
    ),
    "over": (lambda: fm.LeakyReadout(3, over="sum"), "Known: last, max, mean"),
    "code": (lambda: fm.Encode("latent"), "Did you mean 'latency'?"),
    "steps": (lambda: fm.Encode("rate", 0), "'steps' parameter of Encode"),
    "image": (lambda: fm.Network([fm.Encode()], (3, 3)), "Flatten() makes one"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_refused(name: str) -> None:
    make, said = WRONG[name]
    with pytest.raises(fm.InputError) as error:
        make()
    assert said in str(error.value)

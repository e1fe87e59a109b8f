"""Pictures of activations show what the network computes."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError
from fathom.report.activation_pictures import (
    activation_histograms,
    attention_maps,
    feature_maps,
)

RANDOM = np.random.default_rng(0)


def model_of(*layers: fm.Layer, shape: Any) -> fm.Model:
    network = fm.Network(layers, shape)
    return fm.Model(network, jax.tree.map(np.asarray, network.init(0)))


IMAGES = RANDOM.normal(size=(3, 6, 6, 1)).astype("f4")
SERIES = RANDOM.normal(size=(2, 5, 4)).astype("f4")


@pytest.fixture(scope="module")
def convolving() -> fm.Model:
    conv = fm.Conv(2, 3, "relu", padding="valid")
    return model_of(conv, fm.Repeat(fm.Conv(2, 3), 2), shape=(6, 6, 1))


@pytest.fixture(scope="module")
def attending() -> fm.Model:
    block = fm.Repeat(fm.Residual(fm.Attention(2, causal=True)), 2)
    return model_of(block, shape=(5, 4))


def test_share_of_silent_activations_is_said() -> None:
    model = model_of(fm.Dense(50, "relu"), shape=(4,))
    x = RANDOM.normal(size=(64, 4)).astype("f4")
    share = float((model.outputs(x) == 0).mean())
    picture = activation_histograms(model, x)
    assert f"{share:.0%} exactly 0" in picture.alternative
    assert float(np.sum(picture.chart.data[0].y)) == pytest.approx(1 - share)


def test_dead_units_are_counted() -> None:
    model = model_of(fm.Dense(3, "relu"), shape=(4,))
    model.variables["dense_1"]["bias"] = np.array([-99, 0, -99], "f4")
    picture = activation_histograms(model, RANDOM.normal(size=(64, 4)).astype("f4"))
    assert "0 for all rows: 2 of dense_1" in picture.alternative


def test_no_rows_is_an_error() -> None:
    model = model_of(fm.Dense(3), shape=(4,))
    with pytest.raises(InputError, match="at least one row"):
        activation_histograms(model, np.zeros((0, 4), "f4"))


def test_feature_maps_are_the_layers_activations(convolving: fm.Model) -> None:
    shown = np.asarray(feature_maps(convolving, IMAGES, 1).chart.data[0].z)
    taps = convolving.network.forward(convolving.variables, IMAGES, listen=True).taps
    expected = np.asarray(taps["conv_1"]["activation"])[1]
    np.testing.assert_allclose(shown[:4, :4], expected[:, :, 0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(shown[:4, -4:], expected[:, :, 1], rtol=1e-4, atol=1e-6)


def test_feature_maps_of_a_repeated_block_are_its_own(convolving: fm.Model) -> None:
    last = feature_maps(convolving, IMAGES, 0, "repeat_1[1]/conv_1")
    expected = convolving.outputs(IMAGES)[0]
    shown = np.asarray(last.chart.data[0].z)
    np.testing.assert_allclose(shown[:4, :4], expected[:, :, 0], rtol=1e-4, atol=1e-5)


def test_unknown_layer_names_those_that_have_maps(convolving: fm.Model) -> None:
    expected = "Did you mean 'conv_1'. Those with: conv_1, repeat_1"
    with pytest.raises(InputError, match=expected):
        feature_maps(convolving, IMAGES, 0, "conf_1")


def test_row_must_be_there(convolving: fm.Model) -> None:
    with pytest.raises(InputError, match=r"rows 0 to 2\. Got row 3"):
        feature_maps(convolving, IMAGES, 3)


def test_every_row_of_attention_adds_up_to_1(attending: fm.Model) -> None:
    picture = attention_maps(attending, SERIES, 1)
    assert len(picture.chart.data) == 2
    for head in picture.chart.data:
        np.testing.assert_allclose(np.asarray(head.z).sum(1), 1, rtol=1e-5)
        assert np.all(np.triu(np.asarray(head.z), 1) == 0)


def test_attention_of_each_block_differs(attending: fm.Model) -> None:
    address = "repeat_1[1]/residual_1/attention_1"
    first = attention_maps(attending, SERIES, 0).chart.data[0].z
    second = attention_maps(attending, SERIES, 0, address).chart.data[0].z
    assert not np.allclose(first, second)


def test_steps_are_called_by_their_tokens(attending: fm.Model) -> None:
    tokens = ["<i>", "sat", "on", "the", "mat"]
    chart = attention_maps(attending, SERIES, 0, tokens=tokens).chart
    assert chart.layout.xaxis2.ticktext == ("&lt;i&gt;", "sat", "on", "the", "mat")


def test_attention_over_many_steps_stays_small() -> None:
    model = model_of(fm.Attention(8), shape=(300, 8))
    picture = attention_maps(model, RANDOM.normal(size=(1, 300, 8)).astype("f4"), 0)
    assert len(picture.chart.to_json()) < 300_000


def test_network_without_attention_is_said(convolving: fm.Model) -> None:
    with pytest.raises(
        InputError, match=r"No such layer with attention\. Those with: no"
    ):
        attention_maps(convolving, IMAGES, 0)

"""Class maps of networks made by hand are the maps that are expected."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.data.target import TargetCoding
from fathom.inspect.gradcam import gradcam

THREE = TargetCoding("classification", ("y",), (0, 1, 2))
RNG = np.random.default_rng(0)


def by_hand(pool: fm.Layer | None = None) -> tuple[fm.Model, np.ndarray, np.ndarray]:
    """One pointwise convolution, the mean of each map, and the logits."""
    layers = [fm.Conv(2, 1, use_bias=False), *([pool] if pool else [])]
    layers += [fm.GlobalAveragePool(), fm.Dense(3, "softmax")]
    network = fm.Network(layers, (4, 4, 1))
    head = np.array([[1.0, -2.0, 0.5], [2.0, 1.0, -1.0]], np.float32)
    variables = {
        "conv_1": {"weight": np.array([1.0, -1.0], np.float32).reshape(1, 1, 1, 2)},
        "dense_1": {"weight": head, "bias": np.zeros(3, np.float32)},
    }
    x = RNG.normal(size=(3, 4, 4, 1)).astype(np.float32)
    return fm.Model(network, variables, target=THREE), x, head


def test_the_map_of_a_network_made_by_hand_is_known() -> None:
    model, x, head = by_hand()
    found = gradcam(model, x, output=1)
    weights = head[:, 1] / 16  # the slope of a mean over 16 places
    expected = np.maximum(0, x[..., 0] * weights[0] - x[..., 0] * weights[1])
    np.testing.assert_allclose(found.maps, expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.weights, np.tile(weights, (3, 1)), rtol=1e-5)
    assert found.layer == "conv_1"


def test_maps_are_enlarged_to_the_input() -> None:
    model, x, _ = by_hand(fm.MaxPool(2))
    found = gradcam(model, x, layer="max_pool_1")
    assert found.coarse.shape == (3, 2, 2)
    assert found.maps.shape == (3, 4, 4)
    np.testing.assert_allclose(found.maps[:, 0, 0], found.coarse[:, 0, 0], rtol=1e-5)


def test_a_series_has_a_map_too() -> None:
    layers = [
        fm.Repeat(fm.Residual([fm.Conv(3, 3, "relu")]), 2),
        fm.Conv(4, 3, "relu", stride=2),
        fm.GlobalAveragePool(),
        fm.Dense(3, "softmax"),
    ]
    network = fm.Network(layers, (10, 3))
    model = fm.Model(network, network.init(0), target=THREE)
    x = RNG.normal(size=(5, 10, 3)).astype(np.float32)
    assert gradcam(model, x).maps.shape == (5, 10)
    blocks = [gradcam(model, x, f"repeat_1[{i}]/residual_1/conv_1") for i in (0, 1)]
    assert not np.allclose(blocks[0].maps, blocks[1].maps)


def test_without_a_convolution_it_says_what_to_do() -> None:
    network = fm.Network([fm.Dense(3, "softmax")], (4,))
    model = fm.Model(network, network.init(0), target=THREE)
    x = np.ones((1, 4))
    with pytest.raises(fm.InputError, match="no convolution"):
        gradcam(model, x)
    with pytest.raises(fm.InputError, match="a class map needs places"):
        gradcam(model, x, "dense_1")
    with pytest.raises(fm.InputError, match="no layer 'conv_1'"):
        gradcam(model, x, "conv_1")

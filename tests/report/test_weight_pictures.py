"""Pictures of weights and gradients show the numbers that there are."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError
from fathom.report.gradient_pictures import gradient_by_layer
from fathom.report.histograms import spread
from fathom.report.tiles import averaged, columns_for
from fathom.report.weight_pictures import filters, weight_histograms


def model_of(*layers: fm.Layer, shape: Any) -> fm.Model:
    network = fm.Network(layers, shape)
    return fm.Model(network, jax.tree.map(np.asarray, network.init(0)))


def heat(picture: Any) -> np.ndarray:
    return np.asarray(picture.chart.data[0].z)


def test_bars_of_a_histogram_add_up_to_all_weights() -> None:
    picture = weight_histograms(model_of(fm.Dense(20, "relu"), fm.Dense(2), shape=(5,)))
    assert [float(np.sum(bars.y)) for bars in picture.chart.data] == pytest.approx(
        [1, 1]
    )


def test_no_bar_holds_both_signs() -> None:
    random = np.random.default_rng(0)
    for shift in (-3.0, -0.2, 0.0, 0.7, 5.0):
        edges = spread(random.normal(shift, size=400)).edges
        assert not np.any((edges[:-1] < -1e-9) & (edges[1:] > 1e-9))


def test_numbers_that_are_not_finite_are_counted() -> None:
    found = spread(np.array([np.nan, np.inf, 1.0, 0.0]))
    assert (found.broken, found.zeros, found.shares.sum()) == (2, 0.25, 0.25)


def test_histograms_name_every_weight_of_a_layer() -> None:
    picture = weight_histograms(model_of(fm.LSTM(3), fm.Dense(1), shape=(4, 2)))
    titles = [a.text for a in picture.chart.layout.annotations]
    assert titles == ["lstm_1", "lstm_1 recurrent", "dense_1"]


def test_network_without_weights_is_said() -> None:
    with pytest.raises(InputError, match="no weights to show"):
        weight_histograms(model_of(fm.Flatten(), shape=(2, 2)))


def test_filters_of_a_convolution_are_its_kernels() -> None:
    model = model_of(fm.Conv(3, 5), shape=(8, 8, 1))
    shown = heat(filters(model))
    kernel = model.variables["conv_1"]["weight"][:, :, 0, 0]
    np.testing.assert_array_equal(shown[:5, :5], kernel)


def test_filters_of_several_channels_are_all_shown() -> None:
    model = model_of(fm.Conv(2, 3), shape=(8, 8, 3))
    shown = heat(filters(model))
    weight = model.variables["conv_1"]["weight"]
    assert np.nansum(shown) == pytest.approx(float(weight.sum()), abs=1e-5)
    np.testing.assert_array_equal(shown[4:7, 4:7], weight[:, :, 1, 1])


def test_neurons_on_pixels_are_shown_as_images() -> None:
    model = model_of(fm.Dense(4), shape=(6,))
    shown = heat(filters(model, image_shape=(2, 3)))
    weight = model.variables["dense_1"]["weight"]
    np.testing.assert_array_equal(shown[:2, :3], weight[:, 0].reshape(2, 3))


def test_image_shape_must_hold_the_inputs() -> None:
    model = model_of(fm.Dense(4), shape=(6,))
    with pytest.raises(
        InputError, match=r"as the first layer has inputs, 6. Got \(5, 5"
    ):
        filters(model, image_shape=(5, 5))


def test_neurons_on_columns_are_shown_with_escaped_names() -> None:
    model = model_of(fm.Dense(4), shape=(2,))
    picture = filters(model, names=["<b>age</b>", "income"])
    ticks = picture.chart.layout.yaxis.ticktext
    assert list(ticks) == ["&lt;b&gt;age&lt;/b&gt;", "income"]
    np.testing.assert_array_equal(heat(picture), model.variables["dense_1"]["weight"])


def test_wide_table_shows_the_inputs_with_the_largest_weights() -> None:
    model = model_of(fm.Dense(4), shape=(200,))
    model.variables["dense_1"]["weight"] = np.outer(np.arange(200) % 7, np.ones(4))
    picture = filters(model)
    assert heat(picture).shape == (40, 4)
    assert "The 40 of 200 inputs with the largest weights" in picture.reading
    assert heat(picture).min() == 5


def test_filters_of_other_layers_are_not_guessed() -> None:
    model = model_of(fm.LSTM(3), shape=(4, 2))
    with pytest.raises(InputError, match="Got a LSTM first"):
        filters(model)


@pytest.mark.parametrize("kernel", [3, 64, 100])
def test_pictures_of_filters_stay_small(kernel: int) -> None:
    model = model_of(fm.Conv(256, kernel), shape=(128, 128, 1))
    assert len(filters(model).chart.to_json()) < 300_000


def test_averaging_keeps_the_mean() -> None:
    images = np.random.default_rng(0).normal(size=(3, 12, 8))
    small = averaged(images, 4)
    assert small.shape == (3, 4, 2)
    np.testing.assert_allclose(small[0, 0, 0], images[0, :3, :3].mean())


def test_images_fill_their_rows_where_they_can() -> None:
    assert [columns_for(n, 8, 8) for n in (1, 2, 6, 16, 32)] == [1, 2, 3, 4, 8]


def test_bars_are_the_norms_of_the_gradient() -> None:
    picture = gradient_by_layer({"a": 0.5, "b": 0.001}, {"a": 1e-3, "b": 1e-5})
    first, second = picture.chart.data
    assert (tuple(first.x), tuple(second.x)) == ((0.5, 0.001), (1e-3, 1e-5))


def test_vanished_gradient_has_no_bar_and_is_named() -> None:
    picture = gradient_by_layer({"a": 0.5, "b": 0.0, "c": float("nan")})
    assert tuple(picture.chart.data[0].x) == (0.5, None, None)
    assert "is 0 or not finite in b, c" in picture.alternative


def test_no_layer_is_an_error() -> None:
    with pytest.raises(InputError, match="at least one layer"):
        gradient_by_layer({})

"""Charts of the layers hold the numbers of the record."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.record.history import History
from fathom.report import layer_charts

CHARTS = (
    layer_charts.gradient_norms,
    layer_charts.update_ratios,
    layer_charts.activations_over_time,
    layer_charts.layers_at_the_end,
)


@pytest.fixture(scope="module")
def history() -> History:
    layers = [fm.Dense(6, "relu"), fm.Dense(4, "sigmoid"), fm.Dense(3, "softmax")]
    data = fm.datasets.load("iris")
    return fm.train(fm.Network(layers), data, epochs=6, learning_rate=0.01).history


def test_gradient_lines_are_those_of_the_record(history: History) -> None:
    picture = layer_charts.gradient_norms(history)
    assert picture is not None
    lines = {line.name: np.asarray(line.y) for line in picture.chart.data}
    assert list(lines) == ["dense_1", "dense_2", "dense_3"]
    expected = history.layers["dense_2"]["gradient_norm"]
    np.testing.assert_allclose(lines["dense_2"], expected)


def test_text_alternative_has_the_first_and_the_last_number(history: History) -> None:
    picture = layer_charts.update_ratios(history)
    assert picture is not None
    ratio = history.layers["dense_1"]["update_ratio"]
    words = f"dense_1 {ratio[0]:.3g} at first, {ratio[-1]:.3g} at last"
    assert words in picture.alternative


def test_activation_bands_are_one_standard_deviation(history: History) -> None:
    picture = layer_charts.activations_over_time(history)
    assert picture is not None
    band, line = picture.chart.data[:2]
    own = history.layers["dense_1"]
    half = np.asarray(band.y)[: len(line.y)] - np.asarray(line.y)
    np.testing.assert_allclose(half, own["activation_spread"], rtol=1e-4)


def test_units_that_are_dead_from_the_start_are_drawn_as_dead() -> None:
    first = fm.Dense(5, "relu", name="sick")
    network = fm.Network([first, fm.Dense(3, "softmax")], (4,))
    data = fm.datasets.load("iris")
    start = network.init(0)
    start["sick"]["bias"] = np.full(5, -1e3, np.float32)
    model = fm.Model(network, start)
    sick = fm.train(network, (data.X, data.y), epochs=2, start_from=model).history
    picture = layer_charts.silent_units(sick)
    assert picture is not None
    assert "sick, dead, 100% at most" in picture.alternative


def test_without_records_there_is_nothing_to_draw() -> None:
    empty = History([{"epoch": 1, "loss": 0.5}])
    assert [chart(empty) for chart in CHARTS] == [None] * len(CHARTS)
    assert layer_charts.silent_units(empty) is None


def test_of_very_many_layers_some_are_drawn_and_said_so() -> None:
    network = fm.Network([fm.Repeat(fm.Residual([fm.Dense(4, "tanh")]), 30)], (4,))
    x = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    history = fm.train(network, (x, x), epochs=1).history
    picture = layer_charts.gradient_norms(history)
    assert picture is not None
    assert len(picture.chart.data) == layer_charts.MOST_LAYERS
    assert "8 of 30 are drawn" in picture.reading

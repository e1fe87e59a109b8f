"""What a neuron detects is what its weights say, within the range of the data."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.inspect.detection import preferred_input, top_examples

RNG = np.random.default_rng(0)


def model_of(layers: list[fm.Layer], shape: object) -> fm.Model:
    network = fm.Network(layers, shape)
    return fm.Model(network, network.init(1))


def taps_of(model: fm.Model, x: object, path: str) -> np.ndarray:
    taps = model.network.forward(model.variables, x, listen=True).taps
    return np.asarray(taps[path]["activation"])


def test_the_examples_that_drive_a_neuron_most_come_first() -> None:
    model = model_of([fm.Dense(5, "tanh"), fm.Dense(2)], (3,))
    x = RNG.normal(size=(40, 3)).astype(np.float32)
    found = top_examples(model, x, "dense_1:4", n=3)
    own = taps_of(model, x, "dense_1")[:, 4]
    assert found.rows.tolist() == np.argsort(-own)[:3].tolist()
    np.testing.assert_allclose(found.values, np.sort(own)[::-1][:3], rtol=1e-6)
    np.testing.assert_array_equal(found.inputs, x[found.rows])


def test_a_feature_map_says_where_it_is_strongest() -> None:
    model = model_of([fm.Conv(3, 3, "relu"), fm.Flatten(), fm.Dense(2)], (6, 5, 1))
    x = RNG.normal(size=(20, 6, 5, 1)).astype(np.float32)
    found = top_examples(model, x, "conv_1:2", n=4)
    maps = taps_of(model, x, "conv_1")[..., 2]
    for row, value, (i, j) in zip(found.rows, found.values, found.places, strict=True):
        assert maps[row, i, j] == pytest.approx(value) == maps[row].max()
    at = top_examples(model, x, "conv_1:2@3,4", n=1)
    assert at.rows[0] == maps[:, 3, 4].argmax()


def test_one_block_of_a_repeat_is_looked_at() -> None:
    model = model_of([fm.Repeat(fm.Dense(3, "tanh"), 4)], (3,))
    x = RNG.normal(size=(10, 3)).astype(np.float32)
    found = top_examples(model, x, "repeat_1[2]/dense_1:1", n=1)
    stacked = taps_of(model, x, "repeat_1/dense_1")
    assert found.values[0] == pytest.approx(stacked[2, :, 1].max(), rel=1e-5)


def test_tokens_have_examples_and_no_ascent() -> None:
    model = model_of([fm.Embedding(9, 4), fm.LSTM(3)], (5,))
    x = RNG.integers(0, 9, (20, 5))
    found = top_examples(model, x, "lstm_1:1", n=2)
    assert found.places.shape == (2, 1)
    with pytest.raises(fm.InputError, match="takes tokens"):
        preferred_input(model, x, "lstm_1:1")


def test_a_linear_neuron_prefers_its_weights_times_the_spread() -> None:
    model = model_of([fm.Dense(2, "relu")], (6,))
    spread = np.array([1.0, 2.0, 0.5, 1.0, 3.0, 0.0])
    x = (RNG.normal(size=(3000, 6)) * spread + 5).astype(np.float32)
    found = preferred_input(model, x, "dense_1:1")
    weight = np.asarray(model.variables["dense_1"]["weight"])[:, 1]
    away = (found.input - x.mean(0))[:5] / spread[:5]
    wanted = weight[:5] * spread[:5]
    cosine = away @ wanted / np.linalg.norm(away) / np.linalg.norm(wanted)
    assert cosine > 0.999
    assert found.distance == pytest.approx(found.limit, rel=1e-3)
    assert found.input[5] == pytest.approx(5)


def test_it_stays_within_the_range_of_the_data() -> None:
    model = model_of([fm.Dense(8, "gelu"), fm.Dense(2)], (3,))
    x = RNG.uniform(-1, 1, size=(50, 3)).astype(np.float32)
    found = preferred_input(model, x, "dense_2:0", distance=100.0)
    assert (found.input >= x.min(0)).all()
    assert (found.input <= x.max(0)).all()
    assert found.value >= found.best_value > found.mean_value


def test_an_image_is_found_for_a_feature_map() -> None:
    model = model_of([fm.Conv(3, 3, "relu"), fm.MaxPool(2), fm.Conv(4, 3)], (6, 6, 1))
    x = RNG.uniform(size=(30, 6, 6, 1)).astype(np.float32)
    x[:, 0] = 0
    for address in ("conv_2:1", "conv_2:1@1,1"):
        found = preferred_input(model, x, address, steps=40)
        assert found.input.shape == (6, 6, 1)
        assert found.value > found.mean_value
    taps = taps_of(model, found.input[None], "conv_2")
    assert found.value == pytest.approx(taps[0, 1, 1, 1], rel=1e-4)


def test_a_table_has_its_encoded_columns_named() -> None:
    rows = {
        "age": RNG.normal(size=60),
        "city": ["Oslo", "Rome", "Bonn"] * 20,
        "buys": ["yes", "no"] * 30,
    }
    table = fm.read(rows, target="buys")
    model = fm.train("mlp", table, epochs=3).model
    layer = model.network.layers[0].name
    found = preferred_input(model, table, f"{layer}:0", steps=20)
    assert found.names[0] == "age"
    assert len(found.names) == len(found.input) == 4


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("dense_1:5", "is dense_1:0 to dense_1:4"),
        ("dense_1", "is dense_1:0 to dense_1:4"),
        ("dense_9:1", "no layer 'dense_9'. Did you mean 'dense_1'"),
        ("dense_1:1@2", "is dense_1:0 to dense_1:4"),
        ("dense 1", "An address is a layer"),
    ],
)
def test_a_neuron_that_is_not_there_is_named(address: str, message: str) -> None:
    model = model_of([fm.Dense(5)], (3,))
    with pytest.raises(fm.InputError) as caught:
        top_examples(model, np.ones((2, 3)), address)
    assert message in str(caught.value)


def test_bad_settings_are_named() -> None:
    model, x = model_of([fm.Dense(5)], (3,)), np.ones((2, 3))
    with pytest.raises(fm.InputError, match="'distance' parameter"):
        preferred_input(model, x, "dense_1:0", distance=-1.0)
    with pytest.raises(fm.InputError, match="'n' parameter"):
        top_examples(model, x, "dense_1:0", n=0)

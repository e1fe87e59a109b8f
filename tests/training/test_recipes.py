"""Recipes by name: what they take, on tables and on arrays, in training and after."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import fathom as fm
from fathom.construction import arranged
from fathom.errors import InputError
from fathom.models import RECIPES, Recipe, lenet, mlp
from fathom.models.recipes import recipe_of

TABLE = fm.datasets.load("digits").rows(range(120))
IMAGES = TABLE.X.reshape(-1, 8, 8)
QUICK = {"epochs": 1, "batch_size": 64}


def flat(shape, outputs, activation):
    """A network for any shape, which remembers it as its input shape."""
    layers = [fm.Flatten(), fm.Dense(outputs, activation)]
    return fm.Network(layers, shape)


@pytest.fixture
def shapes(monkeypatch):
    """Recipes "an_image" and "a_sequence", and the shapes that they were made for."""
    seen = []

    def make(shape, outputs, activation):
        seen.append(shape)
        return flat(shape, outputs, activation)

    for takes in ("image", "sequence"):
        monkeypatch.setitem(RECIPES, f"a_{takes}", Recipe(make, takes))
    return seen


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_makes_a_network_for_its_input(name):
    shape = {"table": (5,), "image": (8, 8, 1), "sequence": (6, 2)}[RECIPES[name].takes]
    network = RECIPES[name](shape, 3, "softmax")
    assert (network.input_shape, network.output_shape) == (shape, (3,))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_says_in_one_line_what_it_is(name):
    about = RECIPES[name].about
    assert about.endswith(".")
    assert "\n" not in about
    assert len(about) <= 70


def test_a_recipe_takes_one_of_three_things():
    with pytest.raises(InputError, match="kind of input 'picture'"):
        Recipe(mlp, "picture")


def test_a_recipe_for_images_gets_them_from_a_table(shapes):
    model = fm.train("a_image", TABLE, **QUICK).model
    assert shapes == [(8, 8, 1)]
    assert model.network.input_shape == (8, 8, 1)
    x = model.inputs(TABLE)
    np.testing.assert_array_equal(x[..., 0], IMAGES / 16)


def test_a_trained_model_of_images_takes_tables_and_arrays(shapes, tmp_path):
    model = fm.train("a_image", TABLE, **QUICK).model
    answers = model.predict(TABLE)
    again = fm.load(model.save(tmp_path / "model"))
    for source in (TABLE, TABLE.X, IMAGES, IMAGES[..., None]):
        np.testing.assert_array_equal(again.predict(source), answers)
    assert again.evaluate((IMAGES, TABLE.y)) == model.evaluate(TABLE)


def test_validation_apart_is_of_images_too(shapes):
    held = fm.datasets.load("digits").rows(range(120, 160))
    result = fm.train("a_image", TABLE, validation=held, **QUICK)
    last = result.history["validation_loss"][-1]
    reached = result.model.evaluate(held)["log_loss"]
    np.testing.assert_allclose(last, reached, rtol=1e-5)


def test_a_sequence_of_an_image_is_its_rows(shapes):
    model = fm.train("a_sequence", TABLE, **QUICK).model
    assert shapes == [(8, 8)]
    assert model.network["as_sequence"] == fm.Reshape((8, 8), name="as_sequence")


def test_a_row_of_numbers_is_a_series(shapes):
    fm.train("a_sequence", fm.datasets.load("iris"), **QUICK)
    assert shapes == [(4, 1)]


def test_images_as_arrays_get_a_channel_and_are_predicted_as_they_came(shapes):
    model = fm.train("a_image", (IMAGES, TABLE.y), **QUICK).model
    assert shapes == [(8, 8, 1)]
    assert model.predict(IMAGES).shape == (120,)


def test_the_function_of_a_recipe_is_the_recipe():
    assert recipe_of(lenet) is RECIPES["lenet"]


def test_a_network_for_a_tables_images_gets_them():
    result = fm.train(flat((8, 8, 1), 10, "softmax"), TABLE, **QUICK)
    assert result.model.preprocessing.image is not None


def test_a_table_of_images_is_a_table_for_other_recipes():
    model = fm.train(partial(mlp, hidden=(4,)), TABLE, **QUICK).model
    assert len(model.network.input_shape) == 1
    assert model.preprocessing.image is None


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("lenet", fm.datasets.load("iris"), r"'iris' does not say .* --image 28x28"),
        ("lenet", (TABLE.X, TABLE.y), r"takes images, .* shape \(rows, 64\)"),
        ("lenet", (IMAGES[..., None, None], TABLE.y), r"\(rows, 8, 8, 1, 1\)"),
        ("a_sequence", (IMAGES[..., None, None], TABLE.y), "takes sequences"),
        ("lenett", TABLE, "Unknown recipe 'lenett'. Did you mean 'lenet'"),
        (5, TABLE, "must be a Network, the name of a recipe"),
    ],
)
def test_what_a_recipe_cannot_take_is_refused(shapes, name, data, said):
    with pytest.raises(InputError, match=said):
        fm.train(name, data, **QUICK)


def test_steps_of_a_color_image_hold_all_its_channels():
    image = np.arange(24).reshape(1, 2, 4, 3)
    assert arranged((2, 4, 3), "sequence") == (2, 12)
    network = fm.Network([fm.Reshape((2, 12))], (2, 4, 3))
    np.testing.assert_array_equal(network.apply({}, image)[0, 1], image[0, 1].ravel())


def test_weights_for_rows_that_were_left_out_are_explained():
    columns = {"x": [1.0, 2, 3, 4, 5], "y": [0.5, None, 1.5, 2.5, 9.5]}
    table = fm.read(columns, "y", task="regression")
    with pytest.raises(InputError, match=r"1 row was left out, .* the 4 rows that"):
        fm.train("mlp", table, sample_weight=np.ones(5), **QUICK)
    fm.train("mlp", table, sample_weight=np.ones(4), **QUICK)

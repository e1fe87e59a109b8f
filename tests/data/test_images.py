"""Images in tables: what they are, one scale for all pixels, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

import fathom as fm
from fathom.data import Preprocessing
from fathom.data.images import checked_image, parse_image
from fathom.errors import InputError

RGB = np.random.default_rng(0).integers(0, 256, size=(6, 2, 3, 3), dtype=np.uint8)
LABELS = ["a", "b"] * 3


def rgb_table(**options):
    return fm.read(RGB.reshape(6, -1), LABELS, image=(2, 3, 3), **options)


def fitted():
    return Preprocessing.fit(rgb_table(), as_image=True)


@pytest.mark.parametrize("load", [fm.datasets.load, fm.read])
def test_digits_are_images(load):
    assert load("digits").image_shape == (8, 8, 1)


def test_other_bundled_sets_are_no_images():
    assert fm.datasets.load("iris").image_shape is None


def test_rows_of_a_table_of_images_are_images():
    assert rgb_table().rows([0, 3]).image_shape == (2, 3, 3)


def test_a_shape_without_channels_has_one():
    assert fm.read({"a": [1, 2], "b": [3, 5]}, image=(1, 2)).image_shape == (1, 2, 1)


def test_a_table_can_be_told_its_images_later():
    table = fm.read(RGB.reshape(6, -1), LABELS)
    assert fm.read(table, image=(2, 3, 3)).image_shape == (2, 3, 3)


def test_an_array_of_images_is_read_in_their_order():
    table = fm.read(RGB, LABELS, image=(2, 3, 3))
    np.testing.assert_array_equal(table.X, RGB.reshape(6, -1))


def test_pixels_of_only_zero_and_one_or_without_values_are_pixels():
    columns = {"a": [0, 1, 0], "b": ["", "", ""], "c": ["0", "1", "1"], "d": [1, 2, 9]}
    assert fm.read(columns, image=(2, 2)).image_shape == (2, 2, 1)


def test_a_pixel_as_target_leaves_no_image():
    assert fm.read("digits", "pixel_3_3").image_shape is None


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ((28, 28), "28 x 28 pixels are 784 columns of numbers, and there are 4"),
        ((2, 2), "'b' is of kind 'category'"),
        ((2, 0), "height and width in pixels"),
        ((4,), "height and width in pixels"),
        ("2x2", "height and width in pixels"),
    ],
)
def test_what_is_no_image_is_refused(image, said):
    columns = {"a": [1, 2], "b": ["x", "y"], "c": [1, 2], "d": [3, 9], "y": [0.5, 2.5]}
    with pytest.raises(InputError, match=said):
        fm.read(columns, "y", image=image)


def test_images_of_another_shape_are_refused():
    with pytest.raises(InputError, match=r"Images of shape \(2, 3, 3\) are needed"):
        fitted().transform(np.zeros((4, 3, 2, 3)))


@pytest.mark.parametrize("text", ["28", "28x", "0x4", "ax4", "1x2x3x4", "-2x3", "²x3"])
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="such as 28x28"):
        parse_image(text)


def test_sizes_are_written_with_x():
    assert parse_image("28X28") == (28, 28, 1)
    assert parse_image(" 32 x 32 x 3 ") == checked_image([32, 32, 3])


def test_all_pixels_share_one_scale():
    x = fitted().transform(rgb_table())
    low, high = RGB.min(), RGB.max()
    assert (x.shape, x.dtype) == (RGB.shape, np.float32)
    np.testing.assert_allclose(x, (RGB - float(low)) / (high - low), rtol=1e-6)


def test_the_scale_is_that_of_the_training_rows():
    table = rgb_table()
    image = Preprocessing.fit(table.rows([1, 2]), as_image=True).image
    assert (image.low, image.high) == (RGB[1:3].min(), RGB[1:3].max())


def test_constant_pixels_stay():
    preprocessing = Preprocessing.fit(fm.datasets.load("digits"), as_image=True)
    assert preprocessing.width == 64
    assert preprocessing.feature_names[::63] == ("pixel_0_0", "pixel_7_7")


def test_columns_go_by_name_and_arrays_by_position():
    preprocessing, x = fitted(), fitted().transform(rgb_table())
    flat = RGB.reshape(6, -1)
    names = [f"x_{i + 1}" for i in range(18)]
    shuffled = pl.DataFrame({n: flat[:, i] for i, n in reversed([*enumerate(names)])})
    more = shuffled.with_columns(other=pl.lit("text"))
    for source in (RGB, RGB.tolist(), flat, flat.astype(float), shuffled, more):
        np.testing.assert_array_equal(preprocessing.transform(source), x)


def test_gray_images_need_no_axis_for_channels():
    table = fm.datasets.load("digits")
    preprocessing = Preprocessing.fit(table, as_image=True)
    images = table.X.reshape(-1, 8, 8)
    x = preprocessing.transform(images)
    np.testing.assert_array_equal(x, preprocessing.transform(images[..., None]))


def test_missing_pixels_become_the_least_value():
    table = fm.read({"a": [10, None, 30], "b": [20, 10, 50]}, image=(1, 2))
    x = Preprocessing.fit(table, as_image=True).transform(table)
    assert x.reshape(3, 2).tolist() == [[0, 0.25], [0, 0], [0.5, 1]]


def test_values_beyond_training_are_kept_and_reported():
    table = fm.read({"a": [0, 1], "b": [2, 10]}, image=(1, 2))
    preprocessing = Preprocessing.fit(table, as_image=True)
    new = {"a": [20, 5], "b": [-5, 5]}
    assert preprocessing.transform(new).reshape(-1).tolist() == [2, -0.5, 0.5, 0.5]
    assert preprocessing.report(new) == [
        "pixels: 2 values are beyond those of training (0 to 10)"
    ]


def test_unreadable_and_missing_pixels_are_reported():
    table = fm.read({"a": [0, 1], "b": [2, 10]}, image=(1, 2))
    preprocessing = Preprocessing.fit(table, as_image=True)
    assert preprocessing.report({"a": ["x", None], "b": [None, 3]}) == [
        "pixels: 1 value is no number ('x') and treated as missing",
        "pixels: 2 values are missing, which training did not have, and filled with "
        "the least of training, 0",
    ]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"a": [3, 3], "b": [3, 3]}, "2 training rows all pixels are equal"),
        ({"a": [None, None], "b": [None, None]}, "all pixels are missing"),
    ],
)
def test_images_that_say_nothing_are_refused(columns, said):
    table = fm.read(columns, image=(1, 2))
    with pytest.raises(InputError, match=said):
        Preprocessing.fit(table, as_image=True)


def test_a_table_without_images_is_refused_as_one():
    with pytest.raises(InputError, match=r"image=\(28, 28\)\), or --image 28x28"):
        Preprocessing.fit(fm.datasets.load("iris"), as_image=True)


def test_a_missing_pixel_column_is_named():
    with pytest.raises(InputError, match=r"columns 'x_2', 'x_3', .* are missing"):
        fitted().transform({"x_1": [1]})


def test_an_array_with_too_few_columns_hears_of_images():
    with pytest.raises(InputError, match=r"Or images, as an array \(rows, 2, 3, 3\)"):
        fitted().transform(np.zeros((2, 3)))


def test_images_survive_json():
    preprocessing = fitted()
    text = json.dumps(preprocessing.to_dict(), allow_nan=False)
    again = Preprocessing.from_dict(json.loads(text))
    assert again == preprocessing
    np.testing.assert_array_equal(again.transform(RGB), preprocessing.transform(RGB))


HOSTILE = {
    "another number of pixels": {"height": 3},
    "no pixels": {"height": 0},
    "a size that is no whole number": {"width": 3.0},
    "a size that is a flag": {"channels": True},
    "an endless size": {"height": 10**400},
    "no range": {"low": 255},
    "a range upside down": {"low": 300.0},
    "a limit that is not finite": {"high": float("inf")},
    "a limit that is text": {"high": "255"},
    "an unknown field": {"depth": 1},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_plain_data_are_refused(name):
    plain = fitted().to_dict()
    plain["encoders"] = [{**plain["encoders"][0], **HOSTILE[name]}]
    with pytest.raises(InputError, match="saved preprocessing is damaged"):
        Preprocessing.from_dict(plain)


def test_an_encoder_beside_that_of_the_images_is_refused():
    plain = fitted().to_dict()
    other = Preprocessing.fit(fm.read({"x_1": [1.0, 2.0]})).to_dict()["encoders"]
    for encoders in (plain["encoders"] + other, plain["encoders"] * 2):
        with pytest.raises(InputError, match="images have one encoder"):
            Preprocessing.from_dict({**plain, "encoders": encoders})


IMAGES = of_numpy.arrays(
    np.float64, (3, 2, 2), elements=st.floats() | st.sampled_from([1e308, -1e308, 0.0])
)


@settings(max_examples=60, deadline=None)
@given(IMAGES, IMAGES)
def test_any_pixels_give_finite_inputs_row_by_row(training, new):
    try:
        table = fm.read(training, image=(2, 2))
        preprocessing = Preprocessing.fit(table, as_image=True)
    except InputError:
        return
    x = preprocessing.transform(new)
    assert np.isfinite(x).all()
    alone = np.concatenate([preprocessing.transform(image[None]) for image in new])
    np.testing.assert_array_equal(alone, x)

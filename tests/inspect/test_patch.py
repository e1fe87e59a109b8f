"""What a convolution's neuron sees, and which token a number comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError
from fathom.inspect.patch import patch_of
from fathom.inspect.trace import Trace, trace
from fathom.report.patch_picture import patch_picture


def of(layers: list[Any], shape: Any, x: Any) -> Trace:
    network = fm.Network(layers, input_shape=shape)
    return trace(fm.Model(network, network.init(0)), x)


@pytest.fixture(scope="module")
def images() -> Trace:
    """A grouped convolution with steps of 2 over two images of four channels."""
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 4)).astype(np.float32)
    conv = fm.Conv(6, 3, "relu", stride=2, groups=2, name="conv")
    return of([conv, fm.Flatten(), fm.Dense(2, name="out")], (6, 5, 4), x)


@pytest.mark.parametrize("address", ["conv:1@0,0", "conv:4@1,1", "conv:5"])
def test_products_and_bias_add_up_to_the_weighted_sum(
    images: Trace, address: str
) -> None:
    found = patch_of(images, address, row=1)
    assert found.products.sum() + found.bias == pytest.approx(
        found.weighted_sum, abs=1e-5
    )


def test_a_patch_is_a_piece_of_the_input(images: Trace) -> None:
    found = patch_of(images, "conv:4@1,1")
    own = np.asarray(images.x)[0]
    assert found.first == 2
    start = [int(i) for i in np.argwhere((own == found.inputs[0, 0, 0]).any(-1))[0]]
    y, x = start
    np.testing.assert_array_equal(found.inputs, own[y : y + 3, x : x + 3, 2:4])


def test_beyond_the_edge_there_is_nothing() -> None:
    x = np.ones((1, 3, 3, 1), np.float32)
    seen = patch_of(of([fm.Conv(1, 3, name="conv")], (3, 3, 1), x), "conv:0@0,2")
    assert np.isnan(seen.inputs[..., 0]).tolist() == [
        [True, True, True], [False, False, True], [False, False, True],
    ]  # fmt: skip
    assert ".   " in str(seen)


def test_only_convolutions_see_patches(images: Trace) -> None:
    with pytest.raises(InputError, match="'out' is a Dense, and only the neurons"):
        patch_of(images, "out:1")


def test_the_picture_has_the_numbers_of_the_patch(images: Trace) -> None:
    found = patch_of(images, "conv:4@1,1")
    picture = patch_picture(found)
    assert picture is not None
    numbers = np.asarray(picture.chart.data[0].customdata)
    drawn = numbers[np.isfinite(numbers)]
    parts = (found.inputs, found.weights, found.products)
    assert drawn.sum() == pytest.approx(sum(p.sum() for p in parts), rel=1e-4)
    adds = found.products[..., 0].sum()
    assert f"channel 2 adds {adds:.4g}" in picture.alternative


def test_terms_that_come_from_a_token_say_which() -> None:
    x = np.array([[3, 1], [2, 4]])
    layers = [fm.Embedding(5, 2, name="words"), fm.LearnedPositions(2, name="at"),
              fm.Flatten(), fm.Dense(1, name="out")]  # fmt: skip
    neuron = of(layers, (2,), x).neuron("out:0", row=1)
    noted = {term.name: term.note for term in neuron.terms}
    assert noted == {"at:0@0": "token 2", "at:1@0": "token 2",
                     "at:0@1": "token 4", "at:1@1": "token 4"}  # fmt: skip
    assert "at:0@1 (token 4)" in str(neuron)


def test_tokens_of_a_named_input_are_its_own() -> None:
    x = {"a": np.array([[1.0, 2.0]], np.float32), "b": np.array([[2]])}
    inner = (fm.Embedding(3, 2, name="e"), fm.Flatten(), fm.Dense(2, name="d"))
    layers = [fm.On("b", inner), fm.Join(("a", "b"))]
    neuron = of(layers, {"a": (2,), "b": (1,)}, x).neuron("on_1/d:0")
    assert {term.note for term in neuron.terms} == {"token 2"}


def test_rows_that_were_not_traced_are_refused(images: Trace) -> None:
    with pytest.raises(InputError, match="row must be from 0 to 1"):
        images.strongest("conv", row=2)

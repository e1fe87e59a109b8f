"""Rows in a file of NumPy, for models of arrays and models of columns."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.conftest import Cli, assert_refused

import fathom as fm

IMAGES = np.random.default_rng(0).random((5, 4, 4, 1)).astype(np.float32)


@pytest.fixture
def model(folder: Path) -> fm.Model:
    """A model of small images, saved as "model"; the images are in rows.npy."""
    network = fm.Network([fm.Flatten(), fm.Dense(2)], (4, 4, 1))
    found = fm.Model(network, network.init(0))
    found.save(folder / "model")
    np.save(folder / "rows.npy", IMAGES)
    return found


def test_an_array_is_predicted(cli: Cli, model: fm.Model) -> None:
    result = cli("predict", "model", "rows.npy")
    assert result.code == 0, result.err
    frame = pl.read_csv(io.StringIO(result.out)).to_numpy()
    np.testing.assert_allclose(frame, model.predict(IMAGES), rtol=1e-5)


def test_a_row_of_an_array_is_explained(cli: Cli, model: fm.Model) -> None:
    result = cli("explain", "model", "rows.npy", "--row", 2, "--neuron", "dense_1:1",
                 "--json")  # fmt: skip
    assert result.code == 0, result.err
    (neuron,) = json.loads(result.out)["neurons"]
    expected = model.trace(IMAGES[2:3]).neuron("dense_1:1")
    assert neuron["sums"][0]["value"] == pytest.approx(expected.sums[0].value)


def test_a_model_of_columns_takes_an_array_in_their_order(
    cli: Cli, folder: Path
) -> None:
    table = fm.read({"a": [1.0, 2, 3, 4], "b": [4.0, 1, 3, 2], "y": [1.0, 2, 3, 4]},
                    target="y")  # fmt: skip
    network = fm.train("mlp", table, epochs=1, record=False).model
    network.save(folder / "model")
    rows = np.array([[1.0, 3.0], [2.0, 2.0]])
    np.save(folder / "rows.npy", rows)
    frame = pl.read_csv(io.StringIO(cli("predict", "model", "rows.npy").out))
    known = network.predict({"a": rows[:, 0], "b": rows[:, 1]})
    np.testing.assert_allclose(frame["prediction"].to_numpy(), known, rtol=1e-6)
    result = cli("explain", "model", "rows.npy", "--row", 1)
    assert result.code == 0, result.err


@pytest.mark.parametrize("content", [None, b"", b"no array"])
def test_a_file_that_is_no_array_is_refused(
    content: bytes | None, cli: Cli, model: fm.Model, folder: Path
) -> None:
    if content is not None:
        (folder / "bad.npy").write_bytes(content)
    assert_refused(cli("predict", "model", "bad.npy"), "Cannot read the array in bad")


def test_an_array_of_another_shape_is_refused(
    cli: Cli, model: fm.Model, folder: Path
) -> None:
    np.save(folder / "flat.npy", IMAGES.reshape(5, 16))
    assert_refused(cli("predict", "model", "flat.npy"), "(4, 4, 1)")

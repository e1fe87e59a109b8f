"""Loading a model: what is no path, and images whose files do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import fathom as fm
from fathom.errors import InputError


@pytest.mark.parametrize("given", [5, None, b"run", ["run"]])
def test_what_is_no_path_is_refused(given: object) -> None:
    with pytest.raises(InputError, match="'path' parameter of load must be the path"):
        fm.load(given)  # pyright: ignore


def test_images_of_another_shape_than_the_networks_are_refused(tmp_path: Path) -> None:
    table = fm.read([[1, 2], [3, 4], [5, 6]], ["a", "b", "a"], image=(1, 2))
    network = fm.Network([fm.Flatten(), fm.Dense(2, "softmax")], (1, 2, 1))
    folder = fm.train(network, table, epochs=1).model.save(tmp_path / "model")
    path = folder / "preprocess.json"
    document = json.loads(path.read_text())
    document["inputs"]["encoders"][0] |= {"height": 2, "width": 1}
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"inputs of shape \(2, 1, 1\), and"):
        fm.load(folder)

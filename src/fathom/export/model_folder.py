"""A model as a folder of plain files.

    network.json          the layers and their settings
    weights.safetensors   parameters and running statistics
    preprocess.json       from raw columns to inputs, and from outputs to answers
    calibration.json      scores for intervals and sets, if it is calibrated

Loading reads the two JSON files first, works out from them which arrays there must be,
and compares that with the header of the weights before it allocates anything.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import jax

from fathom.data.preprocessing import Preprocessing
from fathom.data.target import TargetCoding
from fathom.errors import InputError, did_you_mean, require
from fathom.files import make_folder, read_json, write_json, write_text
from fathom.model import Model
from fathom.network import Network
from fathom.uncertainty.conformal import Conformal
from fathom.weights import read_weights, write_weights

FORMAT = "fathom model"
NETWORK, WEIGHTS, PREPROCESS = "network.json", "weights.safetensors", "preprocess.json"
CALIBRATION, ENSEMBLE = "calibration.json", "ensemble.json"


def save_model(model: Model, folder: Path) -> Path:
    """Write a model to a new or empty folder.

    Raises:
        InputError: If there is something in the folder, or a layer's setting is a
            function, which a file cannot hold.
    """
    network = model.network.to_json()
    document = {
        "format": FORMAT,
        "version": 1,
        "loss": model.loss,
        "inputs": model.preprocessing and model.preprocessing.to_dict(),
        "target": model.target and model.target.to_dict(),
        "about": dict(model.about),
    }
    make_folder(folder)
    write_text(folder / NETWORK, network + "\n")
    write_weights(folder / WEIGHTS, model.variables)
    write_json(folder / PREPROCESS, document)
    write_calibration(folder, model.conformal)
    return folder


def load(path: str | Path) -> Model:
    """Return the model in a folder: a run, or what `Model.save` wrote.

    Nothing in the files is run. `runs/latest` finds the newest run.

    Raises:
        InputError: If there is no model, or a file is missing, cut off, edited or
            does not fit the others.
    """
    require(isinstance(path, (str, Path)), "load", "path", "the path of a run or a "
            "model's folder, such as 'runs/latest'", path)  # fmt: skip
    folder = model_folder(Path(path))
    network = _read_network(folder / NETWORK)
    document = read_json(folder / PREPROCESS, "the preprocessing of a model")
    if document.get("format") != FORMAT or document.get("version") != 1:
        raise InputError(f"{folder / PREPROCESS} is not the file of a Fathom model.")
    inputs, target = document.get("inputs"), document.get("target")
    preprocessing = None if inputs is None else Preprocessing.from_dict(inputs)
    coding = None if target is None else TargetCoding.from_dict(target)
    expected = _expected(network, folder)
    _require_fitting(network, preprocessing, coding, folder)
    loss, about = document.get("loss"), document.get("about")
    if not isinstance(loss, str) or not isinstance(about, dict):
        raise InputError(f"{folder / PREPROCESS} is damaged: its 'loss' or 'about'.")
    variables = read_weights(folder / WEIGHTS, expected)
    conformal = read_calibration(folder, coding)
    return Model(network, variables, loss, coding, preprocessing, about, conformal)


def write_calibration(folder: Path, conformal: Conformal | None) -> None:
    """Write the scores of a calibrated model; no file for another."""
    if conformal is not None:
        write_json(folder / CALIBRATION, conformal.to_dict())


def read_calibration(folder: Path, target: TargetCoding | None) -> Conformal | None:
    """Return the scores in a folder, or None if there are none.

    Raises:
        InputError: If they are damaged, or not those of the target.
    """
    path = folder / CALIBRATION
    if not path.is_file():
        return None
    found = Conformal.from_dict(read_json(path, "the calibration of a model"))
    wanted = 0 if target is None else 1 if target.classes else len(target.names)
    if len(found.scores) != wanted:
        raise InputError(
            f"{path} does not fit the model: it has scores for {len(found.scores)} "
            f"targets, and the model has {wanted}."
        )
    return found


def _require_fitting(
    network: Network,
    preprocessing: Preprocessing | None,
    target: TargetCoding | None,
    folder: Path,
) -> None:
    """Raise InputError if inputs or answers are not those of the network."""
    if preprocessing and preprocessing.input_shape != network.input_shape:
        raise InputError(
            f"The files in {folder} do not fit: preprocessing gives inputs of shape "
            f"{preprocessing.input_shape}, and the network takes "
            f"{network.input_shape}."
        )
    if target is None:
        return
    outputs = math.prod(network.output_shape)
    what = "classes" if target.classes else "targets"
    n = len(target.classes or target.names)
    one_unit = (n, outputs) == (2, 1)
    every_step = network.output_shape[-1:] == (n,)
    if outputs != n and not (what == "classes" and (one_unit or every_step)):
        raise InputError(
            f"The files in {folder} do not fit: the model answers with {n} {what}, and "
            f"the network has {outputs} outputs."
        )


def model_folder(path: Path) -> Path:
    """Return the folder with the model's files, for a run or a model's folder.

    Raises:
        InputError: If there is none.
    """
    path = pointed_at(path)
    for folder in (path / "model", path):
        if (folder / NETWORK).is_file():
            return folder
    for folder in (path / "model", path):
        if (folder / ENSEMBLE).is_file():
            raise InputError(
                f"{path} holds an ensemble, which fm.Ensemble.load, 'fathom predict' "
                f"and 'fathom evaluate' take. What looks at a single network, such as "
                f"'fathom explain', takes a member of it: {folder / 'member_1'}."
            )
    if not path.exists():
        siblings = path.parent.iterdir() if path.parent.is_dir() else ()
        hint = did_you_mean(path.name, [sibling.name for sibling in siblings])
        raise InputError(f"There is no run or model at {path}.{hint}")
    raise InputError(
        f"{path} is not a run or a model: it has no {NETWORK}. A run is a folder that "
        f"'fathom train' or Model.save wrote."
    )


def pointed_at(path: Path) -> Path:
    """Return the newest run for `runs/latest`, and any other path as it is."""
    if path.name == "latest" and path.is_file():
        return path.parent / Path(path.read_text("utf-8").strip()).name
    return path


def _read_network(path: Path) -> Network:
    try:
        return Network.from_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise InputError(f"{path} is damaged: {error}") from error


def _expected(network: Network, folder: Path) -> dict[str, Any]:
    """Return the shapes that the network's arrays must have, without making them."""
    try:
        return jax.eval_shape(network.init)
    except InputError as error:
        raise InputError(f"{folder / NETWORK} is damaged: {error}") from error
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(
            f"{folder / NETWORK} describes a network that cannot be built: {error}"
        ) from error

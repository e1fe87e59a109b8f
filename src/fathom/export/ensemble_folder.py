"""An ensemble as a folder: its members' folders, and what they share.

ensemble.json         how many members, how they were made
calibration.json      scores for intervals and sets, if it is calibrated
member_1/ ...         network.json, weights.safetensors, preprocess.json
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fathom.errors import InputError, is_whole
from fathom.export.model_folder import (
    ENSEMBLE,
    load,
    pointed_at,
    read_calibration,
    save_model,
    write_calibration,
)
from fathom.files import make_folder, read_json, write_json
from fathom.model import Model
from fathom.uncertainty.conformal import Conformal
from fathom.uncertainty.ensemble import Ensemble

FORMAT = "fathom ensemble"


def save_ensemble(ensemble: Ensemble, folder: Path) -> Path:
    """Write an ensemble to a new or empty folder.

    Raises:
        InputError: If there is something in the folder, or a member cannot be saved.
    """
    make_folder(folder)
    for number, member in enumerate(ensemble.members, 1):
        save_model(member, folder / f"member_{number}")
    write_calibration(folder, ensemble.conformal)
    document = {
        "format": FORMAT,
        "version": 1,
        "n_members": len(ensemble.members),
        "about": dict(ensemble.about),
    }
    write_json(folder / ENSEMBLE, document)
    return folder


def load_predictor(path: str | Path) -> Model | Ensemble:
    """Return the model, or the ensemble, in a folder.

    Raises:
        InputError: If there is none, or a file is missing or damaged.
    """
    folder = _ensemble_folder(Path(path))
    return load(path) if folder is None else Ensemble(*load_ensemble(folder))


def _ensemble_folder(path: Path) -> Path | None:
    """Return the folder with an ensemble's files, or None if there is none."""
    path = pointed_at(path)
    for folder in (path / "model", path):
        if (folder / ENSEMBLE).is_file():
            return folder
    return None


def load_ensemble(
    folder: Path,
) -> tuple[tuple[Model, ...], dict[str, Any], Conformal | None]:
    """Return the members of an ensemble in a folder, what it says, its calibration.

    Args:
        folder: Of the ensemble, or of the run that it comes from.

    Raises:
        InputError: If there is none, or a file is missing or damaged.
    """
    folder = _ensemble_folder(folder) or folder
    document = read_json(folder / ENSEMBLE, "the members of an ensemble")
    if document.get("format") != FORMAT or document.get("version") != 1:
        raise InputError(f"{folder / ENSEMBLE} is not the file of an ensemble.")
    n, about = document.get("n_members"), document.get("about")
    if not is_whole(n) or not isinstance(about, dict):
        raise InputError(f"{folder / ENSEMBLE} is damaged: its 'n_members' or 'about'.")
    assert isinstance(n, int)
    folders = (folder / f"member_{number}" for number in range(1, n + 1))
    members = tuple(load(one) for one in folders)
    return members, about, read_calibration(folder, members[0].target)

"""Checkpoints: everything a run needs to go on as if it had never stopped.

A checkpoint is a safetensors file of arrays (progress, and the records of single steps)
and a JSON file that names it, with the epoch, the history so far and the settings. The
arrays are written first and the JSON file last, each as a whole, so that whatever
moment a run dies at, the newest complete checkpoint is found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom.errors import InputError
from fathom.files import read_json, write_json
from fathom.record.history import History, Records
from fathom.record.layer_records import as_columns
from fathom.record.weight_records import Counts
from fathom.training.progress import Progress
from fathom.weights import read_header, read_weights, write_weights

FORMAT = "fathom checkpoint"
# Arrays of records, under "record." and these names.
_TYPES = {"steps": np.int64, "losses": np.float64, "rates": np.float64,
          "values": np.float32, "epochs": np.int64, "classes": np.float32,
          "weighed": np.int64, "powers": np.int64, "counts": np.int64}  # fmt: skip


def write_checkpoint(
    folder: Path,
    progress: Progress,
    history: History,
    settings: dict[str, Any],
) -> None:
    """Write the progress of a run; an older checkpoint in the folder is replaced."""
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(progress)]
    number = int(progress.epoch)
    name = f"epoch_{number:06d}.safetensors"
    records = history.records
    arrays = {f"leaf_{i}": a for i, a in enumerate(leaves)}
    write_weights(folder / name, arrays | (_arrays(records) if records.steps else {}))
    document = {
        "format": FORMAT,
        "version": 1,
        "epoch": number,
        "arrays": name,
        "history": history.rows,
        "columns": records.columns if records.steps else None,
        "weighed": _weighed(records),
        "settings": settings,
    }
    write_json(folder / "checkpoint.json", document)
    for old in folder.glob("epoch_*.safetensors"):
        if old.name != name:
            old.unlink(missing_ok=True)


def has_checkpoint(folder: Path) -> bool:
    """Say whether a folder holds a checkpoint."""
    return (folder / "checkpoint.json").exists()


def read_checkpoint(
    folder: Path, like: Progress, settings: dict[str, Any]
) -> tuple[Progress, History]:
    """Return the progress and the history of a checkpoint.

    Args:
        folder: Where the checkpoint is.
        like: Progress with the shapes and types expected, such as that of a new run.
        settings: The settings of the run that is to go on; those that decide its
            numbers must be the ones of the run that stopped.

    Raises:
        InputError: If there is none, it is damaged, or it is of another run.
    """
    document = read_json(folder / "checkpoint.json", "a checkpoint")
    if document.get("format") != FORMAT:
        raise InputError(f"{folder / 'checkpoint.json'} is not a checkpoint.")
    kept, rows = document.get("settings"), document.get("history", [])
    if not isinstance(kept, dict) or not _are_rows(rows, document.get("epoch")):
        raise InputError(
            f"{folder / 'checkpoint.json'} is damaged: its settings or history."
        )
    for name in settings:
        if settings[name] != kept.get(name):
            raise InputError(
                f"The checkpoint in {folder} is of a run with {name} = "
                f"{kept.get(name)!r}, and this run has {name} = {settings[name]!r}. "
                f"Resume with the same settings, or train anew in another folder."
            )
    leaves, structure = jax.tree.flatten(like)
    expected = {f"leaf_{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)}
    path = folder / Path(str(document.get("arrays"))).name
    columns, weighed = document.get("columns") or {}, document.get("weighed") or []
    kept = _expected_records(path) if columns else {}
    arrays = read_weights(path, expected | kept)
    restored = [jnp.asarray(arrays[name]) for name in expected]
    progress = jax.tree.unflatten(structure, restored)
    return progress, History(rows, _records(path, arrays, columns, weighed))


def _arrays(records: Records) -> dict[str, np.ndarray]:
    """Return the records as arrays."""
    judged = [row for _, row in records.classes]
    names = _weighed(records)
    counts = [[row[name] for name in names] for _, row in records.weights]
    given = {
        "steps": records.steps,
        "losses": records.losses,
        "rates": records.rates,
        "values": records.values,
        "epochs": [epoch for epoch, _ in records.classes],
        "classes": judged or np.zeros((0, 4, 0)),
        "weighed": [epoch for epoch, _ in records.weights],
        "powers": [[one.power for one in row] for row in counts],
        "counts": [[one.counts for one in row] for row in counts],
    }
    return {
        f"record.{name}": np.array(given[name], kind) for name, kind in _TYPES.items()
    }


def _weighed(records: Records) -> list[str]:
    """Return the layers whose weights were counted, the same after every epoch."""
    return list(records.weights[0][1]) if records.weights else []


def _expected_records(path: Path) -> dict[str, Any]:
    """Return arrays of the types that records have and the shapes they have here."""
    header = read_header(path)
    shapes = {name: header.get(f"record.{name}", ("", ()))[1] for name in _TYPES}
    return {
        f"record.{name}": np.broadcast_to(np.zeros((), kind), shapes[name])
        for name, kind in _TYPES.items()
    }


def _records(path: Path, arrays: dict[str, Any], columns: Any, weighed: Any) -> Records:
    """Return the records of a checkpoint, empty ones if it has none."""
    if not columns:
        return Records()
    given = {name: arrays[f"record.{name}"] for name in _TYPES}
    try:
        records = Records(as_columns(columns))
        records.steps = given["steps"].tolist()
        records.losses = given["losses"].tolist()
        records.rates = given["rates"].tolist()
        records.values = list(given["values"])
        pairs = zip(given["epochs"].tolist(), given["classes"], strict=True)
        records.classes = list(pairs)
        rows = zip(given["powers"].tolist(), given["counts"], strict=True)
        counts = [[Counts(*one) for one in zip(*r, strict=True)] for r in rows]
        named = [dict(zip(weighed, row, strict=True)) for row in counts]
        records.weights = list(zip(given["weighed"].tolist(), named, strict=True))
        records.tables()  # raises where the columns do not fit
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: its records do not fit.") from error
    return records


def _are_rows(rows: Any, number: Any) -> bool:
    """Say whether a history has so many rows, with the same names in each."""
    if not isinstance(rows, list) or len(rows) != number:
        return False
    return all(
        isinstance(row, dict) and "seconds" in row and row.keys() == rows[0].keys()
        for row in rows
    )

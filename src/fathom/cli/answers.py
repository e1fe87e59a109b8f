"""A model's answers as a table, and as a file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fathom.errors import InputError
from fathom.files import unwritable, write_bytes
from fathom.model import Model
from fathom.uncertainty.ensemble import Ensemble


def answers(
    model: Model | Ensemble, data: Any, coverage: float | None = None
) -> pl.DataFrame:
    """Return one row of answers for every row of data.

    The columns are "prediction" and "probability_<class>" in classification,
    "prediction" for one number, and "prediction_<target>" for several.

    Args:
        model: A model or an ensemble.
        data: Rows.
        coverage: Adds "low" and "high" for one number, "low_<target>" and
            "high_<target>" for several, "in_set_<class>" in classification; None adds
            nothing.

    Raises:
        InputError: If the data do not have the model's columns, or bounds are asked of
            a model that is not calibrated.
    """
    target = model.target
    if target is None or target.task != "classification":
        values = np.asarray(model.predict(data))
        values = values.reshape(len(values), -1)
        names = ["prediction"]
        if values.shape[1] > 1:
            own = () if target is None else target.names
            names = [f"prediction_{name}" for name in own or range(values.shape[1])]
        columns = dict(zip(names, values.T, strict=True))
        return pl.DataFrame({**columns, **_bounds(model, data, names, coverage)})
    probabilities = model.predict_proba(data)
    labels = target.decode_labels(probabilities.argmax(axis=1))
    columns = {"prediction": np.asarray(labels)}
    for position, label in enumerate(model.classes):
        columns[f"probability_{label}"] = probabilities[:, position]
    if coverage is not None:
        sets = model.predict_set(data, coverage)
        for position, label in enumerate(model.classes):
            columns[f"in_set_{label}"] = sets[:, position]
    return pl.DataFrame(columns)


def _bounds(
    model: Model | Ensemble, data: Any, names: Sequence[str], coverage: float | None
) -> dict[str, np.ndarray]:
    """Return lower and upper bounds as columns; none if they are not asked for."""
    if coverage is None:
        return {}
    bounds = model.predict_interval(data, coverage).reshape(-1, len(names), 2)
    ends = [name.removeprefix("prediction") for name in names]
    return {
        f"{side}{end}": bounds[:, i, place]
        for i, end in enumerate(ends)
        for place, side in enumerate(("low", "high"))
    }


def to_text(frame: pl.DataFrame, separator: str = ",") -> str:
    """Return a table as CSV text."""
    return frame.write_csv(separator=separator)


def check_new_file(path: Path) -> None:
    """Raise InputError unless answers can be written to a new file of this name."""
    if path.suffix.lower() not in _WRITERS:
        raise InputError(
            f"Cannot tell the format of {path}: its name must end in "
            f"{', '.join(_WRITERS)}."
        )
    if path.exists():
        raise InputError(
            f"{path} exists. Nothing is ever overwritten: name another file or remove "
            f"this one."
        )
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} to.")


def write_answers(frame: pl.DataFrame, path: Path) -> None:
    """Write a table to a new file, as a whole or not at all."""
    content = _WRITERS[path.suffix.lower()](frame)
    try:
        write_bytes(path, content)
    except OSError as error:
        raise unwritable(path, error) from error


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[pl.DataFrame], bytes]] = {
    ".csv": lambda frame: to_text(frame).encode(),
    ".tsv": lambda frame: to_text(frame, "\t").encode(),
    ".parquet": _parquet,
    ".jsonl": lambda frame: frame.write_ndjson().encode(),
    ".ndjson": lambda frame: frame.write_ndjson().encode(),
}

"""The records of a run in its log, compactly, and the history read from there.

One line an epoch holds its row of numbers and, under "record", what its steps said:
numbers rounded to 6 digits, and at most about 1500 of them, so that a line stays below
20 kB. Of a network with more layers than that leaves room for, layers evenly spaced are
written; the run's own `History` has all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fathom.errors import InputError
from fathom.record.events import read_events
from fathom.record.history import History, NonFinite, Records
from fathom.record.layer_records import Columns, as_columns
from fathom.record.weight_records import Counts

EVENTS = "events.jsonl"
MOST_NUMBERS = 1500
# Layers whose weights are written, each with 65 numbers.
MOST_WEIGHED = 16


class RecordLog:
    """Writes the records of a run as plain data for its log.

    Args:
        columns: Addresses of every statistic.
    """

    def __init__(self, columns: Columns) -> None:
        share = MOST_NUMBERS // max(1, len(columns))
        self.kept = {name: _spaced(len(at), share) for name, at in columns.items()}
        self.columns = {
            name: tuple(columns[name][i] for i in kept)
            for name, kept in self.kept.items()
        }
        self._size = max(1, sum(len(kept) for kept in self.kept.values()))

    def heading(self) -> dict[str, Any]:
        """Return what the lines refer to: the addresses of every statistic."""
        return {name: list(addresses) for name, addresses in self.columns.items()}

    def line(
        self, records: Records, start: int, judged: int, weighed: int
    ) -> dict[str, Any]:
        """Return the records, results by class and weights from positions on."""
        total = len(records.steps) - start
        chosen = start + _spaced(total, max(1, MOST_NUMBERS // self._size))
        ends = np.cumsum([len(addresses) for addresses in records.columns.values()])
        layers: dict[str, list[Any]] = {name: [] for name in self.columns}
        for i in chosen:
            pieces = np.split(records.values[i], ends[:-1]) if len(ends) else []
            for name, piece in zip(records.columns, pieces, strict=True):
                layers[name].append(_rounded(piece[self.kept[name]]))
        line: dict[str, Any] = {
            "steps": [records.steps[i] for i in chosen],
            "losses": _rounded(records.losses[i] for i in chosen),
            "rates": _rounded(records.rates[i] for i in chosen),
            "layers": layers,
        }
        for epoch, row in records.classes[judged:]:
            line["classes"] = {"epoch": epoch, "values": [_rounded(r) for r in row]}
        for epoch, row in records.weights[weighed:]:
            names = [list(row)[i] for i in _spaced(len(row), MOST_WEIGHED)]
            counts = {n: [row[n].power, *row[n].counts.tolist()] for n in names}
            line["weights"] = {"epoch": epoch, "layers": counts}
        return line


def read_history(run: str | Path) -> History:
    """Return the history that the log of a run holds, also of one that was killed.

    An epoch that a resumed run did again counts once, as it was done last.

    Args:
        run: The run's folder.

    Raises:
        InputError: If there is no log, or it is damaged.
    """
    path = Path(run) / EVENTS
    if not path.is_file():
        raise InputError(f"There is no history in {Path(run)}: it has no {EVENTS}.")
    history = History()
    try:
        for event in read_events(path):
            _replay(history, event)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} (the log of a run) is damaged: {json.dumps(str(error))}."
        ) from error
    return history


def _replay(history: History, event: Mapping[str, Any]) -> None:
    kind = event.get("event")
    if kind == "compiled" and "layers" in event:
        columns = as_columns(event["layers"])
        if columns != history.records.columns:
            history.records = Records(columns)
    if kind == "epoch":
        number = int(event["epoch"])
        history.rows = [row for row in history.rows if row["epoch"] < number]
        apart = ("event", "time", "record")
        row = {name: event[name] for name in event if name not in apart}
        history.append({n: np.nan if v is None else v for n, v in row.items()})
        history.non_finite = None
    if kind in ("epoch", "stopped") and event.get("record"):
        done = None if kind == "stopped" else int(event["epoch"]) - 1
        _replay_record(history.records, event["record"], done)
    if kind == "stopped" and event.get("non_finite"):
        history.non_finite = NonFinite(**event["non_finite"])


def _replay_record(
    records: Records, line: Mapping[str, Any], epochs: int | None
) -> None:
    steps = [int(step) for step in line["steps"]]
    epochs = (
        len(records.classes) and records.classes[-1][0] if epochs is None else epochs
    )
    records.cut(min(steps) - 1 if steps else 10**18, epochs)
    layers = [np.array(line["layers"][name], float) for name in records.columns]
    values = np.concatenate(layers, axis=1) if layers and steps else None
    for i, step in enumerate(steps):
        row = np.zeros(0) if values is None else values[i]
        rate, loss = _number(line["rates"][i]), _number(line["losses"][i])
        records.append(step, rate, loss, row)
    if line.get("classes"):
        given = line["classes"]
        value = np.array(given["values"], float)
        records.classes.append((int(given["epoch"]), value))
    if line.get("weights"):
        given = line["weights"]
        row = {
            str(name): Counts(int(own[0]), np.array(own[1:], int))
            for name, own in given["layers"].items()
        }
        records.weights.append((int(given["epoch"]), row))


def _spaced(n: int, most: int) -> np.ndarray:
    """Return at most so many of n places, evenly spaced, first and last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


def _rounded(values: Any) -> list[float | None]:
    """Return numbers to 6 digits; None for those that are not finite."""
    numbers = [float(value) for value in values]
    return [float(f"{n:.6g}") if np.isfinite(n) else None for n in numbers]


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)

"""What the files of a run say, read for a report; what is not there is said.

    record = read_record("runs/latest")
    record.history["loss"], record.metrics["verdict"], record.gaps

A run that was killed leaves fewer files than one that ended: the history then comes
from its log, and there is no model.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fathom.cross_validation.comparison import COMPARISON, ComparedSettings
from fathom.diagnose.repairs import REPAIRS
from fathom.errors import InputError
from fathom.export.model_folder import load
from fathom.export.run_config import read_config
from fathom.export.run_folder import METRICS, SCHEMA, find_run, read_run
from fathom.files import read_json
from fathom.record.events import read_events
from fathom.record.history import History
from fathom.record.log import read_history

if TYPE_CHECKING:
    from fathom.data import Table
    from fathom.model import Model

FINDINGS = "findings.json"


@dataclass(frozen=True)
class RunRecord:
    """A run as its files have it.

    Attributes:
        path: Its folder.
        facts: Of run.json.
        config: Of config.yaml.
        schema: Of data/schema.json: columns, classes, which rows were for what.
        history: The numbers of every epoch that was finished.
        metrics: Of metrics.json; empty where nothing was measured.
        findings: Of findings.json; None if there is no such file.
        model: The trained model, or None.
        gaps: Sentences on what is missing.
    """

    path: Path
    facts: Mapping[str, Any]
    config: Mapping[str, Any]
    schema: Mapping[str, Any]
    history: History
    metrics: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]] | None
    model: Model | None
    gaps: tuple[str, ...] = ()

    @cached_property
    def steps(self) -> History:
        """The records of single steps, from the log; empty where it has none."""
        try:
            return read_history(self.path)
        except InputError:  # a damaged or missing log costs these charts only
            return History()

    @cached_property
    def comparison(self) -> ComparedSettings | None:
        """What a cross-validation found when a setting was chosen, or None."""
        path = self.path / COMPARISON
        if not path.is_file():
            return None
        try:
            return ComparedSettings.from_dict(read_json(path, "a cross-validation"))
        except InputError:  # a damaged file costs this chart only
            return None

    @cached_property
    def repairs(self) -> Mapping[str, Any] | None:
        """What repairing the run has tried (`Repairs.to_dict`), or None."""
        path = self.path / REPAIRS
        return read_json(path, "the repairs of a run") if path.is_file() else None

    @property
    def split(self) -> Mapping[str, Sequence[int]]:
        """Row numbers by part: "training", "validation", "test"."""
        return self.schema.get("split", {})

    @property
    def status(self) -> str:
        """How it ended: "done", "interrupted", "failed"; "running" if it did not."""
        return str(self.facts["status"])


def read_record(run: str | Path) -> RunRecord:
    """Read a run's folder.

    Raises:
        InputError: If there is no run, or one of its files is damaged.
    """
    path = find_run(run)
    facts, config = read_run(path), read_config(path)
    schema = read_json(path / SCHEMA, "the columns of a run")
    gaps: list[str] = []
    model = None
    if (path / "model").is_dir():
        model = load(path / "model")
    else:
        gaps.append(
            "The run left no model: it ended before one was written, so there is no "
            "network to show and nothing was predicted."
        )
    is_measured = (path / METRICS).is_file()
    metrics = read_json(path / METRICS, "the results of a run") if is_measured else {}
    history, log = path / "history.csv", path / "events.jsonl"
    return RunRecord(
        path,
        facts,
        config,
        schema,
        _history(history) if history.is_file() else _logged_history(log),
        metrics,
        _findings(path / FINDINGS),
        model,
        tuple(gaps),
    )


def find_table(record: RunRecord, data: Any = None) -> Table:
    """Return the table that a run was made with.

    Args:
        record: The run.
        data: Where the data are now; None takes what the run noted.

    Raises:
        InputError: If they came from memory, are not there any more, or have changed.
    """
    from fathom.data import datasets, read

    source = record.config.get("data") if data is None else data
    if source is None:
        raise InputError(
            "The data of this run came from memory, so they cannot be read again."
        )
    if data is None and source in datasets.names():  # not a folder of that name
        source = datasets.load(str(source))
    config, image = record.config, record.config.get("image")
    target = config.get("target")
    table = read(
        source,
        target=list(target) if isinstance(target, (list, tuple)) else target,
        kinds=dict(config.get("kinds") or {}) or None,
        task=config.get("task"),
        image=None if image is None else tuple(image),
    )
    if table.digest() != record.facts.get("data", {}).get("digest"):
        raise InputError(
            f"The data in {source} have changed since the run: their digest is another."
        )
    return table


def _history(path: Path) -> History:
    """Return the history in a CSV file; a cell that is no number is None."""
    try:
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} (the history of a run) is damaged: {error}.") from (
            error
        )
    return History([{k: _number(v) for k, v in row.items() if k} for row in rows])


def _logged_history(path: Path) -> History:
    """Return the history in a log; of an epoch done twice, the later one."""
    rows: dict[int, dict[str, Any]] = {}
    for event in read_events(path) if path.is_file() else ():
        if event.get("event") == "epoch" and isinstance(event.get("epoch"), int):
            own = {k: v for k, v in event.items() if k not in ("event", "time")}
            rows[event["epoch"]] = own
    return History([rows[epoch] for epoch in sorted(rows)])


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def _findings(path: Path) -> list[dict[str, Any]] | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} (the findings of a run) is damaged: {error}."
        ) from error
    if isinstance(content, dict):
        content = content.get("findings")
    if not isinstance(content, list) or not all(isinstance(f, dict) for f in content):
        raise InputError(
            f"{path} (the findings of a run) is damaged: expected a list of objects."
        )
    return content

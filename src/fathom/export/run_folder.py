"""The folder of a run: plain files, each written as a whole, no pickle.

    config.yaml        all settings and the data's source; repeats the run
    run.json           status, versions, seed, data digest, times, why it stopped
    data/schema.json   columns, target, and which rows were for what
    model/             the trained model, as `Model.save` writes it
    checkpoints/       what the run goes on from after an interruption
    events.jsonl       what happened, as it happened
    history.csv        the numbers of every epoch
    metrics.json       the result on the test rows, beside the baselines
    groups.json        the result by group, where it was measured
    README.md          the model card

`runs/latest` is a text file that holds the name of the newest run.
"""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jax
import numpy as np

from fathom.errors import InputError, did_you_mean
from fathom.export.model_card import model_card
from fathom.export.run_config import CONFIG, read_config, to_yaml
from fathom.files import make_folder, read_json, unwritable, write_json, write_text
from fathom.model import Model
from fathom.plain import plain
from fathom.record.events import EventLog
from fathom.record.history import History
from fathom.version import __version__

FORMAT = "fathom run"
STATUSES = ("running", "done", "interrupted", "failed")
RUN, SCHEMA, METRICS = "run.json", "data/schema.json", "metrics.json"
FINDINGS, GROUPS = "findings.json", "groups.json"


class RunFolder:
    """One run's folder, written as the run goes.

    Nothing is created before `begin`, so that input that turns out to be bad leaves
    nothing behind.
    """

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        """Take a new folder, or one of an interrupted run.

        Raises:
            InputError: If a new folder could not be made, or is there with something
                in it; if there is no run to resume.
        """
        self.path = find_run(path) if resume else path
        self.facts: dict[str, Any] = {}
        self.begun = False
        self.opened = _now()
        if resume:
            self.facts = read_run(self.path)
        else:
            check_free(path)

    @property
    def checkpoints(self) -> Path:
        """Where the checkpoints go."""
        return self.path / "checkpoints"

    def begin(
        self, facts: Mapping[str, Any], config: Mapping[str, Any], schema: Any
    ) -> None:
        """Write the settings and the schema, and set the status to "running".

        Args:
            facts: For run.json, beside versions and times.
            config: For config.yaml.
            schema: For data/schema.json.
        """
        if self.facts:
            self.facts |= {"status": "running", "resumed": _now()}
            for stale in (METRICS, GROUPS):
                (self.path / stale).unlink(missing_ok=True)
        else:
            make_folder(self.path)
            self.facts = {
                "format": FORMAT,
                "version": 1,
                "status": "running",
                **facts,
                "versions": _versions(),
                "platform": platform.platform(),
                "device": _device(),
                "started": self.opened,
            }
        self.begun = True
        (self.path / "data").mkdir(exist_ok=True)
        write_text(self.path / CONFIG, to_yaml(config))
        write_json(self.path / SCHEMA, plain(schema))
        self.note()
        self._point_to_it()

    def check_same(self, digest: str, config: Mapping[str, Any]) -> None:
        """Raise InputError unless a run to be resumed can go on with these.

        Args:
            digest: Of the data.
            config: All settings; `epochs` may have grown.
        """
        if self.facts.get("data", {}).get("digest") != digest:
            raise InputError(
                f"The data are not those of the run in {self.path}: their digest has "
                f"changed. Put the old data back, or train anew."
            )
        before = read_config(self.path)
        for name in config:
            if name not in ("data", "epochs") and config[name] != before.get(name):
                raise InputError(
                    f"The run in {self.path} has {name} = {before.get(name)!r}, not "
                    f"{config[name]!r}. Resume with its own settings, or train anew."
                )
        status, longer = self.facts["status"], config["epochs"] > before["epochs"]
        if status == "failed" or (status == "done" and not longer):
            advice = "train anew with other settings"
            if status == "done":
                advice += ", or longer with --epochs"
            raise InputError(
                f"The run in {self.path} is {status}, so there is nothing to resume. "
                f"{self.facts.get('why_stopped')} To go on, {advice}."
            )

    def note(self, **facts: Any) -> None:
        """Write facts such as the status into run.json."""
        self.facts |= plain(facts)
        write_json(self.path / RUN, self.facts)

    def log(self, event: str, **content: Any) -> None:
        """Add an event to events.jsonl."""
        EventLog(self.path / "events.jsonl").write(event, **plain(content))

    def keep_findings(self, findings: Mapping[str, Any]) -> None:
        """Write what the diagnosis found, as plain data."""
        write_json(self.path / FINDINGS, plain(findings))

    def end(
        self, status: str, model: Model, history: History, metrics: Mapping[str, Any]
    ) -> None:
        """Write what came of the run, its status last.

        Args:
            status: "done", "interrupted" or "failed".
            model: The model of the best epoch.
            history: The numbers of every epoch.
            metrics: For metrics.json; empty where nothing was measured.
        """
        self._replace_model(model)
        if history.n_epochs:
            write_text(self.path / "history.csv", history.to_csv())
        if metrics:
            write_json(self.path / METRICS, plain(metrics))
        self.note(ended=_now())
        schema = read_json(self.path / SCHEMA, "the columns of a run")
        facts = {**self.facts, "status": status, "path": str(self.path)}
        card = model_card(read_config(self.path), facts, schema, plain(metrics))
        write_text(self.path / "README.md", card)
        self.note(status=status)
        self.log("ended", status=status)

    def _replace_model(self, model: Model) -> None:
        """Write the model; one that an earlier part of the run left makes way last."""
        folder, new, old = (self.path / f"model{end}" for end in ("", ".new", ".old"))
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)
        model.save(new)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)

    def _point_to_it(self) -> None:
        """Let `runs/latest` name this run, if it is in a folder called runs."""
        folder = self.path.resolve().parent
        if folder.name == "runs" and not (folder / "latest").is_dir():
            write_text(folder / "latest", self.path.resolve().name + "\n")


def new_run_path(name: str, folder: str | Path = "runs") -> Path:
    """Return a path for a new run: runs/<date>_<time>_<name>.

    Example:
        >>> new_run_path("my data.csv").name.endswith("_my-data.csv")
        True
    """
    stamp = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    letters = [c if c.isalnum() or c in "-_." else "-" for c in name]
    stem = f"{stamp}_{''.join(letters)[:60].strip('.') or 'run'}"
    path, number = Path(folder) / stem, 2
    while path.exists():
        path, number = Path(folder) / f"{stem}_{number}", number + 1
    return path


def check_free(path: Path) -> None:
    """Raise InputError unless a folder can be made here; nothing is left behind."""
    try:
        if path.is_dir() and any(path.iterdir()):
            raise InputError(
                f"The folder {path} exists and is not empty. Nothing is ever "
                f"overwritten: name another folder with --out, or remove this one."
            )
        existing = path
        while not existing.exists() and existing != existing.parent:
            existing = existing.parent
        if not existing.is_dir():
            raise InputError(
                f"Cannot make the folder {path}: {existing} is a file. Name another "
                f"folder with --out."
            )
        # Permissions do not tell everything (root, read-only disks): try it.
        with tempfile.TemporaryDirectory(dir=existing, prefix=".fathom-"):
            pass
    except OSError as error:
        raise unwritable(path, error) from error


def find_run(path: str | Path) -> Path:
    """Return a run's folder; `runs/latest` is the newest run.

    Raises:
        InputError: If there is no run.
    """
    path = Path(path)
    if path.name == "latest" and path.is_file():
        path = path.parent / Path(path.read_text("utf-8").strip()).name
    if (path / RUN).is_file():
        return path
    if path.exists():
        raise InputError(f"{path} is not a run: it has no {RUN}.")
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    hint = did_you_mean(path.name, [sibling.name for sibling in siblings])
    raise InputError(f"There is no run at {path}.{hint}")


def read_run(path: Path) -> dict[str, Any]:
    """Return what run.json says.

    Raises:
        InputError: If it is damaged.
    """
    facts = read_json(path / RUN, "the facts of a run")
    if facts.get("format") != FORMAT or facts.get("status") not in STATUSES:
        raise InputError(f"{path / RUN} is not the file of a Fathom run.")
    return facts


def _versions() -> dict[str, str]:
    return {
        "fathom": __version__,
        "jax": jax.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _device() -> str:
    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

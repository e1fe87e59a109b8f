"""`fathom.experiment.run`: from a table to a trained model and an honest result.

Test rows are split off first and looked at last. The rest is split into training and
validation rows; the network is trained on the former and its best epoch chosen on the
latter. Network and baselines are then scored on the same test rows.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fathom.cross_validation.comparison import COMPARISON
from fathom.data import Table, TargetCoding
from fathom.diagnose.repairs import REPAIRS
from fathom.errors import InputError
from fathom.experiment.content import run_facts, run_schema, source_name
from fathom.experiment.learning import (
    asked_of_training,
    calibrated,
    ending,
    train_members,
)
from fathom.experiment.settings import ExperimentSettings
from fathom.experiment.source import read_source
from fathom.experiment.split import Split, split_rows
from fathom.export.run_folder import RunFolder
from fathom.files import write_json
from fathom.model import Model
from fathom.network import Network
from fathom.plain import plain
from fathom.record.history import History
from fathom.trained import TrainingResult, train
from fathom.training.loop import Listener
from fathom.verdict import Score, verdict

if TYPE_CHECKING:
    from fathom.cross_validation import CrossValidation

__all__ = ["Experiment", "ExperimentSettings", "Split", "run"]

STATUS = {"epochs": "done", "early_stopping": "done", "non_finite": "failed",
          "interrupted": "interrupted"}  # fmt: skip


@dataclass(frozen=True)
class Experiment:
    """What `fathom.experiment.run` returns.

    Attributes:
        settings: Everything spelled out that was left open.
        table: The data.
        split: Which rows were for what.
        result: What training gave: model, history, why it stopped.
        network: What the network reaches on the test rows; None if there are none or
            the run did not end well.
        baselines: What the baselines reach on the same rows.
        verdict: Who wins, in words; "" without baselines.
        path: The run's folder, or None.
    """

    settings: ExperimentSettings
    table: Table
    split: Split
    result: TrainingResult
    network: Score | None = None
    baselines: tuple[Score, ...] = ()
    verdict: str = ""
    path: Path | None = None

    @property
    def status(self) -> str:
        """How it ended: "done", "interrupted" or "failed"."""
        return STATUS[self.result.stopped]

    @property
    def model(self) -> Model:
        """The trained model, with the weights of its best epoch."""
        return self.result.model

    @property
    def history(self) -> History:
        """The numbers of every epoch."""
        return self.result.history

    def metrics(self) -> dict[str, Any]:
        """Return the result on the test rows as plain data; empty without one."""
        if self.network is None:
            return {}
        return {
            "task": self.settings.task,
            "test_rows": len(self.split.test),
            "network": self.network.to_dict(),
            "baselines": [score.to_dict() for score in self.baselines],
            "verdict": self.verdict,
        }


def run(
    source: Any,
    settings: ExperimentSettings | None = None,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    listeners: Sequence[Listener] = (),
) -> Experiment:
    """Read a table, train a network on it, and measure it beside baselines.

    Args:
        source: A file, the name of a bundled data set, or what else `fathom.read`
            takes.
        settings: What to predict, with which network, and how.
        out: New folder for the run; None keeps nothing.
        resume: Go on with the interrupted run in `out`, as if it had never stopped;
            source and settings must be those of that run, but `epochs` may grow.
        listeners: Called as listener(event, **content): "data" with table and split,
            "network" with network, "baseline" with name, "choosing" and "chosen" around
            the cross-validation of weight_decay="auto", and what `fathom.train` tells.

    Raises:
        InputError: If something handed over cannot be used. Nothing has been written
            then.

    Example:
        >>> settings = ExperimentSettings(hidden=(8,), epochs=3, baselines=False)
        >>> experiment = run("iris", settings)
        >>> len(experiment.split.test), experiment.history.n_epochs
        (30, 3)
    """
    settings = settings or ExperimentSettings()
    if resume and (settings.repair or settings.members > 1):
        what = "with repairs" if settings.repair else "of several members"
        raise InputError(
            f"A run {what} is several runs, of which no checkpoint is kept: it cannot "
            f"be resumed. Train anew."
        )
    folder = None if out is None else RunFolder(Path(out), resume=resume)
    table = read_source(source, settings)
    TargetCoding.fit(table)  # refuses a single class before anything is shown
    work = _Work(source, settings.resolved(table), table, folder, tuple(listeners))
    if folder is not None and resume:
        folder.check_same(table.digest(), work.config())
    return work.go()


@dataclass
class _Work:
    """One experiment under way."""

    source: Any
    settings: ExperimentSettings
    table: Table
    folder: RunFolder | None
    listeners: tuple[Listener, ...]
    begin: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.split = split_rows(self.table, self.settings)

    def go(self) -> Experiment:
        """Do it, and leave a folder that says how it ended however it ends."""
        self.tell("data", table=self.table, split=self.split)
        try:
            return self._go()
        except KeyboardInterrupt:
            self._note_end("interrupted", "It was interrupted.")
            raise
        except Exception as error:
            self._note_end("failed", f"{type(error).__name__}: {error}")
            raise

    def _go(self) -> Experiment:
        result, kept = self._train(), self.split.calibration
        if STATUS[result.stopped] == "done" and len(kept):
            result = calibrated(result, self.table.rows(kept))
        experiment = Experiment(
            self.settings,
            self.table,
            self.split,
            result,
            path=self.folder and self.folder.path,
        )
        if experiment.status == "done" and len(self.split.test):
            experiment = self._measured(experiment)
        if self.folder is not None:
            self.folder.note(**self._ending(experiment.result))
            self.folder.end(
                experiment.status,
                experiment.model,
                experiment.history,
                experiment.metrics(),
            )
            if experiment.result.examined is not None:
                self.folder.keep_findings(experiment.result.findings.to_dict())
            if experiment.result.cross_validation is not None:
                compared = plain(experiment.result.cross_validation.to_dict())
                write_json(self.folder.path / COMPARISON, compared)
            if experiment.result.repairs is not None:
                kept = experiment.result.repairs.to_dict()
                write_json(self.folder.path / REPAIRS, kept)
        return experiment

    def _train(self) -> TrainingResult:
        settings, folder = self.settings, self.folder
        given = asked_of_training(settings, self.table, self.split)
        found = None
        if settings.weight_decay == "auto":
            found, given["weight_decay"] = self._decay(given)
        network = dataclasses.replace(settings.recipe(), make=self._network)
        if settings.members > 1:
            result = train_members(network, given, settings.members)
            self._begin()
            return dataclasses.replace(result, cross_validation=found)
        result = train(
            network,
            **given,
            checkpoints=None if settings.repair else folder and folder.checkpoints,
            resume=folder is not None and bool(folder.facts),
            repair=settings.repair,
            record=settings.record,
            listeners=[self._listen],
        )
        return dataclasses.replace(result, cross_validation=found)

    def _decay(self, given: dict[str, Any]) -> tuple[CrossValidation, float]:
        """Choose the weight decay on folds of the training rows."""
        from fathom.cross_validation.decay import decay_for

        self.tell("choosing", what="weight_decay")
        found, decay = decay_for({"network": self.settings.recipe(), **given})
        self.tell("chosen", what="weight_decay", value=decay, how=found)
        return found, decay

    def _network(self, shape: Sequence[int], outputs: int, activation: str) -> Network:
        network = self.settings.recipe()(shape, outputs, activation)
        self.tell("network", network=network)
        return network

    def _listen(self, event: str, **content: Any) -> None:
        if self.folder is not None and event != "repair":
            # All input has been checked by the time that the program is compiled.
            if event == "compiled":
                self._begin()
            self.folder.log(event, **content)
        self.tell(event, **content)

    def _begin(self) -> None:
        """Make the folder, with what is known before training."""
        if self.folder is not None:
            self.folder.begin(
                run_facts(self.table, self.source, self.settings.seed),
                self.config(),
                run_schema(self.table, self.split),
            )

    def tell(self, event: str, **content: Any) -> None:
        """Tell the listeners that something happened."""
        for listener in self.listeners:
            listener(event, **content)

    def _measured(self, experiment: Experiment) -> Experiment:
        """Return the experiment with scores on the test rows."""
        from fathom.experiment.baselines import fit_baselines, known_answers

        model, coding = experiment.model, experiment.model.target
        assert coding is not None
        test = self.table.rows(self.split.test)
        classes = coding.task == "classification"
        given = model.predict_proba(test) if classes else model.predict(test)
        name = "network" if self.settings.members == 1 else "ensemble"
        score = known_answers(test, coding).score(name, "network", given)
        experiment = dataclasses.replace(experiment, network=score)
        if not self.settings.baselines:
            return experiment
        scores = fit_baselines(
            self.table.rows(self.split.fitting),
            test,
            coding,
            self.settings,
            self.tell,
        )
        words = verdict(score, scores, coding.task)
        return dataclasses.replace(experiment, baselines=scores, verdict=words)

    def config(self) -> dict[str, Any]:
        """Return everything that config.yaml says."""
        return {"data": source_name(self.source), **self.settings.to_dict()}

    def _ending(self, result: TrainingResult) -> dict[str, Any]:
        before = self.folder.facts if self.folder else {}
        seconds = before.get("seconds", 0.0) + time.perf_counter() - self.begin
        return {**ending(result), "seconds": round(seconds, 3)}

    def _note_end(self, status: str, why: str) -> None:
        if self.folder is not None and self.folder.begun:
            self.folder.note(status=status, why_stopped=why)

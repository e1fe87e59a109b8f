"""The host's side of recording: which steps, and where what they say is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import jax
import numpy as np

from fathom.record.history import History, NonFinite, Records
from fathom.record.layer_records import Columns
from fathom.record.log import RecordLog
from fathom.record.recording import Recording
from fathom.record.weight_records import counted, is_chosen, weight_arrays
from fathom.training.judgment import judged_examples
from fathom.training.objective import Batch
from fathom.training.plan import Plan
from fathom.training.progress import Record
from fathom.training.segments import Watch, watch_steps

# Starts an epoch, and hands back a function that waits for what it reports.
Again = Callable[..., tuple[Any, Callable[[], Record]]]
# A pass forward over so many examples takes about as long as a step over one.
FORWARD = 3


@dataclass(frozen=True)
class Recorder:
    """What a run records.

    Attributes:
        recording: Which steps.
        plan: Sizes of the run.
        epochs: How many there will be at most.
        judged: Examples whose results by class are taken, or None.
    """

    recording: Recording
    plan: Plan
    epochs: int
    judged: Batch | None

    @staticmethod
    def of(
        recording: Recording | None, plan: Plan, epochs: int, examples: Batch | None
    ) -> Recorder | None:
        """Return the recorder of a run, or None if nothing is recorded.

        Args:
            recording: The setting.
            plan: Sizes of the run.
            epochs: How many there will be at most.
            examples: Where results by class come from, or None if there are none.
        """
        if recording is None:
            return None
        judges = examples is not None and recording.classes
        judged = judged_examples(examples) if judges and examples else None
        return Recorder(recording, plan, epochs, judged)

    def watch(self, epoch: int) -> Watch:
        """Return what is recorded in an epoch, counted from 0."""
        steps = self.recording.steps(epoch, self.plan.n_steps)
        return self.watching(steps, self.judges(epoch))

    def watching(self, steps: list[int], judges: bool = False) -> Watch:
        """Return the segments in which these steps are recorded."""
        n_steps = self.plan.n_steps
        return watch_steps(steps, n_steps, self.recording.most(n_steps), judges)

    def judges(self, epoch: int) -> bool:
        """Say whether the results by class are taken at the end of an epoch."""
        if self.judged is None:
            return False
        cost = len(self.judged.weight) / (FORWARD * self.plan.batch_size) + 1
        share = cost / self.plan.n_steps
        return self.recording.judges(epoch, self.epochs, share)


class Journal:
    """Keeps what the epochs of a run report, and says it in short for the log.

    Args:
        recorder: What is recorded, or None if nothing is.
        columns: Addresses of the statistics.
        history: The run's so far, also of the part before it was resumed.
    """

    def __init__(
        self, recorder: Recorder | None, columns: Columns, history: History
    ) -> None:
        self.recorder = recorder
        self.history = history
        self.ending: dict[str, Any] = {}
        if recorder is None:
            return
        done = history.n_epochs
        history.records.cut(done * recorder.plan.n_steps, done)
        if history.records.columns != columns:
            history.records = Records(columns)
        self.log = RecordLog(columns)

    def heading(self) -> dict[str, Any]:
        """Return what the log's lines refer to."""
        return {} if self.recorder is None else {"layers": self.log.heading()}

    def note(
        self,
        epoch: int,
        record: Record,
        rates: np.ndarray,
        variables: Callable[[], Any],
    ) -> dict[str, Any]:
        """Keep what an epoch recorded, and return it in short.

        Args:
            epoch: Counted from 0.
            record: What the epoch reported.
            rates: (steps,) its learning rates.
            variables: Returns those after it.
        """
        if self.recorder is None:
            return {}
        records, n_steps = self.history.records, self.recorder.plan.n_steps
        before = len(records.steps), len(records.classes), len(records.weights)
        steps = self.recorder.recording.steps(epoch, n_steps)
        for step, row in zip(steps, record.steps, strict=False):
            if step <= int(record.first_bad):
                number = epoch * n_steps + step + 1
                records.append(number, float(rates[step]), float(row[0]), row[1:])
        if record.is_finite and self.recorder.judges(epoch):
            records.classes.append((epoch + 1, record.classes))
        if record.is_finite and is_chosen(epoch + 1):
            arrays = weight_arrays(variables())
            row = {address: counted(weight) for address, weight in arrays}
            records.weights.append((epoch + 1, row))
        now = len(records.steps), len(records.classes), len(records.weights)
        return {} if now == before else {"record": self.log.line(records, *before)}

    def locate(
        self, epoch: int, record: Record, again: Again, batch_of: Callable[..., Any]
    ) -> None:
        """Find where a number became NaN or infinite.

        The epoch is run once more from the progress before it, with the step whose
        loss is bad and the one before it recorded.

        Args:
            epoch: Counted from 0.
            record: What it reported.
            again: Runs it with another watch.
            batch_of: Returns the inputs of one of its steps.
        """
        if self.recorder is None:
            return
        n_steps, first = self.recorder.plan.n_steps, int(record.first_bad)
        steps = [step for step in (first - 1, first) if 0 <= step < n_steps]
        rows = again(watch=self.recorder.watching(steps))[1]().steps
        columns = self.history.records.columns
        for step, row in zip(steps, rows, strict=False):
            found = _bad_place(row, columns, partial(batch_of, step))
            if found is not None:
                where = NonFinite(*found, epoch * n_steps + step + 1)
                self.history.non_finite = where
                self.ending["non_finite"] = asdict(where)
                return


def _bad_place(
    row: np.ndarray, columns: Columns, inputs: Callable[[], Any]
) -> tuple[str, str] | None:
    """Return place and layer of the first number of a step that is not finite."""
    bad = _bad_layers(row[1:], columns)
    if bad["parameter_norm"]:
        return "parameter", bad["parameter_norm"][0]
    if not np.isfinite(row[0]):
        if not _all_finite(inputs()):
            return "input", ""
        layer = next(iter(bad.get("activation_mean", [])), "")
        return ("activation" if layer else "loss"), layer
    # A gradient is computed backward, so that the last layer's comes first.
    if bad["gradient_norm"]:
        return "gradient", bad["gradient_norm"][-1]
    if bad["update_norm"]:
        return "parameter", bad["update_norm"][-1]
    return None


def _bad_layers(row: np.ndarray, columns: Columns) -> dict[str, list[str]]:
    """Return the layers whose statistic is not finite, by statistic."""
    bad: dict[str, list[str]] = {}
    start = 0
    for name, addresses in columns.items():
        values = row[start : start + len(addresses)]
        start += len(addresses)
        wrong = ~np.isfinite(values)
        bad[name] = [a for a, is_bad in zip(addresses, wrong, strict=True) if is_bad]
    return bad


def _all_finite(inputs: Any) -> bool:
    arrays = [np.asarray(leaf) for leaf in jax.tree.leaves(inputs)]
    floats = [a for a in arrays if np.issubdtype(a.dtype, np.floating)]
    return all(bool(np.isfinite(a).all()) for a in floats)

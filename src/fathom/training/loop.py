"""From the first epoch to the last: progress, early stopping, checkpoints, resume."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom.compilation import keep_cache
from fathom.files import unwritable
from fathom.network import Network
from fathom.privacy.accounting import PrivacySpent
from fathom.record.history import History
from fathom.record.recording import recording_of
from fathom.training.checkpoint import (
    has_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from fathom.training.interruption import Interruption, interruptible
from fathom.training.judgment import class_count
from fathom.training.objective import Batch
from fathom.training.plan import Plan, in_blocks, with_padding_row
from fathom.training.private_run import PrivateRun, check_private
from fathom.training.program import Compiled, Program
from fathom.training.progress import Data, Epoch, Progress, Record
from fathom.training.recorder import Journal, Recorder
from fathom.training.rows import Spread, history_row
from fathom.training.run_rule import rule_of
from fathom.training.settings import Settings
from fathom.training.step import Numbers

# A run that is killed loses at most about this much work.
CHECKPOINT_SECONDS = 10.0
# Epochs shorter than this are started one ahead.
QUICK_SECONDS = 0.02

Listener = Callable[..., None]
# The progress after an epoch, and a function that waits for what the epoch reports.
Started = tuple[Progress, Callable[[], Record]]


@dataclass(frozen=True)
class Outcome:
    """What training gives.

    Attributes:
        variables: The trained variables, as NumPy arrays.
        history: Numbers per epoch.
        stopped: Why it stopped: "epochs", "early_stopping", "non_finite" or
            "interrupted".
        best_epoch: The epoch the variables are from, counted from 1.
        compile_seconds: Time spent compiling.
        privacy: What the run has spent of it, if it is private.
    """

    variables: dict[str, Any]
    history: History
    stopped: str
    best_epoch: int
    compile_seconds: float
    privacy: PrivacySpent | None = None


@dataclass
class Run:
    """One training run: what it works on and where it reports.

    Attributes:
        network: With its input shape.
        settings: How it is trained.
        training: Training examples.
        validation: Validation examples, or None.
        variables: Start values instead of random ones, or None.
        checkpoints: Folder for checkpoints, or None.
        resume: Go on from the checkpoint in that folder, if there is one.
        listeners: Called as listener(event, **content): "compiled" with seconds,
            "epoch" with the numbers of the history, "stopped" with reason.
    """

    network: Network
    settings: Settings
    training: Batch
    validation: Batch | None = None
    variables: dict[str, Any] | None = None
    checkpoints: Path | None = None
    resume: bool = False
    listeners: Sequence[Listener] = ()
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        settings = self.settings
        n = len(self.training.weight)
        # A batch larger than the data would be filled up with rows that do not count.
        parts = settings.accumulate
        size = min(settings.batch_size, -(-n // parts) * parts)
        self.plan, self.private = Plan(n, size, settings.shuffle), None
        if settings.privacy is not None:
            check_private(self.network, frozenset(settings.freeze))
            own = settings.privacy, self.training, settings.batch_size
            self.private = PrivateRun.of(*own, self.checkpoints, self.resume)
            self.plan = self.private.plan
        held = self.validation
        self.spreads = Spread(self.training), None if held is None else Spread(held)
        self.program = Program(
            rule_of(self.network, settings),
            keeps_best=settings.early_stopping is not None,
        )
        examples = self.validation or self.training
        judges = class_count(self.program.rule.objective, examples) > 0
        self.recorder = Recorder.of(
            recording_of(settings.record),
            self.plan,
            settings.epochs,
            examples if judges else None,
        )

    def train(self) -> Outcome:
        """Train from the start, or from a checkpoint, to the end."""
        keep_cache()
        if self.checkpoints is not None:
            self._identity()  # what cannot be saved is refused before the work
        with interruptible() as interruption:
            return self._train(interruption)

    def _train(self, interruption: Interruption) -> Outcome:
        key = jax.random.key(self.settings.seed)
        decay, clip = self.settings.decay(), self.settings.gradient_clip or 0
        average = jnp.float32(self.settings.weight_average or 0)
        private = self.private and self.private.numbers
        numbers = Numbers(jnp.float32(decay), jnp.float32(clip), key, average, private)
        rates = self.settings.learning_rates(self.plan.n_steps)
        data = self._data()
        compiled, progress, seconds = self._compiled(data, numbers, rates)
        self.journal = Journal(self.recorder, compiled.columns, self.history)
        self._tell("compiled", seconds=seconds, **self.journal.heading())
        self._make_folder()

        def one(progress: Progress, number: int, watch: Any = None) -> Started:
            epoch = self._epoch(number, rates)
            epoch = epoch._replace(watch=watch or epoch.watch)
            return compiled.epoch(progress, epoch, data, numbers)

        progress, stopped = self._epochs(progress, one, interruption, rates)
        self._tell("stopped", reason=stopped, **self.journal.ending)
        best = self._best_epoch(progress)
        keeps_best = self.program.keeps_best and best > 0
        variables = self.program.variables(progress, best=keeps_best)
        spent = self.private and self.private.spent(self.history.rows)
        return Outcome(variables, self.history, stopped, best, seconds, spent)

    def _compiled(
        self, data: Data, numbers: Numbers, rates: np.ndarray
    ) -> tuple[Compiled, Progress, float]:
        """Compile an epoch and draw the start values, at the same time."""
        begin = time.perf_counter()
        first = self._epoch(0, rates)
        with ThreadPoolExecutor(1) as thread:
            start = thread.submit(self.program.start, numbers.key, self.variables)
            shapes = self.program.shapes()
            compiled = self.program.compile(shapes, first, data, numbers)
            progress = start.result()
        if self.resume and self.checkpoints and has_checkpoint(self.checkpoints):
            progress, self.history = read_checkpoint(
                self.checkpoints, progress, self._identity()
            )
        return compiled, progress, time.perf_counter() - begin

    def _epochs(
        self,
        progress: Progress,
        one: Callable[..., Started],
        interruption: Interruption,
        rates: np.ndarray,
    ) -> tuple[Progress, str]:
        """Run epochs until there is a reason to stop, and return the reason."""
        saved = time.monotonic()
        stopped = self._reason(self._best_epoch(progress), self.history.n_epochs)
        ahead: Started | None = None
        begin = time.perf_counter()
        while stopped is None:
            number = self.history.n_epochs
            new, report = ahead or one(progress, number)
            ahead = None
            if self._is_quick() and number + 1 < self.settings.epochs:
                ahead = one(new, number + 1)
            record = report()
            if self.private is not None:
                self.private.count()
            held = partial(self.program.variables, new)
            noted = self.journal.note(number, record, rates[number], held)
            if not record.is_finite:
                stopped = "non_finite"
                self.journal.ending |= noted
                again = partial(one, progress, number)
                inputs = partial(self._inputs, number)
                self.journal.locate(number, record, again, inputs)
                break
            progress = new
            row = history_row(
                number + 1,
                record,
                float(rates[number, -1]),
                self.program.rule.objective,
                self.spreads,
            )
            now = time.perf_counter()
            row["seconds"], begin = now - begin, now
            self.history.append(row)
            self._tell("epoch", **row, **noted)
            stopped = self._reason(int(record.best_epoch), number + 1)
            if stopped is None and interruption.asked:
                stopped = "interrupted"
            if stopped is None and time.monotonic() - saved > CHECKPOINT_SECONDS:
                self._save(progress)
                saved = time.monotonic()
        self._save(progress)
        return progress, stopped

    def _is_quick(self) -> bool:
        """Say whether to start an epoch before the last one has been looked at.

        Where epochs take as long as looking at them, this hides the looking; at the
        end of the run, one epoch may have been computed for nothing.
        """
        rows = self.history.rows
        return bool(rows) and rows[-1]["seconds"] < QUICK_SECONDS

    def _reason(self, best_epoch: int, done: int) -> str | None:
        patience = self.settings.early_stopping
        if patience is not None and done - best_epoch >= patience:
            return "early_stopping"
        return "epochs" if done >= self.settings.epochs else None

    def _best_epoch(self, progress: Progress) -> int:
        held = progress.best
        return int(progress.epoch if held is None else held.epoch)

    def _data(self) -> Data:
        # Arrays are put on the device once, and stay there for all epochs.
        training = jax.device_put(with_padding_row(self.training))
        validation = self.validation
        blocks = validation and jax.device_put(in_blocks(validation))
        judged = self.recorder and jax.device_put(self.recorder.judged)
        return Data(training, blocks, judged)

    def _epoch(self, number: int, rates: np.ndarray) -> Epoch:
        """Return what drives an epoch, counted from 0."""
        watch = self.recorder and self.recorder.watch(number)
        return Epoch(self.plan.order(self.settings.seed, number), rates[number], watch)

    def _inputs(self, number: int, step: int) -> Any:
        """Return the inputs of a batch that count."""
        rows = self.plan.order(self.settings.seed, number)[step]
        rows = rows[rows < self.plan.n_examples]
        rows = rows[self.training.weight[rows] > 0]
        return jax.tree.map(lambda array: array[rows], self.training.x)

    def _save(self, progress: Progress) -> None:
        if self.checkpoints is not None:
            write_checkpoint(self.checkpoints, progress, self.history, self._identity())

    def _make_folder(self) -> None:
        """Make the folder for checkpoints now: at the end it would be too late."""
        if self.checkpoints is not None:
            try:
                self.checkpoints.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise unwritable(self.checkpoints, error) from error

    def _identity(self) -> dict[str, Any]:
        """Return the settings that a resumed run must share."""
        settings = self.settings.to_dict()
        del settings["record"]  # it changes no weight
        if self.settings.schedule == "constant":
            del settings["epochs"]  # a run may be made longer
        return {
            **settings,
            "network": self.network.to_json(indent=None),
            "n_examples": self.plan.n_examples,
        }

    def _tell(self, event: str, **content: Any) -> None:
        for listener in self.listeners:
            listener(event, **content)

"""What a repair costs and what it has tried so far, told to whoever listens."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fathom.diagnose.candidates import Candidate
from fathom.diagnose.finding import Finding
from fathom.diagnose.repairs import Attempt, Repairs
from fathom.diagnose.task import Task
from fathom.diagnose.trial import Trial
from fathom.diagnose.usual import called
from fathom.training.interruption import Interruption
from fathom.training.loop import Listener

# Share of the epochs that a fork has, and its least number of updates.
FORK_SHARE, FORK_STEPS = 0.1, 15
# Of the epochs of an ordinary run, what all that is thrown away may cost.
BUDGET = 0.5
# A run that was too short may be trained until it has had so many updates.
FEW_UPDATES = 1000
# With early stopping a run may end long before its last epoch.
PATIENCES, LEAST_PATIENCE = 4, 10


class RepairStopped(Exception):  # noqa: N818  (it is no error)
    """Ctrl-C while a run was trained."""


@dataclass
class Ledger:
    """The account of one repair.

    Attributes:
        task: As it was given.
        listeners: As `fathom.train` takes them.
        interruption: Whether to stop.
        attempts: What was tried.
        steps: Updates of all runs.
        visited: Epochs of all runs.
        thrown_away: Epochs of the runs that do not go on.
        saved: Epochs asked for that early stopping has made needless.
    """

    task: Task
    listeners: Sequence[Listener]
    interruption: Interruption
    attempts: list[Attempt] = field(default_factory=list)
    steps: int = 0
    visited: int = 0
    thrown_away: int = 0
    saved: int = 0

    def __post_init__(self) -> None:
        """Work out how long forks are."""
        for attempt in self.task.tried:
            self.attempts.append(attempt)
            self.tell("repair", **attempt.to_dict())
        settings = self.task.settings
        self.epochs = settings.epochs
        if settings.early_stopping is not None:
            patience = max(settings.early_stopping, LEAST_PATIENCE)
            self.epochs = min(self.epochs, PATIENCES * patience)
        rows = len(self.task.prepared.training.weight)
        n_steps = math.ceil(rows / settings.batch_size)
        nearest = math.ceil(self.epochs * FORK_SHARE - 0.5)
        fork = max(nearest, math.ceil(FORK_STEPS / n_steps))
        self.fork = min(fork, max(self.epochs // 4, 1))
        self.given_epochs = settings.epochs
        self.ordinary = n_steps * settings.epochs

    @property
    def left(self) -> int:
        """Epochs that may still be thrown away; two forks always may."""
        most = max(int(BUDGET * self.epochs), 2 * self.fork)
        return most - self.thrown_away

    @property
    def left_late(self) -> int:
        """The same for a run that is over; one epoch always may.

        What early stopping has saved of the epochs asked for may be used, too.
        """
        return max(int(BUDGET * self.epochs), 1) + self.saved - self.thrown_away

    def few_left(self, trial: Trial) -> int:
        """Return the epochs until a run that was too short has had a few updates."""
        return (FEW_UPDATES - trial.leg.steps) // max(trial.leg.plan.n_steps, 1)

    @property
    def may_look_again(self) -> bool:
        """Say whether nothing was tried and there is time to try something later."""
        tried = any(attempt.steps for attempt in self.attempts)
        return not tried and 4 * self.fork <= self.epochs

    def run(self, trial: Trial, until: int) -> None:
        """Train and count.

        Raises:
            RepairStopped: If the user wants to stop.
        """
        if self.interruption.asked:
            raise RepairStopped
        steps, epochs = trial.leg.steps, trial.epochs
        trial.run(until)
        self.steps += trial.leg.steps - steps
        self.visited += trial.epochs - epochs
        if trial.stopped == "interrupted":
            raise RepairStopped

    def note(
        self,
        finding: Finding,
        edits: Candidate,
        lead: Trial | None = None,
        trial: Trial | None = None,
        why: str = "",
    ) -> int:
        """Keep what was tried, and return its place in the list."""
        attempt = Attempt(finding.name, finding.code, tuple(edits), why=why)
        if lead is not None and trial is not None:
            attempt = dataclasses.replace(
                attempt,
                metric=trial.score.name,
                before=lead.score.value,
                after=trial.score.value,
                steps=trial.leg.steps,
                called=called(edits, lead.task),
            )
        self.attempts.append(attempt)
        self.tell("repair", **attempt.to_dict())
        return len(self.attempts) - 1

    def judge(self, place: int, kept: bool, **more: Any) -> None:
        """Note whether a repair is kept; `more` are further fields of `Attempt`."""
        judged = dataclasses.replace(self.attempts[place], kept=kept, **more)
        self.attempts[place] = judged
        if kept:
            self.tell("repair", **judged.to_dict())

    def has_tried(self, edits: Candidate) -> bool:
        """Say whether these changes were tried before, or the data have them."""
        made = [edit for attempt in self.attempts if attempt.kept
                for edit in attempt.edits if edit.kind == "data"]  # fmt: skip
        again = any(edit in made for edit in edits)
        return again or any(a.edits == tuple(edits) for a in self.attempts)

    def tell(self, event: str, **content: object) -> None:
        """Tell the listeners."""
        for listener in self.listeners:
            listener(event, **content)

    def arrived(self, lead: Trial) -> None:
        """Note that the run has come to its end, which may be before its last epoch."""
        if lead.stopped == "early_stopping":
            self.ordinary, self.given_epochs = lead.leg.steps, lead.epochs
            self.saved = max(self.epochs - lead.epochs, 0)

    def closed(self) -> Repairs:
        """Return everything that was tried."""
        cost = self.visited / self.given_epochs
        return Repairs(tuple(self.attempts), self.steps, self.ordinary, cost)

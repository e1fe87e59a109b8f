"""Repairs of a run that is over: its best epoch, or more epochs of another kind."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from fathom.diagnose.applying import FOR_PEOPLE, apply
from fathom.diagnose.candidates import Candidate
from fathom.diagnose.choosing import for_people, is_better, queue
from fathom.diagnose.edit import Edit
from fathom.diagnose.finding import Finding
from fathom.diagnose.ledger import Ledger
from fathom.diagnose.scoring import SIGMAS, Score
from fathom.diagnose.task import Task
from fathom.diagnose.trial import Trial
from fathom.record.history import History

# Alarms of runs that knew more before they ended.
OVERLEARNED = ("overfitting", "label-noise", "random-labels")
# How often a run that is over is gone on with.
MOST = 2


@dataclass
class Ending:
    """A run that is over, and what may be made of it.

    Attributes:
        lead: The run.
        ledger: Its account.
    """

    lead: Trial
    ledger: Ledger

    def repair(self) -> None:
        """Repair what can be told of the whole run only; changes `lead`."""
        causes = self.lead.causes(early=False)
        learned = [f for f in causes if f.name in OVERLEARNED]
        for finding in [*learned, *causes][:1]:
            self._take_best_epoch(finding)
        for finding, edits in for_people(causes, self.lead.task):
            self.ledger.note(finding, edits, why=FOR_PEOPLE[edits[0].value])
        n = 0
        for finding, edits in queue(causes, self.lead.task):
            left = self.ledger.left_late
            if n >= MOST or left < 1:
                break
            goes_on = all(edit.kind == "setting" for edit in edits)
            epochs = min(left, max(left // (MOST - n), 1)) if goes_on else left
            if _is_early_stopping(edits) or self.ledger.has_tried(edits):
                continue
            n += self._go_on(finding, edits, epochs)

    def _take_best_epoch(self, finding: Finding) -> None:
        """Take the weights of the best epoch where those of the last are no better."""
        best, lead = self.lead.best(), self.lead
        if best is None or lead.outcome is None:
            return
        variables, score = best
        known: dict[str, Any] = {
            "metric": score.name, "before": lead.score.value, "after": score.value,
        }  # fmt: skip
        edit = Edit("setting", "early_stopping", 10, lead.task.settings.early_stopping)
        place = self.ledger.note(finding, (edit,))
        ahead, epoch = score.ahead(lead.score), lead.leg.best_epoch
        if ahead < 0 or (ahead < SIGMAS and finding.name not in OVERLEARNED):
            self.ledger.judge(place, False, **known)
            return
        lead.outcome = dataclasses.replace(
            lead.outcome, variables=variables, best_epoch=epoch
        )
        lead.judged(score)
        self.ledger.judge(place, True, why=f"the weights of epoch {epoch}", **known)

    def _go_on(self, finding: Finding, edits: Candidate, epochs: int) -> bool:
        """Train some more with a repair, and keep it if it is better.

        Settings change from here on; another network or other data start anew.
        """
        lead = self.lead
        goes_on = all(edit.kind == "setting" for edit in edits)
        try:
            task = apply(lead.task, edits)
            brief = task.with_settings(epochs=epochs)
            trial = Trial(brief, lead.trained if goes_on else None)
        except (ValueError, IndexError) as error:
            self.ledger.note(finding, edits, why=str(error).partition("\n")[0])
            return False
        self.ledger.run(trial, epochs)
        self.ledger.thrown_away += epochs
        best = trial.best()
        if best is not None and best[1].value > trial.score.value:
            _take(trial, *best)
        place = self.ledger.note(finding, edits, lead, trial)
        is_lower = trial.score.value < lead.score.value
        if is_better(finding, trial, lead) and (not is_lower or _is_of_data(finding)):
            self.ledger.judge(place, True)
            self._adopt(task, trial, goes_on)
        return True

    def _adopt(self, task: Task, trial: Trial, goes_on: bool) -> None:
        """Let another run stand for this one, behind its epochs or in their place."""
        assert trial.outcome is not None
        outcome, lead = trial.outcome, self.lead
        if goes_on:
            done = lead.epochs
            rows = [
                {**row, "epoch": row["epoch"] + done} for row in outcome.history.rows
            ]
            own = lead.leg.history
            history = History([*own.rows, *rows], own.records)
            outcome = dataclasses.replace(
                outcome, history=history, best_epoch=outcome.best_epoch + done
            )
            for row in rows:
                self.ledger.tell("epoch", **row)
        lead.task, lead.outcome = task, outcome
        lead.leg.history = outcome.history
        lead.judged(trial.score)


def _take(trial: Trial, variables: dict[str, Any], score: Score) -> None:
    assert trial.outcome is not None
    trial.outcome = dataclasses.replace(
        trial.outcome, variables=variables, best_epoch=trial.leg.best_epoch
    )
    trial.judged(score)


def _is_of_data(finding: Finding) -> bool:
    """Say whether the mean over the rows is not what a repair is judged by."""
    return finding.name in ("leakage", "class-imbalance")


def _is_early_stopping(edits: Candidate) -> bool:
    return all(edit.at == "early_stopping" for edit in edits)

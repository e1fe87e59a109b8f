"""Repairs of a run that is over: its best epoch, or more epochs of another kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fathom.diagnose.applying import FOR_PEOPLE, apply
from fathom.diagnose.candidates import Candidate, setting
from fathom.diagnose.choosing import for_people, is_better, queue, usual
from fathom.diagnose.edit import Edit
from fathom.diagnose.finding import NOTE, Finding
from fathom.diagnose.ledger import FEW_UPDATES, Ledger
from fathom.diagnose.rules import stopped_too_early, underfitting
from fathom.diagnose.scoring import SIGMAS, Score
from fathom.diagnose.task import Task
from fathom.diagnose.thresholds import HALF_WAY, MOST_OF_THE_WAY, NEARLY_THERE
from fathom.diagnose.trial import Trial
from fathom.diagnose.usual import everything_usual, usual_network, usual_recipe
from fathom.record.history import History

# Alarms of runs that knew more before they ended.
OVERLEARNED = ("overfitting", "label-noise", "random-labels")
# How often a run that is over is gone on with.
MOST = 2
# Without an alarm it takes a lead of so many standard errors.
DOUBTED = 3.0
# Runs of fewer epochs are gone on with as they are.
FEW_EPOCHS = 12
# Settings that may change in the middle of a run.
CONTINUED = frozenset({
    "learning_rate", "schedule", "epochs", "weight_decay", "gradient_clip", "optimizer",
    "mix_up", "batch_size", "class_weight", "freeze", "accumulate", "shuffle",
    "early_stopping",
})  # fmt: skip


@dataclass
class Ending:
    """A run that is over, and what may be made of it.

    Attributes:
        lead: The run.
        ledger: Its account.
        short: Whether it stopped too early.
    """

    lead: Trial
    ledger: Ledger
    short: bool = False

    def repair(self) -> None:
        """Repair what can be told of the whole run only; changes `lead`."""
        causes = self.lead.causes(early=False)
        learned = [f for f in causes if f.name in OVERLEARNED]
        for finding in [*learned, *causes][:1]:
            self._take_best_epoch(finding)
        for finding, edits in for_people(causes, self.lead.task):
            self.ledger.note(finding, edits, why=FOR_PEOPLE[edits[0].value])
        causes = causes or self._too_brief()
        lead = self.lead
        few = lead.epochs < FEW_EPOCHS and lead.leg.steps < FEW_UPDATES // 2
        self.short = few or any(f.name == "stopped-too-early" for f in causes)
        if causes:
            self._try(self._ordered(causes), MOST)
        else:
            doubts = self.lead.doubts() or self._unusual()
            self._try(usual(doubts, self.lead.task)[:1], 1, DOUBTED)

    def _too_brief(self) -> tuple[Finding, ...]:
        """Return that a run was too short, where it was repaired or has few epochs."""
        lead = self.lead
        found = [f for f in lead.doubts() if f.name == "stopped-too-early"]
        if found and lead.epochs < FEW_EPOCHS:
            return tuple(found)
        progress = lead.evidence().progress or 0.0
        done = lead.stopped != "epochs" or progress >= NEARLY_THERE.value
        if done or not lead.n_edits or lead.leg.steps >= FEW_UPDATES // 2:
            return ()
        rule = stopped_too_early.RULE
        cause = f"{lead.leg.steps:,} updates with the repair are few."
        return (Finding(rule.code, rule.name, NOTE, cause, "Train for more epochs."),)

    def _unusual(self) -> tuple[Finding, ...]:
        """Return that a network which is not a usual one may be why a run is not done.

        Also where something that the user wrote has the place of what is usual.
        """
        lead, rule = self.lead, underfitting.RULE
        progress = lead.evidence().progress
        odd = usual_network(lead.task) or any(map(_is_own, usual_recipe(lead.task)))
        if progress is None or progress >= MOST_OF_THE_WAY.value or not odd:
            return ()
        cause = f"The run got {progress:.0%} of the way, and not all in it is usual."
        return (Finding(rule.code, rule.name, NOTE, cause, "Try what is usual."),)

    def _more(self, causes: Sequence[Finding]) -> list[tuple[Finding, Candidate]]:
        """Return that a run of few epochs, or a repaired one, goes on as it is."""
        stopped = [f for f in causes if f.name == "stopped-too-early"]
        edits = [f.edit for f in stopped if f.edit and f.edit.at == "early_stopping"]
        if self.lead.epochs >= FEW_EPOCHS and not self.lead.n_edits and not edits:
            return []
        more = (*setting(self.lead.task, epochs=self.lead.epochs), *edits[:1])
        return [(finding, more) for finding in stopped[:1]]

    def _ordered(self, causes: Sequence[Finding]) -> list[tuple[Finding, Candidate]]:
        """Return repairs in the order in which they are tried.

        What is far from its end, or has functions of the user's, starts anew; what is
        not goes on from where it is.
        """
        found = list(queue(causes, self.lead.task))
        more = self._more(causes)
        if more:
            return [*more, *found]
        learned = causes[0].name in OVERLEARNED
        progress = self.lead.evidence().progress or 0.0
        poor = progress < HALF_WAY.value and not learned
        poor |= any(map(_is_own, everything_usual(self.lead.task)))
        found.sort(key=lambda pair: self._goes_on(pair[1]) == poor)
        whole = usual(causes, self.lead.task)[:1]
        return [*whole, *found] if poor else [*found[:1], *whole, *found[1:]]

    def _try(
        self,
        found: Sequence[tuple[Finding, Candidate]],
        most: int,
        least: float = SIGMAS,
    ) -> None:
        n = 0
        for finding, edits in found:
            left = self._left()
            if n >= most or left < 1:
                break
            if _is_early_stopping(edits) or self.ledger.has_tried(edits):
                continue
            shares = self._goes_on(edits) and edits[0].at != "epochs"
            epochs = max(left // (most - n), 1) if shares else left
            n += self._go_on(finding, edits, epochs, least)
            self.short = False  # what is beyond the budget is tried once

    def _left(self) -> int:
        """Return for how many epochs something may be trained."""
        most, lead = self.ledger.left_late, self.lead
        if not self.short:
            return most
        asked = lead.task.settings.epochs - lead.epochs  # where its patience was short
        return max(most, self.ledger.few_left(lead), asked)

    def _goes_on(self, edits: Candidate) -> bool:
        """Say whether trained weights are good for a changed run."""
        return all(e.kind == "setting" and e.at in CONTINUED for e in edits) and (
            self.lead.stopped != "non_finite"
        )

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

    def _go_on(
        self, finding: Finding, edits: Candidate, epochs: int, least: float
    ) -> bool:
        """Train some more with a repair, and keep it if it is better.

        Settings change from here on; another network or other data start anew.
        """
        lead = self.lead
        goes_on = self._goes_on(edits)
        if edits[0].at == "epochs":
            more = setting(lead.task, epochs=lead.epochs + epochs)
            edits = (*more, *edits[1:])
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
        better = is_better(finding, trial, lead, least=least)
        if better and (not is_lower or _is_of_data(finding)):
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


def _is_own(edit: Edit) -> bool:
    """Say whether something that a user wrote would be replaced by what is usual."""
    parts = edit.before, getattr(edit.before, "activation", None)
    custom = edit.at == "optimizer" and getattr(edit.before, "name", "") == "custom"
    return custom or any(map(callable, parts))


def _is_of_data(finding: Finding) -> bool:
    """Say whether the mean over the rows is not what a repair is judged by."""
    return finding.name in ("leakage", "class-imbalance")


def _is_early_stopping(edits: Candidate) -> bool:
    return all(edit.at == "early_stopping" for edit in edits)

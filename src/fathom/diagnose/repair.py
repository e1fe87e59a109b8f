"""The run repaired while it is trained: short forks, of which the best one goes on.

1.  A tenth of the epochs as given, and without an alarm another one. Still without, the
    rest follows: the weights are those of a run without repair, to the bit.
2.  Each likely repair is trained for as many epochs from the same seed; what is better
    on the validation rows by two standard errors is kept. The same again on the winner,
    for runs with several faults.
3.  The winner goes on to the end. What can only be told then (rows learned by heart,
    too few epochs) is repaired from there, within what is left of the budget.

What is thrown away may cost half of an ordinary run. AutoTrainer (Zhang et al., ICSE
2021), which trains in full for every repair, takes 2.1 times an ordinary run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from fathom.diagnose.applying import apply
from fathom.diagnose.candidates import Candidate
from fathom.diagnose.choosing import is_better, is_leap, queue, rank, simplest
from fathom.diagnose.engine import findings_of
from fathom.diagnose.finding import Finding
from fathom.diagnose.late import Ending
from fathom.diagnose.ledger import Ledger, RepairStopped
from fathom.diagnose.leg import PAUSED
from fathom.diagnose.repairs import Repairs
from fathom.diagnose.rules import leakage
from fathom.diagnose.task import Task
from fathom.diagnose.trial import Trial
from fathom.errors import InputError
from fathom.training.interruption import interruptible
from fathom.training.loop import Listener, Outcome

ROUNDS, FORKS = 3, 4
# After so many forks a leap is enough.
ENOUGH = 3
# Place in the list of attempts, what asked for it, and how it went.
Fork = tuple[int, Finding, Trial]


class Repaired(NamedTuple):
    """What a repaired run gives.

    Attributes:
        task: What was trained in the end.
        outcome: What training gave.
        repairs: What was tried.
    """

    task: Task
    outcome: Outcome
    repairs: Repairs


def repair(task: Task, listeners: Sequence[Listener] = ()) -> Repaired:
    """Train a task, and repair it on the way where it alarms.

    Args:
        task: With validation rows.
        listeners: As `fathom.train` takes them; "repair" tells of each attempt.

    Returns:
        What `fathom.train` makes its result of. After Ctrl-C it is the best run so far,
        which may not be trained to its end.
    """
    with interruptible() as interruption:
        ledger = Ledger(task, listeners, interruption)
        return _repaired(ledger)


def _repaired(ledger: Ledger) -> Repaired:
    lead = Trial(_without_shared_rows(ledger))
    interrupted = False
    try:
        ledger.run(lead, ledger.fork)
        lead = _rounds(lead, ledger)
        if ledger.may_look_again and lead.stopped == PAUSED:
            ledger.fork *= 2
            ledger.run(lead, ledger.fork)
            lead = _rounds(lead, ledger, again=True)
        lead.tell(ledger.listeners)
        if lead.stopped == PAUSED:
            ledger.run(lead, lead.task.settings.epochs)
        ledger.arrived(lead)
        Ending(lead, ledger).repair()
    except RepairStopped:
        interrupted = True
    lead.tell(ledger.listeners)
    assert lead.outcome is not None
    outcome = lead.outcome
    if interrupted:
        outcome = dataclasses.replace(outcome, stopped="interrupted")
    ledger.tell("stopped", reason=outcome.stopped, **lead.ending)
    return Repaired(lead.task, outcome, ledger.closed())


def _without_shared_rows(ledger: Ledger) -> Task:
    """Judge by rows that are not learned from, which changes no weight."""
    task = ledger.task
    for finding in findings_of(task.evidence(), ("data",), [leakage.RULE]).alarms:
        edit = finding.edit
        if edit is None or edit.value != "drop duplicates":
            continue
        try:
            task = apply(task, edit)
        except InputError as error:
            ledger.note(finding, (edit,), why=str(error))
        else:
            place = ledger.note(finding, (edit,))
            ledger.judge(place, True, why="changes no weight")
    return task


def _rounds(lead: Trial, ledger: Ledger, again: bool = False) -> Trial:
    """Return the run that goes on after as many rounds as bring something."""
    for _ in range(ROUNDS):
        better = _round(lead, ledger, again)
        if better is None:
            break
        lead = better
    return lead


def _round(lead: Trial, ledger: Ledger, again: bool = False) -> Trial | None:
    """Try what the findings call for, and return the best run if one is better."""
    if lead.stopped not in (PAUSED, "non_finite"):
        return None
    tried: list[Fork] = []
    for finding, edits in queue(lead.causes(again=again), lead.task):
        if len(tried) >= FORKS or ledger.left < ledger.fork:
            break
        if ledger.has_tried(edits):
            continue
        trial = _fork(finding, edits, lead, ledger)
        if trial is None:
            continue
        place = ledger.note(finding, edits, lead, trial)
        tried.append((place, finding, trial))
        enough = len(tried) >= ENOUGH - bool(trial.causes())
        if enough and is_leap(trial, lead):
            break
    good = _better(tried, lead) or _better(_trained_on(tried, lead, ledger), lead)
    if not good:
        return None
    place, winner = simplest(good)
    ledger.judge(place, True)
    ledger.thrown_away += lead.epochs - ledger.fork
    return winner


def _better(tried: Sequence[Fork], lead: Trial) -> list[tuple[int, Trial]]:
    return [(place, t) for place, f, t in tried if is_better(f, t, lead, early=True)]


def _trained_on(tried: Sequence[Fork], lead: Trial, ledger: Ledger) -> list[Fork]:
    """Train the two best for as long again, where none was better than the lead."""
    paused = [fork for fork in tried if fork[2].stopped == PAUSED]
    best = sorted(paused, key=lambda fork: -rank(fork[2]))[:2]
    if lead.stopped != PAUSED or ledger.left < len(best) * ledger.fork or not best:
        return []
    ledger.thrown_away += len(best) * ledger.fork
    ledger.fork *= 2
    ledger.run(lead, ledger.fork)
    for place, _, trial in best:
        ledger.run(trial, ledger.fork)
        scores = {"before": lead.score.value, "after": trial.score.value}
        ledger.judge(place, False, steps=trial.leg.steps, **scores)
    return best


def _fork(
    finding: Finding, edits: Candidate, lead: Trial, ledger: Ledger
) -> Trial | None:
    """Train a repaired task for as long as the lead was; None if it cannot be."""
    try:
        trial = Trial(apply(lead.task, edits), n_edits=lead.n_edits + len(edits))
    except (ValueError, IndexError) as error:
        ledger.note(finding, edits, why=str(error).partition("\n")[0])
        return None
    ledger.run(trial, ledger.fork)
    ledger.thrown_away += ledger.fork
    return trial

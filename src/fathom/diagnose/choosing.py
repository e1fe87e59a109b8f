"""Which repairs are tried, in which order, and which of them is better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fathom.diagnose.applying import FOR_PEOPLE
from fathom.diagnose.candidates import Candidate, candidates
from fathom.diagnose.finding import Finding
from fathom.diagnose.scoring import SIGMAS
from fathom.diagnose.task import Task
from fathom.diagnose.thresholds import POOR_PROGRESS
from fathom.diagnose.trial import Trial
from fathom.diagnose.usual import everything_usual, usual_network, usual_recipe

# So many alarms are repaired together, where a run has several faults.
TOGETHER = 3
# Progress over the lead from which on other repairs of a cause can wait where the
# run still alarms: what is left of the budget is better spent on what it then shows.
LEAP = 0.3
# What is judged by something else than the mean over the rows.
ALONE = ("leakage", "class-imbalance")
# Where training rows say clearly that more is learned, validation rows need not be as
# clear: so many standard errors of either.
LEARNS, AGREES = 4.0, 0.5
# By so many standard errors a run with fewer changes may be behind the best.
NEAR = 0.5


def queue(causes: Sequence[Finding], task: Task) -> Iterator[tuple[Finding, Candidate]]:
    """Yield repairs to be tried, the likeliest first, each once.

    The first of the likeliest cause; everything usual, which needs no cause; the first
    of each cause together, because of real programs with a fault most have several
    (DeepFD: 32 of 52); what is usual by halves; then the second of each cause.
    """
    found_by = [(f, candidates(f, task)) for f in causes]
    lists = [(f, found) for f, found in found_by if found and not _asks(found[0])]
    order = [(f, c[0]) for f, c in lists[:1]]
    order += [(f, edits) for f, edits in usual(causes, task) if edits][:1]
    if lists:
        order.append((lists[0][0], _together([c[0] for _, c in lists[:TOGETHER]])))
    order += usual(causes, task)[1:]
    order += [(f, c[i]) for i in range(3) for f, c in lists if i < len(c)]
    done: list[Candidate] = [()]
    for finding, edits in order:
        if edits not in done:
            done.append(edits)
            yield finding, edits


def usual(causes: Sequence[Finding], task: Task) -> list[tuple[Finding, Candidate]]:
    """Return everything usual, the settings alone and the network alone.

    What alarms say of the data goes with it. A column that gives the target away is
    judged in another way and stays alone.
    """
    own = [f for f in causes if f.name not in ALONE]
    if not own:
        return []
    of_data = [c for f in own for c in candidates(f, task)[:1]
               if not _asks(c) and any(e.kind == "data" for e in c)]  # fmt: skip
    kinds = (everything_usual(task), usual_recipe(task), usual_network(task))
    return [(own[0], _together([c, *of_data])) for c in kinds]


def for_people(
    causes: Sequence[Finding], task: Task
) -> Iterator[tuple[Finding, Candidate]]:
    """Yield the repairs that take a person who knows the data."""
    for finding in causes:
        yield from ((finding, c) for c in candidates(finding, task) if _asks(c))


def _asks(edits: Candidate) -> bool:
    return any(edit.kind == "data" and edit.value in FOR_PEOPLE for edit in edits)


def _together(several: Sequence[Candidate]) -> Candidate:
    """Return all edits, the earlier one where two change the same thing."""
    edits = {}
    for candidate in several:
        for edit in candidate:
            edits.setdefault((edit.kind == "setting", edit.at), edit)
    return tuple(edits.values())


def is_better(
    finding: Finding,
    trial: Trial,
    lead: Trial,
    early: bool = False,
    least: float = SIGMAS,
) -> bool:
    """Say whether a repaired run is better than the one that it repairs.

    A column that gives the target away makes every score without it look worse: it is
    left out where the others tell something, too. A rare class counts like the others
    where it is what the repair is for. Early in a run few rows have moved far, and
    training rows, of which there are more, may say so first.
    """
    progress = trial.evidence().progress or 0.0
    if finding.name == "leakage":
        return progress >= POOR_PROGRESS.value
    if trial.score.name != lead.score.name:
        return progress > (lead.evidence().progress or 0.0) + POOR_PROGRESS.value
    even = finding.name == "class-imbalance"
    ahead = trial.score.ahead(lead.score, soft=not even, even=even)
    if ahead > least or even:
        return ahead > least
    if trial.score.ahead(lead.score) > least and ahead > 0:
        return True  # more answers are right, if with less certainty
    if not early:
        return False
    learned = trial.learned.ahead(lead.learned, soft=True)
    return learned > LEARNS and ahead > AGREES


def is_leap(trial: Trial, lead: Trial) -> bool:
    """Say whether a repaired run is so much better that the others can wait."""
    ahead = trial.score.ahead(lead.score, soft=True)
    gain = (trial.evidence().progress or 0.0) - max(lead.evidence().progress or 0.0, 0)
    return ahead > 2 * SIGMAS and gain > LEAP


def simplest(good: Sequence[tuple[int, Trial]]) -> tuple[int, Trial]:
    """Return the best run, or one that hardly differs from it and changes less.

    One that still alarms comes last.
    """
    best = max(good, key=lambda pair: rank(pair[1]))[1]
    near = [(n, t) for n, t in good if best.score.ahead(t.score, soft=True) < NEAR]
    if len(near) == 1:
        return near[0]
    return min(near, key=lambda own: (bool(own[1].causes()), own[1].n_edits, own[0]))


def rank(trial: Trial) -> float:
    """Return how good a run is, the more the better."""
    score = trial.score
    return float(np.average(score.soft, weights=score.weight))

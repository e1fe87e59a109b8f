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

# So many alarms are repaired together, where a run has several faults.
TOGETHER = 3
# Progress over the lead from which on other repairs of a cause can wait where the
# run still alarms: what is left of the budget is better spent on what it then shows.
LEAP = 0.3


def queue(causes: Sequence[Finding], task: Task) -> Iterator[tuple[Finding, Candidate]]:
    """Yield repairs to be tried, the likeliest first, each once.

    The first of the likeliest cause; the first of each cause together, because of real
    programs with a fault most have several (DeepFD: 32 of 52); then the second of each.
    """
    found_by = [(f, candidates(f, task)) for f in causes]
    lists = [(f, found) for f, found in found_by if found and not _asks(found[0])]
    if not lists:
        return
    finding, found = lists[0]
    done = [found[0]]
    yield finding, found[0]
    order = [(finding, _together([c[0] for _, c in lists[:TOGETHER]]))]
    order += [(f, c[i]) for i in range(3) for f, c in lists if i < len(c)]
    for finding, edits in order:
        if edits not in done:
            done.append(edits)
            yield finding, edits


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


def is_better(finding: Finding, trial: Trial, lead: Trial) -> bool:
    """Say whether a repaired run is better than the one that it repairs.

    A column that gives the target away makes every score without it look worse: it is
    left out where the others tell something, too. A rare class counts like the others
    where it is what the repair is for.
    """
    progress = trial.evidence().progress or 0.0
    if finding.name == "leakage":
        return progress >= POOR_PROGRESS.value
    if trial.score.name != lead.score.name:
        return progress > (lead.evidence().progress or 0.0) + POOR_PROGRESS.value
    even = finding.name == "class-imbalance"
    return trial.score.ahead(lead.score, soft=not even, even=even) > SIGMAS


def is_leap(trial: Trial, lead: Trial) -> bool:
    """Say whether a repaired run is so much better that the others can wait."""
    ahead = trial.score.ahead(lead.score, soft=True)
    gain = (trial.evidence().progress or 0.0) - max(lead.evidence().progress or 0.0, 0)
    return ahead > 2 * SIGMAS and gain > LEAP


def rank(trial: Trial) -> float:
    """Return how good a run is, the more the better."""
    score = trial.score
    return float(np.average(score.soft, weights=score.weight))

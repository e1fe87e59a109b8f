"""Experiments that tell likely causes apart, run when asked for, the cheapest first.

    one batch    Can 32 rows be learned by heart in 1,000 updates? If not, something is
                 broken; if so, it is the data, the size or the regularization.
    repairs      Short runs with the first repair of each likely cause, beside one
                 without: causes whose repair helps come first.

That a network that is not broken learns one batch by heart: Karpathy, "A recipe for
training neural networks" (2019); limit of Ben Braiek and Khomh's TheDeepChecker (2023).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from fathom.diagnose.applying import apply
from fathom.diagnose.candidates import Candidate, candidates
from fathom.diagnose.finding import Finding, Findings, Measurement, Probe
from fathom.diagnose.ledger import FORK_SHARE
from fathom.diagnose.leg import PAUSED
from fathom.diagnose.scoring import SIGMAS, Score, score
from fathom.diagnose.task import Task
from fathom.diagnose.thresholds import Threshold
from fathom.diagnose.trial import Trial

ROWS, UPDATES, PART = 32, 1000, 100
# Updates of a short run at least.
SHORT = 100
BY_HEART = Threshold(
    "underfitting", "score on 32 rows after 1,000 updates", 0.95,
    "TheDeepChecker: 5 % error; Karpathy (2019)",
)  # fmt: skip
# So many likely causes are told apart.
CAUSES = 3
# With one of these a network does not even learn one batch by heart,
BROKEN = frozenset({
    "non-finite", "learning-rate-too-high", "learning-rate-too-low",
    "exploding-gradients", "vanishing-gradients", "dead-units", "saturated-units",
    "symmetric-initialization", "initialization-scale", "output-loss-mismatch",
    "loss-sign", "frozen-parameters", "constant-prediction", "unscaled-targets",
})  # fmt: skip
# and with one of these it does.
WHOLE = frozenset({
    "random-labels", "label-noise", "class-imbalance", "leakage", "overfitting",
    "stopped-too-early", "over-regularized", "batch-faults",
})  # fmt: skip


def probe(task: Task, findings: Findings) -> Findings:
    """Return findings in the order that an experiment suggests, with its numbers.

    Nothing is run where there is nothing to tell apart.

    Args:
        task: The run as it was given, not begun.
        findings: Of that run.

    Raises:
        InputError: If the run cannot be repeated, because its loss is not known.
    """
    likely = findings.alarms[:CAUSES]
    first = [finding.name for finding in likely[:2]]
    if "underfitting" in first:
        return _one_batch(task, findings)
    if len(likely) > 1 and task.prepared.validation is not None:
        return _repairs(task, findings, likely)
    if _sides(first) == {True, False}:
        return _one_batch(task, findings)
    return findings


def _sides(names: Sequence[str]) -> set[bool]:
    return {name in BROKEN for name in names if name in BROKEN | WHOLE}


def _one_batch(task: Task, findings: Findings) -> Findings:
    """Learn 32 rows by heart, and put what speaks for it first."""
    few = _rows(task)
    trial, reached = Trial(few), None
    while reached is None or not _is_over(trial, reached):
        trial.run(trial.epochs + PART)
        reached = score(few.network, trial.trained, few.prepared.training)
    if reached.value >= BY_HEART.value:
        said = "so nothing is broken: look at data, size and regularization."
        first = WHOLE | {"underfitting"}
    else:
        said = "so something is broken, or the network is far too small."
        first = BROKEN
    told = f"{reached.name} {reached.value:.3g} after {trial.epochs} updates, {said}"
    done = Probe(f"Can {ROWS} rows be learned by heart?", told, trial.leg.steps)
    measured = {f"{reached.name} on {ROWS} rows": BY_HEART.against(reached.value)}
    order = sorted(findings.alarms, key=lambda finding: finding.name not in first)
    order = [_with(f, measured) if i < CAUSES else f for i, f in enumerate(order)]
    return _reordered(findings, order, done)


def _is_over(trial: Trial, reached: Score) -> bool:
    is_learned = reached.value >= BY_HEART.value
    return is_learned or trial.epochs >= UPDATES or trial.stopped != PAUSED


def _rows(task: Task) -> Task:
    """Return the task of learning a few training rows, drawn at random."""
    rows = np.random.default_rng(0).permutation(task.bare.rows)[:ROWS]
    few = dataclasses.replace(task, validation=None).with_bare(
        rows=np.sort(rows), held=None, validation=None
    )
    return few.with_settings(
        epochs=UPDATES, batch_size=ROWS, weight_decay=0.0, early_stopping=None,
        schedule="constant", mix_up=None, accumulate=1, record=False,
    )  # fmt: skip


def _repairs(task: Task, findings: Findings, likely: Sequence[Finding]) -> Findings:
    """Train a little with the first repair of each likely cause, and without."""
    n_steps = math.ceil(len(task.bare.rows) / task.settings.batch_size)
    share, least = task.settings.epochs * FORK_SHARE, SHORT / n_steps
    epochs = max(math.ceil(share), math.ceil(least))
    as_given = Trial(task).run(epochs)
    updates, helped = as_given.leg.steps, list[str]()
    measured: dict[str, dict[str, Measurement]] = {}
    for finding in likely:
        trial = None if finding.name in measured else _tried(task, finding, epochs)
        if trial is None:
            continue
        updates += trial.leg.steps
        before, after = as_given.score, trial.score
        if after.ahead(before, soft=True) > SIGMAS:
            helped.append(finding.name)
        told = f"{after.name} after {epochs} epoch{'s' * (epochs > 1)} with the repair"
        measured[finding.name] = {
            told: Measurement(after.value), "without": Measurement(before.value)
        }  # fmt: skip
    order = sorted(findings.alarms, key=lambda finding: finding.name not in helped)
    order = [_with(finding, measured.get(finding.name, {})) for finding in order]
    causes = " and of ".join(helped)
    answer = f"That of {causes}." if helped else "None of them, in so few epochs."
    done = Probe("Whose repair helps at once?", answer, updates)
    return _reordered(findings, order, done)


def _tried(task: Task, finding: Finding, epochs: int) -> Trial | None:
    found: Sequence[Candidate] = candidates(finding, task)
    if not found:
        return None
    try:
        return Trial(apply(task, found[0])).run(epochs)
    except (ValueError, IndexError):
        return None


def _with(finding: Finding, measured: dict[str, Measurement]) -> Finding:
    evidence = {**finding.evidence, **measured}
    return dataclasses.replace(finding, evidence=evidence)


def _reordered(findings: Findings, alarms: Sequence[Finding], done: Probe) -> Findings:
    return dataclasses.replace(
        findings, items=(*alarms, *findings.notes), probes=(*findings.probes, done)
    )

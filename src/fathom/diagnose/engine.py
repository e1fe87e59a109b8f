"""From evidence to findings: every rule looks, then symptoms are judged and ranked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import ALARM, NOTE, Finding, Findings, Measurement
from fathom.diagnose.rule import CERTAIN, STATIC, SYMPTOM, Rule, Symptom
from fathom.diagnose.rules import RULES
from fathom.diagnose.thresholds import AHEAD, NEARLY_THERE


def static_findings(
    evidence: Evidence, stages: Iterable[str] = STATIC, rules: Iterable[Rule] = RULES
) -> Findings:
    """Return what can be said before any training.

    Args:
        evidence: Network, data, loss and settings.
        stages: "data" and "network" cost next to nothing; "start" compiles and runs one
            forward and one backward pass.
        rules: Which rules look.
    """
    return findings_of(evidence, stages, rules)


def findings_of(
    evidence: Evidence, stages: Iterable[str], rules: Iterable[Rule] = RULES
) -> Findings:
    """Return what the rules find at the given stages, most likely cause first."""
    stages = tuple(stages)
    found: list[Finding] = []
    passed: list[str] = []
    for rule in rules:
        own = _newest(rule, list(_looked(rule, evidence, stages)))
        found += own
        if not own and _has_looked(rule, evidence, stages):
            passed.append(rule.name)
    return Findings(ranked(found), tuple(passed))


def _looked(rule: Rule, evidence: Evidence, stages: Iterable[str]) -> Iterator[Finding]:
    for stage in stages:
        look = rule.looks.get(stage)
        for symptom in () if look is None else look(evidence):
            yield judged(rule, symptom, evidence)


def _has_looked(rule: Rule, evidence: Evidence, stages: Iterable[str]) -> bool:
    """Say whether there was something for a rule to look at."""
    own = [stage for stage in stages if stage in rule.looks]
    if own != ["record"]:
        return bool(own)
    return evidence.history is not None and evidence.course.has(rule.needs)


def _newest(rule: Rule, found: list[Finding]) -> list[Finding]:
    """Leave out what was feared of a run where the run itself has shown it."""
    shown = [f for f in found if f.epoch is not None]
    kept = [f for f in found if f.epoch is not None or f.is_alarm]
    return shown if "record" in rule.looks and shown else kept or found


def judged(rule: Rule, symptom: Symptom, run: Evidence) -> Finding:
    """Return a symptom as a finding, an alarm if it has a consequence.

    A fault by construction is an alarm. A symptom is one if the run made poor progress:
    against the trivial answer, or against what quick classical models reach on the same
    rows. Before training nobody knows, and it is a note.
    """
    evidence = dict(symptom.evidence)
    is_alarm = symptom.kind == CERTAIN
    if symptom.kind == SYMPTOM and run.progress is not None:
        evidence["progress"] = symptom.below.against(run.progress)
        is_alarm, beside = _is_poor(symptom, run, run.progress)
        evidence.update(beside)
    return Finding(
        rule.code,
        rule.name,
        ALARM if is_alarm else NOTE,
        symptom.cause,
        symptom.repair,
        evidence,
        symptom.layer,
        symptom.epoch,
        symptom.action,
        symptom.edit,
        symptom.score,
    )


def _is_poor(
    symptom: Symptom, run: Evidence, progress: float
) -> tuple[bool, dict[str, Measurement]]:
    """Say whether progress is poor, and what others reach if that has decided it."""
    if progress < symptom.below.value:
        return True, {}
    compares = symptom.compares and progress < NEARLY_THERE.value
    if not compares or run.reference is None:
        return False, {}
    lead = run.reference.lead_over(progress)
    return lead > 0, {"classical models are ahead by": AHEAD.against(lead)}


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with alarms first, then by score; equal ones keep their order."""
    return tuple(sorted(findings, key=lambda f: (not f.is_alarm, -f.score)))

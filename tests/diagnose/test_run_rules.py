"""Every rule that reads a record fires on its sick runs, and only on these."""

from __future__ import annotations

import pytest
from tests.diagnose.runs import HEALTHY, SICK, RunCase, found
from tests.diagnose.selection import one_a_rule

from fathom.diagnose.rules import RULES


@pytest.mark.parametrize("case", one_a_rule(SICK))
def test_sick_run_fires_its_rule(case: RunCase) -> None:
    findings = found(case)
    said = {finding.name: finding.severity for finding in reversed(findings)}
    assert said.get(case.rule) == case.severity, str(findings)
    assert not case.first or findings[0].name == case.rule, str(findings)


@pytest.mark.parametrize("case", one_a_rule(HEALTHY))
def test_healthy_look_alike_fires_no_alarm(case: RunCase) -> None:
    findings = found(case)
    seen = [finding.name for finding in findings if finding.epoch is not None]
    assert case.rule not in seen, str(findings)
    assert findings.alarms == (), str(findings)


@pytest.mark.parametrize("name", [r.name for r in RULES if "record" in r.looks])
def test_rule_has_a_sick_run_and_a_look_alike(name: str) -> None:
    assert name in {case.rule for case in SICK}
    assert name in {case.rule for case in HEALTHY}

"""Every static rule fires on its sick examples, and only on these."""

from __future__ import annotations

import pytest
from tests.diagnose.cases import HEALTHY, SICK, Case
from tests.diagnose.selection import one_a_rule

import fathom as fm
from fathom.diagnose.rule import STATIC
from fathom.diagnose.rules import RULES


@pytest.mark.parametrize("case", one_a_rule(SICK))
def test_sick_example_fires_its_rule(case: Case) -> None:
    found = fm.check(case.network, case.data, **case.settings)
    said = {finding.name: finding.severity for finding in reversed(found)}
    assert said.get(case.rule) == case.severity, str(found)


@pytest.mark.parametrize("case", one_a_rule(HEALTHY))
def test_healthy_look_alike_fires_no_alarm(case: Case) -> None:
    found = fm.check(case.network, case.data, **case.settings)
    assert case.rule not in found.names, str(found)
    assert found.alarms == (), str(found)


@pytest.mark.parametrize("name", [r.name for r in RULES if set(r.looks) & set(STATIC)])
def test_rule_has_a_sick_example_and_a_look_alike(name: str) -> None:
    assert name in {case.rule for case in SICK}
    assert name in {case.rule for case in HEALTHY}

"""Every static rule fires on its sick examples, and only on these."""

from __future__ import annotations

import numpy as np
import pytest
from tests.diagnose.cases import HEALTHY, SICK, Case
from tests.diagnose.selection import one_a_rule

import fathom as fm
from fathom.diagnose.engine import static_findings
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.rule import STATIC
from fathom.diagnose.rules import RULES
from fathom.training.objective import Batch
from fathom.training.settings import Settings


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


@pytest.mark.parametrize(("kind", "severity"), [("i", "note"), ("f", "alarm")])
def test_rows_that_come_again_are_a_note_among_tokens(kind: str, severity: str) -> None:
    X = np.random.default_rng(0).integers(0, 2, (400, 12))
    X[:, 3:] = X[:, :1]  # few different rows
    x = X.astype(np.int32 if kind == "i" else np.float32)
    y = (X[:, 0] ^ X[:, 1]).astype(np.int32)
    rows = Batch(x, y, np.ones(400, np.float32))
    training = Batch(*(part[:300] for part in rows))
    held = Batch(*(part[300:] for part in rows))
    first = fm.Embedding(2, 4) if kind == "i" else fm.Dense(4)
    network = fm.Network([first, fm.Flatten(), fm.Dense(2, "softmax")], (12,))
    evidence = Evidence(network, training, Settings("cross_entropy"), held)
    found = static_findings(evidence, ("data",))
    again = [f for f in found if f.code == "D004" and "validation rows" in f.cause]
    assert [f.severity for f in again] == [severity]

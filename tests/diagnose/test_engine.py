"""A symptom is an alarm if it has a consequence; causes are ranked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.diagnose.examples import mlp, rows
from tests.house.sources import ROOT

import fathom as fm
from fathom.diagnose.engine import findings_of, judged
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.pages import pages
from fathom.diagnose.places import places
from fathom.diagnose.reference import Reference
from fathom.diagnose.rule import CERTAIN, HEADINGS, REMARK, SYMPTOM, Rule, Symptom
from fathom.diagnose.rules import RULES
from fathom.diagnose.thresholds import HALF_WAY, THRESHOLDS
from fathom.training.objective import Batch
from fathom.training.settings import Settings

PAGE = "Said.\n" + "".join(f"\n## {head}\n..." for head in HEADINGS)


def evidence(**more: object) -> Evidence:
    X, y = rows()
    batch = Batch(X, y.astype(np.int32), np.ones(len(X), np.float32))
    settings = Settings("cross_entropy")
    return Evidence(mlp(), batch, settings, **more)  # pyright: ignore


def rule(code: str, *symptoms: Symptom, stage: str = "data") -> Rule:
    return Rule(code, f"rule-{code.lower()}", PAGE, {stage: lambda _: symptoms})


@pytest.mark.parametrize(
    ("kind", "progress", "severity"),
    [
        (CERTAIN, None, "alarm"), (CERTAIN, 0.9, "alarm"),
        (SYMPTOM, None, "note"), (SYMPTOM, 0.9, "note"), (SYMPTOM, 0.02, "alarm"),
        (REMARK, None, "note"), (REMARK, 0.02, "note"),
    ],
)  # fmt: skip
def test_a_symptom_is_an_alarm_with_poor_progress_beside_it(
    kind: str, progress: float | None, severity: str
) -> None:
    run: Any = SimpleNamespace(progress=progress, reference=None)
    found = judged(rule("D999"), Symptom("c", "r", kind=kind), run)
    assert found.severity == severity


@pytest.mark.parametrize(
    ("progress", "others", "compares", "severity"),
    [
        (0.3, 0.6, True, "alarm"), (0.7, 0.9, True, "alarm"), (0.7, 0.75, True, "note"),
        (0.3, 0.2, True, "alarm"), (0.3, 0.2, False, "alarm"),
        (0.95, 1.0, True, "note"), (0.7, 0.9, False, "note"),
        (0.05, 0.0, True, "alarm"),
    ],
)  # fmt: skip
def test_classical_models_tell_whether_a_symptom_has_done_harm(
    progress: float, others: float, compares: bool, severity: str
) -> None:
    run: Any = SimpleNamespace(progress=progress, reference=Reference(others, 0.02))
    symptom = Symptom("c", "r", below=HALF_WAY, compares=compares)
    assert judged(rule("D999"), symptom, run).severity == severity


def test_alarms_come_first_and_then_the_likelier_cause() -> None:
    rules = [
        rule("D901", Symptom("c", "r", score=0.9)),
        rule("D902", Symptom("c", "r", kind=CERTAIN, score=0.3)),
        rule("D903", Symptom("c", "r", kind=CERTAIN, score=0.4)),
    ]
    found = findings_of(evidence(), ["data"], rules)
    assert [finding.code for finding in found] == ["D903", "D902", "D901"]


def test_rules_that_found_nothing_have_passed_and_others_have_not_looked() -> None:
    rules = [
        rule("D901"),
        rule("D902", Symptom("c", "r")),
        rule("F903", stage="record"),
    ]
    assert findings_of(evidence(), ["data"], rules).passed == ("rule-d901",)


def test_evidence_draws_the_start_values_that_training_would_draw() -> None:
    drawn = fm.Network.init(mlp(), 0)["dense_1"]["weight"]
    assert np.array_equal(evidence().variables["dense_1"]["weight"], drawn)


def test_codes_and_names_are_each_rules_own() -> None:
    assert len({r.code for r in RULES}) == len({r.name for r in RULES}) == len(RULES)


def test_every_threshold_belongs_to_a_rule_and_says_where_it_comes_from() -> None:
    names = {r.name for r in RULES} | {""}
    assert [t for t in THRESHOLDS if t.rule not in names or not t.source] == []


def test_a_rule_without_the_four_headings_is_refused() -> None:
    with pytest.raises(fm.InputError, match="a text with headings"):
        Rule("D999", "vague", "Something may be wrong.", {})


def test_the_pages_of_the_rules_are_those_of_the_rules() -> None:
    folder = ROOT / "docs" / "rules"
    kept = {path.name: path.read_text("utf-8") for path in folder.glob("*.md")}
    assert kept == pages(), "run: python -m fathom.diagnose.pages"


def test_places_know_how_many_blocks_they_are_in() -> None:
    block = fm.Repeat([fm.Dense(4), fm.Repeat([fm.Dense(4)], 3, shared=True)], 2)
    found = {place.address: place for place in places(fm.Network(block, (4,)))}
    inner = found["repeat_1/repeat_1/dense_1"]
    assert (inner.blocks, inner.stacked, inner.chain) == (2, 1, "repeat_1/repeat_1")

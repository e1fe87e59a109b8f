"""The held-out benchmark in small: one program, a dozen runs, and its arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from benchmarks.diagnosis import figures, frozen
from benchmarks.diagnosis.alike import healthy
from benchmarks.diagnosis.faults import OPERATORS, PAIRS, faulty
from benchmarks.diagnosis.rivals import RIVALS
from benchmarks.diagnosis.setups import Setup, setups
from benchmarks.diagnosis.units import Unit, row_of

from fathom.diagnose.rules import RULES

NAMES = {rule.name for rule in RULES}
SICK = ("rate low", "labels shuffled", "few epochs", "start alike", "leak")
WELL = ("redrawn", "warm-up", "one spike", "start larger")


def about(kind: str, name: str, accepted: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "twin": "exclusive",
        "operators": [name] if kind == "faulty" else [],
        "family": "a family",
        "accepted": list(accepted),
        "each": [list(accepted)],
        "is_new": False,
    }


@pytest.fixture(scope="module")
def setup() -> Setup:
    return next(setup for setup in setups() if setup.id == "exclusive")


@pytest.fixture(scope="module")
def rows(setup: Setup) -> list[dict[str, Any]]:
    units = [Unit(setup, about("clean", "clean"))]
    units += [
        Unit(alike.setup, about("healthy", alike.name))
        for alike in healthy(setup)
        if alike.name in WELL
    ]
    for ill in faulty(setup, 1):
        if ill.operators[0] in SICK and len(ill.operators) == 1:
            made = about("faulty", ill.operators[0], ill.accepted)
            units.append(Unit(ill.setup, made))
    return [row_of(unit, 1) for unit in units]


@pytest.fixture(scope="module")
def found(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return figures.figures(rows)


def test_the_clean_twin_learns(rows: list[dict[str, Any]]) -> None:
    assert figures.learns(rows[0])


def test_most_faults_do_harm(found: dict[str, Any]) -> None:
    assert found["counts"]["harmful"] >= 4


def test_most_sick_runs_are_found(found: dict[str, Any]) -> None:
    assert found["tools"]["Fathom"]["recall"][0] >= 0.7


def test_most_causes_are_among_the_first_three(found: dict[str, Any]) -> None:
    assert found["tools"]["Fathom"]["cause in three"][0] >= 0.6


def test_healthy_runs_raise_no_alarm(found: dict[str, Any]) -> None:
    assert found["tools"]["Fathom"]["false alarms"][0] == 0


def test_who_always_alarms_is_right_half_of_the_time(found: dict[str, Any]) -> None:
    always = found["tools"]["always an alarm"]
    assert (always["recall"][0], always["precision at 50/50"][0]) == (1.0, 0.5)


def test_a_fault_without_harm_is_benign() -> None:
    twin = scored("clean", 0.9, 0.9, 0.9, 0.9, 0.9)
    once_better = scored("faulty", 0.1, 0.1, 0.1, 0.1, 0.91)
    hardly_worse = scored("faulty", 0.89, 0.89, 0.89, 0.89, 0.89)
    worse = scored("faulty", 0.8, 0.8, 0.8, 0.8, 0.89)
    labels = [figures.label(row, twin) for row in (once_better, hardly_worse, worse)]
    assert labels == ["benign", "benign", "harmful"]


def test_a_look_alike_that_is_harmed_is_not_counted_as_healthy() -> None:
    twin, harmed = scored("clean", 0.9, 0.9), scored("healthy", 0.5, 0.6)
    assert figures.label(harmed, twin) == "left out"


def test_the_interval_of_equal_configurations_is_a_point() -> None:
    assert figures.interval(np.full(7, 0.25)) == [0.25, 0.25, 0.25]


def test_every_operator_accepts_names_of_rules() -> None:
    assert {name for one in OPERATORS for name in one.accepted} <= NAMES


def test_every_pair_is_made_of_operators() -> None:
    known = {operator.name for operator in OPERATORS}
    assert {name for pair in PAIRS for name in pair} <= known


def test_what_rivals_say_is_read_as_names_of_rules() -> None:
    meant = [names for rival in RIVALS for names in rival.meaning.values()]
    assert {name for names in meant for name in names} <= NAMES


def test_three_families_of_operators_are_new() -> None:
    assert len({one.family for one in OPERATORS if one.is_new}) >= 3


def test_a_changed_rule_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    then = frozen.digests() | {"thresholds.py": "another"}
    monkeypatch.setattr(frozen, "digests", lambda: then)
    assert "thresholds.py" in frozen.changed()


def scored(kind: str, *scores: float) -> dict[str, Any]:
    runs = [{"seed": seed, "score": value} for seed, value in enumerate(scores)]
    return {"kind": kind, "own_test": False, "needed": 0.03, "runs": runs}

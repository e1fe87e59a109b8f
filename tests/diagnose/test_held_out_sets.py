"""The second held-out set: what its faults do, and that it is apart from the first."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from benchmarks.diagnosis import faults_2_data as data
from benchmarks.diagnosis import faults_2_run, setups, setups_2
from benchmarks.diagnosis.faults import OPERATORS as FIRST
from benchmarks.diagnosis.faults_2 import NEW, SECOND
from benchmarks.diagnosis.harm import harm
from benchmarks.diagnosis.heldout import folder
from benchmarks.diagnosis.setups import Setup
from benchmarks.diagnosis.units import Unit, row_of, units

from fathom.diagnose.rules import RULES
from fathom.trained import TrainingResult

OPERATORS = {operator.name: operator for operator in SECOND.operators}


@pytest.fixture(scope="module")
def second() -> dict[str, Setup]:
    return {setup.id: setup for setup in setups_2.setups()}


@pytest.fixture(scope="module")
def all_units() -> list[Unit]:
    return units(2)


def test_no_network_or_problem_is_in_both_sets(second: dict[str, Setup]) -> None:
    first = list(setups.setups())
    known = {setup.id for setup in first}, {str(s.network.layers) for s in first}
    assert not known[0] & set(second)
    assert not known[1] & {str(s.network.layers) for s in second.values()}


def test_severities_are_not_those_of_the_first_set() -> None:
    old = {(one.apply, severity) for one in FIRST for severity in one.severities}
    again = {
        (one.apply, severity)
        for one in SECOND.operators
        if len(one.severities) > 1
        for severity in one.severities
    }
    assert not old & again


def test_every_operator_of_the_second_set_accepts_names_of_rules() -> None:
    names = {rule.name for rule in RULES}
    assert {name for one in SECOND.operators for name in one.accepted} <= names


def test_every_operator_is_put_into_a_setup(all_units: list[Unit]) -> None:
    used = {name for unit in all_units for name in unit.about["operators"]}
    assert used == set(OPERATORS)


def test_every_configuration_has_a_name_of_its_own(all_units: list[Unit]) -> None:
    names = Counter(unit.setup.id for unit in all_units)
    assert [name for name, n in names.items() if n > 1] == []


def test_at_least_thirty_six_kinds_of_look_alikes(all_units: list[Unit]) -> None:
    kinds = {u.about["name"] for u in all_units if u.about["kind"] == "healthy"}
    assert len(kinds) >= 36


def test_ten_operators_have_no_like_in_the_first_set() -> None:
    assert 10 <= len(NEW) == sum(one.is_new for one in SECOND.operators)


def test_repeated_rows_are_few_and_of_every_class(second: dict[str, Setup]) -> None:
    before = second["clusters"]
    X, y = data.repeated(before, 24).rows
    assert len(np.unique(X, axis=0)) <= 34
    assert set(y) == set(before.rows[1])
    assert len(X) == len(before.rows[0])


def test_scrambled_rows_keep_their_values_alone(second: dict[str, Setup]) -> None:
    before = second["order"].rows[0]
    X = data.scrambled(second["order"], 1.0).rows[0]
    assert (np.sort(X, 1) == np.sort(before, 1)).all()
    assert (before != X).mean() > 0.5


def test_shut_gates_let_nothing_in(second: dict[str, Setup]) -> None:
    setup = faults_2_run.shut_gates(second["events"], 15)
    assert setup is not None
    assert setup.start is not None
    start = setup.start(setup.network, 0)
    x = setup.test[0][:8]
    inside = setup.network.forward(start, x, listen=True).taps["gru_1"]["activation"]
    assert np.abs(np.asarray(inside)).max() < 1e-4


def test_positions_missing_leaves_the_order_unknown(second: dict[str, Setup]) -> None:
    setup = faults_2_run.without_positions(second["order"], 1.0)
    assert setup is not None
    variables = setup.network.init(0)
    x = setup.test[0][:4]
    there, back = (setup.network.apply(variables, own) for own in (x, x[:, ::-1]))
    np.testing.assert_allclose(there, back, atol=1e-5)


def test_scores_are_taken_without_a_look_at_findings(
    second: dict[str, Setup], monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked(self: TrainingResult) -> None:
        raise AssertionError("Somebody looked.")

    monkeypatch.setattr(TrainingResult, "findings", property(looked))
    setup = replace(second["hills"], settings={"epochs": 2, "learning_rate": 0.01})
    empty = {"kind": "healthy", "name": "short", "twin": "hills"}
    row = row_of(Unit(setup, empty), 1, scores_only=True)
    assert row["runs"][0].keys() == {"seed", "score", "stopped", "epochs", "seconds"}


def test_sets_are_kept_in_folders_apart() -> None:
    assert folder(number=1).parent != folder(number=2).parent


def test_harm_names_operators_that_spare_a_setup() -> None:
    rows = [scored("clean", "clean", 0.9), scored("faulty", "mild", 0.9)]
    rows += [scored("faulty", "bad", 0.2)]
    text = harm(rows)
    assert "bad: 1 of 1; \n" in text
    assert "mild: 0 of 1; a mild" in text


def scored(kind: str, name: str, score: float) -> dict[str, Any]:
    return {
        "id": f"a {name}", "kind": kind, "name": name, "twin": "a",
        "own_test": False, "needed": 0.03, "chance": 0.5, "classical": 0.8,
        "runs": [{"seed": 0, "score": score, "seconds": 1.0}],
    }  # fmt: skip

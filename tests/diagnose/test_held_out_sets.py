"""The later held-out sets: what their faults do, and that they are apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
import pytest
from benchmarks.diagnosis import faults_2_data as data
from benchmarks.diagnosis import (
    faults_2_run,
    faults_4_data,
    faults_4_network,
    faults_4_start,
    setups_2,
)
from benchmarks.diagnosis import faults_3_new as new
from benchmarks.diagnosis.faults import faulty
from benchmarks.diagnosis.harm import harm
from benchmarks.diagnosis.heldout import folder
from benchmarks.diagnosis.setups import Setup
from benchmarks.diagnosis.units import SETS, Unit, row_of, units

from fathom.diagnose.rules import RULES
from fathom.trained import TrainingResult

LATER = range(2, max(SETS) + 1)
units_of = cache(units)


@pytest.fixture(scope="module")
def second() -> dict[str, Setup]:
    return {setup.id: setup for setup in setups_2.setups()}


@pytest.fixture(scope="module")
def every() -> dict[int, list[Setup]]:
    return {number: list(held.setups()) for number, held in SETS.items()}


@pytest.fixture(scope="module", params=LATER)
def all_units(request: pytest.FixtureRequest) -> list[Unit]:
    return units_of(request.param)


@pytest.mark.parametrize("number", LATER)
def test_no_network_or_problem_is_in_an_earlier_set(
    every: dict[int, list[Setup]], number: int
) -> None:
    before = list(chain.from_iterable(every[n] for n in range(1, number)))
    known = {setup.id for setup in before}, {str(s.network.layers) for s in before}
    assert not known[0] & {setup.id for setup in every[number]}
    assert not known[1] & {str(s.network.layers) for s in every[number]}


@pytest.mark.parametrize("number", LATER)
def test_severities_are_not_those_of_an_earlier_set(number: int) -> None:
    def severities(number: int) -> set[Any]:
        operators = SETS[number].faults.operators
        several = (one for one in operators if len(one.severities) > 1)
        return {(one.apply, severity) for one in several for severity in one.severities}

    before = set(chain.from_iterable(severities(n) for n in range(1, number)))
    assert not before & severities(number)


@pytest.mark.parametrize("number", LATER)
def test_every_operator_accepts_names_of_rules(number: int) -> None:
    names = {rule.name for rule in RULES}
    operators = SETS[number].faults.operators
    assert {name for one in operators for name in one.accepted} <= names


@pytest.mark.parametrize("number", LATER)
def test_ten_operators_have_no_like_in_an_earlier_set(number: int) -> None:
    before = (SETS[n].faults.operators for n in range(1, number))
    known = {one.apply for one in chain.from_iterable(before)}
    new = [one for one in SETS[number].faults.operators if one.is_new]
    assert len(new) >= 10
    assert not known & {one.apply for one in new}


@pytest.mark.parametrize("number", LATER[1:])
def test_no_row_comes_twice_since_the_third_set(
    every: dict[int, list[Setup]], number: int
) -> None:
    for setup in every[number]:
        X = np.concatenate([setup.rows[0], setup.test[0]])
        assert len(np.unique(X.reshape(len(X), -1), axis=0)) == len(X), setup.id


def test_names_have_about_as_many_configurations_in_the_fourth_set() -> None:
    count = Counter(unit.about["family"] for unit in units_of(4))
    del count[""], count["two"]
    assert count.keys() == {rule.name for rule in RULES}
    assert min(count.values()) >= 12
    assert max(count.values()) <= 20


def test_every_name_of_the_fourth_set_has_an_operator_unlike_any_before() -> None:
    new = (one for one in SETS[4].faults.operators if one.is_new)
    assert {one.family for one in new} == {rule.name for rule in RULES}


def test_the_first_right_name_is_the_family_in_the_fourth_set() -> None:
    operators = SETS[4].faults.operators
    assert all(one.family in one.accepted for one in operators)


def test_every_operator_is_put_into_a_setup(all_units: list[Unit]) -> None:
    used = {name for unit in all_units for name in unit.about["operators"]}
    catalogues = [{one.name for one in SETS[n].faults.operators} for n in LATER]
    assert used in catalogues


def test_every_configuration_has_a_name_of_its_own(all_units: list[Unit]) -> None:
    names = Counter(unit.setup.id for unit in all_units)
    assert [name for name, n in names.items() if n > 1] == []


def test_at_least_thirty_six_kinds_of_look_alikes(all_units: list[Unit]) -> None:
    kinds = {u.about["name"] for u in all_units if u.about["kind"] == "healthy"}
    assert len(kinds) >= 36


@pytest.mark.parametrize(("number", "name"), [(3, "seven"), (4, "planes")])
def test_every_fault_changes_its_setup(
    every: dict[int, list[Setup]], number: int, name: str
) -> None:
    setup = next(one for one in every[number] if one.id == name)
    for turn in range(4):
        for fault in faulty(setup, turn, SETS[number].faults):
            made = fault.setup
            own = (made.network.layers, made.settings, made.start)
            before = (setup.network.layers, setup.settings, setup.start)
            is_same = own == before and made.rows is setup.rows
            assert not is_same, made.id


def test_row_numbers_tell_the_class_of_training_rows_alone(
    every: dict[int, list[Setup]],
) -> None:
    setup = next(one for one in every[3] if one.id == "levels")
    made = new.row_number(setup, 1)
    assert made is not None
    order = np.argsort(made.rows[0][:, -1])
    assert (np.diff(made.rows[1][order]) >= 0).all()
    assert abs(np.corrcoef(made.test[0][:, -1], made.test[1])[0, 1]) < 0.2


def test_encoded_targets_hold_the_row_s_own(every: dict[int, list[Setup]]) -> None:
    setup = next(one for one in every[3] if one.id == "arm")
    made = new.target_encoding(setup, 2)
    assert made is not None
    (X, y), (X_test, y_test) = made.rows, made.test
    assert np.corrcoef(X[:, 0], y)[0, 1] == pytest.approx(0.71, abs=0.05)
    assert abs(np.corrcoef(X_test[:, 0], y_test)[0, 1]) < 0.15


def test_a_cut_gradient_is_none_before_the_output_layer(
    every: dict[int, list[Setup]],
) -> None:
    import jax

    setup = next(one for one in every[3] if one.id == "circuit")
    network = new.gradient_cut(setup, 1).network
    x = setup.test[0][:4]
    slope = jax.grad(lambda own: network.apply(own, x).sum())(dict(network.init(0)))
    moved = {name: any(np.any(leaf) for leaf in jax.tree.leaves(own))
             for name, own in slope.items()}  # fmt: skip
    assert [name for name, any_slope in moved.items() if any_slope] == ["dense_3"]


@pytest.fixture(scope="module")
def fourth(every: dict[int, list[Setup]]) -> dict[str, Setup]:
    return {setup.id: setup for setup in every[4]}


def test_an_inverted_mask_hides_the_inputs(fourth: dict[str, Setup]) -> None:
    network = faults_4_network.masked(fourth["swing"], 1).network
    answers = np.asarray(network.apply(network.init(0), fourth["swing"].test[0][:9]))
    assert np.ptp(answers) == 0


def test_a_mean_over_rows_answers_all_of_a_batch_alike(
    fourth: dict[str, Setup],
) -> None:
    network = faults_4_network.mean_over_rows(fourth["petals"], 1).network
    x = fourth["petals"].test[0]
    first, second = (np.asarray(network.apply(network.init(0), own))
                     for own in (x[:9], x[9:18]))  # fmt: skip
    assert np.ptp(first, 0).max() == 0
    assert not np.allclose(first, second)


def test_the_same_draw_makes_units_alike(fourth: dict[str, Setup]) -> None:
    setup = faults_4_start.same_draw(fourth["planes"], 1)
    assert setup.start is not None
    weights = setup.start(setup.network, 0)["dense_1"]["weight"]
    assert np.ptp(weights, 1).max() == 0
    assert np.ptp(weights, 0).max() > 0


def test_what_a_target_was_made_from_is_unknown_in_use(
    fourth: dict[str, Setup],
) -> None:
    made = faults_4_data.code_of_target(fourth["swing"], 1)
    assert made is not None
    (X, y), (X_test, y_test) = made.rows, made.test
    assert (np.diff(X[np.argsort(y), 1]) >= 0).all()
    assert abs(np.corrcoef(X_test[:, 1], y_test)[0, 1]) < 0.15


def test_subjects_have_one_number_and_one_target_each(
    fourth: dict[str, Setup],
) -> None:
    made = faults_4_data.groups(fourth["swing"], 40)
    assert made is not None
    X, y = made.rows
    pairs = np.unique(np.column_stack([X[:, -1], y]), axis=0)
    assert len(pairs) == len(np.unique(X[:, -1])) == 40


def test_a_long_tail_keeps_the_number_of_rows(fourth: dict[str, Setup]) -> None:
    made = faults_4_data.long_tail(fourth["cells"], 3)
    assert made is not None
    counts = np.bincount(made.rows[1])
    assert counts.sum() == len(fourth["cells"].rows[0])
    assert counts.max() > 100 * counts.min()


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

"""Edits that are applied to a task, and those that take a person."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest
from tests.diagnose.examples import generated_table, mlp, numbers, rows

import fathom as fm
from fathom.diagnose.applying import apply
from fathom.diagnose.candidates import MAKERS, candidates
from fathom.diagnose.choosing import queue
from fathom.diagnose.edit import Edit
from fathom.diagnose.finding import Finding
from fathom.diagnose.refused import accepted
from fathom.diagnose.rules import RULES
from fathom.diagnose.scoring import score
from fathom.diagnose.task import Task
from fathom.errors import InputError
from fathom.preparation import Held, prepare
from fathom.training.objective import Batch
from fathom.training.settings import Settings


def task(network: Any = None, data: Any = None, **settings: Any) -> Task:
    loss = settings.pop("loss", "cross_entropy")
    data = data or rows()
    bare = prepare(network or mlp(), data, loss, Held(0.25, 0))
    return Task(bare, Settings(loss, **settings), data, 0.25)


def finding(name: str, edit: Edit | None = None) -> Finding:
    return Finding("X001", name, "alarm", "", "", edit=edit)


def test_a_setting_is_changed() -> None:
    edit = Edit("setting", "learning_rate", 0.5, 10.0)
    assert apply(task(), edit).settings.learning_rate == 0.5


def test_layers_are_changed_inserted_and_removed() -> None:
    edits = [
        Edit("layer", "dense_1", fm.Dense(5, "tanh")),
        Edit("insert", "dense_2", fm.Dropout(0.5)),
    ]
    new = apply(task(), edits)
    assert [layer.kind for layer in new.network.layers] == ["dense", "dropout", "dense"]
    changed: Any = new.network["dense_1"]
    assert changed.units == 5
    assert apply(new, Edit("remove", "dropout_1")).network["dense_2"]
    assert len(apply(new, Edit("remove", "dropout_1")).network.layers) == 2


def test_the_loss_can_be_turned_around() -> None:
    new = apply(task(loss="mse"), Edit("setting", "loss", "negative", "mse"))
    assert callable(new.settings.loss)
    ones, zeros = np.ones((2, 1), np.float32), np.zeros((2, 1), np.float32)
    assert np.asarray(new.settings.loss(ones, zeros)).tolist() == [-1.0, -1.0]


def test_inputs_are_scaled_by_a_layer_fitted_on_training_rows_only() -> None:
    X, y = rows()
    given = task(data=(1000 * X + 7, y))
    new = apply(given, Edit("data", "inputs", "standardize"))
    layer = new.network.layers[0]
    assert isinstance(layer, fm.Standardize)
    training = given.prepared.training.x
    np.testing.assert_allclose(layer.mean, training.mean(0), rtol=1e-3)
    outputs = fm.Network([layer], (8,)).apply({}, training)
    np.testing.assert_allclose(np.asarray(outputs).std(0), 1, rtol=1e-4)


def test_targets_are_scaled_and_turned_back() -> None:
    X, y = numbers()
    given = task(mlp(1), (X, 100 * y + 500), loss="mse")
    new = apply(given, Edit("data", "targets", "standardize"))
    y = new.prepared.training.y
    assert abs(y.mean()) < 1e-4
    coding, held = new.bare.examples.target, new.prepared.validation
    assert coding is not None
    assert held is not None
    before = given.prepared.validation
    assert before is not None
    back = coding.decode_values(held.y.reshape(-1, 1))
    np.testing.assert_allclose(back.reshape(-1), before.y.reshape(-1), rtol=1e-4)


def test_another_ending_encodes_the_targets_anew_on_the_same_rows() -> None:
    X, y = rows()
    given = task(mlp(1), (X, (y > 0).astype(int)), loss="mse")
    ending = Edit("layer", "dense_2", fm.Dense(1, "sigmoid"))
    new = apply(given, [Edit("setting", "loss", "bce", "mse"), ending])
    assert given.prepared.training.y.dtype == np.float32
    assert new.prepared.training.y.dtype == np.int32
    assert np.array_equal(given.bare.rows, new.bare.rows)


@pytest.mark.parametrize("data", [None, "table"])
def test_a_column_that_is_dropped_changes_no_answer(data: str | None) -> None:
    if data is None:
        given, name = task(), "X[:, 3]"
    else:
        make = lambda shape, n, end: fm.Network([fm.Dense(n, end)], shape)  # noqa: E731
        given, name = task(make, generated_table()), "city"
    new = apply(given, Edit("data", name, "drop"))
    x = np.array(given.prepared.training.x[:20])
    coding = given.bare.examples.preprocessing
    places = [3] if coding is None else list(coding.inputs_by_column[name])
    changed = x.copy()
    changed[:, places] += 5
    variables = new.network.init(0)
    same = new.network.apply(variables, x) == new.network.apply(variables, changed)
    assert np.asarray(same).all()
    other = x + np.where(np.isin(np.arange(x.shape[1]), places), 0, 1)
    assert not np.allclose(
        new.network.apply(variables, x), new.network.apply(variables, other)
    )


def test_rows_on_both_sides_are_taken_out_of_validation_only() -> None:
    X, y = rows()
    given = task(data=(np.concatenate([X, X[:60]]), np.concatenate([y, y[:60]])))
    new = apply(given, Edit("data", "rows", "drop duplicates"))
    held = new.prepared.validation
    assert held is not None
    known = {row.tobytes() for row in new.prepared.training.x}
    assert not any(row.tobytes() in known for row in held.x)
    assert np.array_equal(given.prepared.training.x, new.prepared.training.x)


@pytest.mark.parametrize("treatment", ["join by a key", "correct or drop"])
def test_what_takes_a_person_is_refused(treatment: str) -> None:
    with pytest.raises(InputError, match="takes a person who knows"):
        apply(task(), Edit("data", "targets", treatment))


def test_start_values_are_kept_where_they_fit() -> None:
    network = mlp()
    given = dataclasses.replace(
        task(network), given=jax.tree.map(np.asarray, network.init(7))
    )
    new = apply(given, Edit("layer", "dense_2", fm.Dense(3, "softmax", False)))
    assert new.given is not None
    assert given.given is not None
    kept, before = new.given["dense_1"]["weight"], given.given["dense_1"]["weight"]
    assert np.array_equal(kept, before)


def test_every_rule_has_candidates() -> None:
    assert {rule.name for rule in RULES} == set(MAKERS)


def test_every_candidate_fits_the_task() -> None:
    given = task(
        fm.Network(
            [fm.Dense(8, "sigmoid", weight_init="zeros"), fm.Dense(8, "sigmoid"),
             fm.Dropout(0.9), fm.Dense(3, "softmax")], (8,)
        ), weight_decay=3.0, freeze=("dense_1",), learning_rate=0.1,
    )  # fmt: skip
    for name in set(MAKERS) - {"unscaled-targets"}:  # there are classes
        for edits in candidates(finding(name), given):
            assert apply(given, edits) is not given


def test_vanishing_gradients_have_three_different_candidates() -> None:
    layers = [fm.Dense(8, "sigmoid", weight_init="zeros") for _ in range(3)]
    given = task(fm.Network([*layers, fm.Dense(3, "softmax")], (8,)))
    found = candidates(finding("vanishing-gradients"), given)
    assert len(found) == 3
    assert all(e.value.activation == "relu" for e in found[0])


def test_causes_are_repaired_one_by_one_and_together() -> None:
    given = task(fm.Network([fm.Dense(4, "step"), fm.Dense(3, "softmax")], (8,)))
    names = ("frozen-parameters", "learning-rate-too-low")
    tried = [edits for _, edits in queue([finding(name) for name in names], given)]
    assert tried[0][0].at == "dense_1"
    assert {edit.at for edit in tried[2]} == {"dense_1", "learning_rate"}
    assert len({*tried}) == len(tried)


def test_answers_are_judged_by_rank_of_classes_and_by_squares_of_numbers() -> None:
    ones = np.ones(4, np.float32)
    identity = fm.Network([fm.Activation("identity")], (2,))
    x = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)
    found = score(identity, {}, Batch(x, np.array([0, 1, 1, 1], np.int32), ones))
    assert found.value == 0.75
    assert found.balanced == pytest.approx((1 + 2 / 3) / 2)
    close = score(identity, {}, Batch(x, x, ones))
    far = score(identity, {}, Batch(x, x[::-1], ones))
    assert close.value == pytest.approx(1.0)
    assert close.ahead(far) > 0
    assert close.ahead(close) == 0


def test_missing_values_are_filled_in_as_a_table_does() -> None:
    X, y = rows()
    X = np.where(np.arange(X.size).reshape(X.shape) % 31 == 0, np.nan, X)
    found = accepted(mlp(), (X, y), None, Held(0.25, 0))
    (attempt,) = found.tried
    assert (attempt.finding, attempt.kept) == ("non-finite", True)
    prepared = prepare(found.network, found.data, None, Held(0.25, 0))
    assert prepared.examples.preprocessing is not None
    assert np.isfinite(prepared.training.x).all()


def test_an_ending_that_is_refused_is_changed_before_anything_is_trained() -> None:
    found = accepted(mlp(2), rows(), None, Held(0.25, 0))
    assert found.network.output_shape == (3,)
    assert [attempt.finding for attempt in found.tried] == ["output-loss-mismatch"]


def test_what_nothing_mends_is_refused_as_ever() -> None:
    with pytest.raises(InputError, match="takes inputs of shape"):
        accepted(mlp(inputs=5), rows(), None, Held(0.25, 0))

"""Targets: the task, the labels, and the coding both ways."""

from __future__ import annotations

import json

import numpy as np
import pytest

import fathom as fm
from fathom.data import TargetCoding
from fathom.errors import InputError


def table_of(y, **options):
    return fm.read({"a": np.arange(len(y)) / 2, "y": y}, "y", **options)


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (["a", "b", "a"], "classification"),
        ([True, False, True], "classification"),
        ([0, 1], "classification"),
        ([0, 0, 0, 1], "classification"),
        ([3, 5, 3, 5], "classification"),
        ([1.0, 2.0, 1.0, 2.0], "classification"),
        ([*range(20)] * 2, "classification"),
        ([*range(21)] * 2, "regression"),
        ([1, 2, 3, 4], "regression"),
        ([0.5, 1.5] * 10, "regression"),
        ([1] * 50 + [2] * 49 + [3], "classification"),
    ],
)
def test_the_task_is_inferred(y, task):
    assert table_of(y).task == task


def test_the_task_may_be_said():
    assert table_of([1, 2, 3, 4], task="classification").classes == (1, 2, 3, 4)
    assert table_of([3, 5, 3, 5], task="regression").y.dtype == np.float32
    assert table_of([3, 5, 3, 5], kinds={"y": "number"}).task == "regression"
    assert table_of([1, 2, 3], kinds={"y": "category"}).task == "classification"


def test_whole_numbers_read_as_classes_are_said_so():
    assert 'task="regression" predicts numbers' in table_of([3, 5, 3, 5]).notes[0]


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (["b", "a", "b"], ("a", "b")),
        (["10", "9", "10", "9"], (9, 10)),
        (["007", "008", "007"], ("007", "008")),
        (["+", "-", "+"], ("+", "-")),
        ([1.0, 2.0, 1.0, 2.0], (1, 2)),
        ([True, False], (False, True)),
    ],
)
def test_labels_are_the_original_values_in_order(y, classes):
    table = table_of(y)
    assert table.classes == classes
    assert set(table.y.tolist()) == set(classes)


def test_rows_without_a_target_are_left_out_and_counted():
    table = table_of(["a", None, "b", "?", "a"])
    assert table.frame["a"].to_list() == [0.0, 1.0, 2.0]
    assert "2 rows have no value of the target 'y'; left out." in table.notes


def test_an_infinite_target_is_left_out():
    assert table_of([0.5, np.inf, 1.5]).y.tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    ("y", "options", "message"),
    [
        ([None, None], {}, "'y' has no values: every row is missing"),
        (["1", "x", "2"], {"task": "regression"}, "numbers .* row 2 has 'x'"),
        (["2024-01-05"] * 2, {"kinds": {"y": "time"}}, "Unknown kind of target 'time'"),
        ([0, 1], {"task": "classify"}, "Unknown task 'classify'"),
    ],
)
def test_a_target_that_cannot_be_used_is_refused(y, options, message):
    with pytest.raises(InputError, match=message):
        table_of(y, **options)


def test_a_task_without_a_target_is_refused():
    with pytest.raises(InputError, match="says how a target is predicted, but there"):
        fm.read({"a": [1, 2]}, task="regression")


def test_several_targets_must_be_numbers():
    source = {"a": [1, 2], "u": [1, 2], "v": ["x", "y"]}
    with pytest.raises(InputError, match=r"'v' must be numbers .* row 1 has 'x'"):
        fm.read(source, ["u", "v"])
    with pytest.raises(
        InputError, match=r"Classification has one target column. Got 2"
    ):
        fm.read(source, ["u", "v"], task="classification")


def test_prediction_data_have_no_y():
    with pytest.raises(InputError, match="has no target: name the column"):
        fm.read({"a": [1, 2]}).y  # noqa: B018


@pytest.mark.parametrize("y", [["b", "a", "c"], [3, 1, 2, 3, 1, 2], [True, False]])
def test_labels_survive_encoding_and_decoding(y):
    table = table_of(y)
    coding = TargetCoding.fit(table)
    codes = coding.encode(table)
    assert codes.dtype == np.int32
    assert coding.decode_labels(codes).tolist() == y
    assert coding.n_outputs == len(set(y))


def test_numbers_are_standardized_and_come_back():
    y = [1.5, 2.5, 10.25]
    table = table_of(y)
    coding = TargetCoding.fit(table)
    z = coding.encode(table)
    assert z.shape == (3, 1)
    np.testing.assert_allclose([z.mean(), z.std()], [0, 1], atol=1e-6)
    np.testing.assert_allclose(coding.decode_values(z), y, rtol=1e-6)


def test_several_numbers_come_back_as_a_matrix():
    source = {"a": [1, 2, 3], "u": [1.5, 2, 3], "v": [10, 20.5, 0]}
    table = fm.read(source, ["u", "v"])
    coding = TargetCoding.fit(table)
    values = coding.decode_values(coding.encode(table))
    np.testing.assert_allclose(values, table.y, rtol=1e-5, atol=1e-5)


def test_a_constant_number_is_no_division_by_zero():
    table = table_of([2.5, 2.5, 2.5])
    coding = TargetCoding.fit(table)
    assert coding.decode_values(coding.encode(table)).tolist() == [2.5] * 3


def test_one_class_only_is_refused():
    with pytest.raises(InputError, match=r"'y' has one class only \('a'\)"):
        TargetCoding.fit(table_of(["a", "a"]))


def test_a_label_not_seen_in_training_is_named():
    coding = TargetCoding.fit(table_of(["cat", "dog"]))
    message = "label 'dogs', which was not seen in training. Did you mean 'dog'"
    with pytest.raises(InputError, match=message):
        coding.encode(table_of(["cat", "dogs"]))


def test_labels_written_as_numbers_elsewhere_are_the_same_labels():
    coding = TargetCoding.fit(table_of(["1", "2", "many"]))
    assert coding.encode(table_of([2, 1, 2])).tolist() == [1, 0, 1]


def test_whole_numbers_to_evaluate_on_are_numbers_if_training_had_numbers():
    coding = TargetCoding.fit(table_of([0.5, 1.5, 2.5]))
    table = table_of([0, 1, 0, 1])
    assert table.task == "classification"
    np.testing.assert_allclose(
        coding.decode_values(coding.encode(table)), [0, 1, 0, 1], atol=1e-6
    )


@pytest.mark.parametrize("y", [["b", "a"], [3, 3, 1, 1], [True, False], [0.5, 1.5]])
def test_a_coding_survives_json(y):
    coding = TargetCoding.fit(table_of(y))
    again = TargetCoding.from_dict(json.loads(json.dumps(coding.to_dict())))
    assert again == coding
    assert [type(c) for c in again.classes or ()] == [
        type(c) for c in coding.classes or ()
    ]


CLASSES = {"task": "classification", "names": ["y"], "classes": ["a", "b"], "mean": [],
           "std": []}  # fmt: skip
NUMBER = {
    "task": "regression",
    "names": ["y"],
    "classes": None,
    "mean": [0],
    "std": [1],
}


@pytest.mark.parametrize(
    "damaged",
    [
        None, [], {}, {**CLASSES, "extra": 1}, {**CLASSES, "task": "ranking"},
        {**CLASSES, "classes": ["a", "a"]}, {**CLASSES, "classes": ["a", 1]},
        {**CLASSES, "classes": []}, {**CLASSES, "classes": None},
        {**CLASSES, "mean": [1.0]}, {**CLASSES, "names": ["a", "b"]},
        {**NUMBER, "std": [0]}, {**NUMBER, "std": [float("nan")]},
        {**NUMBER, "mean": [10**400]}, {**NUMBER, "mean": []}, {**NUMBER, "names": []},
        {**NUMBER, "classes": ["a"]}, {**NUMBER, "names": [1]},
    ],
)  # fmt: skip
def test_a_damaged_coding_is_refused(damaged):
    with pytest.raises(InputError, match="The saved target is damaged"):
        TargetCoding.from_dict(damaged)

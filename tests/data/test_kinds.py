"""Kinds of columns: what is inferred, what is not used, and what is said."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError

N = 40
DAYS = [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(N)]
REVIEWS = [
    f"the room number {i} was rather small but clean and quiet" for i in range(N)
]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5, 2.5] * 20, "number"),
        ([1, 2, 3, 4] * 10, "number"),
        (["1", "2.5", "?", "1e3"] * 10, "number"),
        (["red", "green"] * 20, "category"),
        ([f"street {i % 30}" for i in range(N)], "category"),
        (["yes", "no", None, "Yes"] * 10, "boolean"),
        (["t", "f"] * 20, "boolean"),
        (["TRUE", "false"] * 20, "boolean"),
        (["0", "1"] * 20, "boolean"),
        ([0, 1] * 20, "boolean"),
        ([True, False] * 20, "boolean"),
        ([0.0, 1.0] * 20, "number"),
        (["yes", "no", "maybe", "no"] * 10, "category"),
        (DAYS, "time"),
        ([day + "T12:30:00Z" for day in DAYS], "time"),
        ([day.replace("-", "/") + " 12:30" for day in DAYS], "time"),
        ([dt.date(2024, 1, 1 + i % 28) for i in range(N)], "time"),
        (["31.01.2024", "01.02.2024"] * 20, "time"),
        (["5 Jan 2024", "January 7, 2024"] * 20, "time"),
        (["05/01/2024", "13/01/2024"] * 20, "time"),
        (["05/01/2024", "06/01/2024"] * 20, "category"),
        (["20240105", "20240106"] * 20, "number"),
        (REVIEWS, "text"),
    ],
)
def test_the_kind_is_inferred(values, kind):
    (column,) = fm.read({"a": values}).columns
    assert column.kind == kind


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["05/01/2024", "13/01/2024"], dt.datetime(2024, 1, 5)),
        (["05/01/2024", "01/13/2024"], dt.datetime(2024, 5, 1)),
        (["05.01.2024", "06.01.2024"], dt.datetime(2024, 1, 5)),
        (["2024-01-05T10:00:00+02:00", "2024-01-06"], dt.datetime(2024, 1, 5, 8)),
        (["2024-01-05 10:00:00.250", "2024-01-06"],
         dt.datetime(2024, 1, 5, 10, 0, 0, 250_000)),
        (["01/05/2024 3:05 PM", "01/31/2024"], dt.datetime(2024, 1, 5, 15, 5)),
        (["5-Jan-2024", "January 7, 2024"], dt.datetime(2024, 1, 5)),
    ],
)  # fmt: skip
def test_dates_are_read_in_the_order_the_column_shows(texts, expected):
    assert fm.read({"a": texts}).frame["a"][0] == expected


def test_mixed_dates_are_read_each_in_its_way():
    texts = ["2024-01-05", "13/01/2024", "Jan 7, 2024", "5 March 2024", "2024/02/01"]
    table = fm.read({"a": texts * 4})
    assert table.columns[0].kind == "time"
    assert table.columns[0].n_missing == 0


def test_dates_that_contradict_each_other_are_a_category_with_a_note():
    table = fm.read({"a": ["13/01/2024", "01/13/2024"] * 5})
    assert table.columns[0].kind == "category"
    assert "whether the day or the month comes first" in table.notes[0]


def test_a_few_texts_among_numbers_are_missing_and_the_first_is_named():
    table = fm.read({"age": ["1", "2", "old", *map(str, range(3, 30))]})
    assert table.columns[0].kind == "number"
    assert table.columns[0].n_missing == 1
    assert "first 'old' in row 3" in table.notes[0]


def test_many_texts_among_numbers_make_a_category_with_a_note():
    table = fm.read({"age": ["1", "2", "old", "1"]})
    assert table.columns[0].kind == "category"
    assert "75% of its values are numbers, but row 3 has 'old'" in table.notes[0]


@pytest.mark.parametrize(
    "values", [[1.0, np.inf, 2, -np.inf], ["1", "inf", "2", "-Infinity"]]
)
def test_infinity_is_missing_and_said(values):
    table = fm.read({"a": values, "b": [1, 2, 3, 4]}, kinds={"a": "number"})
    assert table.frame["a"].to_list() == [1, None, 2, None]
    assert "The column 'a' has 2 infinite values; treated as missing." in table.notes


@pytest.mark.parametrize(
    ("kind", "bad"), [("number", "old"), ("boolean", "2"), ("time", "2024-99-01")]
)
def test_a_kind_asked_for_names_the_first_value_that_is_not(kind, bad):
    values = {"number": "1", "boolean": "yes", "time": "2024-01-05"}
    source = {"a": [values[kind], "", bad, bad]}
    with pytest.raises(
        InputError, match=f"'a' was asked .* '{kind}', but row 3 has '{bad}'"
    ):
        fm.read(source, kinds={"a": kind})


def test_a_kind_asked_for_is_taken():
    table = fm.read({"zip": [8001, 8002, 8001]}, kinds={"zip": "category"})
    assert table.frame["zip"].to_list() == ["8001", "8002", "8001"]


def test_whole_floats_and_integers_are_one_category():
    table = fm.read({"zip": [8001.0, None, 2.5]}, kinds={"zip": "category"})
    assert table.frame["zip"].to_list() == ["8001", None, "2.5"]


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ({"b": "number"}, "'kinds' names 'b', but there is no such column"),
        ({"a": "numeric"}, "Unknown kind 'numeric'"),
        ({"a": "time"}, "holds numbers, where dates were expected"),
    ],
)
def test_bad_kinds_are_refused(kinds, message):
    with pytest.raises(InputError, match=message):
        fm.read({"a": [1, 2, 4]}, kinds=kinds)


def note_of(values, name="a"):
    column = fm.read({name: values, "other": list(range(len(values)))}).columns[0]
    assert column.used == (not column.note)
    return column.note


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("code", [f"A{i}" for i in range(12)]),
        ("id", [5, 3, 9]),
        ("customer_id", ["x", "y", "z"]),
        ("PassengerId", list(range(12))),
        ("Unnamed: 0", list(range(12))),
        ("", list(range(12))),
    ],
)
def test_an_identifier_is_not_used(name, values):
    assert note_of(values, name) == "looks like an identifier"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("x", list(range(12))),
        ("paid", list(range(12))),
        ("id", [1.5, 2.5, 3.5]),
        ("id", [1, 1, 2]),
        ("code", ["a", "b", "c"]),
        ("review", REVIEWS),
    ],
)
def test_a_column_that_may_tell_something_is_used(name, values):
    assert note_of(values, name) == ""


def test_the_first_column_of_a_csv_without_a_name_is_an_index(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",b\n0,1.5\n1,2.5\n2,1.5\n")
    column = fm.read(path).columns[0]
    assert (column.name, column.used) == ("unnamed_1", False)


def test_constant_and_empty_columns_are_not_used():
    assert note_of(["x"] * 5) == "constant"
    assert note_of([None] * 5) == "all values missing"
    assert note_of(["", "NA", "?"]) == "all values missing"


def test_a_kind_asked_for_is_used_whatever_it_looks_like():
    table = fm.read({"id": [1, 2, 3]}, kinds={"id": "number"})
    assert table.columns[0].used


def test_a_table_with_a_target_needs_a_column_with_values():
    with pytest.raises(InputError, match="no column to learn from: all values of 'a'"):
        fm.read({"a": [None, None], "y": [0, 1]}, "y")
    with pytest.raises(InputError, match="no column besides the target 'y'"):
        fm.read({"y": [0, 1]}, "y")


@pytest.mark.parametrize("n", [1, 2])
def test_few_rows_are_read(n):
    rows = {"a": [1.5, 2.5], "b": ["x", "y"], "c": ["", ""], "y": [0, 1]}
    table = fm.read({name: values[:n] for name, values in rows.items()}, "y")
    assert len(table) == n


def test_describe_has_one_dict_a_column():
    table = fm.read({"a": [1.0, None, 2.0], "b": ["x", "x", "x"]})
    assert table.describe() == [
        {"name": "a", "kind": "number", "missing": 1, "unique": 2, "used": True,
         "note": ""},
        {"name": "b", "kind": "category", "missing": 0, "unique": 1, "used": False,
         "note": "constant"},
    ]  # fmt: skip

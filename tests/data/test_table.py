"""The table itself: arrays, rows, digest."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

import fathom as fm
from fathom.errors import InputError

SOURCE = {"a": [1.0, 2.0, 4.0], "b": ["x", "y", "x"], "y": [0, 1, 1]}


def test_constant_numbers_are_part_of_the_array_and_identifiers_are_not():
    table = fm.read({"id": [7, 8, 9], "a": [1, 2, 4], "edge": [0, 0, 0]})
    assert table.X.tolist() == [[1, 0], [2, 0], [4, 0]]


def test_booleans_are_zero_and_one_in_the_array():
    assert fm.read({"a": ["yes", "no"]}).X.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["x", "y"], "'a' is of kind 'category'. Preprocessing turns it into numbers"),
        ([1.5, None], "'a' has missing values"),
    ],
)
def test_what_is_no_number_gives_no_array(column, message):
    with pytest.raises(InputError, match=message):
        fm.read({"a": column}).X  # noqa: B018


def test_a_table_unpacks_into_features_and_target():
    X, y = fm.read({"a": [1.0, 2.0, 4.0], "y": [0, 1, 1]}, "y")
    assert X.tolist() == [[1], [2], [4]]
    assert y.tolist() == [0, 1, 1]


def test_rows_come_in_the_order_asked_for_with_their_target():
    part = fm.read(SOURCE, "y").rows(np.array([2, 0]))
    assert part.frame["a"].to_list() == [4.0, 1.0]
    assert part.y.tolist() == [1, 0]
    assert part.columns[1].n_unique == 1


@pytest.mark.parametrize("indices", [[3], [-1], [0.5], [True, False, True]])
def test_rows_that_are_not_there_are_refused(indices):
    with pytest.raises(InputError, match=r"has rows 0 to 2|chosen by whole numbers"):
        fm.read(SOURCE, "y").rows(indices)


def test_a_table_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        fm.read(SOURCE).name = "other"  # type: ignore[misc]


def test_reading_a_table_again_with_a_target_makes_its_column_the_target():
    table = fm.read(fm.read(SOURCE), "y")
    assert [column.name for column in table.columns] == ["a", "b"]
    assert table.digest() == fm.read(SOURCE, "y").digest()
    assert fm.read(table) is table


@pytest.mark.parametrize("change", [
    {"a": [1.0, 2.0, None]}, {"b": ["x", "y", None]}, {"y": [0, 1, 0]},
    {"b": ["x", "yx", ""]}, {"c": [1, 2, 3]},
])  # fmt: skip
def test_any_change_of_a_value_changes_the_digest(change):
    digest = fm.read(SOURCE, "y").digest()
    assert fm.read({**SOURCE, **change}, "y").digest() != digest


def test_the_digest_is_the_same_in_another_process():
    code = f"import fathom as fm; print(fm.read({SOURCE!r}, 'y').digest())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == fm.read(SOURCE, "y").digest()


def test_names_that_look_like_patterns_are_names():
    source = {"^.*$": [1.0, 2.0], "*": [3.0, 4.0], "": [5.5, 6.5], "y": [0, 1]}
    table = fm.read(pl.DataFrame(source), "y")
    assert table.X.tolist() == [[1, 3, 5.5], [2, 4, 6.5]]

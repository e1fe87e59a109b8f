"""Data in memory: NumPy, Polars, pandas with and without PyArrow, Arrow, dicts."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import fathom as fm
from fathom.errors import InputError

COLUMNS = {
    "n": [1.5, None, 4.0],
    "i": [3, 1, 2],
    "word": ["a", None, "b"],
    "flag": [True, False, True],
    "day": [dt.datetime(2024, 1, 5), dt.datetime(2024, 2, 7), None],
}


@pytest.mark.parametrize(
    "make",
    [
        pl.DataFrame,
        pd.DataFrame,
        pa.table,
        lambda columns: pl.DataFrame(columns).lazy(),
        lambda columns: pd.DataFrame(columns, dtype=object),
        lambda columns: pd.DataFrame(columns).convert_dtypes(),
        lambda columns: pl.DataFrame(columns).to_dicts(),
        lambda columns: pl.DataFrame(columns).with_columns(
            pl.col("word").cast(pl.Categorical), pl.col("day").cast(pl.Date)
        ),
        lambda columns: pd.DataFrame(columns).astype({"word": "category"}),
    ],
)
def test_every_kind_of_table_gives_the_same_columns(make):
    expected = fm.read(COLUMNS)
    table = fm.read(make(COLUMNS))
    assert table.columns == expected.columns
    assert table.frame.equals(expected.frame)


def test_pandas_is_read_without_pyarrow():
    code = """
import sys
sys.modules["pyarrow"] = None
import pandas as pd
import fathom as fm
frame = pd.DataFrame({"a": [1.5, None, 3], "b": ["x", None, "y"],
                      "c": pd.to_datetime(["2024-01-05", None, "2024-01-07"]),
                      "d": pd.Categorical(["u", "v", "u"]), "y": [1, 0, 1]})
table = fm.read(frame, "y")
print([column.kind for column in table.columns], table.frame.null_count().row(0))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    expected = "['number', 'category', 'time', 'category'] (1, 1, 1, 0)"
    assert done.stdout.strip() == expected


def test_times_with_a_zone_become_utc():
    stamps = pd.Series(pd.to_datetime(["2024-01-05T12:00+02:00"] * 2))
    table = fm.read(pd.DataFrame({"when": stamps}))
    assert table.frame["when"][0] == dt.datetime(2024, 1, 5, 10)


@pytest.mark.parametrize("convert", [np.asarray, jnp.asarray, np.ndarray.tolist])
def test_arrays_have_numbered_columns(convert):
    table = fm.read(convert(np.array([[1.5, 2.5], [3.5, 4.5]], np.float32)))
    assert [column.name for column in table.columns] == ["x_1", "x_2"]
    assert table.X.tolist() == [[1.5, 2.5], [3.5, 4.5]]


def test_masked_values_are_missing():
    array = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[False, True], [False, False]])
    assert fm.read(array).frame["x_2"].to_list() == [None, 4.0]


def test_a_dict_of_single_values_is_one_row():
    assert len(fm.read({"age": 31, "city": "Rome", "zip": None})) == 1


def test_integers_too_large_for_64_bits_become_floats():
    table = fm.read({"a": [2**70, 1, 2], "b": np.array([2**64 - 1, 1, 2], np.uint64)})
    assert table.frame["a"][0] == 2.0**70
    assert table.frame["b"][0] == 2.0**64


def test_durations_and_times_of_day_become_seconds():
    table = fm.read({"d": [dt.timedelta(minutes=1), dt.timedelta(seconds=2)],
                     "t": [dt.time(1), dt.time(0, 0, 5)],
                     "m": np.array([3, 4], "timedelta64[m]")})  # fmt: skip
    assert table.X.tolist() == [[60, 3600, 180], [2, 5, 240]]


@pytest.mark.parametrize("target", [
    [0, 1, 1], np.array([0, 1, 1]), np.array([[0], [1], [1]]), pl.Series([0, 1, 1]),
    pd.Series([0, 1, 1], index=[5, 6, 7]), jnp.array([0, 1, 1]), pa.array([0, 1, 1]),
    pd.DataFrame({"target": [0, 1, 1]}), (0, 1, 1),
])  # fmt: skip
def test_a_target_may_be_given_by_its_values(target):
    table = fm.read({"a": [1.0, 2.0, 3.0]}, target)
    assert table.y.tolist() == [0, 1, 1]
    assert table.target_names in {("target",), ("",)} or isinstance(target, pl.Series)


def test_a_series_names_the_target():
    table = fm.read(np.ones((3, 2)), pd.Series([0, 1, 1], name="sick"))
    assert table.target_names == ("sick",)


def test_a_matrix_of_targets_is_several_regressions():
    table = fm.read(np.eye(4), np.arange(8).reshape(4, 2))
    assert table.target_names == ("target_1", "target_2")
    assert table.task == "regression"
    assert table.y.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_labels_as_a_list_of_text_are_not_taken_for_names():
    table = fm.read({"a": [1.0, 2.0, 3.0]}, ["x", "y", "x"])
    assert table.classes == ("x", "y")


def test_a_target_given_apart_is_no_feature_as_well():
    table = fm.read(
        pd.DataFrame({"a": [1.0, 2], "y": [0, 1]}), pd.Series([0, 1], name="y")
    )
    assert [column.name for column in table.columns] == ["a"]
    assert "The column 'y' has the target's name and is no feature." in table.notes


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros(3), r"shape \(3,\). For one column use x.reshape"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
        (np.zeros((0, 2)), "The table has no rows"),
        (np.zeros((2, 0)), "The table has no columns"),
        ({}, "The table has no columns"),
        ({"a": []}, "The table has no rows"),
        ({"a": [1, 2], "b": [1]}, "as many rows: 'a' has 2, 'b' has 1"),
        ({"a": [1, 2], "b": 3}, "The column 'b' is a single value"),
        ({"a": [{"x": 1}]}, "The column 'a' has a dict in row 1"),
        ({"a": [1, 2j]}, "The column 'a' has a complex in row 2"),
        (np.array([[1j]]), "values of type complex128"),
        ([[1, 2], [3]], "The rows of the list differ in length"),
        ([{"a": 1}, 3], "Row 2 must be an object"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "one column is named 'a'"),
        (7, "Cannot read a int. Expected a file name"),
        (None, "Cannot read a NoneType"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(source, message):
    with pytest.raises(InputError, match=message):
        fm.read(source)


def test_features_and_target_must_have_as_many_rows():
    with pytest.raises(
        InputError, match="data have 3 rows, but the target has 2 values"
    ):
        fm.read(np.zeros((3, 2)), [0, 1])


def test_ragged_target_rows_are_refused():
    with pytest.raises(InputError, match="rows of the target differ in length"):
        fm.read(np.zeros((2, 2)), [[0, 1], [1]])

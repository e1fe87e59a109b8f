"""Tables of every kind of column: the ejected file reads cells as Fathom does."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.export.ejected import assert_same, ejected

import fathom as fm
from fathom.data.parsing import parse
from fathom.export import eject_columns, eject_dates
from fathom.export.eject import source
from fathom.export.eject_source import library
from fathom.model import Model

COLUMNS = ("age", "member", "city", "joined", "left", "review", "code", "same", "price")


def rows(n: int = 160) -> Iterator[list[str]]:
    """Cells of all kinds, some missing, some that cannot be read."""
    draw = random.Random(0)
    cities = [f"town {i}" for i in range(60)]
    words = ("good", "bad", "slow", "fast", "food", "price", "never", "again")
    for i in range(n):
        day = dt.date(2020, 1, 1) + dt.timedelta(days=37 * i % 1500)
        yield [
            draw.choice(
                ["", "?", f"{draw.gauss(40, 9):.1f}", f" {draw.gauss(4, 9)}e1"]
            ),
            draw.choice(["yes", "no", "", "NO"]),
            draw.choice([cities[i % 60], cities[i % 60], "town 1", "n/a"]),
            draw.choice([f"{day} 1{i % 10}:30", f"{day}T0{i % 10}:05:01Z", ""]),
            draw.choice([f"{day:%m/%d/%Y}", f"{day:%B} {day.day}, {day.year}"]),
            " ".join(draw.choices(words, k=6)) + draw.choice(["!", ", isn't it?"]),
            draw.choice(["1", "2", "3.0", "x"]),
            "constant",
            f"{draw.gauss(10, 3):.2f}",
        ]


def text(lines: list[list[str]], mark: str = ",") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=mark, lineterminator="\n").writerows([COLUMNS, *lines])
    return file.getvalue()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    path.write_text(text(list(rows())))
    table = fm.read(path, target="price", kinds={"code": "category", "review": "text"})
    kinds = {column.kind for column in table.columns}
    assert kinds == {"number", "boolean", "category", "time", "text"}
    return fm.train("mlp", table, epochs=2).model


@pytest.fixture(scope="module")
def module(model: Model, tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return ejected(model, tmp_path_factory.mktemp("ejected"))


def assert_same_file(
    model: Model, module: ModuleType, path: Path, content: str
) -> None:
    path.write_text(content, "utf-8")
    own = module.read_csv(path)
    assert_same(module.inputs(own), model.inputs(path))
    assert_same(module.predict(own), model.predict(path))


def test_the_table_makes_inputs_of_every_sort(model: Model) -> None:
    assert model.preprocessing is not None
    names = " ".join(model.preprocessing.feature_names)
    sorts = ["age is missing", "member is missing", "city = ", "city is other"]
    sorts += ["joined hour (sin)", "joined is missing", "left year", "review has "]
    assert [sort for sort in sorts if sort not in names] == []


def test_a_csv_file_gives_the_same(
    model: Model, module: ModuleType, tmp_path: Path
) -> None:
    assert_same_file(model, module, tmp_path / "rows.csv", text(list(rows())))


STRANGE = [
    ["1e3", "True", "Atlantis", "2031-12-31", "02/28/2019", "", "3", "", ""],
    ["", "", "", "", "", "", "", "", ""],
    ["inf", "maybe", "TOWN 1", "yesterday", "13/13/2020", "GOOD Good", "NaN", "x", "1"],
    [" 7 ", " t ", " town 2 ", "2020/3/4", "1/2/2020 3:04 pm", "bad", "3.00", "-", "-"],
]  # fmt: skip


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_what_training_never_saw_gives_the_same(
    mark: str, model: Model, module: ModuleType, tmp_path: Path
) -> None:
    assert_same_file(model, module, tmp_path / "rows.csv", text(STRANGE, mark))


def test_quotes_windows_lines_blank_lines_and_a_mark_of_order_are_read(
    model: Model, module: ModuleType, tmp_path: Path
) -> None:
    last = ['1"2', "no", "a,b", "", "", "x\ny", "1", "", "2"]
    lines = text([*list(rows())[:5], last])
    content = "\ufeff" + lines.replace("\n", "\r\n", 3) + "\n"
    assert_same_file(model, module, tmp_path / "rows.csv", content)


def test_a_decimal_comma_is_read_where_semicolons_divide(
    model: Model, module: ModuleType, tmp_path: Path
) -> None:
    line = ["3,14", "yes", "town 1", "", "", "good", "1", "", ""]
    content = text([line, ["2,5", *line[1:]]], ";")
    assert_same_file(model, module, tmp_path / "rows.csv", content)


def test_rows_of_python_values_give_the_same(model: Model, module: ModuleType) -> None:
    moment = dt.datetime(2021, 5, 6, 7, 8, 9, 500)
    zone = dt.timezone(dt.timedelta(hours=5))
    given = [
        {"age": 31, "member": True, "city": None, "joined": moment, "code": 3.0,
         "left": moment.date(), "review": "good food"},
        {"age": float("nan"), "member": 0, "city": "town 1", "code": 2, "review": None,
         "joined": moment.replace(tzinfo=zone), "left": np.datetime64("2020-02-03")},
        {"age": np.float32(2.5), "member": None, "city": "x", "code": np.int64(1),
         "joined": None, "left": None, "review": ""},
    ]  # fmt: skip
    for row in given:
        assert_same(module.inputs([row]), model.inputs([row]))


def test_a_column_that_is_missing_is_named(module: ModuleType) -> None:
    with pytest.raises(ValueError, match="The column 'joined' is missing"):
        module.predict([{"age": 1, "member": "no", "city": "x"}])


def test_a_column_that_was_never_used_may_be_missing(
    model: Model, module: ModuleType
) -> None:
    row = {name: "" for name in COLUMNS if name != "same"}
    assert_same(module.inputs([row]), model.inputs([row]))


def test_no_rows_and_rows_of_another_width_are_refused(module: ModuleType) -> None:
    with pytest.raises(ValueError, match="no rows"):
        module.predict([])
    with pytest.raises(ValueError, match="an array with the columns age, member"):
        module.predict([[1, 2, 3]])


def test_a_line_with_too_few_fields_is_refused(
    module: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(ValueError, match="1 fields, not 2"):
        module.read_csv(tmp_path / "rows.csv")


CELLS = st.text(alphabet="0123456789+-.eE _,xinfNa?", max_size=7)


@settings(max_examples=300, deadline=None)
@given(cell=CELLS)
def test_a_cell_is_the_same_number(cell: str) -> None:
    assert eject_columns.as_number(cell) == parse(pl.Series([cell]), "number")[0]


@settings(max_examples=200, deadline=None)
@given(
    cell=st.one_of(CELLS, st.sampled_from([" Yes", "T", "none", "NULL ", "\u00a0f"]))
)
def test_a_cell_is_the_same_text_and_the_same_answer(cell: str) -> None:
    assert eject_columns.as_text(cell) == parse(pl.Series([cell]), "category")[0]
    assert eject_columns.as_boolean(cell) == parse(pl.Series([cell]), "boolean")[0]


DATES = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["2024", "1", "31", "Feb ", "march ", "29"]),
    st.sampled_from(["-", "/", ".", " ", ""]),
    st.sampled_from(["2", "12", "13", "May", "29,", "Sept"]),
    st.sampled_from(["-", "/", ".", " ", ""]),
    st.sampled_from(["5", "29", "2023", "2024", "24"]),
    st.sampled_from(["", " 3:04", "T23:59:59.25", " 12:30 am", " 1:2", "T03:04Z",
                     " 24:00", "T03:04:05-0530", " 11:59:59PM", " 3:04:05.5 pm"]),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@example(cell="1 May-2023", day_first=False)
@given(cell=DATES, day_first=st.booleans())
def test_a_cell_is_the_same_date(cell: str, day_first: bool) -> None:
    order = "day first" if day_first else "month first"
    expected = parse(pl.Series([cell]), "time", order)[0]
    assert eject_dates.moment(cell, day_first) == expected


def test_numbers_are_written_short_without_changing_an_input() -> None:
    values = {"a": [2e9 + i / 7 for i in range(50)], "y": [0.5 * i for i in range(50)]}
    table = fm.read(values, target="y")
    assert table.columns[0].used
    model = fm.train("mlp", table, epochs=1).model
    names: dict[str, Any] = {}
    exec(source(model).split("WEIGHTS = ")[0], names)
    got = names["inputs"]([{"a": value} for value in values["a"]])
    np.testing.assert_allclose(got, model.inputs({"a": values["a"]}), atol=1e-6)


def test_no_name_in_the_library_is_defined_twice() -> None:
    imports, pieces = library()
    assert not imports.keys() & pieces.keys()

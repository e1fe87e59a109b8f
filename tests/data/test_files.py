"""Files: delimiters, encodings, suffixes, and what is said of broken ones."""

from __future__ import annotations

import gzip

import polars as pl
import pytest

import fathom as fm
from fathom.errors import InputError


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="people.csv"):
        path = tmp_path / name
        raw = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(raw)
        return path

    return write_file


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(write, delimiter):
    rows = ["age,city", "31,Rome", "44,Oslo", "27,Rome"]
    text = "\n".join(row.replace(",", delimiter) for row in rows)
    table = fm.read(write(text))
    assert table.frame.to_dict(as_series=False) == {
        "age": [31.0, 44.0, 27.0],
        "city": ["Rome", "Oslo", "Rome"],
    }


def test_a_delimiter_inside_quotation_marks_splits_nothing(write):
    table = fm.read(write('a,b\n"x, ""y""\nz",1\nw,2\n'))
    assert table.frame["a"].to_list() == ['x, "y"\nz', "w"]


def test_commas_in_a_single_column_of_text_split_nothing(write):
    table = fm.read(write("say\nhello, world\nbye, world\n"))
    assert table.frame["say"].to_list() == ["hello, world", "bye, world"]


def test_windows_and_old_mac_line_ends_are_read(write):
    for end in ("\r\n", "\r"):
        table = fm.read(write(end.join(["a,b", "1,2", "3,4"])))
        assert table.X.tolist() == [[1, 2], [3, 4]]


def test_a_byte_order_mark_is_no_part_of_the_first_name(write):
    table = fm.read(write(b"\xef\xbb\xbfa,b\n1,2\n3,4\n"))
    assert [column.name for column in table.columns] == ["a", "b"]


def test_utf16_with_a_byte_order_mark_is_read(write):
    table = fm.read(write("a,b\n1,é\n3,ö\n".encode("utf-16")))
    assert table.frame["b"].to_list() == ["é", "ö"]


def test_latin1_is_read_and_said(write):
    table = fm.read(write("city,n\nZürich,1\nGenève,2\n".encode("latin-1")))
    assert table.frame["city"].to_list() == ["Zürich", "Genève"]
    assert "not UTF-8 text; read as cp1252" in table.notes[0]


def test_a_decimal_comma_goes_with_a_semicolon(write):
    table = fm.read(write("a;b\n1,5;x\n-2,25;y\n3;x\n"))
    assert table.frame["a"].to_list() == [1.5, -2.25, 3.0]
    assert "A comma is read as the decimal point in 'a'." in table.notes


def test_blank_lines_are_skipped_and_lines_of_delimiters_are_not(write):
    table = fm.read(write("a,b\n1,2\n\n,\n3,4\n\n"))
    assert table.frame["a"].to_list() == [1.0, None, 3.0]


def test_missing_markers_are_missing(write):
    text = "a,b\n1,x\n,NA\nNaN,?\nnull,y\n-,N/A\n?,x\n5,y\n6,x\n"
    table = fm.read(write(text))
    assert table.frame["a"].to_list() == [1, None, None, None, None, None, 5, 6]
    assert table.frame["b"].null_count() == 3


def test_a_file_without_names_is_remarked_on(write):
    table = fm.read(write("5.1,3.5\n4.9,3.0\n4.7,3.2\n"))
    assert "if the file has no line of names, add one" in table.notes[0]


def test_gzip_parquet_and_json_lines_hold_the_same_table(write, tmp_path):
    text = "n,word,flag\n1.5,a,true\n2.5,b,false\n4.0,a,true\n"
    rows = (
        '{"n": 1.5, "word": "a", "flag": true}\n\n{"word": "b", "n": 2.5, '
        '"flag": false}\n{"n": 4, "word": "a", "flag": true}\n'
    )
    columns = {"n": [1.5, 2.5, 4], "word": ["a", "b", "a"], "flag": [True, False, True]}
    pl.DataFrame(columns).write_parquet(tmp_path / "t.parquet")
    sources = [
        write(text),
        write(text.replace(",", "\t"), "t.tsv"),
        write(gzip.compress(text.encode()), "t.csv.gz"),
        write(rows, "t.jsonl"),
        tmp_path / "t.parquet",
        str(tmp_path / "t.parquet"),
        columns,
    ]
    assert len({fm.read(source).digest() for source in sources}) == 1


def refused(source, message, **options):
    with pytest.raises(InputError, match=message):
        fm.read(source, **options)


def test_a_missing_file_suggests_one_in_the_folder(write, tmp_path):
    write("a,b\n1,2\n")
    refused(tmp_path / "poeple.csv", "There is no file .* mean 'people.csv'")


def test_a_missing_name_suggests_a_bundled_data_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused("digit", "Did you mean 'digits'.* Bundled data sets: iris, wine")


def test_a_missing_folder_is_named(tmp_path):
    refused(tmp_path / "no" / "a.csv", "no folder .*no either")


def test_a_folder_lists_its_tables(write, tmp_path):
    write("a,b\n1,2\n")
    refused(tmp_path, "is a folder: name a file. In it: people.csv")


def test_an_unknown_suffix_lists_the_known_ones(write):
    refused(write("a", "a.docx"), r"suffix '.docx'. .*\.csv, \.tsv.*\.parquet")


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl"])
@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_refused(write, name, content):
    refused(write(content, name), "is empty|not a whole Parquet")


def test_names_without_rows_are_refused(write):
    refused(write("a,b\n"), "people.csv has column names, but no rows")
    refused(write('"a",b\n'), "people.csv has column names, but no rows")


def test_the_target_must_be_a_column(write):
    refused(
        write("age,city\n1,Rome\n2,Oslo\n"),
        "The target is 'agee', but .* Did you mean 'age'. Columns: age, city",
        target="agee",
    )


def test_two_columns_of_one_name_are_refused(write):
    refused(write("a,b,a\n1,2,3\n"), "more than one column named 'a'")


@pytest.mark.parametrize("line", ["3", "3,4,5"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_ragged_line_is_named(write, line, quote):
    text = f"a,b\n{quote}1{quote},2\n\n{line}\n"
    refused(write(text), "people.csv, line 4 has . fields?, .* names 2 columns")


def test_an_open_quotation_mark_names_its_line(write):
    refused(write('a,b\n1,2\n3,"4\n5,6\n'), "line 3: the quotation marks do not match")


def test_an_inch_mark_inside_a_field_is_text(write):
    table = fm.read(write('size,n\n19" rack,1\n21" rack,2\n'))
    assert table.frame["size"].to_list() == ['19" rack', '21" rack']


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", bytes(range(1, 32)) * 9]
)
def test_binary_content_is_no_text(write, content):
    refused(write(content), "people.csv is not a text file")


def test_a_truncated_parquet_file_is_refused(write, tmp_path):
    pl.DataFrame({"a": list(range(1000))}).write_parquet(tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    refused(
        write(content[: len(content) // 2], "b.parquet"), "b.parquet is not a whole"
    )


def test_a_truncated_gzip_file_is_refused(write):
    content = gzip.compress(b"a,b\n1,2\n" * 50)
    refused(write(content[:-9], "a.csv.gz"), "is not a whole gzip file")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"a": 1', "line 2 is not valid JSON"),
        ("[1, 2]", "line 2 must be an object .* Got list"),
        ('{"a": {"b": 1}}', r"line 2: the value of 'a' is nested \(dict\)"),
        ('{"a": [1]}', r"line 2: the value of 'a' is nested \(list\)"),
        ("[" * 100_000, "line 2 is not valid JSON"),
        ('{"a": ' + "9" * 5000 + "}", "line 2 is not valid JSON"),
    ],
)
def test_a_bad_json_line_is_named(write, line, message):
    refused(write('{"a": 1}\n' + line + "\n", "a.jsonl"), message)


def test_json_that_is_not_utf8_is_refused(write):
    refused(write(b'{"a": "\xff"}', "a.jsonl"), "is not UTF-8 text")


def test_a_key_absent_from_a_line_is_missing_there(write):
    table = fm.read(write('{"a": 1}\n{"b": "x"}\n{"a": 3, "b": "y"}\n', "a.jsonl"))
    assert table.frame["a"].to_list() == [1.0, None, 3.0]


def test_nested_columns_of_parquet_are_refused_by_name(tmp_path):
    pl.DataFrame({"tags": [[1], [2]]}).write_parquet(tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", "The column 'tags' has values of type List")

"""Delimited text (CSV, TSV): its encoding, its delimiter, its lines.

A file without quotation marks is split by Polars; one with them is read by the `csv`
module first, because only a reader that follows the quotes can say which line is
ragged. Every line must have as many fields as the first, which has the names.
"""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from collections.abc import Iterable

import polars as pl

from fathom.data.values import clean_text, framed
from fathom.errors import InputError

_DELIMITERS = (",", ";", "\t", "|")
_SNIFFED_LINES = 50
# More control characters than this share, and the file is no text.
_MOST_CONTROL = 0.01
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_DECIMAL_COMMA = r"^[+-]?\d+,\d+$"


def read_delimited(content: bytes, name: str) -> tuple[pl.DataFrame, list[str]]:
    """Return the columns as text, and notes.

    Args:
        content: Of the file.
        name: Of the file, for messages.

    Raises:
        InputError: If it is no text, is empty, has only names, names a column twice,
            or a line has more or fewer fields than there are names.
    """
    text, notes = _decode(content, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InputError(f"{name} is empty.")
    delimiter = _sniff(text)
    quoted = '"' in text
    lines = text.split("\n")
    if quoted:
        (_, header), *records = _records(lines, delimiter, name)
        names, name_notes = _column_names(header, name)
        frame = _from_records(records, names, name)
    else:
        first = next(i for i, line in enumerate(lines) if line.strip(" "))
        names, name_notes = _column_names(lines[first].split(delimiter), name)
        frame = _split(lines, first, names, delimiter, name)
    if not frame.height:
        raise InputError(f"{name} has column names, but no rows.")
    notes += name_notes
    if delimiter == ";":
        frame = _with_decimal_points(frame, notes)
    return frame, notes


def _decode(content: bytes, name: str) -> tuple[str, list[str]]:
    notes = []
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    text = None
    for encoding in encodings:
        try:
            text = clean_text(content.decode(encoding))
        except UnicodeDecodeError:
            continue
        if encoding in ("cp1252", "latin-1"):
            notes.append(f"{name} is not UTF-8 text; read as {encoding}.")
        break
    sample = "" if text is None else text[:100_000]
    n_control = len(_CONTROL.findall(sample))
    if text is None or "\0" in sample or n_control > _MOST_CONTROL * len(sample):
        raise InputError(
            f"{name} is not a text file. Expected lines of values separated by commas, "
            f"semicolons, tabs or bars."
        )
    return text.replace("\0", ""), notes


def _sniff(text: str) -> str:
    """Return the delimiter that splits the first lines into equally many fields."""
    head = text.lstrip("\n").split("\n", _SNIFFED_LINES)[:_SNIFFED_LINES]
    best, found = (0.0, 1), ","
    for delimiter in _DELIMITERS:
        try:
            counts = [len(row) for row in csv.reader(head, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not counts or counts[0] < 2:
            continue
        alike = sum(count == counts[0] for count in counts) / len(counts)
        if (alike, counts[0]) > best:
            best, found = (alike, counts[0]), delimiter
    return found


def _records(
    lines: Iterable[str], delimiter: str, name: str
) -> list[tuple[int, list[str]]]:
    """Return (line number, fields) of every line that is not blank."""
    text = (line + "\n" for line in lines)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    records, start = [], 1
    try:
        for fields in reader:
            if fields:
                records.append((start, fields))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{name}, line {start}: the quotation marks do not match ({error})."
        ) from error
    return records


def _from_records(
    records: list[tuple[int, list[str]]], names: list[str], name: str
) -> pl.DataFrame:
    for line, fields in records:
        if len(fields) != len(names):
            raise _ragged(name, line, len(fields), len(names))
    rows = [fields for _, fields in records]
    columns = zip(*rows, strict=True) if rows else itertools.repeat(())
    return framed(
        pl.Series(column, list(values), dtype=pl.String)
        for column, values in zip(names, columns, strict=False)
    )


def _split(
    lines: list[str], first: int, names: list[str], delimiter: str, name: str
) -> pl.DataFrame:
    """Return the lines after line `first` as columns of text."""
    if len(names) == 1:  # nothing to split: a comma is part of the text
        present = [line for line in lines[first + 1 :] if line.strip(" ")]
        return framed([pl.Series(names[0], present, dtype=pl.String)])
    n_delimiters = len(names) - 1
    kept = []
    for i in range(first + 1, len(lines)):
        line = lines[i]
        if not line.strip(" "):
            continue
        if line.count(delimiter) != n_delimiters:
            raise _ragged(name, i + 1, line.count(delimiter) + 1, len(names))
        kept.append(line)
    schema = dict.fromkeys(names, pl.String)
    if not kept:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(
        "\n".join(kept).encode(),
        has_header=False,
        separator=delimiter,
        quote_char=None,
        schema=schema,
    )


def _ragged(name: str, line: int, found: int, expected: int) -> InputError:
    fields = "1 field" if found == 1 else f"{found} fields"
    return InputError(
        f"{name}, line {line} has {fields}, but the first line names {expected} "
        f"columns. Add or remove a delimiter, or put quotation marks around text that "
        f"contains one."
    )


def _column_names(header: list[str], name: str) -> tuple[list[str], list[str]]:
    """Return the names in the first line, and notes on those without one."""
    names = [text.strip() for text in header]
    notes = []
    for i, text in enumerate(names):
        if not text:
            names[i] = f"unnamed_{i + 1}"
            notes.append(f"Column {i + 1} of {name} has no name; called {names[i]!r}.")
    twice = sorted({text for text in names if names.count(text) > 1})
    if twice:
        raise InputError(
            f"{name} has more than one column named {twice[0]!r}. Give every column a "
            f"name of its own."
        )
    if all(re.fullmatch(r"[+-]?\d*\.?\d+", text) for text in names):
        notes.append(
            f"The column names of {name} are numbers ({', '.join(names[:3])} ...): if "
            f"the file has no line of names, add one."
        )
    return names, notes


def _with_decimal_points(frame: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """Return the frame with 3,14 as 3.14 in columns of such numbers."""
    changed = []
    for series in frame.get_columns():
        has_comma = series.str.contains(_DECIMAL_COMMA)
        others = series.filter(~has_comma).str.contains(r"[,.]\d|^\d+[,.]")
        if has_comma.any() and not others.any():
            changed.append(series.str.replace(",", ".", literal=True))
    if changed:
        names = ", ".join(repr(series.name) for series in changed[:5])
        notes.append(f"A comma is read as the decimal point in {names}.")
    return frame.with_columns(changed)

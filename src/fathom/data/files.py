"""Reading a table's file by its suffix."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

import polars as pl

from fathom.data.delimited import read_delimited
from fathom.data.json_lines import read_json_lines
from fathom.errors import InputError, did_you_mean

_DELIMITED = (".csv", ".tsv", ".txt")
_JSON_LINES = (".jsonl", ".ndjson")
SUFFIXES = (*_DELIMITED, ".csv.gz", ".tsv.gz", ".parquet", *_JSON_LINES)


def read_file(path: Path) -> tuple[pl.DataFrame, list[str]]:
    """Return the columns of a file as they are in it, and notes.

    Raises:
        InputError: If the file is missing, a folder, of an unknown suffix, or damaged.
    """
    content = _content(path)
    suffix = path.suffix.lower()
    if suffix == ".gz":
        suffix = Path(path.stem).suffix.lower()
        content = _unpacked(content, path.name)
    if suffix in _DELIMITED:
        return read_delimited(content, path.name)
    if suffix in _JSON_LINES:
        return read_json_lines(content, path.name), []
    return _parquet(content, path.name), []


def _content(path: Path) -> bytes:
    try:
        if path.is_dir():
            tables = sorted(p.name for p in path.iterdir() if _is_known(p))
            inside = f" In it: {', '.join(tables[:5])}." if tables else ""
            raise InputError(f"{path} is a folder: name a file.{inside}")
        if not path.exists():
            raise InputError(f"There is no file {path}.{_close_to(path)}")
        if not _is_known(path):
            raise InputError(
                f"{path.name} has the suffix {path.suffix!r}. Tables are read from "
                f"{', '.join(SUFFIXES)}."
            )
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot read {str(path)!r}: {reason}.") from error
    if not content:
        raise InputError(f"{path.name} is empty.")
    return content


def _is_known(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def _close_to(path: Path) -> str:
    from fathom.data.datasets import names

    try:
        there = [p.name for p in path.parent.iterdir() if p.is_file()]
    except OSError:
        return f" There is no folder {path.parent} either."
    known = there if path.suffix else [*there, *names()]
    bundled = "" if path.suffix else f" Bundled data sets: {', '.join(names())}."
    return did_you_mean(path.name, known) + bundled


def _unpacked(content: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name} is not a whole gzip file: {error}.") from error


def _parquet(content: bytes, name: str) -> pl.DataFrame:
    try:
        return pl.read_parquet(io.BytesIO(content))
    except (Exception, pl.exceptions.PanicException) as error:
        # Polars raises exceptions of many kinds on damaged files, and panics on some.
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"{name} is not a whole Parquet file: {reason or type(error).__name__}."
        ) from error

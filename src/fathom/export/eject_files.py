"""Files of an ejected network: its weights, rows to predict, and the answers.

`fathom.export.eject` writes those that a model uses into its file, source and all.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray


def read_weights(path: Path) -> dict[str, Array]:
    """Return the arrays of a safetensors file by name.

    Such a file is the length of a header (8 bytes), the header, which is JSON and says
    each array's type, shape and place, and the numbers. Nothing in it can be run.
    """
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    numbers = content[start:]
    weights = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}[entry["dtype"]]
        first, last = entry["data_offsets"]
        n_bytes = math.prod(entry["shape"]) * dtype.itemsize
        if not 0 <= first <= last <= len(numbers) or last - first != n_bytes:
            raise ValueError(f"{path} is damaged: the place of {name!r} is wrong.")
        array = np.frombuffer(numbers[first:last], dtype)
        weights[name] = array.reshape(entry["shape"])
    return weights


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV file as dicts by the names in its first line.

    The delimiter is the one of , ; tab | that the first line has most of. Where it is
    the semicolon, 3,14 is read as 3.14.
    """
    text = path.read_text("utf-8-sig")
    lines = [f"{line}\n" for line in text.split("\n") if line.strip(" ")]
    if len(lines) < 2:
        raise ValueError(f"{path} has no rows under a line of column names.")
    bare = re.sub(r'"[^"]*"', "", lines[0])
    delimiter = max(",;\t|", key=bare.count)
    if delimiter not in bare:
        delimiter = "\x1f"  # one column: a comma is part of the text
    head, *records = csv.reader(lines, delimiter=delimiter)
    names = [name.strip() or f"unnamed_{i}" for i, name in enumerate(head, 1)]
    for record in records:
        if len(record) != len(names):
            raise ValueError(
                f"{path}: {len(record)} fields, not {len(names)}: {record}"
            )
        if delimiter == ";":
            record[:] = [re.sub(r"^([+-]?\d+),(\d+)$", r"\1.\2", r) for r in record]
    return [dict(zip(names, record, strict=True)) for record in records]


def read_array(path: Path) -> Array:
    """Return the numbers of an .npy file, or of a CSV file under its line of names."""
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False)
    return np.array([list(row.values()) for row in read_csv(path)], float)


def read_arrays(path: Path) -> dict[str, Array]:
    """Return the arrays of an .npz file by name."""
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def as_input(x: Any, shape: tuple[int, ...], dtype: Any) -> Array:
    """Return x as an array (rows, *shape) of finite numbers."""
    x = np.asarray(x)
    if x.size != len(x) * math.prod(shape) or not np.isfinite(x).all():
        raise ValueError(f"Expected finite numbers (rows, {shape}). Got {x.shape}.")
    return x.reshape(len(x), *shape).astype(dtype)


def write_answers(columns: dict[str, Array]) -> None:
    """Write columns of answers to the standard output, as CSV."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))

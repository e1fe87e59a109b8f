"""Trees of arrays as safetensors files: no pickle, checked before they are loaded.

A leaf at `tree["dense_1"]["weight"]` is stored as the tensor "dense_1/weight".
Reading compares the header (names, types, shapes, file size) with what is expected
before it allocates anything, so that a truncated, edited or hostile file gives a clear
error and runs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fathom.errors import InputError
from fathom.files import write_bytes

# The header of 100,000 tensors is about 10 MB; a larger one is not a network of ours.
MAX_HEADER = 50_000_000
_SIZES = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "U32": 4,
    "BOOL": 1,
}
_TYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16",
          "int64": "I64", "int32": "I32", "uint32": "U32", "bool": "BOOL"}  # fmt: skip

Header = dict[str, tuple[str, tuple[int, ...]]]


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of a named tree by path: {"dense_1/weight": ...}."""
    leaves: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            leaves.update(flatten(value, f"{prefix}{name}/"))
        else:
            leaves[prefix + name] = value
    return leaves


def unflatten(leaves: Mapping[str, Any]) -> dict[str, Any]:
    """Return the named tree of leaves by path."""
    tree: dict[str, Any] = {}
    for path, value in leaves.items():
        *folders, name = path.split("/")
        inner = tree
        for folder in folders:
            inner = inner.setdefault(folder, {})
        inner[name] = value
    return tree


def write_weights(path: Path, tree: Mapping[str, Any]) -> None:
    """Write a named tree of arrays, as a whole or not at all."""
    from safetensors.numpy import save

    arrays = {
        name: np.asarray(leaf, order="C")  # safetensors stores the bytes as they lie
        for name, leaf in flatten(tree).items()
    }
    write_bytes(path, save(arrays))


def read_weights(
    path: Path, expected: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Read a named tree of arrays.

    Args:
        path: A safetensors file.
        expected: A tree of arrays, or of `jax.ShapeDtypeStruct`, whose names, shapes
            and types the file must have; None takes what the file holds.

    Raises:
        InputError: If the file is missing, damaged, or not what is expected.
    """
    header = read_header(path)
    if expected is not None:
        _compare(path, header, expected)
    from safetensors.numpy import load_file

    try:
        return unflatten(load_file(path))
    except Exception as error:  # the library raises its own and several built-in types
        raise InputError(f"{path} is damaged: {error}.") from error


def read_header(path: Path) -> Header:
    """Return name -> (type, shape) after checking the file's sizes.

    Raises:
        InputError: If the file is missing, or its header and size do not agree.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, MAX_HEADER):
                raise InputError(
                    f"{path} is damaged: it is {size} bytes long and its header claims "
                    f"{length}. It may have been cut off."
                )
            entries = json.loads(file.read(length))
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged: its header is not readable.") from error
    return _checked_header(path, entries, size - 8 - length)


def _checked_header(path: Path, entries: Any, n_bytes: int) -> Header:
    header: Header = {}
    total = 0
    try:
        for name, entry in entries.items():
            if name == "__metadata__":
                continue
            kind, shape = entry["dtype"], tuple(entry["shape"])
            start, end = entry["data_offsets"]
            count = _SIZES[kind]
            for n in shape:
                if not isinstance(n, int) or n < 0:
                    raise ValueError(shape)
                count *= n
            if end - start != count or not 0 <= start <= end <= n_bytes:
                raise ValueError(name)
            total += count
            header[name] = (kind, shape)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} is damaged: its header does not describe its {n_bytes} bytes of "
            f"numbers. It may have been cut off or edited."
        ) from error
    if total != n_bytes:
        raise InputError(
            f"{path} is damaged: its header describes {total} bytes of numbers, but "
            f"there are {n_bytes}. It may have been cut off."
        )
    return header


def _compare(path: Path, header: Header, expected: Mapping[str, Any]) -> None:
    wanted = {
        name: (_TYPES[str(leaf.dtype)], tuple(leaf.shape))
        for name, leaf in flatten(expected).items()
    }
    for name in sorted({*wanted, *header}):
        if name not in header or name not in wanted:
            where = "the file" if name not in header else "the network"
            raise InputError(f"{path} does not fit: {where} has no '{name}'.")
        if header[name] != wanted[name]:
            raise InputError(
                f"{path} does not fit the network: '{name}' is {header[name][0]} "
                f"{header[name][1]} in the file, and {wanted[name][0]} "
                f"{wanted[name][1]} is expected."
            )

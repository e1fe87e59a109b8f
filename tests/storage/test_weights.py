"""Files of weights: exact, whole or not at all, and safe to read."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fathom as fm
from fathom.files import make_folder, read_json, write_bytes, write_json
from fathom.weights import flatten, read_weights, unflatten, write_weights

TREE = {
    "dense_1": {"weight": np.arange(6, dtype=np.float32).reshape(2, 3)},
    "state": {"batch_norm_1": {"mean": np.zeros(3, np.float32)}},
    "count": np.int32(7),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_weights(tmp_path / "w.safetensors", TREE)
    return tmp_path / "w.safetensors"


def with_header(path: Path, header: dict[str, Any]) -> None:
    """Rewrite the header of a file and leave its numbers."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


def header_of(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length])


def test_a_tree_comes_back_bit_for_bit(path: Path) -> None:
    again = read_weights(path, TREE)
    jax.tree.map(np.testing.assert_array_equal, again, TREE)
    assert jax.tree.map(lambda a: a.dtype, again) == jax.tree.map(
        lambda a: a.dtype, TREE
    )


def test_arrays_that_lie_otherwise_in_memory_come_back_the_same(tmp_path: Path) -> None:
    columns = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    write_weights(tmp_path / "f", {"a": columns})
    np.testing.assert_array_equal(read_weights(tmp_path / "f")["a"], columns)


def test_flatten_and_unflatten_are_opposites() -> None:
    assert set(flatten(TREE)) == {
        "dense_1/weight", "state/batch_norm_1/mean", "count",
    }  # fmt: skip
    assert unflatten(flatten(TREE)).keys() == TREE.keys()


@pytest.mark.parametrize("kept", [0, 7, 8, 40, 100, -1])
def test_a_file_cut_off_anywhere_is_refused(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(fm.InputError, match="damaged"):
        read_weights(path, TREE)


def test_a_header_that_claims_gigabytes_is_refused_before_allocating(
    path: Path,
) -> None:
    header = header_of(path)
    header["dense_1/weight"]["shape"] = [10**12, 3]
    with_header(path, header)
    with pytest.raises(fm.InputError, match="damaged"):
        read_weights(path, TREE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "F99"}, "damaged"),
        ({"shape": [-2, -3]}, "damaged"),
        ({"data_offsets": [0, 10**9]}, "damaged"),
        ({"data_offsets": [24, 0]}, "damaged"),
        ({"shape": "6"}, "damaged"),
        ({"shape": [3, 2]}, r"'dense_1/weight' is F32 \(3, 2\) .*\(2, 3\) is expected"),
        ({"dtype": "I32"}, "'dense_1/weight' is I32"),
    ],
)
def test_an_edited_header_is_refused(
    path: Path, change: dict[str, Any], message: str
) -> None:
    header = header_of(path)
    header["dense_1/weight"].update(change)
    with_header(path, header)
    with pytest.raises(fm.InputError, match=message):
        read_weights(path, TREE)


def test_a_missing_and_a_foreign_array_are_named(path: Path) -> None:
    with pytest.raises(fm.InputError, match="the network has no 'count'"):
        read_weights(path, {k: v for k, v in TREE.items() if k != "count"})
    with pytest.raises(fm.InputError, match="the file has no 'more'"):
        read_weights(path, {**TREE, "more": jnp.zeros(1)})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(fm.InputError, match=r"Cannot read .*none\.safetensors"):
        read_weights(tmp_path / "none.safetensors")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(content=st.binary(max_size=300), head=st.integers(0, 60))
def test_random_bytes_are_refused(path: Path, content: bytes, head: int) -> None:
    junk = path.with_name("junk")
    junk.write_bytes(path.read_bytes()[:head] + content)
    with pytest.raises(fm.InputError):
        read_weights(junk, TREE)


def test_a_write_that_fails_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_json(path, {"new": 2})
    assert json.loads(path.read_text()) == {"old": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(fm.InputError, match="Cannot write to"):
        write_bytes(tmp_path / "file" / "inner", b"")
    with pytest.raises(fm.InputError, match="Cannot write to"):
        make_folder(tmp_path / "file" / "inner")


def test_a_folder_with_something_in_it_is_never_taken(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(fm.InputError, match="Nothing is ever overwritten"):
        make_folder(tmp_path)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", "[" * 5000])
def test_a_damaged_json_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(fm.InputError, match=r"a\.json \(a test\) is damaged"):
        read_json(tmp_path / "a.json", "a test")

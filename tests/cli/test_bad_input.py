"""Every bad input: exit code 2, one clear message, no traceback, nothing written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.cli.conftest import QUICKEST, Cli, assert_refused, files

ROWS = "".join(f"{i},{i % 7},{'ab'[i % 2]}\n" for i in range(30))

BAD_FILES = {
    "empty file": (b"", "y", "empty"),
    "a header and nothing else": (b"x,z,y\n", "y", "no rows"),
    "a target that is not there": (b"x,z,why\n" + ROWS.encode(), "wyh", "'why'"),
    "one class only": (b"x,y\n1,a\n2,a\n3,a\n4,a\n5,a\n6,a\n", "y", "one class"),
    "no column has values": (b"x,y\n,a\n,b\n,a\n,b\n,a\n,b\n", "y", "missing"),
    "an all-missing column and nothing else to learn from": (
        b"x,y\n,1.5\n,2.5\n,3.5\n,4.5\n",
        "y",
        "missing",
    ),
    "duplicate column names": (b"x,x,y\n" + ROWS.encode(), "y", "'x'"),
    "1 row": (b"x,y\n1,2.5\n", "y", "row"),
    "2 rows": (b"x,y\n1,2.5\n2,3.5\n", "y", "2 rows"),
    "2 rows of classes": (b"x,y\n1,a\n2,b\n", "y", "2 rows"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_table_is_refused_and_nothing_is_written(
    name: str, cli: Cli, folder: Path
) -> None:
    content, target, said = BAD_FILES[name]
    (folder / "data.csv").write_bytes(content)
    before = files(folder)
    result = cli("train", "data.csv", "--target", target, *QUICKEST)
    assert_refused(result, said)
    assert files(folder) == before


def test_a_missing_file_is_named_with_the_nearest_one(cli: Cli, flowers: Path) -> None:
    result = cli("train", "flower.csv", "--target", "kind")
    assert_refused(result, "flower.csv")


def test_text_in_a_column_forced_to_numbers_is_refused(cli: Cli, flowers: Path) -> None:
    before = files(flowers.parent)
    result = cli("train", flowers, "--target", "kind", "--kind", "color=number")
    assert_refused(result, "color")
    assert files(flowers.parent) == before


def test_an_all_missing_column_is_left_out_and_said(cli: Cli, folder: Path) -> None:
    rows = [f"{i % 9},,{'ab'[i % 2]}" for i in range(40)]
    (folder / "data.csv").write_text("\n".join(["x,hole,y", *rows]))
    result = cli("train", "data.csv", "--target", "y", *QUICKEST)
    assert result.code == 0, result.err
    assert "not used: all values missing" in result.out


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_nan_and_infinity_count_as_missing_values(
    value: str, cli: Cli, folder: Path
) -> None:
    rows = [f"{i if i % 9 else value},{i % 5},{i * 0.5}" for i in range(40)]
    (folder / "data.csv").write_text("\n".join(["x,z,y", *rows]))
    result = cli("train", "data.csv", "--target", "y", *QUICKEST)
    assert result.code == 0, result.err


def test_rows_whose_target_is_infinite_are_left_out(cli: Cli, folder: Path) -> None:
    rows = [f"{i},{i % 5},{i * 0.5 if i % 9 else 'inf'}" for i in range(40)]
    (folder / "data.csv").write_text("\n".join(["x,z,y", *rows]))
    result = cli("train", "data.csv", "--target", "y", *QUICKEST)
    assert result.code == 0, result.err
    assert "data: 35 rows" in result.out
    assert "5 rows" in result.out.split("\n", 1)[1]


def test_a_column_of_10_000_categories_works(cli: Cli, folder: Path) -> None:
    rows = [f"{i % 10},c{i},{i % 2}" for i in range(10_000)]
    rows += [f"{i % 10},c{i},{i % 2}" for i in range(10_000)]
    (folder / "data.csv").write_text("\n".join(["x,code,y", *rows]))
    result = cli("train", "data.csv", "--target", "y", "--epochs", 1, "--hidden", 4,
                 "--batch-size", 4096, "--no-baselines")  # fmt: skip
    assert result.code == 0, result.err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_other_encodings_work(encoding: str, cli: Cli, folder: Path) -> None:
    rows = [f"{i},{'Bär' if i % 3 else 'Küche'},{'ab'[i % 2]}" for i in range(30)]
    text = "\n".join(["größe,wort,y", *rows])
    (folder / "data.csv").write_bytes(text.encode(encoding))
    result = cli("train", "data.csv", "--target", "y", *QUICKEST)
    assert result.code == 0, result.err
    assert "größe" in result.out


@pytest.mark.parametrize("hidden", ["64,abc", "64,,64", "0", "-3", "1.5", "64;64"])
def test_wrong_hidden_layers_are_refused(hidden: str, cli: Cli, folder: Path) -> None:
    result = cli("train", "iris", f"--hidden={hidden}")
    assert_refused(result, "64,64", repr(hidden))
    assert files(folder) == set()


@pytest.mark.parametrize(
    "out", ["file.txt/run", "file.txt", "/proc/nothing/run", "/proc/run"]
)
def test_a_folder_that_cannot_be_written_is_refused(
    out: str, cli: Cli, folder: Path
) -> None:
    (folder / "file.txt").write_text("mine")
    assert_refused(cli("train", "iris", "--out", out, *QUICKEST), out)
    assert files(folder) == {"file.txt"}
    assert (folder / "file.txt").read_text() == "mine"


def test_a_run_folder_that_exists_is_never_overwritten(cli: Cli, folder: Path) -> None:
    (folder / "run").mkdir()
    (folder / "run" / "notes.txt").write_text("mine")
    assert_refused(cli("train", "iris", "--out", "run", *QUICKEST), "run", "not empty")
    assert files(folder) == {"run", "run/notes.txt"}


@pytest.mark.parametrize(
    "name", ["weights.safetensors", "network.json", "preprocess.json"]
)
def test_a_model_file_cut_in_half_is_refused(
    name: str, cli: Cli, flowers: Path
) -> None:
    cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST)
    path = flowers.parent / "run" / "model" / name
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert_refused(cli("predict", "run", flowers), name)
    assert_refused(cli("evaluate", "run", flowers), name)


WRONG_FLAGS = {
    "weight decay as a word": (["--weight-decay", "much"], "0 or more"),
    "weight decay below 0": (["--weight-decay=-1"], "0 or more"),
    "unknown optimizer": (["--optimizer", "adm"], "Did you mean 'adam'"),
    "unknown activation": (["--activation", "rellu"], "Did you mean 'relu'"),
    "unknown schedule": (["--schedule", "cosin"], "Did you mean 'cosine'"),
    "unknown loss": (["--loss", "cross_entrpy"], "Did you mean 'cross_entropy'"),
    "unknown task": (["--task", "classify"], "classification"),
    "unknown kind": (["--kind", "petal width (cm)=catgory"], "category"),
    "kind without column": (["--kind", "category"], "zip=category"),
    "kind of no column": (["--kind", "zip=category"], "zip"),
    "no epochs": (["--epochs", "0"], "'epochs'"),
    "epochs not a number": (["--epochs", "many"], "--epochs"),
    "share above 1": (["--test", "1.5"], "'test'"),
    "negative rate": (["--learning-rate=-0.1"], "'learning_rate'"),
    "rate not finite": (["--learning-rate", "nan"], "'learning_rate'"),
    "dropout of 1": (["--dropout", "1"], "1.0"),
    "unknown class weight": (["--class-weight", "balancd"], "balanced"),
    "patience without validation": (
        ["--validation", "0", "--early-stopping", "5"], "early_stopping"
    ),
    "unknown flag": (["--hiden", "4"], "--hidden"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_FLAGS)
def test_a_wrong_flag_is_refused_and_nothing_is_written(
    name: str, cli: Cli, folder: Path
) -> None:
    flags, said = WRONG_FLAGS[name]
    assert_refused(cli("train", "iris", *flags), said)
    assert files(folder) == set()


def test_a_mistyped_verb_is_corrected(cli: Cli) -> None:
    assert_refused(cli("trian", "iris"), "Did you mean 'train'?")


def test_data_must_be_named(cli: Cli) -> None:
    assert_refused(cli("train"), "Name the data")


def test_the_target_must_be_named(cli: Cli, flowers: Path) -> None:
    result = cli("train", flowers)
    assert_refused(result, "--target", "length, width, color, kind")


def test_new_data_without_a_column_are_refused(cli: Cli, flowers: Path) -> None:
    cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST)
    (flowers.parent / "new.csv").write_text("length,color\n1.5,red\n")
    assert_refused(cli("predict", "run", "new.csv"), "width")


def test_a_run_that_is_not_there_is_named_with_the_nearest_one(
    cli: Cli, flowers: Path
) -> None:
    cli("train", flowers, "--target", "kind", "--out", "run_1", *QUICKEST)
    assert_refused(cli("predict", "run_l", flowers), "Did you mean 'run_1'?")
    shutil.rmtree(flowers.parent / "run_1" / "model")
    assert_refused(cli("predict", "run_1", flowers), "run_1")

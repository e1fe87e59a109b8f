"""`fathom predict`, `evaluate`, `datasets`, `--version` and the help."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import QUICKEST, Cli, assert_refused

import fathom as fm
from fathom.cli.main import VERBS


@pytest.fixture
def run(cli: Cli, flowers: Path) -> Path:
    result = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST)
    assert result.code == 0, result.err
    return flowers.parent / "run"


def test_predictions_come_as_csv_on_stdout(cli: Cli, run: Path, flowers: Path) -> None:
    lines = cli("predict", "run", flowers).out.splitlines()
    assert lines[0] == "prediction,probability_rose,probability_tulip"
    assert len(lines) == 61


def test_predictions_are_those_of_the_model(cli: Cli, run: Path, flowers: Path) -> None:
    content = json.loads(cli("predict", "run", flowers, "--json").out)
    labels = [row["prediction"] for row in content["predictions"]]
    assert labels == fm.load(run).predict(flowers).tolist()


READERS = {
    "csv": pl.read_csv,
    "tsv": lambda path: pl.read_csv(path, separator="\t"),
    "parquet": pl.read_parquet,
    "jsonl": pl.read_ndjson,
}


@pytest.mark.parametrize("suffix", READERS)
def test_the_suffix_decides_the_format(
    suffix: str, cli: Cli, run: Path, flowers: Path
) -> None:
    result = cli("predict", "run", flowers, "--out", f"answers.{suffix}")
    assert (result.code, result.out) == (0, "")
    frame = READERS[suffix](flowers.parent / f"answers.{suffix}")
    assert frame.columns == ["prediction", "probability_rose", "probability_tulip"]
    assert frame["prediction"].to_list() == fm.load(run).predict(flowers).tolist()


def test_a_file_of_predictions_is_never_overwritten(
    cli: Cli, run: Path, flowers: Path
) -> None:
    before = flowers.read_bytes()
    assert_refused(cli("predict", "run", flowers, "--out", flowers), "exists")
    assert flowers.read_bytes() == before


@pytest.mark.parametrize("out", ["answers.xlsx", "nowhere/answers.csv"])
def test_a_file_that_cannot_be_written_is_refused(
    out: str, cli: Cli, run: Path, flowers: Path
) -> None:
    assert_refused(cli("predict", "run", flowers, "--out", out), out.split("/")[0])


def test_unknown_categories_are_predicted_and_said(cli: Cli, run: Path) -> None:
    (run.parent / "new.csv").write_text("length,width,color\n2.5,0.1,purple\n,,\n")
    result = cli("predict", "run", "new.csv")
    assert len(result.out.splitlines()) == 3
    assert "color" in result.err


def test_evaluate_gives_the_metrics_of_the_model(
    cli: Cli, run: Path, flowers: Path
) -> None:
    content = json.loads(cli("evaluate", "run", flowers, "--json").out)
    assert content["metrics"] == fm.load(run).evaluate(flowers)
    assert content["rows"] == 60


def test_evaluating_on_the_training_data_is_pointed_out(
    cli: Cli, run: Path, flowers: Path
) -> None:
    assert "trained on most of these rows" in cli("evaluate", "run", flowers).out
    part = flowers.parent / "part.csv"
    part.write_text("\n".join(flowers.read_text().splitlines()[:40]))
    assert "trained on" not in cli("evaluate", "run", part).out


def test_data_without_the_target_cannot_be_evaluated(cli: Cli, run: Path) -> None:
    (run.parent / "new.csv").write_text("length,width,color\n2.5,0.1,red\n")
    assert_refused(cli("evaluate", "run", "new.csv"), "kind")


def test_datasets_lists_every_bundled_set(cli: Cli) -> None:
    out = cli("datasets").out
    listed = json.loads(cli("datasets", "--json").out)["datasets"]
    assert [about["name"] for about in listed] == list(fm.datasets.names())
    assert all(about["name"] in out for about in listed)


def test_the_version_is_shown(cli: Cli) -> None:
    assert cli("--version").out == f"fathom {fm.__version__}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_help_has_an_example(verb: str, cli: Cli) -> None:
    result = cli(verb, "--help")
    assert result.code == 0
    assert f"\n      fathom {verb}" in result.out


def test_an_unexpected_error_is_one_line(
    cli: Cli, run: Path, flowers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("fathom.export.ensemble_folder.load", fail)
    result = cli("predict", "run", flowers)
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert "ZeroDivisionError: on purpose (FATHOM_DEBUG=1 shows where)" in result.err

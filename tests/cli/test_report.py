"""`fathom report`: the file, what is said, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import QUICKEST, Cli, assert_refused, files


@pytest.fixture
def run(cli: Cli, flowers: Path) -> Path:
    result = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST)
    assert result.code == 0, result.err
    return flowers.parent / "run"


def test_the_report_is_in_the_runs_folder_and_said(cli: Cli, run: Path) -> None:
    result = cli("report", "run")
    assert result.code == 0, result.err
    assert "run/report.html" in result.out
    page = (run / "report.html").read_text("utf-8")
    assert "<h1>flowers: kind</h1>" in page
    assert "Which classes are taken for which?" in page


def test_json_has_the_path_and_out_another_place(cli: Cli, run: Path) -> None:
    result = cli("report", "run", "--out", "page.html", "--json")
    assert json.loads(result.out) == {"report": "page.html"}
    assert (run.parent / "page.html").is_file()
    assert not (run / "report.html").exists()


def test_groups_are_measured_for_the_page(cli: Cli, run: Path) -> None:
    assert cli("report", "run", "--groups", "color").code == 0
    page = (run / "report.html").read_text("utf-8")
    assert "Does accuracy differ by color?" in page
    assert not (run / "groups.json").exists()


def test_a_report_is_made_anew(cli: Cli, run: Path) -> None:
    (run / "report.html").write_text("old")
    assert cli("report", "run").code == 0
    assert len((run / "report.html").read_text("utf-8")) > 1000


def test_data_that_moved_are_named_with_a_flag(
    cli: Cli, run: Path, flowers: Path
) -> None:
    flowers.rename(flowers.parent / "moved.csv")
    cli("report", "run")
    assert "Which classes" not in (run / "report.html").read_text("utf-8")
    assert cli("report", "run", "--data", "moved.csv").code == 0
    assert "Which classes" in (run / "report.html").read_text("utf-8")


def test_a_missing_run_is_refused_with_the_nearest_one(cli: Cli, run: Path) -> None:
    assert_refused(cli("report", "rum"), "no run at rum", "'run'")


@pytest.mark.parametrize("out", ["nowhere/page.html", "run"])
def test_a_file_that_cannot_be_written_is_refused(
    out: str, cli: Cli, run: Path
) -> None:
    before = files(run.parent)
    assert_refused(cli("report", "run", "--out", out), out.split("/")[0])
    assert files(run.parent) == before

"""`fathom eject`: the file, what is said, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import QUICKEST, Cli, assert_refused, files
from tests.export.ejected import assert_same, imported
from tests.export.ejected import run as run_file

import fathom as fm


@pytest.fixture
def run(cli: Cli, flowers: Path) -> Path:
    result = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST)
    assert result.code == 0, result.err
    return flowers.parent / "run"


def labels(text: str) -> list[str]:
    """The first column of CSV."""
    return [line.split(",")[0] for line in text.splitlines()]


def test_the_file_is_in_the_runs_folder_and_the_next_command_is_said(
    cli: Cli, run: Path, flowers: Path
) -> None:
    result = cli("eject", "run")
    assert result.code == 0, result.err
    assert "  python run/eject/predict.py rows.csv" in result.out.splitlines()
    assert files(run / "eject") == {"predict.py", "weights.safetensors"}
    done = run_file(run / "eject" / "predict.py", flowers)
    said = cli("predict", "run", flowers).out
    assert labels(done.stdout) == labels(said)
    assert "flowers.csv" in (run / "eject" / "predict.py").read_text("utf-8")


def test_the_answers_are_those_of_the_run(cli: Cli, run: Path, flowers: Path) -> None:
    cli("eject", "run")
    module = imported(run / "eject" / "predict.py")
    own = module.predict_proba(module.read_csv(flowers))
    assert_same(own, fm.load(run).predict_proba(flowers))
    assert np.isfinite(own).all()


def test_json_has_the_folder_and_the_files(cli: Cli, run: Path) -> None:
    result = cli("eject", "run", "--out", "flowers.py", "--json")
    names = ["flowers.py", "flowers.safetensors"]
    assert json.loads(result.out) == {"folder": ".", "files": names}
    assert set(names) <= files(run.parent)
    assert not (run / "eject").exists()


def test_a_saved_model_is_ejected_into_its_own_folder(cli: Cli, run: Path) -> None:
    fm.load(run).save(run.parent / "saved")
    assert cli("eject", "saved").code == 0
    assert (run.parent / "saved" / "eject" / "predict.py").is_file()


@pytest.mark.parametrize("out", [(), ("--out", "there"), ("--out", "there.py")])
def test_what_is_there_is_never_overwritten(
    out: tuple[str, ...], cli: Cli, run: Path
) -> None:
    assert cli("eject", "run", *out).code == 0
    before = files(run.parent)
    assert_refused(cli("eject", "run", *out), "ever overwritten")
    assert files(run.parent) == before


def test_a_missing_run_is_refused_with_the_nearest_one(cli: Cli, run: Path) -> None:
    assert_refused(cli("eject", "rum"), "rum", "'run'")

"""Interrupted runs go on as if they had never stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.cli.conftest import Cli, assert_refused

LONG = ("--hidden", "4", "--batch-size", "1", "--early-stopping", "0",
        "--no-baselines")  # fmt: skip
COMMAND = [sys.executable, "-c", "import sys; from fathom.cli.main import main; "
           "sys.exit(main())"]  # fmt: skip


def start(arguments: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, env=dict(os.environ), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def weights(run: Path) -> bytes:
    return (run / "model" / "weights.safetensors").read_bytes()


def rows_of(run: Path) -> list[list[str]]:
    lines = (run / "history.csv").read_text().splitlines()
    return [line.split(",")[:-1] for line in lines]  # without the seconds


def interrupt_in_training(process: subprocess.Popen[str], run: Path) -> None:
    """Press Ctrl-C once a few epochs have been logged."""
    log = run / "events.jsonl"
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if log.exists() and log.read_text().count('"epoch"') > 20:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)


@pytest.fixture
def whole(cli: Cli, flowers: Path) -> Path:
    """A run of 3000 epochs that was never interrupted."""
    cli("train", flowers, "--target", "kind", "--out", "whole", "--epochs", 3000, *LONG)
    return flowers.parent / "whole"


def test_ctrl_c_leaves_a_run_that_resumes_bit_by_bit(
    cli: Cli, flowers: Path, whole: Path
) -> None:
    arguments = ["train", str(flowers), "--target", "kind", "--out", "run",
                 "--epochs", "3000", *LONG]  # fmt: skip
    run = flowers.parent / "run"
    process = start(arguments, flowers.parent)
    interrupt_in_training(process, run)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "fathom train --resume run" in err
    assert "Traceback" not in err
    facts = json.loads((run / "run.json").read_text())
    assert facts["status"] == "interrupted"
    assert 0 < facts["epochs"] < 3000

    result = cli("train", "--resume", "run")
    assert result.code == 0, result.err
    assert weights(run) == weights(whole)
    assert rows_of(run) == rows_of(whole)
    for name in ("metrics.json", "config.yaml", "data/schema.json"):
        assert (run / name).read_bytes() == (whole / name).read_bytes()
    assert json.loads((run / "run.json").read_text())["status"] == "done"


def test_a_longer_run_is_the_shorter_one_continued(
    cli: Cli, flowers: Path, whole: Path
) -> None:
    cli("train", flowers, "--target", "kind", "--out", "run", "--epochs", 5, *LONG)
    result = cli("train", "--resume", "run", "--epochs", 3000)
    assert result.code == 0, result.err
    assert weights(flowers.parent / "run") == weights(whole)


@pytest.fixture
def done(cli: Cli, flowers: Path) -> Path:
    cli("train", flowers, "--target", "kind", "--out", "run", "--epochs", 3, *LONG)
    return flowers.parent / "run"


def test_a_run_that_is_done_is_not_resumed(cli: Cli, done: Path) -> None:
    before = (done / "run.json").read_bytes()
    assert_refused(cli("train", "--resume", "run"), "nothing to resume", "--epochs")
    assert (done / "run.json").read_bytes() == before


def test_other_data_are_refused(cli: Cli, done: Path, flowers: Path) -> None:
    flowers.write_text(flowers.read_text() + "1.0,2.0,red,rose\n")
    result = cli("train", "--resume", "run", "--epochs", 5)
    assert_refused(result, "digest")
    assert json.loads((done / "run.json").read_text())["status"] == "done"


def test_other_settings_are_refused(cli: Cli, done: Path) -> None:
    result = cli("train", "--resume", "run", "--learning-rate", 0.5)
    assert_refused(result, "--learning-rate")


def test_a_checkpoint_cut_in_half_is_refused(cli: Cli, done: Path) -> None:
    (path,) = (done / "checkpoints").glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-20])
    result = cli("train", "--resume", "run", "--epochs", 5)
    assert result.code == 2
    assert path.name in result.err
    assert (done / "model" / "weights.safetensors").exists()


def test_ctrl_c_before_training_leaves_nothing(
    cli: Cli, flowers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fathom.experiment.source.read", interrupt)
    result = cli("train", flowers, "--target", "kind", "--out", "run")
    assert (result.code, result.out) == (130, "")
    assert not (flowers.parent / "run").exists()


def test_ctrl_c_in_the_baselines_leaves_a_resumable_run(
    cli: Cli, flowers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    arguments = ("train", flowers, "--target", "kind", "--out", "run", "--epochs", 3,
                 "--hidden", 4)  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr("fathom.experiment.baselines.fit_baselines", interrupt)
        assert cli(*arguments).code == 130
    assert cli("train", "--resume", "run").code == 0
    assert (flowers.parent / "run" / "metrics.json").exists()

"""A command line that runs in this process, and small data for it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from fathom.cli.main import main


class Result(NamedTuple):
    code: int
    out: str
    err: str


Cli = Callable[..., Result]

# Small and quick; a test adds what it is about.
QUICK = ("--hidden", "4", "--epochs", "3")
QUICKEST = (*QUICK, "--no-baselines")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """`cli("train", "iris")` runs the command in `folder`."""

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Result(code, *capsys.readouterr())

    return run


@pytest.fixture
def flowers(folder: Path) -> Path:
    """60 rows: two columns of numbers, one of categories, two classes."""
    rng = random.Random(0)
    lines = ["length,width,color,kind"]
    for i in range(60):
        kind = "rose" if i % 2 else "tulip"
        length = rng.gauss(2.0 if i % 2 else 4.0, 0.5)
        color = rng.choice(["red", "white", ""])
        lines.append(f"{length:.2f},{rng.gauss(0, 1):.2f},{color},{kind}")
    path = folder / "flowers.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def files(folder: Path) -> set[str]:
    """Everything in a folder, to compare before and after."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def assert_refused(result: Result, *said: str) -> None:
    """Exit code 2, one clear message on stderr, no traceback, nothing on stdout."""
    assert result.code == 2, result
    assert result.out == ""
    assert result.err.startswith("Error: ")
    assert result.err.count("Error") == 1
    assert "Traceback" not in result.err
    for words in said:
        assert words in result.err, result.err

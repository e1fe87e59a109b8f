"""`fathom lr-find`: which learning rates work, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Cli, assert_refused, files

QUICK = ("--hidden", "4", "--steps", "20", "--seeds", "2")


def test_the_range_is_printed_and_nothing_is_written(cli: Cli, flowers: Path) -> None:
    before = files(flowers.parent)
    result = cli("lr-find", flowers, "--target", "kind", *QUICK)
    assert result.code == 0, result.err
    assert result.out.startswith("Learning rates of adam, each with 2 seeds for 20")
    assert "* works: " in result.out
    assert "The usual learning rate 0.001 " in result.out
    assert files(flowers.parent) == before


def test_the_evidence_has_json(cli: Cli, flowers: Path) -> None:
    flags = ("--target", "kind", "--learning-rate", "1e-9", *QUICK, "--json")
    content = json.loads(cli("lr-find", flowers, *flags).out)
    assert content["low"] < content["best"] < content["high"]
    assert "1e-09 is too small for 20 steps" in content["verdict"]
    # Of 60 rows 12 are for the test, and of the other 48 10 for validation.
    assert content["judged_rows"] == 10
    assert len(content["rates"]) >= 16


WRONG = {
    "no target": (["flowers.csv"], "--target COLUMN"),
    "no file": (["none.csv"], "There is no file none.csv"),
    "no steps": (["flowers.csv", "--target", "kind", "--steps", "0"], "'steps'"),
    "a budget that is no time": (
        ["flowers.csv", "--target", "kind", "--budget", "soon"],
        "'budget' parameter of find_learning_rate must be seconds above 0",
    ),
    "an unknown optimizer": (
        ["flowers.csv", "--optimizer", "sdg"],
        "Did you mean 'sgd'?",
    ),
    "a setting of another model": (
        ["digits", "--model", "lenet", "--hidden", "4"],
        "'hidden' is a setting of the model 'mlp'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_input_is_refused(name: str, cli: Cli, flowers: Path) -> None:
    flags, said = WRONG[name]
    assert_refused(cli("lr-find", *flags), said)

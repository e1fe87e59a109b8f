"""Several networks as one run, and what a calibrated run can say."""

from __future__ import annotations

import io
import json
import os
import random
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import jax
import numpy as np
import polars as pl
import pytest
from tests.cli.conftest import Cli, Result, assert_refused

import fathom as fm
from fathom.cli.main import main

QUICK = ("--hidden", "4", "--epochs", "3", "--no-baselines", "--quiet")


def run(*arguments: object) -> Result:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Result(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of houses, three networks on their price, and one on their kind."""
    path, before = tmp_path_factory.mktemp("houses"), Path.cwd()
    rng = random.Random(0)
    lines = ["size,age,price,kind"]
    for _ in range(120):
        size, age = rng.uniform(50, 200), rng.choice("on")
        price = 3 * size - 40 * (age == "o") + rng.gauss(0, 10)
        lines.append(f"{size:.1f},{age},{price:.1f},{'big' if size > 120 else 'small'}")
    (path / "houses.csv").write_text("\n".join(lines) + "\n")
    os.chdir(path)
    try:
        given = ("train", "houses.csv", "--calibration", "0.25", *QUICK)
        prices = ("--target", "price", "--members", "3", "--out", "three")
        for more in (prices, ("--target", "kind", "--out", "one")):
            assert run(*given, *more).code == 0
    finally:
        os.chdir(before)
    return path


@pytest.fixture
def three(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run of three networks; the working directory is its parent."""
    monkeypatch.chdir(folder)
    return folder / "three"


def schema(path: Path) -> dict[str, Any]:
    return json.loads((path / "data" / "schema.json").read_text())


def test_predictions_are_the_mean_of_the_members(three: Path) -> None:
    result = run("predict", "three", "houses.csv")
    given = pl.read_csv(io.StringIO(result.out))["prediction"].to_numpy()
    each = [fm.load(three / "model" / f"member_{i}") for i in (1, 2, 3)]
    known = np.mean([one.predict("houses.csv") for one in each], axis=0)
    np.testing.assert_allclose(given, known, rtol=1e-5)
    assert not np.allclose(each[0].predict("houses.csv"), known)


@pytest.mark.slow
def test_a_member_is_the_network_of_a_training_with_its_seed(three: Path) -> None:
    split = schema(three)["split"]
    table = fm.read("houses.csv", target="price")
    held: Any = table.rows(split["validation"])
    alone = fm.train(
        lambda *given: fm.models.mlp(*given, hidden=(4,)),
        table.rows(split["training"]), epochs=3, validation=held, early_stopping=150,
        seed=2, record=False,
    )  # fmt: skip
    member = fm.load(three / "model" / "member_3")
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5),
        member.variables,
        alone.model.variables,
    )


def test_calibration_rows_are_seen_by_no_member(three: Path) -> None:
    split = schema(three)["split"]
    rows = [row for part in split.values() for row in part]
    assert sorted(rows) == list(range(120))
    assert len(split["calibration"]) == 24
    ensemble = fm.Ensemble.load(three)
    assert ensemble.about["calibration"] == {"rows": 24}
    assert ensemble.members[0].about["training_examples"] == len(split["training"])


def test_an_interval_adds_bounds(three: Path) -> None:
    result = run("predict", "three", "houses.csv", "--interval", "0.8")
    frame = pl.read_csv(io.StringIO(result.out))
    bounds = fm.Ensemble.load(three).predict_interval("houses.csv", 0.8)
    np.testing.assert_allclose(frame.select("low", "high").to_numpy(), bounds)


def test_a_calibrated_run_of_one_network_gives_sets(three: Path) -> None:
    result = run("predict", "one", "houses.csv", "--interval", "0.8")
    frame = pl.read_csv(io.StringIO(result.out))
    model = fm.load("one")
    assert "temperature" in [layer.name for layer in model.network.layers]
    sets = model.predict_set("houses.csv", 0.8)
    known = frame.select("in_set_big", "in_set_small").to_numpy()
    np.testing.assert_array_equal(known, sets)


def test_an_ensemble_is_evaluated_also_by_group(three: Path) -> None:
    content = json.loads(run("evaluate", "three", "houses.csv", "--json").out)
    table = fm.read("houses.csv", target="price")
    assert content["metrics"] == pytest.approx(fm.Ensemble.load(three).evaluate(table))
    result = run("evaluate", "three", "houses.csv", "--groups", "age", "--keep")
    assert result.code == 0, result.err
    assert "By age, on the 24 test rows of houses" in (three / "README.md").read_text()


def test_the_card_says_how_many_and_how_to_load_them(three: Path) -> None:
    card = (three / "README.md").read_text()
    assert "3 neural networks that together predict" in card
    assert "Trained 3 networks, for 3 epochs each." in card
    assert "fm.Ensemble.load" in card
    assert "calibrated on 24 rows" in card
    assert "epoch None" not in card


@pytest.mark.parametrize(
    "verb",
    [("explain", "three", "houses.csv"), ("report", "three"), ("diagnose", "three"),
     ("eject", "three"), ("compare", "three", "one")],
)  # fmt: skip
def test_what_looks_at_one_network_names_a_member(
    verb: tuple[str, ...], three: Path
) -> None:
    assert_refused(run(*verb), "holds an ensemble", "member_1")


def test_a_member_can_be_explained(three: Path) -> None:
    result = run("explain", "three/model/member_1", "houses.csv", "--row", "3")
    assert result.code == 0, result.err


def test_an_ensemble_cannot_be_resumed(three: Path) -> None:
    said = "several members is several runs"
    assert_refused(run("train", "--resume", "three", "--epochs", "9"), said)


def test_bounds_of_a_run_that_is_not_calibrated_are_refused(three: Path) -> None:
    asked = run("predict", "three/model/member_1", "houses.csv", "--interval", "0.9")
    assert_refused(asked, "--calibration 0.2")


@pytest.mark.parametrize(
    ("flags", "said"),
    [(("--members", "0"), "'members'"), (("--calibration", "2"), "'calibration'"),
     (("--members", "2", "--repair"), "leave repair or members out")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    flags: tuple[str, ...], said: str, cli: Cli
) -> None:
    assert_refused(cli("train", "iris", *flags), said)

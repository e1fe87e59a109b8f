"""Runs on the test rows that they have in common."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import fathom as fm
from fathom.cli.main import main
from fathom.comparison.runs import compare_runs
from fathom.experiment import ExperimentSettings, run


def csv(seed: int) -> str:
    rng = np.random.default_rng(seed)
    lines = ["x,z,color,kind"]
    for i in range(120):
        x, color = rng.normal(2.0 * (i % 2)), rng.choice(["red", "blue"])
        lines.append(f"{x:.3f},{rng.normal():.3f},{color},{['no', 'yes'][i % 2]}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs a (hardly trained), b (well trained), and c of other rows."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "data.csv").write_text(csv(0))
    shared = {"target": "kind", "hidden": (4,), "record": False, "baselines": False,
              "test": 0.5, "learning_rate": 0.05}  # fmt: skip
    for name, own in {
        "a": {"epochs": 1, "learning_rate": 1e-4},
        "b": {"epochs": 30},
        "c": {"epochs": 1, "seed": 4, "test": 0.1},
    }.items():
        settings = ExperimentSettings(**{**shared, **own})
        run(str(folder / "data.csv"), settings, out=folder / name)
    return folder


def test_the_better_run_is_ahead_by_more_than_chance(folder: Path) -> None:
    found = compare_runs([folder / "a", folder / "b"])
    assert found.best is not None
    assert found.best.name == str(folder / "b")
    assert found.n_rows == 60
    assert not found.chances[str(folder / "a")][0]
    assert "by more than chance gives" in found.verdict


def test_values_are_those_that_the_run_noted(folder: Path) -> None:
    found = compare_runs([folder / "a", folder / "b"])
    noted = json.loads((folder / "b" / "metrics.json").read_text())["network"]
    own = found.runs[1].estimates
    assert own["accuracy"].value == pytest.approx(noted["accuracy"])
    assert own["log_loss"].value == pytest.approx(noted["log_loss"], rel=1e-5)
    assert own["accuracy"].low < own["accuracy"].value < own["accuracy"].high


def test_only_settings_that_differ_are_listed(folder: Path) -> None:
    found = compare_runs([folder / "a", folder / "b"])
    assert found.settings == {"epochs": [1, 30], "learning_rate": [1e-4, 0.05]}


def test_runs_of_other_rows_are_not_ranked(folder: Path) -> None:
    found = compare_runs([folder / "a", folder / "c"])
    assert found.best is None
    assert "which run is better cannot be said" in found.verdict


def test_runs_whose_data_have_gone_are_not_ranked(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(csv(1))
    found = compare_runs([folder / "a", folder / "b"], tmp_path / "data.csv")
    assert found.best is None
    assert "have changed since the run" in found.verdict


def test_json_of_the_command_is_one_object(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(folder / "a"), str(folder / "b"), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["best"] == str(folder / "b")
    assert [one["parameters"] for one in content["runs"]] == [30, 30]


def test_a_page_is_written_once(folder: Path, tmp_path: Path) -> None:
    runs = [str(folder / "a"), str(folder / "b")]
    page = tmp_path / "page.html"
    assert main(["compare", *runs, "--html", str(page)]) == 0
    assert "Settings that differ" in page.read_text()
    assert main(["compare", *runs, "--html", str(page)]) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a"], "comparing takes two"),
        (["a", "nothing"], "There is no run"),
        (["a", "a"], "named twice"),
        (["a", "b", "--target", "kind"], "--target is for comparing models"),
        (["a", "b", "--folds", "3"], "--folds is for comparing models"),
        (["data.csv"], "needs answers"),
        (["data.csv", "--data", "x"], "--data is for comparing runs"),
        (["data.csv", "--target", "kindd"], "Did you mean 'kind'"),
        (["data.csv", "--target", "kind", "--folds", "1"], "'folds'"),
    ],
)
def test_bad_input_gets_one_message_and_exit_code_2(
    given: list[str],
    message: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    assert main(["compare", *given]) == 2
    done = capsys.readouterr()
    assert message in done.err
    assert done.err.count("Error") == 1
    assert done.out == ""


def test_runs_of_other_targets_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder / "b", other)
    schema = json.loads((other / "data" / "schema.json").read_text())
    (other / "data" / "schema.json").write_text(json.dumps({**schema, "target": ["z"]}))
    with pytest.raises(fm.InputError, match="predict different things"):
        compare_runs([folder / "a", other])


def test_groups_are_measured_on_the_test_rows_and_kept_in_the_card(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(folder / "b"), str(folder / "data.csv"), "--groups",
                 "color", "--json"]  # fmt: skip
    assert main(arguments) == 0
    content = json.loads(capsys.readouterr().out)
    assert sum(one["rows"] for one in content["groups"]) == content["rows"] == 60
    before = (folder / "b" / "README.md").read_text()
    assert "it has not been measured by group" in before
    assert main([*arguments, "--keep"]) == 0
    after = (folder / "b" / "README.md").read_text()
    assert "By color, on the 60 test rows of data" in after
    assert "it has not been measured by group" not in after
    assert content["verdict"] in after


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--keep"], "--keep goes with --groups"),
        (["--groups", "colour"], "Did you mean 'color'"),
        (["--groups", "color", "--favorable", "maybe"], "no class 'maybe'"),
    ],
)
def test_bad_flags_of_evaluate_exit_with_2(
    flags: list[str],
    message: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = str(folder / "b")
    assert main(["evaluate", run, str(folder / "data.csv"), *flags]) == 2
    assert message in capsys.readouterr().err

"""What is shown of a cross-validation: on the command line, in a run, in pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fathom.cli.main import main
from fathom.cross_validation.comparison import ComparedSettings, Scored
from fathom.cross_validation.words import bars, in_text
from fathom.report.cross_validation_chart import scores_by_setting


def decays(*means: float) -> ComparedSettings:
    scored = tuple(
        Scored(i, {"weight_decay": 10.0**i if i else 0.0}, mean, 0.05)
        for i, mean in enumerate(means)
    )
    return ComparedSettings(scored, "loss", False, 5)


def test_the_table_marks_both_choices() -> None:
    lines = in_text(decays(0.5, 0.42, 0.46, 0.9)).splitlines()
    assert lines[-3].endswith("best")
    assert lines[-2].endswith("most regularized within one standard error")


def test_the_longest_bar_is_the_best() -> None:
    lines = bars(decays(0.5, 0.42, 0.46, 0.9)).splitlines()[2:-1]
    longest = max(lines, key=lambda line: line.count("#"))
    assert "*" in longest
    assert "0.42" in longest


def test_no_decay_has_a_place_on_the_logarithmic_axis() -> None:
    chart = scores_by_setting(decays(0.5, 0.42, 0.46, 0.9)).chart
    curve = chart.data[0]
    assert 0 < curve.x[0] < curve.x[1]
    assert chart.layout.xaxis.ticktext[0] == "0"
    assert curve.error_y.array[0] == 0.05


def test_settings_without_numbers_stand_below_each_other() -> None:
    given = enumerate([("8", 0.5), ("64,64", 0.7)])
    scored = tuple(Scored(i, {"hidden": name}, mean, 0.1) for i, (name, mean) in given)
    picture = scores_by_setting(ComparedSettings(scored, "accuracy", True, 3))
    assert list(picture.chart.layout.yaxis.ticktext) == ["hidden 64,64", "hidden 8"]
    assert "hidden 64,64: 0.7" in picture.alternative


@pytest.mark.slow
def test_a_run_keeps_how_its_decay_was_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    arguments = ["train", "iris", "--weight-decay", "auto", "--epochs", "5"]
    assert main([*arguments, "--out", str(run), "--no-baselines", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    kept = json.loads((run / "cross_validation.json").read_text("utf-8"))
    assert kept["best"]["weight_decay"] == content["weight_decay"]
    assert main(["report", str(run)]) == 0
    page = (run / "report.html").read_text("utf-8")
    assert "Which setting is best on rows held out?" in page

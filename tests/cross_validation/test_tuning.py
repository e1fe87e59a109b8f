"""Successive halving within a time budget."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fathom as fm
from fathom.cli.main import main
from fathom.tuning.halving import rungs
from fathom.tuning.search import budget_seconds
from fathom.tuning.tuning import TRIALS, Trial

SETTINGS: dict[str, Any] = {
    "members": 6, "folds": 2, "epochs": 18, "batch_size": 16, "sampler": "random",
}  # fmt: skip
SPACE = {"learning_rate": (1e-5, 0.3), "hidden": [(6,)]}


def blobs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    y = np.arange(60) % 2
    return (rng.normal(size=(60, 4)) + y[:, None]).astype(np.float32), y


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuning") / "search"


@pytest.fixture(scope="module")
def found(folder: Path) -> fm.Tuning:
    return fm.tune("mlp", blobs(), SPACE, rounds=2, folder=folder, loss="cross_entropy",
                   **SETTINGS)  # fmt: skip


def test_few_settings_are_trained_to_the_end(found: fm.Tuning) -> None:
    epochs = [trial.trained for trial in found.trials if trial.round == 0]
    assert sorted(epochs) == [2, 2, 2, 2, 6, 18]


def test_a_setting_that_goes_on_scores_as_if_it_had_never_been_stopped(
    found: fm.Tuning,
) -> None:
    rate = found.best.setting["learning_rate"]
    grid = {"learning_rate": [rate], "hidden": [(6,)]}
    straight = fm.cross_validate(
        "mlp", blobs(), grid=grid, folds=2, epochs=found.best.epochs, batch_size=16,
        loss="cross_entropy",
    )  # fmt: skip
    assert found.best.score == pytest.approx(straight.best.mean, rel=1e-4)


def test_a_search_goes_on_from_its_folder(found: fm.Tuning, folder: Path) -> None:
    with (folder / TRIALS).open("a", encoding="utf-8") as file:
        file.write('{"cut off')
    lines = (folder / TRIALS).read_text("utf-8").splitlines()[:-1]
    assert len(lines) == len(found.trials)
    (folder / TRIALS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    more = fm.tune("mlp", blobs(), SPACE, rounds=1, folder=folder, resume=True,
                   loss="cross_entropy", **SETTINGS)  # fmt: skip
    assert [t.setting for t in more.trials[:12]] == [t.setting for t in found.trials]
    assert more.rounds == 3


def test_the_time_is_kept(found: fm.Tuning) -> None:
    begin = time.monotonic()
    fm.tune("mlp", blobs(), SPACE, budget=3, loss="cross_entropy", **SETTINGS)
    assert time.monotonic() - begin < 5


def test_the_best_is_refitted_on_all_rows(found: fm.Tuning) -> None:
    result = found.refit(epochs=2)
    about = result.model.about
    assert about["training_examples"] == 60
    rate = found.best.setting["learning_rate"]
    assert about["settings"]["learning_rate"] == rate


def test_budgets_are_times() -> None:
    assert budget_seconds("2m") == 120
    with pytest.raises(fm.InputError, match="a time such as '90s'"):
        budget_seconds("soon")
    assert rungs(90) == [10, 30, 90]


def trial(score: float, epochs: int, trained: int, **setting: Any) -> Trial:
    return Trial(setting, score, epochs, 0, trained)


def test_the_best_score_wins_after_however_many_epochs() -> None:
    """The one trained to the end was better before, and others at no time."""
    trials = (trial(0.30, 6, 18, rate=0.1), trial(0.35, 6, 6, rate=0.2),
              trial(math.nan, 2, 2, rate=9.0))  # fmt: skip
    asked: dict[str, Any] = {}

    def fit(setting: Any, **more: Any) -> Any:
        asked.update(setting, **more)

    search = fm.Tuning(trials, "loss", False, 18, 1.0, fit)
    assert [one.setting["rate"] for one in search.ranked] == [0.1, 0.2, 9.0]
    search.refit()
    assert asked == {"rate": 0.1, "epochs": 6}
    assert search.epochs_of(trials[1]) == 18  # nothing says that fewer are better
    higher = fm.Tuning(trials[:2], "accuracy", True, 18, 1.0, fit)
    assert higher.best is trials[1]


def test_what_is_overfitted_scores_as_at_its_best() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(40, 4)).astype(np.float32), rng.integers(2, size=40)
    space = {"learning_rate": (0.05, 0.3), "hidden": [(6,)]}
    own = {**SETTINGS, "members": 3, "loss": "cross_entropy"}
    search = fm.tune("mlp", noise, space, rounds=1, **own)
    longest = max(search.trials, key=lambda one: one.trained)
    assert (longest.epochs, longest.trained) == (2, 18)
    assert search.best.score == min(one.score for one in search.trials)
    scheduled = fm.tune("mlp", noise, space, rounds=1, schedule="cosine", **own)
    assert all(one.epochs == one.trained for one in scheduled.trials)


def test_the_picture_has_every_trial_and_the_best(found: fm.Tuning) -> None:
    chart = found.plot().chart
    *others, best = chart.data
    assert (list(best.x), list(best.y)) == (
        [found.best.setting["learning_rate"]], [found.best.score])  # fmt: skip
    drawn = {x: y for trace in others for x, y in zip(trace.x, trace.y, strict=True)}
    known = {one.setting["learning_rate"]: one.score for one in found.trials}
    assert drawn.items() <= known.items()
    assert len(drawn) > len(known) / 2
    assert chart.layout.xaxis.type == "log"
    assert "learning_rate" in found.plot().alternative
    assert found.plot("hidden").chart.layout.xaxis.type == "category"
    with pytest.raises(fm.InputError, match=r"Did you mean 'learning_rate'\?"):
        found.plot("learning_rat")


@pytest.mark.slow
def test_the_command_writes_a_config_that_can_be_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "search"
    arguments = ["tune", "iris", "--budget", "1s", "--epochs", "9", "--json"]
    assert main([*arguments, "--out", str(out)]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["best"]["epochs"] >= 1
    run = tmp_path / "run"
    config = content["config"]
    assert main(["train", "--config", config, "--out", str(run), "--quiet",
                 "--no-baselines", "--no-record"]) == 0  # fmt: skip
    assert (run / "model").is_dir()

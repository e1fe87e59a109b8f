"""Runs that are repaired while they train, and healthy ones that are left alone."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from tests.diagnose.examples import mlp, numbers, rows
from tests.diagnose.runs import dense, few_rows

import fathom as fm
from fathom.diagnose import repair as repairing
from fathom.diagnosis import diagnose
from fathom.errors import InputError
from fathom.trained import TrainingResult

HOW: dict[str, Any] = {"epochs": 20, "validation": 0.25, "learning_rate": 0.003}
SLOW = {**HOW, "learning_rate": 1e-6}


class Heard(list[tuple[str, dict[str, Any]]]):
    """A listener that keeps what it is told."""

    def __call__(self, event: str, **content: Any) -> None:
        self.append((event, content))

    def of(self, event: str) -> list[dict[str, Any]]:
        return [content for name, content in self if name == event]


def same_bits(a: Any, b: Any) -> bool:
    same = jax.tree.map(np.array_equal, a, b)
    return all(jax.tree.leaves(same))


@pytest.fixture(scope="module")
def slow() -> TrainingResult:
    return fm.train(mlp(), rows(), **SLOW)


@pytest.fixture(scope="module")
def repaired() -> tuple[TrainingResult, Heard]:
    heard = Heard()
    return fm.train(mlp(), rows(), repair=True, listeners=[heard], **SLOW), heard


def test_a_run_without_an_alarm_is_the_same_to_the_bit() -> None:
    ordinary = fm.train(mlp(), rows(), **HOW)
    result = fm.train(mlp(), rows(), repair=True, **HOW)
    assert result.repairs is not None
    assert not len(result.repairs)
    assert result.repairs.steps == result.repairs.ordinary
    assert same_bits(ordinary.model.variables, result.model.variables)


def test_without_repair_there_is_no_list_of_repairs(slow: TrainingResult) -> None:
    assert slow.repairs is None


def test_a_learning_rate_that_is_too_low_is_raised(
    slow: TrainingResult, repaired: tuple[TrainingResult, Heard]
) -> None:
    result, _ = repaired
    assert slow.history["validation_accuracy"][-1] < 0.6
    assert result.history["validation_accuracy"][-1] > 0.8
    assert result.model.about["settings"]["learning_rate"] >= 0.001


def test_the_repaired_run_has_no_alarm(repaired: tuple[TrainingResult, Heard]) -> None:
    result, _ = repaired
    assert not diagnose(result, rows(), validation=0.25).alarms
    assert not result.findings.alarms


def test_what_was_tried_is_told_with_scores_and_costs(
    repaired: tuple[TrainingResult, Heard],
) -> None:
    repairs = repaired[0].repairs
    assert repairs is not None
    (kept,) = repairs.kept
    assert kept.finding == "learning-rate-too-low"
    assert "- learning_rate=1e-06\n+ learning_rate=" in kept.diff
    assert kept.metric == "accuracy"
    assert kept.before is not None
    assert kept.after is not None
    assert kept.after > kept.before
    assert "kept" in str(repairs)


def test_all_updates_are_counted_and_stay_within_the_budget(
    repaired: tuple[TrainingResult, Heard],
) -> None:
    repairs = repaired[0].repairs
    assert repairs is not None
    per_epoch = -(-225 // 32)
    assert repairs.ordinary == 20 * per_epoch
    forks = sum(attempt.steps for attempt in repairs)
    control = repairs.kept[0].steps
    assert repairs.steps == repairs.ordinary + control + forks - repairs.kept[0].steps
    assert repairs.cost <= 1.5


def test_listeners_hear_every_epoch_of_the_winner_once(
    repaired: tuple[TrainingResult, Heard],
) -> None:
    result, heard = repaired
    epochs = [content["epoch"] for content in heard.of("epoch")]
    assert epochs == list(range(1, 21))
    assert len(heard.of("compiled")) == 1
    assert heard[-1] == ("stopped", {"reason": "epochs"})
    assert result.repairs is not None
    told = len(result.repairs) + len(result.repairs.kept)
    assert len(heard.of("repair")) == told


def test_the_list_is_json(repaired: tuple[TrainingResult, Heard]) -> None:
    repairs = repaired[0].repairs
    assert repairs is not None
    again = json.loads(json.dumps(repairs.to_dict()))
    assert again["kept"] == 1
    assert again["repairs"][0]["edits"][0]["at"] == "learning_rate"


def test_what_is_not_better_is_rolled_back(
    slow: TrainingResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "is_better", lambda *_, **__: False)
    monkeypatch.setattr("fathom.diagnose.late.is_better", lambda *_, **__: False)
    result = fm.train(mlp(), rows(), repair=True, **SLOW)
    assert result.repairs is not None
    assert len(result.repairs) > 1
    assert not result.repairs.kept
    assert same_bits(slow.model.variables, result.model.variables)


def test_ctrl_c_while_repairs_are_tried_gives_the_best_run_so_far() -> None:
    def interrupt(event: str, **content: Any) -> None:
        if event == "repair":
            os.kill(os.getpid(), signal.SIGINT)

    result = fm.train(mlp(), rows(), repair=True, listeners=[interrupt], **SLOW)
    assert result.stopped == "interrupted"
    assert 0 < result.history.n_epochs < 20
    assert result.repairs is not None
    assert len(result.repairs) == 1


def test_targets_of_any_size_are_predicted_in_their_own_unit() -> None:
    X, y = numbers()
    y = 1e4 * y + 5e4
    result = fm.train(mlp(1), (X, y), repair=True, **HOW)
    assert result.repairs is not None
    assert result.repairs.kept[0].finding == "unscaled-targets"
    assert abs(result.model.predict(X).mean() - 5e4) < 3e3
    assert result.model.evaluate((X, y))["r2"] > 0.5


def test_a_run_that_knows_its_rows_by_heart_gets_its_best_epoch() -> None:
    how = {"epochs": 80, "validation": 0.25, "learning_rate": 0.003}
    result = fm.train(dense(128), few_rows(), repair=True, **how)
    assert result.repairs is not None
    first = result.repairs[0]
    assert (first.finding, first.steps, first.kept) == ("overfitting", 0, True)
    losses = result.history["validation_loss"]
    assert result.best_epoch == losses[:80].argmin() + 1
    assert result.best_epoch < 60


def test_a_run_of_few_epochs_goes_on_and_says_so() -> None:
    how = {"epochs": 2, "validation": 0.25, "learning_rate": 0.003}
    result = fm.train(mlp(), rows(), repair=True, **how)
    assert result.repairs is not None
    edits = [edit for one in result.repairs.kept for edit in one.edits]
    assert "epochs" in [edit.at for edit in edits]
    assert result.history.n_epochs > 20
    assert result.history["validation_accuracy"][-1] > 0.8


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"validation": None}, "it needs validation: a share"),
        ({"checkpoints": "kept"}, "no checkpoint can be kept"),
        ({"objective": lambda *_: 0}, "an objective of your own"),
    ],
)
def test_what_cannot_be_repaired_is_refused(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        fm.train(mlp(), rows(), repair=True, **{**HOW, **settings})


def test_a_run_folder_keeps_what_was_tried(tmp_path: Path) -> None:
    settings = fm.experiment.ExperimentSettings(
        hidden=(8,), epochs=8, learning_rate=1e-6, repair=True, baselines=False
    )
    done = fm.experiment.run("iris", settings, out=tmp_path / "run")
    kept = json.loads((tmp_path / "run" / "repairs.json").read_text())
    assert kept["kept"] >= 1
    assert fm.load(tmp_path / "run").predict(done.table).shape == (150,)
    with pytest.raises(InputError, match="cannot be resumed"):
        fm.experiment.run("iris", settings, out=tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    ("broken", "kept"),
    [
        ({"schedule": lambda step: 0.5**step}, {"schedule": "cosine"}),
        ({"class_weight": {0: 300.0}}, {"class_weight": None}),
    ],
)
@pytest.mark.slow
def test_what_was_set_wrongly_is_set_right(
    broken: dict[str, Any], kept: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    X = rng.normal(size=(600, 8)) + 0.8 * rng.normal(size=(3, 8))[y]
    network = fm.Network([fm.Dense(32, "relu"), fm.Dense(3, "softmax")], (8,))
    how: Any = {"epochs": 20, "learning_rate": 0.01, "validation": 0.25, **broken}
    result = fm.train(network, (X, y), repair=True, **how)
    done = [edit for one in result.repairs or () if one.kept for edit in one.edits]
    assert {edit.at: edit.value for edit in done}.items() >= kept.items()

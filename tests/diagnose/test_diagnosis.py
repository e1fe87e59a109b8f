"""After a run: from a result or a folder, with and without the data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from tests.diagnose.examples import mlp, numbers, rows

import fathom as fm
from fathom.cli.main import main
from fathom.diagnose.after import findings_of_run
from fathom.diagnose.progress import smoothed
from fathom.diagnosis import diagnose, diagnose_folder
from fathom.experiment import ExperimentSettings, run
from fathom.record.history import History
from fathom.training.settings import Settings

SLOW = {"epochs": 6, "learning_rate": 1e-6, "validation": 0.25}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was too slow."""
    folder = tmp_path_factory.mktemp("runs") / "slow"
    settings = ExperimentSettings(
        hidden=(8,), epochs=6, learning_rate=1e-7, early_stopping=None, baselines=False
    )
    run("iris", settings, out=folder)
    return folder


def copied(kept: Path, to: Path, *without: str) -> Path:
    """Return a copy of a run without some of its files."""
    shutil.copytree(kept, to / "copy")
    for name in without:
        path = to / "copy" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return to / "copy"


def test_record_alone_tells_that_a_rate_is_too_low() -> None:
    result = fm.train(mlp(), rows(), **SLOW)
    assert diagnose(result)[0].name == "learning-rate-too-low"


def test_progress_stands_in_the_evidence_of_an_alarm() -> None:
    result = fm.train(mlp(), rows(), **SLOW)
    found = diagnose(result, rows(), validation=0.25)[0]
    assert found.evidence["progress"].value < found.evidence["progress"].threshold


def test_run_that_overflows_in_its_first_epoch_has_made_no_progress() -> None:
    how = {"optimizer": "sgd", "learning_rate": 1e4, "epochs": 3}
    result = fm.train(mlp(1), numbers(), **how)
    found = diagnose(result)
    assert result.history.n_epochs == 0
    assert found.names[:2] == ("learning-rate-too-high", "non-finite")


def test_run_of_which_every_record_overflowed_is_diagnosed() -> None:
    layers = [fm.Dense(8, "tanh"), fm.Dense(8, jnp.sqrt), fm.Dense(1)]
    result = fm.train(fm.Network(layers, (8,)), numbers(), epochs=1)
    assert not np.isfinite(result.history.step_losses).any()
    assert "non-finite" in diagnose(result).names


def test_nothing_is_said_of_a_run_without_a_record() -> None:
    found = findings_of_run(History(), mlp(), Settings("cross_entropy"))
    assert len(found) == 0
    assert not {"dead-units", "overfitting", "label-noise"} & set(found.passed)


def test_means_are_over_no_more_than_a_fifth_of_the_epochs() -> None:
    assert smoothed(np.array([3.0, 1.0, 2.0])).tolist() == [3.0, 1.0, 2.0]
    assert smoothed(np.arange(15.0))[-1] == 13.0


def test_findings_are_kept_in_the_folder(kept: Path) -> None:
    found = diagnose_folder(kept)
    content = json.loads((kept / "findings.json").read_text("utf-8"))
    assert content == json.loads(found.findings.to_json())
    assert content["findings"][0]["name"] == "learning-rate-too-low"
    assert found.gaps == ()


def test_folder_without_a_log_is_judged_by_its_curves(
    kept: Path, tmp_path: Path
) -> None:
    found = diagnose_folder(copied(kept, tmp_path, "events.jsonl"))
    assert "no statistics of layers" in found.gaps[0]
    assert "dead-units" not in found.findings.passed
    assert "underfitting" in found.findings.names


def test_folder_without_a_model_has_the_network_of_its_checkpoint(
    kept: Path, tmp_path: Path
) -> None:
    found = diagnose_folder(copied(kept, tmp_path, "model"))
    assert found.findings[0].name == "learning-rate-too-low"


def test_killed_run_has_the_network_that_its_settings_make(
    kept: Path, tmp_path: Path
) -> None:
    found = diagnose_folder(copied(kept, tmp_path, "model", "checkpoints"))
    assert found.findings[0].name == "learning-rate-too-low"


def test_verb_prints_cards_and_ends_with_0(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagnose", str(kept)]) == 0
    assert "ALARM: learning-rate-too-low [O005]" in capsys.readouterr().out


def test_verb_prints_json(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(kept), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["alarms"] == len([f for f in content["findings"]
                                     if f["severity"] == "alarm"])  # fmt: skip


def test_verb_refuses_a_folder_that_is_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagnose", str(tmp_path / "none")]) == 2
    assert "There is no run" in capsys.readouterr().err

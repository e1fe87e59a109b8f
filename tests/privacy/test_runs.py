"""Private runs: what they spend, how they go on, what they refuse."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from tests.training.conftest import blobs, network

import fathom as fm
from fathom.export.run_config import read_config
from fathom.privacy.accounting import epsilon_of, steps_of
from fathom.trained import TrainingResult

SEEDED = fm.DifferentialPrivacy(noise=1.0, clip=1.0, seed=0)


def train(**given: Any) -> TrainingResult:
    batch = blobs(120)
    usual: dict[str, Any] = {"epochs": 4, "batch_size": 30, "privacy": SEEDED,
                             "record": False}  # fmt: skip
    return fm.train(network(), (batch.x, batch.y), **{**usual, **given})


@pytest.fixture(scope="module")
def whole() -> TrainingResult:
    return train(epochs=4)


def test_what_is_spent_is_that_of_the_steps_taken(whole: TrainingResult) -> None:
    spent = whole.privacy
    assert spent is not None
    assert (spent.steps, spent.rows, spent.sampling_rate) == (16, 120, 0.25)
    assert spent.epsilon == epsilon_of(1.0, 1e-5, steps_of(120, 30, 4))


def test_the_model_says_what_was_spent(whole: TrainingResult) -> None:
    assert whole.privacy is not None
    assert whole.model.about["privacy"] == whole.privacy.to_dict()


def test_the_history_has_the_share_of_clipped_gradients(whole: TrainingResult) -> None:
    assert whole.privacy is not None
    assert whole.history["clipped"].mean() == pytest.approx(whole.privacy.clipped)
    assert 0 < whole.privacy.clipped < 1


def test_the_spent_privacy_says_what_it_does_not_cover(whole: TrainingResult) -> None:
    words = str(whole.privacy)
    assert "Not covered" in words
    assert "no privacy" in words  # because of the seed


def test_a_seed_repeats_the_run_and_its_absence_does_not(whole: TrainingResult) -> None:
    again = train(epochs=4)
    np.testing.assert_array_equal(again.history["loss"], whole.history["loss"])
    secret = fm.DifferentialPrivacy(noise=1.0, clip=1.0)
    one, other = train(privacy=secret), train(privacy=secret)
    assert (one.history["loss"] != other.history["loss"]).any()
    assert one.privacy is not None
    assert not one.privacy.repeatable


def test_a_resumed_run_counts_its_earlier_steps(
    tmp_path: Path, whole: TrainingResult
) -> None:
    train(epochs=2, checkpoints=tmp_path)
    resumed = train(epochs=4, checkpoints=tmp_path, resume=True)
    assert resumed.privacy == whole.privacy


def test_steps_that_a_killed_run_has_lost_count(tmp_path: Path) -> None:
    """The ledger is written before anything of an epoch is shown."""
    train(epochs=2, checkpoints=tmp_path)
    ledger = tmp_path / "privacy.json"
    assert json.loads(ledger.read_text("utf-8")) == {"epochs": 2}
    ledger.write_text('{"epochs": 3}', "utf-8")  # killed in the fourth epoch
    resumed = train(epochs=4, checkpoints=tmp_path, resume=True)
    assert resumed.privacy is not None
    assert resumed.privacy.steps == 5 * 4


def test_a_damaged_ledger_is_refused(tmp_path: Path) -> None:
    train(epochs=1, checkpoints=tmp_path)
    (tmp_path / "privacy.json").write_text('{"epochs": "no"}', "utf-8")
    with pytest.raises(fm.InputError, match="does not say how many epochs"):
        train(epochs=4, checkpoints=tmp_path, resume=True)


def test_epochs_before_an_early_stop_all_count() -> None:
    stopped = train(epochs=60, early_stopping=1, validation=0.5, learning_rate=0.5)
    spent = stopped.privacy
    assert stopped.stopped == "early_stopping"
    assert spent is not None
    assert spent.steps == 2 * stopped.history.n_epochs


def test_recording_changes_no_private_weight() -> None:
    """With dropout, and an optimizer that does not remember the gradient."""
    dropping = fm.Network(
        [fm.Dense(4, "tanh"), fm.Dropout(0.5), fm.Dense(2, "softmax")], (4,)
    )
    batch = blobs(120)
    one, other = (
        fm.train(dropping, (batch.x, batch.y), epochs=2, batch_size=30, record=record,
                 optimizer="sgd", privacy=SEEDED)
        for record in (True, False)
    )  # fmt: skip
    jax.tree.map(
        np.testing.assert_array_equal, one.model.variables, other.model.variables
    )
    norms = one.history.layers["dense_1"]["gradient_norm"]
    assert len(norms) > 0
    assert (norms > 0).all()


def test_another_noise_compiles_nothing_anew(whole: TrainingResult) -> None:
    other = train(privacy=fm.DifferentialPrivacy(noise=2.0, clip=0.1, seed=0))
    assert other.compile_seconds < 0.2
    assert (other.history["loss"] != whole.history["loss"]).any()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sample_weight": np.ones(120)}, "leave sample_weight out"),
        ({"class_weight": "balanced"}, "leave class_weight out"),
        ({"repair": True, "validation": 0.2}, "leave repair out"),
        ({"weight_decay": "auto"}, "weight_decay must be a number"),
        ({"mix_up": 0.2}, "'mix_up' parameter of train must be None with privacy"),
        ({"accumulate": 2}, "'accumulate' parameter of train must be 1 with privacy"),
        ({"shuffle": False}, "'shuffle' parameter of train must be True with privacy"),
        ({"precision": "bfloat16"}, "'precision' parameter of train must be"),
        ({"objective": lambda *_: 0}, "'objective' parameter of train must be None"),
        ({"privacy": 1.0}, "'privacy' parameter of train must be"),
    ],
)
def test_what_does_not_go_with_privacy_is_refused(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(fm.InputError, match=said):
        train(**given)


def test_a_layer_that_mixes_rows_is_refused() -> None:
    mixing = fm.Network([fm.BatchNorm(), fm.Dense(2, "softmax")], (4,))
    batch = blobs(20)
    with pytest.raises(fm.InputError, match="'batch_norm_1' normalizes by the other"):
        fm.train(mixing, (batch.x, batch.y), privacy=SEEDED)


@pytest.mark.parametrize("name", ["cross_validate", "train_ensemble"])
def test_several_runs_on_the_same_rows_are_refused(name: str) -> None:
    batch = blobs(40)
    with pytest.raises(fm.InputError, match="privacy is of one run"):
        getattr(fm, name)(network(), (batch.x, batch.y), privacy=SEEDED)


def test_the_folder_of_a_private_run_says_so_everywhere(tmp_path: Path) -> None:
    """And goes on with the noise that its config names, with a count of all steps."""
    settings = fm.experiment.ExperimentSettings(
        hidden=(8,), epochs=2, baselines=False, record=False, privacy=SEEDED
    )
    out = tmp_path / "run"
    run = fm.experiment.run("iris", settings, out=out)
    assert run.result.privacy is not None
    kept = json.loads((out / "run.json").read_text("utf-8"))["privacy"]
    assert kept == run.result.privacy.to_dict()
    again = read_config(out)["privacy"]
    assert fm.DifferentialPrivacy.from_plain(again) == SEEDED
    assert "## Privacy" in (out / "README.md").read_text("utf-8")
    longer = dataclasses.replace(settings, epochs=3)
    resumed = fm.experiment.run("iris", longer, out=out, resume=True)
    assert resumed.result.privacy is not None
    assert resumed.result.privacy.steps == 1.5 * run.result.privacy.steps


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"batch_norm": True}, "batch_norm mixes the rows"),
        ({"class_weight": "balanced"}, "leave class_weight out"),
        ({"repair": True}, "leave repair out"),
        ({"weight_decay": "auto"}, "weight_decay must be a number"),
    ],
)
def test_settings_of_an_experiment_that_do_not_fit_are_refused(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(fm.InputError, match=said):
        fm.experiment.ExperimentSettings.from_dict({"privacy": "1,1", **given})


def test_a_learning_curve_is_refused() -> None:
    with pytest.raises(fm.InputError, match="'privacy' parameter of learning_curve"):
        fm.learning_curve("mlp", fm.datasets.load("iris"), privacy=SEEDED)

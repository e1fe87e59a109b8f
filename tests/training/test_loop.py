"""How a run ends, and how it goes on."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from tests.training.conftest import blobs

import fathom as fm
from fathom.training.objective import Batch


def equal(one: Any, other: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, one, other)


def overfitting(run: Any, **changed: Any) -> Any:
    """A run whose validation loss soon rises: labels of noise."""
    held = blobs(40, seed=3)
    held = held._replace(y=np.random.default_rng(0).permutation(held.y))
    usual = {"validation": held, "learning_rate": 0.05, "epochs": 60}
    return run(**{**usual, **changed})


def test_early_stopping_gives_the_weights_of_the_best_epoch(run: Any) -> None:
    stopped = overfitting(run, early_stopping=5).train()
    assert stopped.stopped == "early_stopping"
    best = int(np.argmin(stopped.history["validation_loss"])) + 1
    assert stopped.best_epoch == best
    equal(stopped.variables, overfitting(run, epochs=best).train().variables)


def test_early_stopping_waits_as_long_as_it_was_told(run: Any) -> None:
    outcome = overfitting(run, early_stopping=5).train()
    assert outcome.history.n_epochs == outcome.best_epoch + 5


def test_without_early_stopping_the_last_weights_are_kept(run: Any) -> None:
    outcome = overfitting(run, epochs=8).train()
    assert (outcome.stopped, outcome.best_epoch) == ("epochs", 8)


def test_history_has_a_row_for_every_epoch(run: Any) -> None:
    history = run(validation=blobs(10, 1), epochs=3).train().history
    assert history["epoch"].tolist() == [1, 2, 3]
    assert list(history) == [
        "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy",
        "learning_rate", "seconds",
    ]  # fmt: skip


def test_listeners_hear_of_every_epoch_and_of_the_end(run: Any) -> None:
    heard: list[str] = []
    run(epochs=2, listeners=[lambda event, **_: heard.append(event)]).train()
    assert heard == ["compiled", "epoch", "epoch", "stopped"]


def test_a_run_that_blows_up_keeps_the_last_good_weights(run: Any) -> None:
    """The squares of huge targets overflow once the weights have grown."""
    data = Batch(
        np.full((8, 4), 1e3, np.float32), np.ones((8, 1), np.float32), np.ones(8, "f")
    )
    net = fm.Network([fm.Dense(1)], input_shape=(4,))
    changed = {"network": net, "loss": "mse", "metrics": (), "optimizer": "sgd"}
    outcome = run(data=data, epochs=50, learning_rate=1.0, **changed).train()
    good = outcome.history.n_epochs
    assert outcome.stopped == "non_finite"
    assert 0 < good < 50
    assert np.isfinite(outcome.history["loss"]).all()
    shorter = run(data=data, epochs=good, learning_rate=1.0, **changed).train()
    equal(outcome.variables, shorter.variables)


def test_a_resumed_run_equals_one_that_never_stopped(run: Any, tmp_path: Path) -> None:
    run(epochs=3, checkpoints=tmp_path).train()
    resumed = run(epochs=7, checkpoints=tmp_path, resume=True).train()
    never = run(epochs=7).train()
    equal(resumed.variables, never.variables)
    np.testing.assert_array_equal(resumed.history["loss"], never.history["loss"])


def test_a_resumed_run_with_dropout_and_early_stopping_is_the_same(
    run: Any, tmp_path: Path
) -> None:
    layers = [
        fm.Dense(8, "relu"),
        fm.BatchNorm(),
        fm.Dropout(0.3),
        fm.Dense(2, "softmax"),
    ]
    net = fm.Network(layers, input_shape=(4,))
    changed = {"network": net, "early_stopping": 8}
    overfitting(run, epochs=4, checkpoints=tmp_path, **changed).train()
    resumed = overfitting(run, checkpoints=tmp_path, resume=True, **changed).train()
    never = overfitting(run, **changed).train()
    equal(resumed.variables, never.variables)
    assert resumed.best_epoch == never.best_epoch


def test_a_finished_run_resumed_does_nothing_more(run: Any, tmp_path: Path) -> None:
    first = run(epochs=3, checkpoints=tmp_path).train()
    again = run(epochs=3, checkpoints=tmp_path, resume=True).train()
    assert again.history.n_epochs == 3
    equal(first.variables, again.variables)


def test_ctrl_c_ends_between_two_epochs_and_can_be_resumed(
    run: Any, tmp_path: Path
) -> None:
    def press(event: str, **row: Any) -> None:
        if event == "epoch" and row["epoch"] == 4:
            os.kill(os.getpid(), signal.SIGINT)

    stopped = run(epochs=9, checkpoints=tmp_path, listeners=[press]).train()
    assert (stopped.stopped, stopped.history.n_epochs) == ("interrupted", 4)
    resumed = run(epochs=9, checkpoints=tmp_path, resume=True).train()
    equal(resumed.variables, run(epochs=9).train().variables)


def test_ctrl_c_works_as_before_after_a_run(run: Any) -> None:
    before = signal.getsignal(signal.SIGINT)
    run(epochs=1).train()
    assert signal.getsignal(signal.SIGINT) is before


def test_resuming_with_other_settings_is_refused(run: Any, tmp_path: Path) -> None:
    run(epochs=2, checkpoints=tmp_path).train()
    other = run(epochs=4, learning_rate=0.5, checkpoints=tmp_path, resume=True)
    with pytest.raises(fm.InputError, match=r"learning_rate = None.*= 0\.5"):
        other.train()


def test_a_checkpoint_cut_in_half_is_refused(run: Any, tmp_path: Path) -> None:
    run(epochs=2, checkpoints=tmp_path).train()
    arrays = next(tmp_path.glob("*.safetensors"))
    arrays.write_bytes(arrays.read_bytes()[:200])
    with pytest.raises(fm.InputError, match="damaged"):
        run(epochs=4, checkpoints=tmp_path, resume=True).train()


def test_a_checkpoint_of_another_network_is_refused(run: Any, tmp_path: Path) -> None:
    run(epochs=2, checkpoints=tmp_path).train()
    net = fm.Network([fm.Dense(9, "tanh"), fm.Dense(2, "softmax")], input_shape=(4,))
    with pytest.raises(fm.InputError, match="network"):
        run(network=net, checkpoints=tmp_path, resume=True).train()


def test_a_batch_is_never_larger_than_the_data(run: Any) -> None:
    huge, whole = run(batch_size=10**12), run(batch_size=37)
    equal(huge.train().variables, whole.train().variables)


def test_what_cannot_be_saved_is_refused_before_the_work(
    run: Any, tmp_path: Path
) -> None:
    network = fm.Network([fm.Dense(2, lambda z: z)], (4,))
    heard: list[str] = []
    listeners = [lambda event, **_: heard.append(event)]
    with pytest.raises(fm.InputError, match="cannot be written as JSON"):
        run(network=network, checkpoints=tmp_path, listeners=listeners).train()
    assert heard == []


def test_a_folder_for_checkpoints_that_cannot_be_made_is_refused_before_the_work(
    run: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    heard: list[str] = []
    listeners = [lambda event, **_: heard.append(event)]
    with pytest.raises(fm.InputError, match="Cannot write to"):
        run(checkpoints=tmp_path / "file", listeners=listeners).train()
    assert "epoch" not in heard


@pytest.mark.parametrize(
    "changed",
    [{"history": [5] * 6}, {"history": [{}] * 6}, {"epoch": "6"}, {"settings": 5}],
)
def test_an_edited_checkpoint_is_refused(
    run: Any, tmp_path: Path, changed: dict[str, Any]
) -> None:
    run(checkpoints=tmp_path).train()
    file = tmp_path / "checkpoint.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changed}))
    with pytest.raises(fm.InputError, match="damaged"):
        run(checkpoints=tmp_path, resume=True, epochs=9).train()

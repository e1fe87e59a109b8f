"""Records in the log of a run, and the history read back from there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fathom as fm
from fathom.record.events import EventLog
from fathom.record.log import read_history

X = np.random.default_rng(0).normal(size=(64, 6)).astype(np.float32)
Y = (np.arange(64) % 3).astype(np.int32)


def network() -> fm.Network:
    return fm.Network([fm.Dense(8, "relu"), fm.Dense(3, "softmax")], (6,))


def logged(folder: Path, net: fm.Network | None = None, **changed: Any) -> Any:
    """Train, and write what the listeners hear as a run folder does."""
    from fathom.plain import plain

    log = EventLog(folder / "events.jsonl")

    def listen(event: str, **content: Any) -> None:
        log.write(event, **plain(content))

    usual = {"epochs": 4, "batch_size": 8, "listeners": [listen], "validation": 0.25}
    return fm.train(net or network(), (X, Y), **{**usual, **changed})


def assert_same(read: Any, kept: Any) -> None:
    assert list(read) == list(kept)
    for name in kept:
        np.testing.assert_allclose(read[name], kept[name], rtol=1e-5)
    np.testing.assert_array_equal(read.steps, kept.steps)
    np.testing.assert_allclose(read.step_losses, kept.step_losses, rtol=1e-5)
    assert list(read.layers) == list(kept.layers)
    for name in kept.layers:
        for statistic, values in kept.layers[name].items():
            own = read.layers[name][statistic]
            np.testing.assert_allclose(own, values, rtol=2e-5, atol=1e-30)
    np.testing.assert_array_equal(read.classes.epochs, kept.classes.epochs)
    np.testing.assert_allclose(read.classes.recall, kept.classes.recall, rtol=1e-5)


def test_the_history_is_read_back_from_the_log(tmp_path: Path) -> None:
    kept = logged(tmp_path).history
    assert_same(read_history(tmp_path), kept)


def test_a_resumed_run_has_every_epoch_once(tmp_path: Path) -> None:
    """Killed behind its 6th epoch, with a checkpoint of the 4th."""
    folder = tmp_path / "checkpoints"
    logged(tmp_path, epochs=4, checkpoints=folder)
    saved = {path: path.read_bytes() for path in folder.iterdir()}
    logged(tmp_path, epochs=6, checkpoints=folder, resume=True)
    for path in folder.iterdir():
        path.unlink()
    for path, content in saved.items():
        path.write_bytes(content)
    resumed = logged(tmp_path, epochs=9, checkpoints=folder, resume=True).history
    read = read_history(tmp_path)
    assert read["epoch"].tolist() == list(range(1, 10))
    np.testing.assert_array_equal(read.steps, resumed.steps)
    np.testing.assert_array_equal(np.unique(read.steps), read.steps)
    never = logged(tmp_path / "..", epochs=9).history
    np.testing.assert_array_equal(resumed.steps, never.steps)
    for name in never.layers:
        for statistic, values in never.layers[name].items():
            np.testing.assert_array_equal(resumed.layers[name][statistic], values)
    assert never.weights.table("dense_1")[0].tolist() == [1, 2, 3, 4, 6, 8]
    for address in never.weights.addresses:
        own, known = (run.weights.table(address) for run in (resumed, never))
        for one, other in zip(own, known, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_log_cut_off_in_a_line_is_read_up_to_it(tmp_path: Path) -> None:
    logged(tmp_path)
    log = tmp_path / "events.jsonl"
    lines = log.read_text().splitlines()
    log.write_text("\n".join(lines[:3]) + "\n" + lines[3][:50])
    read = read_history(tmp_path)
    assert read["epoch"].tolist() == [1, 2]
    assert read.steps.max() <= 12


def test_a_line_of_a_deep_network_stays_short(tmp_path: Path) -> None:
    block = fm.Residual([fm.Dense(6, "relu", weight_init="normal(0.01)")])
    net = fm.Network([fm.Repeat(block, 300), fm.Dense(3, "softmax")], (6,))
    kept = logged(tmp_path, net, epochs=3).history
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert max(len(line) for line in lines if '"epoch"' in line) < 20_000
    read = read_history(tmp_path)
    assert len(kept.layers) == 301
    assert "repeat_1[0]/residual_1/dense_1" in read.layers
    assert "dense_1" in read.layers
    last = kept.layers["dense_1"]["gradient_norm"][-1]
    assert read.layers["dense_1"]["gradient_norm"][-1] == pytest.approx(last, rel=1e-5)


def test_a_run_that_blew_up_tells_where(tmp_path: Path) -> None:
    result = logged(tmp_path, optimizer="sgd", learning_rate=1e30)
    assert result.stopped == "non_finite"
    read = read_history(tmp_path)
    assert read.non_finite == result.history.non_finite
    np.testing.assert_array_equal(read.steps, result.history.steps)


def test_an_experiments_folder_holds_its_history(tmp_path: Path) -> None:
    settings = fm.experiment.ExperimentSettings(hidden=(4,), epochs=3, baselines=False)
    done = fm.experiment.run("iris", settings, out=tmp_path / "run")
    assert_same(read_history(tmp_path / "run"), done.history)


def test_a_folder_without_a_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(fm.InputError, match="it has no events"):
        read_history(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"event": "epoch", "epoch": "two"},
        {"event": "epoch", "epoch": 9, "record": {"steps": [1]}},
        {"event": "epoch", "epoch": 9, "record": 5},
        {"event": "compiled", "layers": [1]},
        {"event": "stopped", "non_finite": {"color": "red"}},
        [1],
    ],
)
def test_a_damaged_log_is_refused(tmp_path: Path, change: Any) -> None:
    logged(tmp_path, epochs=1)
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write(json.dumps(change) + "\n")
    with pytest.raises(fm.InputError, match="damaged"):
        read_history(tmp_path)


def test_a_checkpoint_whose_records_do_not_fit_is_refused(tmp_path: Path) -> None:
    logged(tmp_path, checkpoints=tmp_path / "c")
    path = tmp_path / "c" / "checkpoint.json"
    document = json.loads(path.read_text())
    document["columns"]["gradient_norm"] = ["dense_1"]
    path.write_text(json.dumps(document))
    with pytest.raises(fm.InputError, match="its records do not fit"):
        logged(tmp_path, epochs=9, checkpoints=tmp_path / "c", resume=True)


def test_a_run_may_be_resumed_with_another_way_of_recording(tmp_path: Path) -> None:
    changed = {"checkpoints": tmp_path / "c"}
    logged(tmp_path, epochs=2, record=False, **changed)
    resumed = logged(tmp_path, epochs=4, resume=True, **changed)
    assert resumed.history.n_epochs == 4
    assert resumed.history.steps.min() > 12

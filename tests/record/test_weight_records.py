"""Histograms of the weights, epoch by epoch, hold what the weights were."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import fathom as fm
from fathom.record.history import History
from fathom.record.log import RecordLog, read_history
from fathom.record.weight_records import BARS, MOST_COUNTED, Counts, counted
from fathom.report.weights_over_time import weights_over_time


def bars(weights: np.ndarray, power: int) -> np.ndarray:
    return np.histogram(weights, np.linspace(-1, 1, BARS + 1) * 2.0**power)[0]


@pytest.mark.parametrize("size", [1e-40, 0.07, 1.0, 3e7])
def test_counts_are_those_of_numpys_histogram(size: float) -> None:
    weights = (np.random.default_rng(0).normal(size=500) * size).astype(np.float32)
    found = counted(weights)
    assert found.counts.tolist() == bars(weights, found.power).tolist()
    assert found.counts.sum() == 500


def test_wider_bars_hold_what_the_narrow_ones_held() -> None:
    weights = np.random.default_rng(1).normal(size=300).astype(np.float32)
    found = counted(weights)
    wider = found.up_to(found.power + 3)
    assert wider.counts.tolist() == bars(weights, found.power + 3).tolist()


def test_zeros_and_what_is_not_finite_do_no_harm() -> None:
    assert counted(np.zeros(4)).counts[BARS // 2] == 4
    assert counted(np.array([np.nan, np.inf, 0.5])).counts.sum() == 1
    assert counted(np.zeros(0)).counts.sum() == 0


def test_of_very_many_weights_evenly_spaced_ones_are_counted() -> None:
    weights = np.zeros(3 * MOST_COUNTED - 1)
    weights[::3] = 1.0
    assert counted(weights).counts[3 * BARS // 4] == MOST_COUNTED


@pytest.fixture(scope="module")
def result() -> fm.TrainingResult:
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    network = fm.Network([fm.Dense(6, "tanh", name="h"), fm.Dense(3, name="out")])
    return fm.train(network, (x, x), epochs=4, learning_rate=0.05, seed=0)


def test_the_last_row_is_the_histogram_of_the_trained_weights(
    result: fm.TrainingResult,
) -> None:
    assert result.history.weights is not None
    epochs, edges, shares = result.history.weights.table("h")
    assert epochs.tolist() == [1, 2, 3, 4]
    weights = result.model.variables["h"]["weight"]
    expected = np.histogram(weights, edges)[0] / weights.size
    np.testing.assert_allclose(shares[-1], expected)


def test_the_log_has_the_same(result: fm.TrainingResult, tmp_path: Path) -> None:
    records = result.history.records
    log = RecordLog(records.columns)
    line = log.line(records, len(records.steps), 0, 3)
    events = [
        {"event": "compiled", "layers": log.heading()},
        {"event": "epoch", "epoch": 4, "loss": 0.5, "record": line},
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, events)) + "\n")
    ((epoch, row),) = read_history(tmp_path).records.weights
    assert epoch == 4
    for name, counts in records.weights[3][1].items():
        assert row[name].power == counts.power
        assert row[name].counts.tolist() == counts.counts.tolist()


def test_a_picture_has_a_column_for_every_counted_epoch(
    result: fm.TrainingResult,
) -> None:
    picture = weights_over_time(result.history)
    assert picture is not None
    first = picture.chart.data[0]
    assert list(first.x) == ["1", "2", "3", "4"]
    assert np.asarray(first.customdata).sum(axis=0) == pytest.approx(1)


def test_weights_that_became_wider_are_shown_on_one_scale() -> None:
    history = History()
    full = np.full(BARS, 2)
    for epoch, power in ((1, -2), (2, 1)):
        history.records.weights.append((epoch, {"a": Counts(power, full)}))
    assert history.weights is not None
    _, edges, shares = history.weights.table("a")
    assert edges[-1] == 2
    assert np.flatnonzero(shares[0]).tolist() == list(range(28, 36))

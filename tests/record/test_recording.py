"""Which steps are recorded, and what the setting may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fathom as fm
from fathom.record.recording import Recording, recording_of

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y = (np.arange(60) % 2).astype(np.int32)


def train(**changed: Any) -> Any:
    net = fm.Network([fm.Dense(4, "relu"), fm.Dense(2, "softmax")], (4,))
    return fm.train(net, (X, Y), **{"epochs": 5, "batch_size": 2, **changed})


def test_the_first_steps_are_recorded_densely_and_later_ones_now_and_then() -> None:
    steps = train(epochs=12).history.steps.tolist()
    assert steps[:12] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15]
    assert [step for step in steps if step > 50] == [101, 201, 301]


def test_a_long_epoch_has_a_bounded_number_of_records() -> None:
    recording = Recording()
    assert len(recording.steps(epoch=3, n_steps=100_000)) == 20


@pytest.mark.parametrize("n_steps", [1, 2, 7, 49, 50, 99, 100, 101, 12_345])
def test_no_epoch_has_more_records_than_the_program_has_room_for(n_steps: int) -> None:
    for recording in (Recording(), Recording(first=0), Recording(every=1)):
        most = recording.most(n_steps)
        counts = [len(recording.steps(epoch, n_steps)) for epoch in range(120)]
        assert max(counts) <= most


def test_nothing_is_kept_when_recording_is_off() -> None:
    history = train(record=False).history
    assert (len(history.steps), len(history.layers), history.classes) == (0, 0, None)
    assert history.n_epochs == 5


def test_full_records_more() -> None:
    usual, full = train().history.steps, train(record="full").history.steps
    assert set(usual) < set(full)


def test_a_setting_that_is_none_of_these_is_refused() -> None:
    with pytest.raises(fm.InputError, match="must be True, False, 'full'"):
        train(record="all")


def test_a_stride_of_0_is_refused() -> None:
    with pytest.raises(fm.InputError, match="'every' parameter of Recording"):
        Recording(every=0)


def test_the_setting_can_be_written_and_read() -> None:
    settings = train(record=Recording(every=7)).model.about["settings"]
    assert recording_of(settings["record"]) == Recording(every=7)


def test_a_layer_and_a_statistic_that_are_not_there_are_named() -> None:
    layers = train().history.layers
    with pytest.raises(KeyError, match="the layers are: dense_1, dense_2"):
        layers["dense_9"]
    with pytest.raises(KeyError, match="the statistics are: gradient_norm"):
        layers.table("gradient")


def test_a_table_has_a_row_for_every_record_and_a_column_for_every_layer() -> None:
    history = train().history
    addresses, table = history.layers.table("update_ratio")
    assert addresses == ("dense_1", "dense_2")
    assert table.shape == (len(history.steps), 2)


def test_classes_are_counted_on_the_validation_examples() -> None:
    x, y = X[:30], np.zeros(30, np.int32)
    history = train(validation=(x, y)).history
    classes = history.classes
    assert classes.count.tolist() == [[30, 0]] * len(classes.epochs)
    assert classes.predicted.sum(1).tolist() == [30] * len(classes.epochs)
    accuracy = history["validation_accuracy"][classes.epochs - 1]
    np.testing.assert_allclose(classes.recall[:, 0], accuracy, rtol=1e-6)
    loss = history["validation_loss"][classes.epochs - 1]
    np.testing.assert_allclose(classes.loss[:, 0], loss, rtol=1e-4)
    assert np.isnan(classes.recall[:, 1]).all()


def test_the_last_epoch_is_always_judged() -> None:
    assert train(batch_size=60, epochs=9).history.classes.epochs.tolist() == [1, 9]


def test_a_single_sigmoid_tells_two_classes_apart() -> None:
    net = fm.Network([fm.Dense(1, "sigmoid")], (4,))
    result = fm.train(net, (X, Y), epochs=1, batch_size=60)
    chosen = result.model.predict(X)
    predicted = [(chosen == label).sum() for label in (0, 1)]
    assert result.history.classes.predicted[-1].tolist() == predicted


def test_a_regression_has_no_classes() -> None:
    net = fm.Network([fm.Dense(1)], (4,))
    assert fm.train(net, (X, X[:, 0]), epochs=1).history.classes is None


def test_steps_of_a_sequence_without_a_class_do_not_count() -> None:
    net = fm.Network([fm.Embedding(5, 4), fm.Dense(5, "softmax")], (6,))
    x = np.random.default_rng(0).integers(0, 5, (20, 6))
    y = np.where(np.arange(6) < 4, x, -1)
    classes = fm.train(net, (x, y), epochs=1, batch_size=20).history.classes
    assert classes.count.sum() == classes.predicted.sum() == 20 * 4

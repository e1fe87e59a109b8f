"""Charts of training show the history's numbers and mark the epoch that was kept."""

from __future__ import annotations

import numpy as np
import pytest

from fathom.report.training_charts import (
    MOST_EPOCHS,
    learning_rate_curve,
    loss_curves,
    metric_curves,
)


def history(n: int = 30, **more: object) -> dict[str, object]:
    epochs = np.arange(1, n + 1)
    loss = 1.0 / epochs
    held = 0.5 + 0.01 * (epochs - 10.0) ** 2 / n
    return {
        "epoch": epochs, "loss": loss, "accuracy": 1 - loss / 2,
        "validation_loss": held, "validation_accuracy": 1 - held / 2,
        "learning_rate": np.full(n, np.float32(0.001)), "seconds": loss, **more,
    }  # fmt: skip


def test_both_losses_are_drawn_as_they_are() -> None:
    given = history()
    training, validation, _ = loss_curves(given, 10).chart.data
    assert list(training.y) == list(given["loss"])
    assert list(validation.y) == list(given["validation_loss"])


def test_the_epoch_that_was_kept_is_marked_and_said() -> None:
    picture = loss_curves(history(), 10)
    mark = picture.chart.data[-1]
    assert set(mark.x) == {10}
    assert "epoch 10" in mark.name
    assert "The weights kept are those of epoch 10 (validation loss 0.5)" in (
        picture.alternative
    )


def test_nothing_is_marked_if_no_epoch_is_known() -> None:
    assert len(loss_curves(history(), None).chart.data) == 2


def test_the_alternative_has_the_ends_and_the_lowest() -> None:
    text = loss_curves(history(), 10).alternative
    assert "Training: 1 at first, 0.03333 at last, lowest 0.03333 (epoch 30)" in text
    assert "lowest 0.5 (epoch 10)" in text


def test_a_loss_over_several_powers_of_ten_has_a_logarithmic_axis() -> None:
    assert loss_curves(history()).chart.layout.yaxis.type == "log"


def test_a_loss_that_changes_little_has_a_linear_axis() -> None:
    picture = loss_curves(history(5))
    assert picture.chart.layout.yaxis.type is None


def test_a_negative_loss_has_a_linear_axis() -> None:
    given = history(loss=-(np.arange(30.0) ** 3))
    assert loss_curves(given).chart.layout.yaxis.type is None


def test_without_validation_only_training_is_drawn() -> None:
    given = history()
    del given["validation_loss"]
    picture = loss_curves(given, 30)
    assert [line.name for line in picture.chart.data] == ["training", "kept: epoch 30"]
    assert "validation" not in picture.question


def test_a_loss_that_is_not_finite_is_a_gap() -> None:
    loss = [0.5, None, float("nan"), float("inf")]
    given = {"epoch": [1, 2, 3, 4], "loss": loss}
    picture = loss_curves(given)
    assert list(picture.chart.data[0].y) == [0.5, None, None, None]
    assert picture.chart.to_json()


def test_a_long_history_is_thinned_and_keeps_its_ends() -> None:
    line = loss_curves(history(5000)).chart.data[0]
    assert len(line.x) <= MOST_EPOCHS
    assert (line.x[0], line.x[-1]) == (1, 5000)


def test_every_metric_has_its_picture() -> None:
    (picture,) = metric_curves(history(), 10)
    assert picture.question == "How does the accuracy develop?"
    assert picture.reading.startswith("Higher is better")


def test_a_constant_learning_rate_has_no_picture() -> None:
    assert learning_rate_curve(history()) is None


def test_a_schedule_has_its_picture() -> None:
    rates = np.linspace(0.01, 0.001, 30)
    picture = learning_rate_curve(history(learning_rate=rates))
    assert picture is not None
    assert picture.chart.data[0].y == pytest.approx(rates)
    assert "0.01 after the first" in picture.alternative

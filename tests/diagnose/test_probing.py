"""Experiments put the cause first that they speak for."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import fathom as fm
from fathom.diagnose.finding import Finding, Findings
from fathom.diagnosis import diagnose

NETWORK = fm.Network([fm.Dense(16, "relu"), fm.Dense(3, "softmax")], (4,))


def clouds() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    return (2 * np.eye(3, 4)[y] + rng.normal(size=(300, 4))).astype(np.float32), y


@cache
def sick() -> Findings:
    """A learning rate far too high, and what comes of it."""
    data = clouds()
    run = fm.train(NETWORK, data, validation=0.2, epochs=10, learning_rate=30.0)
    return diagnose(run, data, validation=0.2, probe=True)


@cache
def by_chance() -> Findings:
    X, y = clouds()
    data = X, np.random.default_rng(1).permutation(y)
    run = fm.train(NETWORK, data, validation=0.2, epochs=20, learning_rate=0.01)
    return diagnose(run, data, validation=0.2, probe=True)


def test_the_cause_whose_repair_helps_comes_first() -> None:
    (done,) = sick().probes
    assert "repair helps at once" in done.question
    assert sick()[0].name in done.answer
    assert "with the repair" in " ".join(sick()[0].evidence)


def test_a_probe_says_what_it_cost() -> None:
    updates = sick().probes[0].updates
    assert updates % 8 == 0  # a batch of 32, and 240 rows
    assert 200 <= updates <= 1000


def test_random_labels_are_learned_by_heart_when_they_are_few() -> None:
    (done,) = by_chance().probes
    assert "nothing is broken" in done.answer
    assert by_chance()[0].name == "random-labels"
    assert by_chance()[0].evidence["accuracy on 32 rows"].value >= 0.95


def test_a_probe_is_shown_and_kept_with_the_findings() -> None:
    assert "PROBE: Can 32 rows be learned by heart?" in str(by_chance())
    assert by_chance().to_dict()["probes"][0]["updates"] >= 100


def test_nothing_is_run_where_there_is_nothing_to_tell_apart() -> None:
    data = clouds()
    run = fm.train(NETWORK, data, validation=0.2, epochs=10, learning_rate=0.01)
    found = diagnose(run, data, validation=0.2, probe=True)
    assert not found.alarms
    assert found.probes == ()


def test_what_cannot_learn_one_batch_is_broken() -> None:
    from fathom.diagnose.probing import probe
    from fathom.diagnose.task import Task
    from fathom.preparation import Held, prepare
    from fathom.training.settings import Settings

    data = clouds()
    settings = Settings("cross_entropy", learning_rate=1e-7)
    bare = prepare(NETWORK, data, settings.loss, Held(0.2, 0))
    wrong_order = Findings(
        tuple(
            Finding("X", name, "alarm", "", "")
            for name in ("overfitting", "learning-rate-too-low")
        )
    )
    found = probe(Task(bare, settings, data, 0.2), wrong_order)
    assert found.names == ("learning-rate-too-low", "overfitting")


@pytest.mark.parametrize("how", [{"loss": lambda p, y: (p - y) ** 2 @ np.ones(3)}])
def test_a_run_with_a_loss_of_ones_own_is_not_repeated(how: dict[str, Any]) -> None:
    X, y = clouds()
    run = fm.train(NETWORK, (X, np.eye(3)[y]), epochs=1, **how)
    with pytest.raises(fm.InputError, match="your own"):
        diagnose(run, (X, np.eye(3)[y]), probe=True)


def test_a_probe_needs_the_data() -> None:
    run = fm.train(NETWORK, clouds(), epochs=1)
    with pytest.raises(fm.InputError, match="needs the data"):
        diagnose(run, probe=True)

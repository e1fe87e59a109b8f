"""What `fathom.train` says is wrong with a run."""

from __future__ import annotations

import numpy as np

import fathom as fm


def rows() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 4)).astype(np.float32)
    return X, (X[:, 0] + X[:, 1] > 0).astype(int)


def network() -> fm.Network:
    return fm.Network([fm.Dense(16, "relu"), fm.Dense(2, "softmax")], (4,))


def test_a_far_too_large_learning_rate_is_found() -> None:
    how = {"learning_rate": 30.0, "optimizer": "sgd", "epochs": 8, "validation": 0.25}
    found = fm.train(network(), rows(), **how).findings
    assert found.alarms
    names = [finding.name for finding in found]
    assert "learning-rate-too-high" in names[:3]


def test_a_healthy_run_has_no_alarm() -> None:
    how = {"learning_rate": 0.01, "epochs": 30, "validation": 0.25}
    assert not fm.train(network(), rows(), **how).findings.alarms


def test_an_objective_of_ones_own_is_not_judged() -> None:
    def objective(net, variables, batch, key):
        return ((net.apply(variables, batch.x) - 0.5) ** 2).mean(1)

    X, _ = rows()
    result = fm.train(network(), X, objective=objective, epochs=1)
    assert not list(result.findings)

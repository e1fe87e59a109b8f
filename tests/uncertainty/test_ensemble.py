"""Members trained side by side are those that would be trained one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import fathom as fm

SETTINGS: dict[str, Any] = {"epochs": 4, "learning_rate": 0.01, "batch_size": 16}
WAVES = np.random.default_rng(0).normal(size=(70, 3)).astype(np.float32)
SUMS = (WAVES.sum(axis=1) > 0).astype(int)
DROPPING = fm.Network(
    [fm.Dense(6, "relu"), fm.Dropout(0.2), fm.Dense(2, "softmax")], (3,)
)


def largest_difference(a: dict[str, Any], b: dict[str, Any]) -> float:
    apart = jax.tree.map(lambda x, y: float(np.abs(x - y).max()), a, b)
    return max(jax.tree.leaves(apart))


@pytest.fixture(scope="module")
def result() -> fm.EnsembleResult:
    more = {"validation": 0.2, "early_stopping": 2, **SETTINGS}
    return fm.train_ensemble(DROPPING, (WAVES, SUMS), n_members=3, seed=5, **more)


@pytest.mark.parametrize("i", [0, 2])
def test_a_member_is_the_network_of_a_training_with_its_seed(
    result: fm.EnsembleResult, i: int
) -> None:
    more = {"validation": 0.2, "early_stopping": 2, **SETTINGS}
    alone = fm.train(DROPPING, (WAVES, SUMS), seed=5 + i, **more)
    member = result.model.members[i]
    assert largest_difference(member.variables, alone.model.variables) < 1e-5


def test_members_on_the_same_rows_are_those_of_their_seeds_too() -> None:
    data = (WAVES, WAVES[:, 0])
    network = fm.Network([fm.Dense(4, "tanh"), fm.Dense(1)], (3,))
    found = fm.train_ensemble(network, data, n_members=3, **SETTINGS)
    alone = fm.train(network, data, seed=1, **SETTINGS)
    apart = largest_difference(found.model.members[1].variables, alone.model.variables)
    assert apart < 1e-5

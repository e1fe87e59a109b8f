"""Members trained side by side are those that would be trained one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import fathom as fm
from fathom.training import ensemble_runs

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
    """Of members that stand side by side, as on an accelerator."""
    more = {"validation": 0.2, "early_stopping": 2, **SETTINGS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble_runs, "ABREAST", 2)
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


def test_an_estimator_of_several_members_answers_with_their_mean(
    tmp_path: Path,
) -> None:
    settings = {"hidden_units": (4,), "epochs": 3, "random_state": 0}
    one = fm.Regressor(**settings).fit(WAVES, WAVES[:, 0])
    three = fm.Regressor(n_members=3, **settings).fit(WAVES, WAVES[:, 0])
    assert largest_difference(three.members_[0], one.variables_) < 1e-5
    each = [member.predict(WAVES) for member in three.model_.members]
    np.testing.assert_allclose(three.predict(WAVES), np.mean(each, 0), rtol=1e-5)
    three.calibrate(WAVES[:40], WAVES[:40, 0])
    three.save(tmp_path / "three")
    again = fm.Regressor.load(tmp_path / "three")
    bounds = three.predict_interval(WAVES, 0.8)
    np.testing.assert_array_equal(again.predict_interval(WAVES, 0.8), bounds)


def test_a_classifier_calibrates_its_own_probabilities(tmp_path: Path) -> None:
    network = fm.Classifier((16,), epochs=60, learning_rate=0.05, random_state=0)
    network.fit(WAVES[:30], SUMS[:30])
    before = network.predict_proba(WAVES)
    network.calibrate(WAVES[30:], SUMS[30:])
    after = network.predict_proba(WAVES)
    assert (after.argmax(1) == before.argmax(1)).all()
    assert not np.allclose(after, before)
    np.testing.assert_allclose(network.model_.predict_proba(WAVES), after, atol=1e-6)
    network.save(tmp_path / "one")
    again = fm.Classifier.load(tmp_path / "one")
    chosen = network.predict_set(WAVES, 0.8)
    np.testing.assert_array_equal(again.predict_set(WAVES, 0.8), chosen)


def test_an_ensemble_keeps_rows_apart_to_calibrate_on() -> None:
    data = (WAVES, WAVES[:, 0])
    network = fm.Network([fm.Dense(4, "tanh"), fm.Dense(1)], (3,))
    more = {"calibration": 0.3, "n_members": 3, **SETTINGS}
    model = fm.train_ensemble(network, data, **more).model
    assert model.about["calibration"] == {"rows": 21}
    assert model.members[0].about["training_examples"] == 49
    low, high = model.predict_interval(WAVES[:5], 0.8).T
    spread = model.predict_samples(WAVES[:5]).spread
    assert (np.argsort(high - low) == np.argsort(spread)).all()


@pytest.mark.slow
def test_members_of_a_table_may_see_other_inputs() -> None:
    kinds = np.array(["a", "b", "c", "d"])[np.arange(70) % 4]
    kinds[3] = "rare"  # an input of its own where the training rows have it
    table = fm.read({"x": WAVES[:, 0], "kind": kinds, "y": SUMS}, target="y")
    more = {"n_members": 3, "validation": 0.3, "epochs": 2, "batch_size": 16}
    found = fm.train_ensemble("mlp", table, **more)
    alone = fm.train("mlp", table, validation=0.3, epochs=2, batch_size=16, seed=2)
    own = found.model.members[2]
    assert largest_difference(own.variables, alone.model.variables) < 1e-5
    assert found.model.predict(table).shape == (70,)


def test_settings_of_a_single_run_are_refused() -> None:
    with pytest.raises(fm.InputError, match="Unknown setting 'listeners'"):
        fm.train_ensemble(DROPPING, (WAVES, SUMS), listeners=())

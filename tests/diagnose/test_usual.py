"""What is unusual put back, and numbers of which a few are far off the others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
from tests.diagnose.examples import mlp, numbers, rows
from tests.diagnose.test_applying import finding, task

import fathom as fm
from fathom.diagnose.applying import apply
from fathom.diagnose.candidates import candidates
from fathom.diagnose.choosing import queue, simplest, usual
from fathom.diagnose.edit import Edit
from fathom.diagnose.robust import EVEN, ROBUST
from fathom.diagnose.scoring import score
from fathom.diagnose.usual import called, everything_usual, usual_network, usual_recipe
from fathom.training.objective import Batch


def values(edits: tuple[Edit, ...]) -> dict[str, Any]:
    return {edit.at: edit.value for edit in edits}


def steep(x: Any) -> Any:
    return jnp.tanh(50 * x)


def with_outliers() -> tuple[np.ndarray, np.ndarray]:
    X, y = numbers()
    return X, np.where(np.arange(len(y)) % 60 == 0, y + 1e4, y)


def test_what_is_usual_stays_as_it_is() -> None:
    given = task(learning_rate=0.003, schedule="cosine")
    assert usual_recipe(given) == usual_network(given) == ()


def test_unusual_settings_are_put_back() -> None:
    given = task(optimizer="sgd", learning_rate=3e-7, weight_decay=4.0, batch_size=1)
    found = values(usual_recipe(given))
    assert found["optimizer"] == "adam"
    assert found["learning_rate"] == 0.003
    assert (found["weight_decay"], found["batch_size"]) == (0.0, 32)


def test_functions_of_the_users_own_become_usual_ones() -> None:
    def loss(outputs: Any, targets: Any) -> Any:
        return -((outputs - targets) ** 2).mean(-1)

    network = fm.Network([fm.Dense(8, steep), fm.Dense(1)], (8,))
    found = values(usual_network(task(network, numbers(), loss=loss)))
    assert found["dense_1"].activation == "gelu"
    assert found["loss"] == "mean_squared_error"


def test_noise_goes_out_and_start_values_are_drawn_as_usual() -> None:
    layers = [fm.Dropout(0.95), fm.Dense(8, "relu", weight_init="zeros"),
              fm.Dense(3, "softmax")]  # fmt: skip
    new = apply(task(fm.Network(layers, (8,))), usual_network(task(
        fm.Network(layers, (8,)))))  # fmt: skip
    assert [layer.kind for layer in new.network.layers] == ["dense", "dense"]
    first: Any = new.network.layers[0]
    assert first.weight_init == "auto"


def test_a_network_without_a_bend_gets_one() -> None:
    network = fm.Network([fm.Dense(16), fm.Dense(3, "softmax")], (8,))
    assert values(usual_network(task(network)))["dense_1"].activation == "gelu"


def test_everything_usual_is_tried_second_and_named_edit_by_edit() -> None:
    given = task(learning_rate=1e-7)
    tried = [e for _, e in queue([finding("learning-rate-too-low")], given)]
    assert tried[1] == everything_usual(given)
    said = "\n".join(edit.describe() for edit in tried[1])
    assert "- learning_rate=1e-07\n+ learning_rate=0.003" in said


def trial(n_edits: int, value: float, alarms: bool = False) -> Any:
    """Stand for a fork: what is looked at when one of several is chosen."""
    rows = np.full(4, value)

    def ahead(other: Any, soft: bool) -> float:
        return 100 * (value - other.soft[0])

    return SimpleNamespace(
        n_edits=n_edits,
        causes=lambda: (1,) * alarms,
        score=SimpleNamespace(soft=rows, weight=np.ones(4), ahead=ahead),
    )


def test_of_forks_about_as_good_the_one_with_fewer_changes_is_kept() -> None:
    forks = [(0, trial(1, 0.900)), (1, trial(5, 0.901)), (2, trial(1, 0.5))]
    assert simplest(forks)[0] == 0
    assert simplest([(0, trial(1, 0.6)), (1, trial(5, 0.9))])[0] == 1
    alarming = [(0, trial(1, 0.900, alarms=True)), (1, trial(5, 0.901))]
    assert simplest(alarming)[0] == 1


def test_changes_that_belong_together_have_a_name() -> None:
    given = task(optimizer="sgd", learning_rate=1e-7, batch_size=1)
    assert called(everything_usual(given), given) == "everything usual"
    assert called((Edit("setting", "epochs", 9),), given) == ""


def test_a_leak_is_not_mixed_with_what_is_usual() -> None:
    assert usual([finding("leakage")], task(learning_rate=1e-7)) == []


def test_inputs_far_off_are_evened_out_and_told_apart() -> None:
    X, y = rows()
    X = np.exp(2 * X).astype(np.float32)
    X[::9, 1] = 9999.0
    given = task(mlp(), (X, y))
    assert values(everything_usual(given))["inputs"] == EVEN
    new = apply(given, Edit("data", "inputs", EVEN))
    concat, standardize = new.network.layers[:2]
    head = fm.Network([concat, standardize], (8,))
    out = np.asarray(head.compiled_apply({}, new.bare.training.x))
    assert out.shape[1] == 16
    assert np.abs(out).max() < 20
    assert np.allclose(out.std(0), 1, atol=0.01)
    small = np.argsort(X[:, 0])[:20]
    assert np.ptp(np.asarray(head.compiled_apply({}, X[small]))[:, 0]) > 0.05


def test_targets_with_outliers_are_measured_by_their_quartiles() -> None:
    given = task(mlp(1), with_outliers(), loss="mse")
    found = candidates(finding("unscaled-targets"), given)[0]
    assert values(found) == {"targets": ROBUST, "loss": "huber"}
    y = apply(given, found).bare.training.y
    assert abs(np.median(y)) < 0.2
    assert 0.5 < np.quantile(y, 0.75) - np.quantile(y, 0.25) < 3


def test_a_few_targets_far_off_do_not_judge_alone() -> None:
    y = np.linspace(-1, 1, 100, dtype=np.float32)[:, None]
    z = y.copy()
    y[::50] = 1e4
    identity = fm.Network([fm.Activation("identity")], (1,))
    ones = np.ones(100, np.float32)
    right = score(identity, {}, Batch(z, y, ones))
    wrong = score(identity, {}, Batch(-z, y, ones))
    assert abs(right.value - wrong.value) < 0.01
    assert right.ahead(wrong, soft=True) > 3


def test_weights_that_leave_a_handful_of_rows_do_not_judge() -> None:
    identity = fm.Network([fm.Activation("identity")], (2,))
    x = np.tile(np.array([[0.9, 0.1]], np.float32), (40, 1))
    y = np.array([0] * 30 + [1] * 10, np.int32)
    weight = np.where(np.arange(40) == 39, 1e6, 1.0).astype(np.float32)
    assert score(identity, {}, Batch(x, y, weight)).value == 0.75


def test_an_optimizer_of_the_users_own_gives_way_to_adam() -> None:
    given = task(optimizer=optax.sgd(1e-9))
    new = apply(given, usual_recipe(given)).settings
    assert (new.optimizer, new.learning_rate) == ("adam", 0.003)

"""Every run of a cross-validation is the run that `fathom.train` makes on its fold."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import fathom as fm
from fathom.cross_validation.folds import folds_of

SETTINGS: dict[str, Any] = {"epochs": 12, "batch_size": 16, "learning_rate": 0.03}


def blobs(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    y = np.arange(n) % 2
    X = rng.normal(size=(n, 4)) + 0.7 * y[:, None]
    return X.astype(np.float32), y


def network(*layers: fm.Layer) -> fm.Network:
    return fm.Network([fm.Dense(6, "relu"), *layers, fm.Dense(2, "softmax")], (4,))


def largest_difference(found: Any, data: Any, scored: Any, **settings: Any) -> float:
    """Train every run of a setting by itself, and compare all weights."""
    rows = found.rows
    folds = folds_of(3, len(rows), 0, rows.classes(found.candidates[0].network))
    n_seeds = found.n_seeds
    differences = []
    for number, (training, _) in enumerate(folds):
        for seed in range(n_seeds):
            maker = found.candidates[scored.number].network
            alone = fm.train(maker, rows.take(training), seed=seed, **settings)
            both = found.variables(scored, number, seed), alone.model.variables
            apart = jax.tree.map(lambda a, b: np.abs(a - b).max(), *both)
            differences += jax.tree.leaves(apart)
    return float(max(differences))


@pytest.fixture(scope="module")
def stopped() -> fm.CrossValidation:
    """Early stopping, dropout and folds that differ by a row."""
    return fm.cross_validate(
        network(fm.Dropout(0.2)),
        blobs(91),
        grid={"weight_decay": [0.0, 3.0]},
        folds=3,
        seeds=2,
        keep_models=True,
        validation=0.3,
        early_stopping=2,
        **SETTINGS,
    )


def test_early_stopping_gives_the_weights_of_a_run_alone(
    stopped: fm.CrossValidation,
) -> None:
    more = {"validation": 0.3, "early_stopping": 2, "weight_decay": 3.0, **SETTINGS}
    apart = largest_difference(stopped, blobs(91), stopped.settings[1], **more)
    assert apart < 1e-5


def test_members_stop_at_their_own_epochs(stopped: fm.CrossValidation) -> None:
    epochs = {run.epochs for run in stopped.runs}
    assert len(epochs) > 1
    assert all(run.epochs - run.best_epoch == 2 for run in stopped.runs
               if run.stopped == "early_stopping")  # fmt: skip


def test_folds_with_unequal_numbers_of_steps_are_trained_as_if_alone() -> None:
    data = blobs(49)  # 32 or 33 rows to train on: 2 or 3 steps of 16
    found = fm.cross_validate(
        network(), data, grid={"learning_rate": [0.03, 0.1]}, folds=3,
        keep_models=True, **SETTINGS,
    )  # fmt: skip
    more = {**SETTINGS, "learning_rate": 0.1}
    assert largest_difference(found, data, found.settings[1], **more) < 1e-5


def test_a_table_whose_folds_know_other_categories_is_trained_as_if_alone() -> None:
    rng = np.random.default_rng(0)
    towns = ["Rome", "Oslo", "Lima", "Kyiv"]
    rare = ["Bonn", "Nice"]
    table = fm.read(
        {
            "size": [None if i % 9 == 0 else float(v) for i, v in
                     enumerate(rng.normal(size=60))],
            "town": [rare[0] if i == 7 else rare[1] if i == 8 else towns[i % 4]
                     for i in range(60)],
            "sold": [("yes", "no")[int(v > 0)] for v in rng.normal(size=60)],
        },
        target="sold",
    )  # fmt: skip
    found = fm.cross_validate(
        "mlp", table, grid={"hidden": [(5,)], "weight_decay": [1.0]}, folds=3,
        keep_models=True, **SETTINGS,
    )  # fmt: skip
    widths = {v.shape[0] for v in (
        found.variables(found.best, fold)["hidden_1"]["weight"] for fold in range(3)
    )}  # fmt: skip
    assert len(widths) > 1, "the folds are to differ"
    more = {**SETTINGS, "weight_decay": 1.0}
    assert largest_difference(found, table, found.settings[0], **more) < 1e-5


def test_scores_are_those_of_the_model_on_the_rows_held_out(
    stopped: fm.CrossValidation,
) -> None:
    rows = stopped.rows
    assert rows is not None
    net = stopped.candidates[0].network
    _, held = folds_of(3, len(rows), 0, rows.classes(net))[2]
    model = fm.Model(net, stopped.variables(stopped.best, 2), "cross_entropy")
    X, y = rows.take(held)
    shares = model.predict(X)
    place = stopped.best.number, 2, 0
    (run,) = (r for r in stopped.runs if (r.candidate, r.fold, r.seed) == place)
    assert run.scores["accuracy"] == pytest.approx((shares.argmax(1) == y).mean())
    loss = -np.log(shares[np.arange(len(y)), y]).mean()
    assert run.scores["loss"] == pytest.approx(loss, rel=1e-4)

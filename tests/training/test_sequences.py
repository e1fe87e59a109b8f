"""A class for every step of a sequence: losses, metrics, answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.tolerances import CLOSE

import fathom as fm
from fathom.training.objective import over_steps

STEPS, CLASSES = 6, 5
TOKENS = np.random.default_rng(0).integers(0, CLASSES, (60, STEPS))


def network(steps: int = STEPS, classes: int = CLASSES) -> fm.Network:
    layers = [fm.Embedding(CLASSES, 8), fm.Dense(classes, "softmax")]
    return fm.Network(layers, (steps,))


def some(y: np.ndarray) -> np.ndarray:
    """Take away the targets of the first two steps, and all of row 0."""
    y = y.copy()
    y[:, :2], y[0] = -1, -1
    return y


@pytest.fixture(scope="module")
def trained() -> fm.TrainingResult:
    """Learn to say each token, where it counts."""
    return fm.train(
        network(), (TOKENS, some(TOKENS)), epochs=30, learning_rate=0.05, validation=0.2
    )


# ---------------------------------------------------------------- the mean over steps


def test_the_loss_of_a_sequence_is_the_mean_over_its_steps_with_a_target() -> None:
    logits = np.random.default_rng(1).normal(size=(3, 4, 5)).astype(np.float32)
    y = np.array([[0, 1, -1, 4], [-1, -1, 2, -1], [-1, -1, -1, -1]], np.int32)
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = [
        -(logs[0, 0, 0] + logs[0, 1, 1] + logs[0, 3, 4]) / 3,
        -logs[1, 2, 2],
        0.0,
    ]

    def loss(flat: jax.Array, classes: jax.Array) -> jax.Array:
        return -jax.nn.log_softmax(flat)[jnp.arange(len(classes)), classes]

    values = over_steps(loss, jnp.asarray(logits), jnp.asarray(y))
    np.testing.assert_allclose(values, expected, **CLOSE)


def test_steps_without_a_target_have_no_gradient() -> None:
    def loss(flat: jax.Array, classes: jax.Array) -> jax.Array:
        return -jax.nn.log_softmax(flat)[jnp.arange(len(classes)), classes]

    y = jnp.asarray([[0, -1], [-1, -1]], jnp.int32)
    gradient = jax.grad(lambda z: over_steps(loss, z, y).sum())(jnp.ones((2, 2, 3)))
    assert np.abs(gradient[0, 0]).max() > 0
    np.testing.assert_array_equal(gradient[0, 1], 0)
    np.testing.assert_array_equal(gradient[1], 0)


def test_targets_of_another_rank_go_to_the_loss_as_they_are() -> None:
    seen: list[Any] = []

    def loss(outputs: jax.Array, y: jax.Array) -> jax.Array:
        seen.append((outputs.shape, y.shape))
        return jnp.zeros(len(y))

    over_steps(loss, jnp.ones((2, 3)), jnp.ones(2, jnp.int32))
    over_steps(loss, jnp.ones((2, 4, 3)), jnp.ones((2, 4, 3)))
    assert seen == [((2, 3), (2,)), ((2, 4, 3), (2, 4, 3))]


# ---------------------------------------------------------------- training


def test_steps_are_learned_where_they_have_a_target(trained: Any) -> None:
    assert trained.model.evaluate((TOKENS, TOKENS))["accuracy"] == 1.0
    # Row 0 has no target and counts 0.
    held = trained.model.about["validation_examples"]
    assert trained.history["validation_accuracy"][-1] in (1.0, (held - 1) / held)


def test_targets_that_do_not_count_may_be_anything(trained: Any) -> None:
    """Other tokens there than -1 would have changed every weight."""
    again = fm.train(
        network(), (TOKENS, some(TOKENS)), epochs=2, learning_rate=0.05, validation=0.2
    )
    np.testing.assert_array_equal(again.history["loss"], trained.history["loss"][:2])
    all_count = fm.train(
        network(), (TOKENS, TOKENS), epochs=2, learning_rate=0.05, validation=0.2
    )
    assert all_count.history["loss"][0] != trained.history["loss"][0]


def test_validation_handed_over_apart_is_encoded_the_same(trained: Any) -> None:
    """Each row has one 1 in three steps of three classes, and is not one-hot."""
    random = np.random.default_rng(0)
    orders = np.array([random.permutation(3) for _ in range(40)])
    result = fm.train(
        network(3, 3), (orders, orders), validation=(orders, orders), epochs=1
    )
    np.testing.assert_allclose(
        result.history["validation_loss"][-1],
        result.model.evaluate((orders, orders))["log_loss"],
        **CLOSE,
    )


def test_row_weights_apply_to_whole_sequences() -> None:
    weight = np.r_[np.zeros(30), np.ones(30)]
    usual = {"epochs": 2, "batch_size": 60, "shuffle": False, "optimizer": "sgd"}
    weighted = fm.train(network(), (TOKENS, TOKENS), sample_weight=weight, **usual)
    usual["batch_size"] = 30
    half = fm.train(network(), (TOKENS[30:], TOKENS[30:]), **usual)
    np.testing.assert_allclose(weighted.history["loss"], half.history["loss"], **CLOSE)


# ---------------------------------------------------------------- answers


def test_a_step_classifier_predicts_a_class_for_every_step(trained: Any) -> None:
    np.testing.assert_array_equal(trained.model.predict(TOKENS), TOKENS)
    shares = trained.model.predict_proba(TOKENS)
    assert shares.shape == (60, STEPS, CLASSES)
    np.testing.assert_allclose(shares.sum(-1), 1, **CLOSE)


def test_evaluation_leaves_out_the_steps_without_a_target(trained: Any) -> None:
    wrong = (TOKENS + 1) % CLASSES
    wrong[:, 3:] = TOKENS[:, 3:]
    y = np.where(np.arange(STEPS)[None, :] < 2, -1, wrong)  # 1 wrong, 3 right
    assert trained.model.evaluate((TOKENS, y))["accuracy"] == pytest.approx(0.75)


def test_sequences_of_one_step_are_sequences(tmp_path: Path) -> None:
    one = TOKENS[:, :1]
    data = (one, one)
    result = fm.train(network(1), data, epochs=20, learning_rate=0.1, validation=data)
    np.testing.assert_array_equal(result.model.predict(one), one)
    assert result.model.evaluate(data)["accuracy"] == 1.0
    assert result.history["validation_accuracy"][-1] == 1.0


def test_a_saved_step_classifier_predicts_the_same(
    trained: Any, tmp_path: Path
) -> None:
    trained.model.save(tmp_path / "model")
    loaded = fm.load(tmp_path / "model")
    expected = trained.model.predict_proba(TOKENS)
    np.testing.assert_array_equal(loaded.predict_proba(TOKENS), expected)
    answers = trained.model.evaluate((TOKENS, some(TOKENS)))
    assert loaded.evaluate((TOKENS, some(TOKENS))) == answers


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (TOKENS + 1, "whole numbers from 0 to 4, or -1 .* Got 5"),
        (TOKENS - 2, "or -1 for a step without one. Got -2"),
        (TOKENS[:, :3], r"each of \(6,\) steps.* Got targets of shape \(60, 3\)"),
        (TOKENS[:7], r"as many rows. Got X of shape \(60, 6\) and y of shape \(7, 6\)"),
    ],
)
def test_targets_that_are_no_steps_are_refused(y: Any, message: str) -> None:
    with pytest.raises(fm.InputError, match=message):
        fm.train(network(), (TOKENS, y), epochs=1)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (TOKENS + 1, "Got 5"),
        (TOKENS[:7], r"Got 60 rows and y of shape \(7, 6\)"),
        (np.full_like(TOKENS, -1), "Metrics need at least one row"),
    ],
)
def test_answers_that_do_not_fit_are_refused(
    trained: Any, y: Any, message: str
) -> None:
    with pytest.raises(fm.InputError, match=message):
        trained.model.evaluate((TOKENS, y))


@pytest.mark.parametrize("bad", [-1, CLASSES, 0.5, np.nan])
def test_numbers_that_are_no_tokens_are_refused(bad: float) -> None:
    tokens = TOKENS.astype(float)
    tokens[3, 2] = bad
    with pytest.raises(fm.InputError, match=rf"whole numbers from 0 to 4. Got {bad}"):
        fm.train(network(), (tokens, TOKENS), epochs=1)


def test_class_weights_are_not_for_steps() -> None:
    with pytest.raises(fm.InputError, match="class_weight is for targets that are"):
        fm.train(network(), (TOKENS, TOKENS), class_weight="balanced", epochs=1)

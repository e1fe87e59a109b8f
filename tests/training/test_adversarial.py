"""Two networks that play against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.tolerances import CLOSE

import fathom as fm
from fathom.adversarial import _game
from fathom.training.objective import Batch

REAL = np.random.default_rng(0).normal(3.0, 0.5, (256, 1)).astype(np.float32)


def maker(*layers: fm.Layer) -> fm.Network:
    return fm.Network([*(layers or (fm.Dense(8, "tanh"),)), fm.Dense(1)], (2,))


def judge(*layers: fm.Layer) -> fm.Network:
    inner = layers or (fm.Dense(8, "tanh"),)
    return fm.Network([*inner, fm.Dense(1, "sigmoid")], (1,))


def play(**changed: Any) -> fm.GAN:
    makes, judges = changed.pop("maker", maker()), changed.pop("judge", judge())
    usual = {"epochs": 2, "batch_size": 50}
    return fm.train_gan(makes, judges, changed.pop("X", REAL), **{**usual, **changed})


def equal(one: Any, other: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, one, other)


# ---------------------------------------------------------------- the objective


def together() -> fm.Network:
    chains = [
        fm.Chain(maker().layers, name="generator"),
        fm.Chain(judge().layers, name="discriminator"),
    ]
    return fm.Network(chains, (2,))


def noise_of(key: Any, n: int) -> jax.Array:
    return jax.random.normal(jax.random.split(key, 4)[0], (n, 2))


def logit(judges: Any, x: jax.Array) -> jax.Array:
    return jax.scipy.special.logit(judge().apply(judges, x))[:, 0]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("kind", ["non_saturating", "minimax"])
def test_each_player_gets_the_gradient_of_its_own_loss(kind: str) -> None:
    players, key = together(), jax.random.key(1)
    variables = jax.tree.map(lambda a: a.astype(jnp.float64), players.init(0))
    x = jnp.asarray(REAL[:20], jnp.float64)
    batch = Batch(x, None, jnp.ones(20))
    noise = noise_of(key, 20)

    def lowers(judges: Any, makes: Any) -> jax.Array:
        made = maker().apply(makes, noise)
        real, fake = logit(judges, x), logit(judges, made)
        return (-jnp.log(jax.nn.sigmoid(real)) - jnp.log(jax.nn.sigmoid(-fake))).sum()

    def raises(makes: Any, judges: Any) -> jax.Array:
        fake = logit(judges, maker().apply(makes, noise))
        if kind == "minimax":
            return jnp.log(jax.nn.sigmoid(-fake)).sum()
        return -jnp.log(jax.nn.sigmoid(fake)).sum()

    makes, judges = variables["generator"], variables["discriminator"]
    joint = jax.grad(lambda v: _game(kind)(players, v, batch, key).loss.sum())(
        variables
    )
    apart = {
        "generator": jax.grad(raises)(makes, judges),
        "discriminator": jax.grad(lowers)(judges, makes),
    }
    jax.tree.map(
        lambda g, h: np.testing.assert_allclose(g, h, rtol=1e-9, atol=1e-9),
        joint,
        apart,
    )


def test_the_loss_is_log_4_for_a_judge_that_cannot_tell() -> None:
    blind = jax.tree.map(np.zeros_like, together().init(0))
    terms = _game("non_saturating")(
        together(), blind, Batch(REAL, None, np.ones(256, "f")), jax.random.key(0)
    )
    lower = terms.metrics["discriminator_loss"]
    np.testing.assert_allclose(lower, np.log(4), **CLOSE)
    np.testing.assert_allclose(terms.metrics["generator_loss"], np.log(2), **CLOSE)


def test_padding_does_not_change_the_statistics_of_a_normalizing_judge() -> None:
    players = fm.Network(
        [
            fm.Chain(maker().layers, name="generator"),
            fm.Chain(judge(fm.BatchNorm()).layers, name="discriminator"),
        ],
        (2,),
    )
    weight = np.r_[np.ones(6), np.zeros(4)].astype(np.float32)
    variables = players.init(0)

    def state(x: np.ndarray) -> Any:
        batch = Batch(x, None, weight)
        return _game("minimax")(players, variables, batch, jax.random.key(0)).state

    other = np.r_[REAL[:6], 100 * REAL[6:10]]
    equal(state(REAL[:10]), state(other))


# ---------------------------------------------------------------- learning


@pytest.mark.parametrize("seed", [0, 1])
def test_the_generator_learns_where_the_examples_are(seed: int) -> None:
    gan = play(
        maker=maker(fm.Dense(16, "relu")),
        judge=judge(fm.Dense(16, "relu")),
        epochs=150,
        batch_size=64,
        learning_rate=2e-3,
        weight_average=0.99,
        seed=seed,
    )
    before = play(epochs=1, learning_rate=1e-9, seed=seed).sample(500)
    assert abs(before.mean() - 3) > 1
    assert abs(gan.sample(2000).mean() - 3.0) < 0.5
    assert abs(gan.history["discriminator_loss"][-1] - np.log(4)) < 0.3


def test_normalization_and_dropout_work_in_both_players() -> None:
    gan = play(
        maker=maker(fm.Dense(8, "relu"), fm.BatchNorm()),
        judge=judge(fm.Dense(8, "relu"), fm.BatchNorm(), fm.Dropout(0.3)),
        epochs=3,
    )
    for model in (gan.generator, gan.discriminator):
        state = model.variables["state"]["batch_norm_1"]
        assert (state["mean"] != 0).any()
    assert np.isfinite(gan.history["loss"]).all()
    shares = gan.discriminator.predict(REAL[:9])
    assert ((shares > 0) & (shares < 1)).all()


def test_the_loss_is_the_sum_of_both(tmp_path: Path) -> None:
    history = play(validation=0.25).history
    for prefix in ("", "validation_"):
        np.testing.assert_allclose(
            history[f"{prefix}loss"],
            history[f"{prefix}generator_loss"] + history[f"{prefix}discriminator_loss"],
            **CLOSE,
        )


def test_a_frozen_judge_stays_and_the_generator_moves() -> None:
    frozen, start = play(freeze="discriminator"), play(learning_rate=1e-12)
    equal(
        frozen.discriminator.variables,
        play(freeze="discriminator", epochs=1).discriminator.variables,
    )
    moved = frozen.generator.variables["dense_1"]["weight"]
    assert (moved != start.generator.variables["dense_1"]["weight"]).any()


def test_a_resumed_game_equals_one_that_never_stopped(tmp_path: Path) -> None:
    usual = {"weight_average": 0.9, "accumulate": 2}
    play(epochs=2, checkpoints=tmp_path, **usual)
    resumed = play(epochs=5, checkpoints=tmp_path, resume=True, **usual)
    never = play(epochs=5, **usual)
    for name in ("generator", "discriminator"):
        equal(getattr(resumed, name).variables, getattr(never, name).variables)
    np.testing.assert_array_equal(resumed.history["loss"], never.history["loss"])


# ---------------------------------------------------------------- using it


def test_samples_are_fixed_by_their_seed() -> None:
    gan = play()
    np.testing.assert_array_equal(gan.sample(7, seed=3), gan.sample(7, seed=3))
    assert (gan.sample(7, seed=3) != gan.sample(7, seed=4)).all()
    assert gan.sample(7).shape == (7, 1)


def test_both_players_are_saved_and_loaded(tmp_path: Path) -> None:
    gan, noise = play(), np.ones((3, 2), np.float32)
    gan.generator.save(tmp_path / "generator")
    gan.discriminator.save(tmp_path / "judge")
    made = fm.load(tmp_path / "generator").predict(noise)
    np.testing.assert_array_equal(made, gan.generator.predict(noise))
    np.testing.assert_array_equal(
        fm.load(tmp_path / "judge").predict(made), gan.discriminator.predict(made)
    )


def test_the_judge_may_leave_its_input_shape_open() -> None:
    shapeless = fm.Network(judge().layers)
    equal(play(judge=shapeless).generator.variables, play().generator.variables)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"maker": fm.Network([fm.Dense(3)], (2,))}, r"shape \(3,\), and the real .*1"),
        ({"maker": fm.Network([fm.Dense(1)])}, "no input shape yet"),
        ({"judge": fm.Network([fm.Dense(2, "softmax")], (1,))}, "must end in one unit"),
        ({"judge": fm.Network([fm.Dense(1, "relu")], (1,))}, "Got 'relu'"),
        ({"maker": fm.Network([fm.Join("a")], {"a": (1,)})}, "take one array each"),
        ({"loss": "minmax"}, "Unknown generator loss 'minmax'. Did you mean 'minimax'"),
        ({"X": np.ones((5, 2))}, r"inputs of shape \(1,\). Got X of shape \(5, 2\)"),
        ({"X": REAL * np.nan}, "NaN"),
        ({"metrics": "accuracy"}, "left out with an objective"),
        ({"freeze": "generatr"}, "Did you mean 'generator'"),
    ],
)
def test_players_that_do_not_fit_are_refused(changed: Any, message: str) -> None:
    with pytest.raises(fm.InputError, match=message):
        play(**changed)


@pytest.mark.parametrize("n", [-1, 0, 2.5])
def test_a_number_of_samples_that_is_none_is_refused(n: Any) -> None:
    gan = fm.GAN(fm.Model(maker(), maker().init(0)), None, None)  # pyright: ignore
    assert gan.sample(3).shape == (3, 1)
    with pytest.raises(fm.InputError, match=r"'n' parameter of GAN\.sample .* Got"):
        gan.sample(n)


def test_a_game_says_where_its_objective_is_named() -> None:
    with pytest.raises(fm.InputError, match=r"loss=\.\.\., one of non_saturating"):
        play(objective="minimaxx")

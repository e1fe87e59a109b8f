"""What is minimized: own objectives, mixed examples, rounded products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.tolerances import CLOSE
from tests.training.conftest import blobs, network, settings

import fathom as fm
from fathom.training.objective import Batch, Objective
from fathom.training.own_objective import OwnObjective

DATA = blobs(40)
PAIR = (DATA.x, DATA.y)


def equal(one: Any, other: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, one, other)


def close(one: Any, other: Any) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **CLOSE), one, other)


def train(objective: Any = None, **changed: Any) -> fm.TrainingResult:
    usual = {"epochs": 2, "batch_size": 16, "objective": objective, "metrics": ()}
    net = changed.pop("network", network())
    if objective is not None:
        usual["metrics"] = None
    return fm.train(net, changed.pop("data", PAIR), **{**usual, **changed})


def negative_log(net: fm.Network, variables: Any, batch: Batch, key: Any) -> Any:
    """Cross-entropy by hand, on the logits as the named loss takes it."""
    logits = net.without_output_activation()[0].apply(variables, batch.x)
    picked = jax.nn.log_softmax(logits)[jnp.arange(len(logits)), batch.y]
    return -picked


# ---------------------------------------------------------------- own objectives


def test_an_own_objective_that_equals_a_named_loss_gives_its_weights() -> None:
    own, named = train(negative_log), train(loss="cross_entropy")
    close(own.model.variables, named.model.variables)
    np.testing.assert_allclose(own.history["loss"], named.history["loss"], **CLOSE)


def test_an_own_objective_weights_its_examples() -> None:
    weight = np.random.default_rng(0).uniform(0, 3, 40)
    own = train(negative_log, sample_weight=weight)
    named = train(loss="cross_entropy", sample_weight=weight)
    close(own.model.variables, named.model.variables)


def test_metrics_of_an_own_objective_are_in_the_history_for_both_parts() -> None:
    def objective(net: fm.Network, variables: Any, batch: Batch, key: Any) -> fm.Terms:
        loss = negative_log(net, variables, batch, key)
        return fm.Terms(loss, {"doubled": 2 * loss, "class_1": jnp.float32(batch.y)})

    history = train(objective, validation=0.25).history
    for prefix in ("", "validation_"):
        np.testing.assert_allclose(
            history[f"{prefix}doubled"], 2 * history[f"{prefix}loss"], **CLOSE
        )
    share = DATA.y.mean()  # the split keeps the share of the classes
    assert abs(history["validation_class_1"][0] - share) < 0.1


def test_the_key_is_none_on_validation_examples() -> None:
    def objective(net: fm.Network, variables: Any, batch: Batch, key: Any) -> Any:
        loss = negative_log(net, variables, batch, key)
        return loss if key is None else loss + jax.random.uniform(key, loss.shape) + 5

    history = train(objective, validation=0.25).history
    assert (history["validation_loss"] < 4).all()
    assert (history["loss"] > 5).all()


def normalizing(returns_state: bool) -> Callable[..., Any]:
    def objective(net: fm.Network, variables: Any, batch: Batch, key: Any) -> fm.Terms:
        forward = net.forward(variables, batch.x, training=key is not None, key=key)
        picked = forward.outputs[jnp.arange(len(batch.y)), batch.y]
        return fm.Terms(-picked, {}, forward.state if returns_state else None)

    return objective


NORMALIZED = fm.Network([fm.BatchNorm(), fm.Dense(2, "softmax")], (4,))


@pytest.mark.parametrize("returns_state", [True, False])
def test_running_statistics_move_only_if_they_are_returned(returns_state: bool) -> None:
    result = train(normalizing(returns_state), network=NORMALIZED)
    mean = result.model.variables["state"]["batch_norm_1"]["mean"]
    assert (np.abs(mean).max() > 0.01) == returns_state


def test_an_own_objective_keeps_the_statistics_of_a_frozen_layer() -> None:
    result = train(normalizing(True), network=NORMALIZED, freeze="batch_norm_1")
    mean = result.model.variables["state"]["batch_norm_1"]["mean"]
    np.testing.assert_array_equal(mean, 0)


def test_an_own_objective_is_computed_in_parts_too() -> None:
    usual = {"optimizer": "sgd", "batch_size": 16}
    at_once, in_parts = (
        train(negative_log, **usual),
        train(negative_log, accumulate=4, **usual),
    )
    close(at_once.model.variables, in_parts.model.variables)


@pytest.mark.parametrize(
    ("gives", "message"),
    [
        (lambda b: jnp.float32(1), r"loss must return .*\(16,\) .* Got shape \(\)"),
        (lambda b: b.x, r"loss must return .*\(16,\) .* Got shape \(16, 4\)"),
        (lambda b: None, "must return the loss of every example.* Got NoneType"),
        (lambda b: (b.weight, 1), "must return the loss of every example.* Got tuple"),
        (lambda b: fm.Terms(b.weight, {"m": jnp.float32(1)}), r"metric \(here 'm'\)"),
        (lambda b: fm.Terms(b.weight, {"loss": b.weight}), "cannot be called 'loss'"),
        (lambda b: fm.Terms(b.weight, {}, {"a": 1}), "running statistics of all"),
    ],
)
def test_what_an_own_objective_cannot_return_is_said(gives: Any, message: str) -> None:
    with pytest.raises(fm.InputError, match=message):
        train(lambda net, variables, batch, key: gives(batch))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"mix_up": 0.2}, "one without precision or mix_up"),
        ({"precision": "bfloat16"}, "one without precision or mix_up"),
        ({"metrics": ("accuracy",)}, "left out with an objective.*fathom.Terms"),
        ({"objective": 5}, "'objective' .* must be a function, or None. Got 5"),
    ],
)
def test_settings_that_do_not_go_with_an_objective_are_refused(
    changed: Any, message: str
) -> None:
    with pytest.raises(fm.InputError, match=message):
        train(**{"objective": negative_log, **changed})


def test_losses_of_other_arguments_are_left_to_objectives() -> None:
    with pytest.raises(fm.InputError, match="called from an objective of your own"):
        settings(loss="triplet")


# ---------------------------------------------------------------- inputs alone


def test_inputs_alone_are_their_own_targets() -> None:
    net = fm.Network([fm.Dense(2), fm.Dense(4)], (4,))
    alone = train(network=net, data=DATA.x, validation=0.25)
    named = train(network=net, data=(DATA.x, DATA.x), validation=0.25, loss="mse")
    equal(alone.model.variables, named.model.variables)
    np.testing.assert_array_equal(
        alone.history["validation_loss"], named.history["validation_loss"]
    )


def test_metrics_of_inputs_alone_compare_with_the_inputs() -> None:
    net = fm.Network([fm.Dense(2), fm.Dense(4)], (4,))
    usual = {"network": net, "metrics": ("r2", "mean_absolute_error"), "loss": "mse"}
    alone = train(data=DATA.x, **usual).history
    named = train(data=(DATA.x, DATA.x), **usual).history
    for name in usual["metrics"]:
        np.testing.assert_array_equal(alone[name], named[name])


def test_inputs_alone_need_outputs_of_their_shape() -> None:
    with pytest.raises(fm.InputError, match="must be a pair"):
        train(data=DATA.x)


# ---------------------------------------------------------------- mixing


def mixed_by_hand(objective: Objective, variables: Any, batch: Batch, key: Any) -> Any:
    c = jnp.float32(objective.mix_up)
    share = float(jax.random.beta(jax.random.fold_in(key, 0), c, c))
    x = share * batch.x + (1 - share) * np.roll(batch.x, 1, axis=0)
    outputs = np.asarray(objective.network.apply(variables, x))
    before = np.roll(batch.y, 1, axis=0)

    def loss(y: np.ndarray) -> np.ndarray:
        if objective.loss == "cross_entropy":
            return -np.log(outputs[np.arange(len(y)), y])
        return ((outputs - y) ** 2).mean(1)

    assert 0.01 < share < 0.99
    return (batch.weight * (share * loss(batch.y) + (1 - share) * loss(before))).sum()


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_the_mixed_loss_is_that_of_both_targets_by_their_share(loss: str) -> None:
    objective = Objective(network(), loss, mix_up=2.0)
    batch = DATA._replace(weight=np.linspace(0, 2, 40, dtype=np.float32))
    if loss == "mse":
        batch = batch._replace(y=np.eye(2, dtype=np.float32)[batch.y])
    variables, key = network().init(1), jax.random.key(3)
    sums = objective.measure(variables, batch, training=True, key=key).sums
    expected = mixed_by_hand(objective, variables, batch, key)
    np.testing.assert_allclose(sums.loss, expected, **CLOSE)


def test_nothing_is_mixed_in_validation() -> None:
    plain, mixing = Objective(network(), "mse"), Objective(network(), "mse", mix_up=2.0)
    batch = DATA._replace(y=np.eye(2, dtype=np.float32)[DATA.y])
    variables, key = network().init(1), jax.random.key(3)
    equal(
        mixing.measure(variables, batch, key=key).sums,
        plain.measure(variables, batch).sums,
    )


def test_mixing_trains_and_another_seed_mixes_otherwise() -> None:
    one, other = (train(mix_up=0.4, loss="cross_entropy", seed=s) for s in (0, 1))
    assert np.isfinite(one.history["loss"]).all()
    assert one.history["loss"][0] != other.history["loss"][0]


def test_tokens_cannot_be_mixed() -> None:
    net = fm.Network([fm.Embedding(5, 3), fm.Flatten(), fm.Dense(2, "softmax")], (2,))
    with pytest.raises(fm.InputError, match="inputs are tokens"):
        train(network=net, data=(np.ones((40, 2), int), DATA.y), mix_up=0.2)


# ---------------------------------------------------------------- precision

DENSE = fm.Network([fm.Dense(32, "relu"), fm.Dense(2, "softmax")], (4,))
TOKENS = fm.Network(
    [fm.Embedding(9, 8), fm.Dense(16, "tanh"), fm.Flatten(), fm.Dense(2, "softmax")],
    (3,),
)
WORDS = np.random.default_rng(0).integers(0, 9, (40, 3))


@pytest.mark.parametrize(
    ("net", "x"), [(DENSE, DATA.x), (TOKENS, WORDS)], ids=["numbers", "tokens"]
)
def test_rounded_factors_change_the_loss_a_little(net: fm.Network, x: Any) -> None:
    usual = {"network": net, "data": (x, DATA.y), "epochs": 3}
    exact = train(**usual)
    rounded = train(precision="bfloat16", **usual)
    np.testing.assert_allclose(
        rounded.history["loss"], exact.history["loss"], rtol=2e-2
    )
    assert rounded.history["loss"][0] != exact.history["loss"][0]
    dtypes = {leaf.dtype for leaf in jax.tree.leaves(rounded.model.variables)}
    assert dtypes == {np.dtype(np.float32)}


def test_validation_is_in_float32_whatever_the_training() -> None:
    variables = DENSE.init(0)
    exact, rounded = (Objective(DENSE, "cross_entropy", precision=p) for p in
                      ("float32", "bfloat16"))  # fmt: skip
    equal(rounded.measure(variables, DATA).sums, exact.measure(variables, DATA).sums)
    training = [
        float(objective.measure(variables, DATA, training=True).sums.loss)
        for objective in (exact, rounded)
    ]
    assert training[0] != training[1]


# ---------------------------------------------------------------- penalties


def test_what_layers_add_to_the_loss_counts_by_the_weight_of_the_example() -> None:
    class _Costly(fm.Activation):
        """An activation that costs the sum of its inputs."""

        def apply(self, variables: Any, x: jax.Array, scope: Any) -> jax.Array:
            scope.penalize(x.sum(1))
            return x

    layers = [_Costly("identity"), fm.Repeat(_Costly("identity"), 3), fm.Dense(2)]
    net = fm.Network(layers, (4,))
    batch = Batch(
        DATA.x, np.eye(2, dtype=np.float32)[DATA.y], np.arange(40.0, dtype="f")
    )
    variables = net.init(0)
    sums = Objective(net, "mse").measure(variables, batch, training=True).sums
    errors = ((np.asarray(net.apply(variables, batch.x)) - batch.y) ** 2).mean(1)
    expected = (batch.weight * (errors + 4 * batch.x.sum(1))).sum()
    np.testing.assert_allclose(sums.loss, expected, **CLOSE)


def test_equal_own_objectives_share_a_compiled_program() -> None:
    assert OwnObjective(network(), negative_log) == OwnObjective(
        network(), negative_log
    )
    train(negative_log)
    assert train(negative_log, learning_rate=0.01).compile_seconds < 0.5

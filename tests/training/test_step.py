"""What one step may do besides: batches in parts, frozen layers, averaged weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from tests.tolerances import CLOSE
from tests.training.conftest import blobs, network, settings

import fathom as fm
from fathom.training.objective import Batch, Objective
from fathom.training.packing import PACK_LIMIT, packing_for
from fathom.training.plan import Plan, with_padding_row


def equal(one: Any, other: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, one, other)


def close(one: Any, other: Any) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **CLOSE), one, other)


def wide() -> fm.Network:
    """Too many parameters for one vector."""
    layers = [fm.Dense(256, "tanh"), fm.Dense(256, "tanh"), fm.Dense(2, "softmax")]
    return fm.Network(layers, (4,))


# ---------------------------------------------------------------- in parts


def test_the_wide_network_is_not_packed() -> None:
    shapes = jax.eval_shape(wide().init)
    assert sum(a.size for a in jax.tree.leaves(shapes)) > PACK_LIMIT
    packing = packing_for(shapes, True)
    assert packing.pack(shapes) is shapes


@pytest.mark.parametrize("make", [network, wide], ids=["packed", "tree"])
def test_a_batch_in_parts_gives_the_same_weights(run: Any, make: Any) -> None:
    """The last batch of 5 is padded to 8, of which one part of 2 is padding alone."""
    usual = {"network": make(), "optimizer": "momentum", "epochs": 2}
    at_once = run(**usual).train()
    in_parts = run(accumulate=4, **usual).train()
    close(in_parts.variables, at_once.variables)
    np.testing.assert_allclose(
        in_parts.history["loss"], at_once.history["loss"], **CLOSE
    )


def test_a_batch_in_parts_is_divided_by_the_weight_of_all_its_rows(run: Any) -> None:
    data = blobs(37)
    uneven = np.random.default_rng(1).choice([0.0, 0.5, 7.0], 37).astype(np.float32)
    data = data._replace(weight=uneven)
    usual = {"data": data, "optimizer": "sgd", "epochs": 2, "gradient_clip": 0.5}
    close(run(accumulate=4, **usual).train().variables, run(**usual).train().variables)


def test_more_parts_than_rows_are_filled_up(run: Any) -> None:
    usual = {"data": blobs(3), "optimizer": "sgd", "epochs": 2, "batch_size": 32}
    close(run(accumulate=16, **usual).train().variables, run(**usual).train().variables)


def test_batch_norm_goes_on_from_part_to_part(run: Any) -> None:
    """As in smaller batches without an update between; padding alone changes none."""
    norm = fm.Network([fm.BatchNorm(momentum=0.5), fm.Dense(2, "softmax")], (4,))
    data, usual = blobs(6), {"shuffle": False, "epochs": 1}
    outcome = run(network=norm, data=data, accumulate=4, **usual).train()
    state, mean = outcome.variables["state"]["batch_norm_1"], np.zeros(4)
    for part in np.split(data.x, 3):
        mean = 0.5 * mean + 0.5 * part.mean(0)
    np.testing.assert_allclose(state["mean"], mean, **CLOSE)


def test_each_part_drops_other_units(run: Any) -> None:
    """Two parts of the same rows would else give what one gives."""
    layers = [fm.Dropout(0.5), fm.Dense(2, "softmax")]
    usual = {"network": fm.Network(layers, (4,)), "epochs": 1, "shuffle": False}
    once = blobs(4)
    twice = Batch(*(np.concatenate([array, array]) for array in once))
    one = run(data=twice, accumulate=2, optimizer="sgd", **usual).train()
    same = run(data=once, batch_size=4, accumulate=1, optimizer="sgd", **usual).train()
    apart = one.variables["dense_1"]["weight"] - same.variables["dense_1"]["weight"]
    assert np.abs(apart).max() > 1e-4


# ---------------------------------------------------------------- averages


def steps_alone(keep: float, rate: float) -> tuple[Any, Any, list[Any]]:
    """Run SGD step by step in a loop of Python: weights, average, average by epoch."""
    net, data = network(), blobs(37)
    objective = Objective(net, "cross_entropy")
    plan, padded = Plan(37, 8), with_padding_row(data)
    weights = average = net.init(jax.random.key(0))

    @jax.jit
    def gradient(weights: Any, batch: Batch) -> Any:
        def cost(weights: Any) -> Any:
            sums = objective.measure(weights, batch, training=True).sums
            return sums.loss / sums.weight

        return jax.grad(cost)(weights)

    by_epoch, n = [], 0
    for epoch in range(3):
        for rows in plan.order(0, epoch):
            batch = Batch(*(array[rows] for array in padded))
            weights = jax.tree.map(
                lambda w, g: np.asarray(w) - np.float32(rate) * np.asarray(g),
                weights,
                gradient(weights, batch),
            )
            k = min(keep, (1 + n) / (10 + n))
            average = jax.tree.map(
                lambda m, w, k=k: k * np.asarray(m, np.float64) + (1 - k) * w,
                average,
                weights,
            )
            n += 1
        by_epoch.append(average)
    return weights, average, by_epoch


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_the_average_follows_its_recurrence(run: Any, keep: float) -> None:
    usual = {"optimizer": "sgd", "learning_rate": 0.5, "epochs": 3}
    weights, average, _ = steps_alone(keep, 0.5)
    close(run(**usual).train().variables, weights)
    close(run(weight_average=keep, **usual).train().variables, average)


def test_the_average_is_what_is_validated(run: Any) -> None:
    held = blobs(20, seed=4)
    usual = {"optimizer": "sgd", "learning_rate": 0.5, "epochs": 3}
    outcome = run(weight_average=0.9, validation=held, **usual).train()
    objective, (_, _, averages) = (
        Objective(network(), "cross_entropy"),
        steps_alone(0.9, 0.5),
    )
    for average, loss in zip(averages, outcome.history["validation_loss"], strict=True):
        as_float32 = jax.tree.map(lambda a: np.asarray(a, np.float32), average)
        sums = objective.measure(as_float32, held).sums
        np.testing.assert_allclose(loss, sums.loss / sums.weight, **CLOSE)


def test_the_average_does_not_change_the_steps(run: Any) -> None:
    """The training losses are those of the weights themselves."""
    history = run(weight_average=0.9).train().history
    np.testing.assert_array_equal(history["loss"], run().train().history["loss"])


def noisy(run: Any, **changed: Any) -> Any:
    held = blobs(40, seed=3)
    held = held._replace(y=np.random.default_rng(0).permutation(held.y))
    usual = {"validation": held, "learning_rate": 0.05, "epochs": 60}
    return run(**{**usual, "weight_average": 0.95, **changed})


def test_early_stopping_takes_the_average_of_the_best_epoch(run: Any) -> None:
    stopped = noisy(run, early_stopping=5).train()
    best = int(np.argmin(stopped.history["validation_loss"])) + 1
    assert (stopped.stopped, stopped.best_epoch) == ("early_stopping", best)
    equal(stopped.variables, noisy(run, epochs=best).train().variables)


def test_a_resumed_run_goes_on_with_the_average(run: Any, tmp_path: Path) -> None:
    noisy(run, epochs=3, checkpoints=tmp_path).train()
    resumed = noisy(run, epochs=7, checkpoints=tmp_path, resume=True).train()
    never = noisy(run, epochs=7).train()
    equal(resumed.variables, never.variables)
    np.testing.assert_array_equal(
        resumed.history["validation_loss"], never.history["validation_loss"]
    )


def test_a_run_that_kept_no_average_is_not_resumed_with_one(
    run: Any, tmp_path: Path
) -> None:
    run(epochs=2, checkpoints=tmp_path).train()
    with pytest.raises(fm.InputError, match="weight_average"):
        run(epochs=4, checkpoints=tmp_path, resume=True, weight_average=0.9).train()


# ---------------------------------------------------------------- frozen


def nested() -> fm.Network:
    block = [fm.Dense(4, "tanh"), fm.BatchNorm()]
    layers = [
        fm.Residual([fm.Dense(4, "tanh"), fm.BatchNorm(), fm.Dense(4)]),
        fm.Repeat(block, 2),
        fm.Dense(2, "softmax"),
    ]
    return fm.Network(layers, (4,))


def parts(variables: Any, address: str) -> list[Any]:
    """Return the parameters and the statistics at an address."""
    found = []
    for tree in (variables, variables.get("state", {})):
        for name in address.split("/"):
            tree = tree.get(name, {})
        found.append(tree)
    return found


HOW = {
    "adam with decay": {"optimizer": "adam", "weight_decay": 0.1},
    "momentum clipped": {"optimizer": "momentum", "gradient_clip": 0.1},
    "lion averaged": {"optimizer": "lion", "weight_average": 0.9},
    "in parts": {"optimizer": "sgd", "accumulate": 2},
    "optax": {
        "optimizer": optax.chain(
            optax.add_decayed_weights(0.1), optax.trace(0.9), optax.scale(-0.01)
        )
    },
}


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_a_frozen_layer_stays_to_the_bit_and_others_move(run: Any, how: Any) -> None:
    net = nested()
    before = jax.device_get(net.init(jax.random.key(0)))
    freeze = ("residual_1/dense_1", "residual_1/batch_norm_1", "repeat_1")
    after = run(network=net, epochs=2, freeze=freeze, **how).train().variables
    for address in freeze:
        equal(parts(after, address), parts(before, address))
    for address in ("residual_1/dense_2", "dense_1"):
        moved = (
            parts(after, address)[0]["weight"] != parts(before, address)[0]["weight"]
        )
        assert moved.mean() > 0.9


def test_a_frozen_wide_layer_stays_to_the_bit(run: Any) -> None:
    before = jax.device_get(wide().init(jax.random.key(0)))
    outcome = run(network=wide(), epochs=1, freeze=("dense_2",), weight_decay=0.1)
    after = outcome.train().variables
    equal(after["dense_2"], before["dense_2"])
    assert (after["dense_1"]["weight"] != before["dense_1"]["weight"]).mean() > 0.9


def test_frozen_batch_norm_normalizes_by_its_running_statistics() -> None:
    net = fm.Network([fm.BatchNorm(epsilon=1e-12)], (4,))
    x, frozen = jnp.asarray(blobs(5).x), frozenset({"batch_norm_1"})
    forward = net.forward(net.init(0), x, training=True, frozen=frozen)
    np.testing.assert_allclose(forward.outputs, x, **CLOSE)


def test_a_frozen_part_does_not_count_towards_the_clipped_norm(run: Any) -> None:
    """Frozen, a layer is a constant: the same head learns the same alone."""
    body = fm.Dense(8, "tanh", name="body")
    head = fm.Dense(2, "softmax", name="head")
    net, data = fm.Network([body, head], (4,)), blobs(37)
    start = jax.device_get(net.init(jax.random.key(0)))
    codes = fm.Network([body], (4,)).apply({"body": start["body"]}, data.x)
    usual = {"gradient_clip": 0.05, "optimizer": "sgd", "learning_rate": 0.5}
    frozen = run(network=net, freeze=("body",), **usual).train().variables
    alone = run(
        network=fm.Network([head], (8,)),
        data=data._replace(x=np.asarray(codes)),
        variables={"head": start["head"]},
        **usual,
    ).train()
    close(frozen["head"], alone.variables["head"])


@pytest.mark.parametrize(
    ("freeze", "message"),
    [
        ("dens_1", "no layer 'dens_1'. Did you mean 'dense_1'"),
        (["dense_1/inner"], "'dense_1' .Dense. has no layers inside"),
        ("repeat_1[0]", "the blocks of a Repeat learn together"),
        ("", "There is no layer ''"),
        (5, "'freeze' parameter of train must be the address of a layer.* Got 5"),
        ([5], "'freeze' parameter of train must be the address of a layer"),
    ],
)
def test_an_address_that_cannot_be_frozen_is_refused(freeze: Any, message: str) -> None:
    layers = [fm.Repeat(fm.Dense(4), 2), fm.Dense(2, "softmax")]
    data = blobs(8)
    with pytest.raises(fm.InputError, match=message):
        fm.train(fm.Network(layers, (4,)), (data.x, data.y), epochs=1, freeze=freeze)


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"accumulate": 3}, "whole number that divides the batch size, 32. Got 3"),
        ({"accumulate": 0}, "divides the batch size"),
        ({"accumulate": 2.0}, "divides the batch size"),
        ({"weight_average": 1.5}, "share between 0 and 1, or None. Got 1.5"),
        ({"weight_average": 0}, "share between 0 and 1"),
        ({"weight_average": "0.9"}, "share between 0 and 1"),
        ({"precision": "float16"}, "Unknown precision 'float16'. Did you mean 'bfl"),
        ({"mix_up": -1}, "'mix_up' parameter of train must be a number above 0"),
        ({"mix_up": 0}, "'mix_up' parameter of train must be a number above 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(changed: Any, message: str) -> None:
    with pytest.raises(fm.InputError, match=message):
        settings(**changed)

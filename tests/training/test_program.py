"""The compiled epoch against the obvious loop, and against compiling twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from tests.tolerances import CLOSE
from tests.training.conftest import blobs

import fathom as fm
from fathom import losses
from fathom.training.objective import Batch
from fathom.training.packing import packing_for


@contextmanager
def counting_compilations() -> Iterator[list[str]]:
    """Collect the name of every program compiled inside the block."""
    compiled: list[str] = []

    def listen(event: str, duration: float, **_: Any) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield compiled
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def python_loop(run: Any, direction: optax.GradientTransformation) -> dict[str, Any]:
    """Train with one Python statement a step: the obvious way to write it."""
    settings, network = run.settings, run.network
    variables = network.init(settings.seed)
    memory = direction.init(variables)
    rates = settings.learning_rates(run.plan.n_steps)

    def cost(variables: Any, x: Any, y: Any) -> jax.Array:
        return jnp.mean(losses.cross_entropy(network.apply(variables, x), y))

    gradient = jax.jit(jax.grad(cost))
    for epoch in range(settings.epochs):
        for i, rows in enumerate(run.plan.order(settings.seed, epoch)):
            real = rows[rows < len(run.training.x)]
            g = gradient(variables, run.training.x[real], run.training.y[real])
            u, memory = direction.update(g, memory, variables)
            rate = rates[epoch, i]
            decay = settings.decay()
            variables = {
                name: {
                    part: p
                    - rate * u[name][part]
                    - rate * (decay if part == "weight" else 0.0) * p
                    for part, p in own.items()
                }
                for name, own in variables.items()
            }
    return variables


@pytest.mark.parametrize(
    "changed",
    [
        {"optimizer": "sgd", "learning_rate": 0.1},
        {"optimizer": "adam", "weight_decay": 0.1},
        {"optimizer": "adam", "schedule": "cosine", "batch_size": 37},
    ],
    ids=["sgd", "adam-decay", "adam-cosine-one-batch"],
)
def test_scan_equals_a_python_loop(run: Any, changed: dict[str, Any]) -> None:
    this = run(**changed)
    direction = this.program.rule.optimizer.direction
    expected = python_loop(this, direction)
    trained = this.train().variables
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, **CLOSE), trained, expected
    )


def test_same_seed_gives_the_same_bits(run: Any) -> None:
    first, second = run().train(), run().train()
    jax.tree.map(np.testing.assert_array_equal, first.variables, second.variables)


def test_another_seed_gives_other_weights(run: Any) -> None:
    first, second = run().train(), run(seed=1).train()
    weights = [r.variables["dense_1"]["weight"] for r in (first, second)]
    assert not np.allclose(*weights)


def test_a_longer_run_compiles_nothing_new(run: Any) -> None:
    run(epochs=1).train()
    with counting_compilations() as compiled:
        run(epochs=5).train()
    assert compiled == []


def test_another_rate_decay_and_seed_compile_nothing_new(run: Any) -> None:
    run().train()
    with counting_compilations() as compiled:
        run(learning_rate=0.5, weight_decay=0.1, seed=7).train()
    assert compiled == []


def test_another_batch_size_is_seen_to_compile(run: Any) -> None:
    run().train()
    with counting_compilations() as compiled:
        run(batch_size=11).train()
    assert compiled != []


def test_every_example_counts_once_an_epoch(run: Any) -> None:
    """With no learning, the mean over padded batches is the mean over examples."""
    this = run(optimizer="sgd", learning_rate=1e-12, epochs=1)
    outputs = this.network.apply(this.network.init(0), this.training.x)
    expected = np.mean(losses.cross_entropy(outputs, this.training.y))
    loss = this.train().history["loss"][0]
    assert loss == pytest.approx(float(expected), rel=1e-5)


def test_every_epoch_drops_other_values(run: Any) -> None:
    """With no learning and no shuffling, only dropout tells two epochs apart."""
    net = fm.Network([fm.Dropout(0.5), fm.Dense(2, "softmax")], input_shape=(4,))
    changed = {"optimizer": "sgd", "learning_rate": 1e-12, "shuffle": False}
    losses = run(network=net, epochs=2, **changed).train().history["loss"]
    assert abs(losses[0] - losses[1]) > 1e-3


def test_every_row_is_visited_once_in_a_new_order(run: Any) -> None:
    plan = run().plan
    orders = [plan.order(0, epoch).ravel() for epoch in range(2)]
    assert [sorted(o[o < 37]) for o in orders] == [list(range(37))] * 2
    assert orders[0].tolist() != orders[1].tolist()


def test_validation_is_measured_after_the_epoch(run: Any) -> None:
    held = blobs(1500, seed=1)  # more than one block of evaluation rows
    this = run(validation=held, epochs=2)
    outcome = this.train()
    outputs = this.network.apply(outcome.variables, held.x)
    expected = float(np.mean(losses.cross_entropy(outputs, held.y)))
    assert outcome.history["validation_loss"][-1] == pytest.approx(expected, rel=1e-4)


def test_weighted_rows_count_as_often_as_their_weight(run: Any) -> None:
    """One full batch with weight 2 for a row is one with the row twice."""
    data = blobs(10)
    heavy = data._replace(weight=np.r_[2.0, np.ones(9)].astype(np.float32))
    twice = Batch(*(np.concatenate([a[:1], a]) for a in data))
    changed = {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 11}
    one = run(data=heavy, **changed).train()
    other = run(data=twice, **changed).train()
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, **CLOSE),
        one.variables,
        other.variables,
    )


def test_a_row_of_weight_zero_is_not_seen(run: Any) -> None:
    data = blobs(9)
    wild = Batch(
        np.concatenate([data.x, np.full((1, 4), 1e6, np.float32)]),
        np.append(data.y, np.int32(0)),
        np.append(data.weight, np.float32(0)),
    )
    layers = [fm.Dense(4), fm.BatchNorm(), fm.Dense(2, "softmax")]
    net = fm.Network(layers, input_shape=(4,))
    changed = {"network": net, "batch_size": 10, "shuffle": False, "epochs": 3}
    one, other = run(data=data, **changed).train(), run(data=wild, **changed).train()
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5),
        one.variables,
        other.variables,
    )


def test_gradient_clipping_bounds_the_step(run: Any) -> None:
    this = run(
        optimizer="sgd", learning_rate=1.0, gradient_clip=0.01, batch_size=37, epochs=1
    )
    before = this.network.init(0)
    after = this.train().variables
    moved = jax.tree.map(lambda a, b: np.sum(np.square(a - b)), after, before)
    norm = np.sqrt(sum(jax.tree.leaves(moved)))
    assert norm == pytest.approx(0.01, rel=1e-3)


def test_weight_decay_leaves_biases_alone(run: Any) -> None:
    """With the decay alone at work, weights shrink and biases stay."""
    start = jax.tree.map(lambda a: a + 1.0, run().network.init(0))
    flat = Batch(np.zeros((8, 4), np.float32), np.zeros((8, 1), np.float32), None)
    flat = flat._replace(weight=np.ones(8, np.float32))
    net = fm.Network([fm.Dense(1)], input_shape=(4,))
    start = {"dense_1": {"weight": np.ones((4, 1), "f"), "bias": np.zeros(1, "f")}}
    outcome = run(
        data=flat, network=net, loss="mse", metrics=(), optimizer="sgd", epochs=1,
        learning_rate=0.1, weight_decay=0.5, variables=start,
    ).train()  # fmt: skip
    np.testing.assert_allclose(outcome.variables["dense_1"]["weight"], 0.95)
    np.testing.assert_array_equal(outcome.variables["dense_1"]["bias"], 0.0)


def test_an_optax_optimizer_of_the_users_own_is_taken_as_it_is(run: Any) -> None:
    """It works on the tree of parameters, the named one on one packed vector."""
    own = run(optimizer=optax.sgd(0.01, momentum=0.9)).train()
    named = run(optimizer="momentum", learning_rate=0.01).train()
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, **CLOSE),
        own.variables,
        named.variables,
    )


@pytest.mark.parametrize(("units", "is_packed"), [(8, True), (40_000, False)])
def test_only_small_networks_are_packed(units: int, is_packed: bool) -> None:
    shapes = jax.eval_shape(fm.Network([fm.Dense(units)], input_shape=(4,)).init)
    packed = jax.eval_shape(packing_for(shapes, is_elementwise=True).pack, shapes)
    assert isinstance(packed, jax.ShapeDtypeStruct) == is_packed


def test_packing_round_trip_gives_the_same_tree() -> None:
    variables = fm.Network([fm.Dense(3), fm.Dense(2)], input_shape=(4,)).init(0)
    packing = packing_for(variables, is_elementwise=True)
    again = packing.unpack(packing.pack(variables))
    jax.tree.map(np.testing.assert_array_equal, again, variables)

"""The gradient of a private step: every row's own, clipped, summed, with noise."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.tolerances import CLOSE
from tests.training.conftest import blobs

import fathom as fm
from fathom.training import private_gradient
from fathom.training.objective import Batch, Objective
from fathom.training.private_gradient import PrivateNumbers, clipped_sum, with_noise
from fathom.training.row_norms import is_dense, sum_by_norms
from fathom.variables import split_state

DENSE = fm.Network([fm.Dense(8, "tanh"), fm.Dense(2, "softmax")], (4,))
NORM = fm.Network(
    [fm.Dense(6, "tanh", use_bias=False), fm.LayerNorm(), fm.Dense(2, "softmax")], (4,)
)

IMAGES = fm.Network(
    [fm.Reshape((2, 2, 1)), fm.Conv(3, 2), fm.Flatten(), fm.Dense(2, "softmax")], (4,)
)


def total(objective: Objective, parameters: Any, batch: Batch, key: Any) -> Any:
    sums, _ = objective.measure(parameters, batch, training=True, key=key)
    return sums.loss, sums


def summed(network: fm.Network, batch: Batch, clip: float = 0.5) -> Any:
    """The sum of the clipped gradients as a private step has it."""
    objective = Objective(network, "cross_entropy", ("accuracy",))
    parameters = split_state(network.init(0))[0]
    one = partial(total, objective)
    given = parameters, batch, None, jnp.float32(clip)

    def own(batch: Batch) -> Any:
        ours = given[0], batch, *given[2:]
        if is_dense(network):
            return sum_by_norms(objective, lambda p: p, one, ours)
        return clipped_sum(one, ours, network.has_convolutions)

    return jax.jit(own)(batch)


def by_hand(network: fm.Network, batch: Batch, clip: float) -> Any:
    """The same, row by row in NumPy."""
    objective = Objective(network, "cross_entropy")
    parameters = split_state(network.init(0))[0]
    slope = jax.jit(jax.grad(lambda p, row: total(objective, p, row, None)[0]))
    result, n_clipped = jax.tree.map(np.zeros_like, parameters), 0
    for i in np.flatnonzero(batch.weight):
        row = jax.tree.map(lambda a, i=i: a[i : i + 1], batch)
        own = jax.tree.map(np.asarray, slope(parameters, row))
        norm = np.sqrt(sum(np.square(a).sum() for a in jax.tree.leaves(own)))
        n_clipped += norm > clip
        factor = min(1.0, clip / norm)
        result = jax.tree.map(lambda r, g, f=factor: r + f * g, result, own)
    return result, n_clipped


@pytest.fixture(scope="module")
def batch() -> Batch:
    """19 rows, of which the last four are padding."""
    made = blobs(19)
    return made._replace(weight=np.float32([1] * 15 + [0] * 4))


@pytest.mark.parametrize(
    ("network", "clip"),
    [(DENSE, 2.1), (NORM, 0.5), (IMAGES, 2.0)],
    ids=["by norms", "row by row", "images"],
)
def test_every_gradient_is_clipped_by_itself(
    network: fm.Network, clip: float, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_gradient, "ROOM", 4 * 120 * 4)  # parts of some rows
    expected, n_clipped = by_hand(network, batch, clip)
    assert 0 < n_clipped < 15
    gradient, sums = summed(network, batch, clip)
    jax.tree.map(partial(np.testing.assert_allclose, **CLOSE), gradient, expected)
    assert float(sums.metrics["clipped"]) == n_clipped
    assert float(sums.weight) == 15


@pytest.mark.parametrize("network", [DENSE, NORM], ids=["by norms", "row by row"])
def test_one_row_moves_the_sum_by_no_more_than_the_clip(
    network: fm.Network, batch: Batch
) -> None:
    """Neighbors: the same rows with one that pulls a thousand times as hard, or not."""
    x = batch.x.copy()
    x[3] *= 1000
    with_it = batch._replace(x=x)
    without = with_it._replace(weight=batch.weight * (np.arange(19) != 3))
    one, other = (summed(network, rows, 0.1)[0] for rows in (with_it, without))
    change = jax.tree.leaves(jax.tree.map(jnp.subtract, one, other))
    norm = np.sqrt(sum(np.square(a).sum() for a in change))
    assert 0.05 < norm <= 0.1 * (1 + 1e-5)


@pytest.mark.parametrize("network", [DENSE, NORM], ids=["by norms", "row by row"])
def test_a_row_that_is_not_finite_counts_as_nothing(
    network: fm.Network, batch: Batch
) -> None:
    x = batch.x.copy()
    x[3] = np.nan
    without = batch._replace(weight=batch.weight * (np.arange(19) != 3))
    one = summed(network, batch._replace(x=x))[0]
    jax.tree.map(
        partial(np.testing.assert_allclose, **CLOSE), one, summed(network, without)[0]
    )


def test_the_noise_has_the_deviation_asked_for(batch: Batch) -> None:
    """Of 20,000 numbers; the quotient is the batch size that is expected."""
    gradient, sums = {"w": jnp.zeros(20_000)}, summed(DENSE, batch)[1]
    numbers = PrivateNumbers(jax.random.key(0), 0.5, jnp.float32(1.5 * 0.5), 10.0)
    noisy = np.asarray(with_noise((gradient, sums), numbers, jnp.int32(3))[0]["w"])
    assert noisy.std() == pytest.approx(1.5 * 0.5 / 10, rel=0.03)
    assert abs(noisy.mean()) < 4 * 0.075 / np.sqrt(20_000)


def test_every_step_has_noise_of_its_own(batch: Batch) -> None:
    zero, sums = {"w": jnp.zeros(8)}, summed(DENSE, batch)[1]
    numbers = PrivateNumbers(jax.random.key(0), 0.5, jnp.float32(1), 1.0)
    one, other = (
        with_noise((zero, sums), numbers, jnp.int32(i))[0]["w"] for i in (0, 1)
    )
    assert not np.isclose(one, other).any()


def test_a_step_that_drew_no_row_is_noise_alone(batch: Batch) -> None:
    gradient, sums = summed(DENSE, batch._replace(weight=np.zeros(19, np.float32)))
    assert all((np.asarray(a) == 0).all() for a in jax.tree.leaves(gradient))
    numbers = PrivateNumbers(jax.random.key(0), 0.5, jnp.float32(0), 1.0)
    assert float(with_noise((gradient, sums), numbers, jnp.int32(0))[1].weight) > 0

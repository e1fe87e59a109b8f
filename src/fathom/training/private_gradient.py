"""The gradient of a private step: every row's own, clipped, summed, with noise.

    g = (sum_i min(1, clip / |g_i|) g_i + noise * clip * N(0, 1)) / batch size

The batch size is the one that is expected: how many rows a step drew is a fact about
the rows, which the quotient would tell. A row whose gradient is not finite counts as
zero, because one row must not be able to stop a run.

Source: Abadi et al., "Deep learning with differential privacy" (2016).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from fathom.training.objective import Batch, Sums

# The name under which the share of clipped gradients goes with the metrics.
CLIPPED = "clipped"
# Bytes that the gradients of single rows may take at a time.
ROOM = 32 * 2**20

# (parameters, one row as a batch, its key) -> sum of losses, sums.
Total = Callable[[Any, Batch, Any], tuple[jax.Array, Sums]]


class PrivateNumbers(NamedTuple):
    """Settings of a private run that are arrays, so that they compile nothing anew.

    Attributes:
        key: Random key of the noise.
        clip: () largest norm of the gradient of one row.
        deviation: () of the noise on the sum.
        expected: () rows of a step, on average.
    """

    key: Any
    clip: Any
    deviation: Any
    expected: Any


def with_noise(
    summed: tuple[Any, Sums], numbers: PrivateNumbers, number: jax.Array
) -> tuple[Any, Sums]:
    """Return the noisy mean gradient, and the sums of loss and metrics.

    Args:
        summed: The sum of the clipped gradients, and the sums.
        numbers: Of the run.
        number: Of the step.
    """
    gradient, sums = summed
    leaves, structure = jax.tree.flatten(gradient)
    keys = jax.random.split(jax.random.fold_in(numbers.key, number), len(leaves))
    noisy = [
        (leaf + numbers.deviation * jax.random.normal(own, leaf.shape, leaf.dtype))
        / numbers.expected
        for leaf, own in zip(leaves, keys, strict=True)
    ]
    # A step may have drawn no row: its mean loss is then 0 rather than 0 / 0.
    weight = jnp.maximum(sums.weight, jnp.finfo(sums.weight.dtype).tiny)
    return jax.tree.unflatten(structure, noisy), sums._replace(weight=weight)


def clipped_sum(
    total: Total, given: tuple[Any, Batch, Any, Any], convolves: bool = False
) -> tuple[Any, Sums]:
    """Return the sum of the clipped gradients of all rows, and the sums.

    Rows are taken in parts that fit the memory; parts without a real row are left out.

    Args:
        total: The loss of a batch of one row.
        given: Parameters as the run's packing holds them; the rows drawn, and after
            them rows of weight 0; the key of what training draws, such as dropout, or
            None; and the largest norm of the gradient of one row.
        convolves: Whether the network does. On a CPU, rows side by side take twice as
            long then as one after the other.
    """
    parameters, batch, key, clip = given
    n = len(batch.weight)
    alone = convolves and jax.default_backend() == "cpu"
    rows = 1 if alone else rows_at_once(parameters, n)

    def part(i: Any) -> tuple[Any, Sums]:
        places = i * rows + jnp.arange(rows, dtype=jnp.int32)
        own = jax.tree.map(lambda a: a[jnp.minimum(places, n - 1)], batch)
        own = own._replace(weight=jnp.where(places < n, own.weight, 0))
        return _part_sum(total, parameters, (own, key, places), clip)

    if rows == n:
        return part(0)
    zero = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), jax.eval_shape(part, 0))
    n_parts = (jnp.count_nonzero(batch.weight) + rows - 1) // rows
    return lax.fori_loop(
        0, n_parts, lambda i, before: jax.tree.map(jnp.add, before, part(i)), zero
    )


def rows_at_once(parameters: Any, n: int) -> int:
    """Return how many rows have their gradients side by side."""
    size = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(parameters))
    return max(min(ROOM // max(size, 1), n), 1)


def _part_sum(
    total: Total, parameters: Any, given: tuple[Batch, Any, Any], clip: Any
) -> tuple[Any, Sums]:
    """Return the same for some rows, with their places in the batch."""
    batch, key, places = given

    def alone(row: Batch, place: Any) -> tuple[Any, Sums]:
        one = jax.tree.map(lambda a: a[None], row)
        own = None if key is None else jax.random.fold_in(key, place)
        return jax.grad(total, has_aux=True)(parameters, one, own)

    gradients, sums = jax.vmap(alone)(batch, places)
    leaves = jax.tree.leaves(gradients)
    squares = sum(jnp.square(g).reshape(len(g), -1).sum(1) for g in leaves)
    factors, share = clip_factors(jnp.sqrt(squares), batch.weight, clip)

    def clipped(g: jax.Array) -> jax.Array:
        counts = (factors > 0).reshape(-1, *[1] * (g.ndim - 1))
        return jnp.tensordot(factors, jnp.where(counts, g, 0), axes=1)

    sums = jax.tree.map(lambda s: s.sum(0), sums)
    sums = sums._replace(metrics={**sums.metrics, CLIPPED: share})
    return jax.tree.map(clipped, gradients), sums


def clip_factors(norms: Any, weight: Any, clip: Any) -> tuple[jax.Array, jax.Array]:
    """Return what each gradient is multiplied by, and how many are clipped.

    Args:
        norms: (rows,) of their gradients.
        weight: (rows,) 1 for a row that was drawn, 0 else.
        clip: The largest norm.
    """
    is_finite = jnp.isfinite(norms)
    factors = jnp.where(is_finite, clip / jnp.maximum(norms, clip), 0)
    n_clipped = jnp.where(is_finite & (norms <= clip), 0, weight).sum()
    return factors * weight, n_clipped

"""Many points through a network, in batches of one size, so that it compiles once."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from fathom.network import Network
from fathom.variables import Variables

# Numbers that one batch may hold in all layers together: 128 MB in float32.
MOST_NUMBERS = 2**25
MOST_POINTS = 1024


def n_rows(x: Any) -> int:
    """Return how many rows inputs have, an array or a dict of arrays."""
    return len(jax.tree.leaves(x)[0])


def rows_of(x: Any, chosen: np.ndarray) -> Any:
    """Return some rows of an array or of a dict of arrays."""
    return jax.tree.map(lambda array: array[chosen], x)


def batch_size(network: Network, n: int) -> int:
    """Return how many of n points go through a network at once: a power of two."""
    most = max(1, min(MOST_POINTS, MOST_NUMBERS // _numbers_in(network)))
    return min(1 << (most.bit_length() - 1), 1 << max(0, n - 1).bit_length())


def in_batches(function: Callable[[np.ndarray], Any], n: int, size: int) -> Any:
    """Return what a function gives for the points 0 to n - 1, one after the other.

    Args:
        function: Gives arrays (size, ...) for the numbers of `size` points. The last
            point fills up the last batch.
        n: How many points.
        size: How many at once.

    Example:
        >>> in_batches(lambda points: points * 2, 5, 2)
        array([0, 2, 4, 6, 8])
    """
    pieces = []
    for start in range(0, n, size):
        points = np.minimum(np.arange(start, start + size), n - 1)
        count = min(size, n - start)
        done = function(points)
        pieces.append(jax.tree.map(lambda a, k=count: np.asarray(a)[:k], done))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *pieces)


def outputs_of(network: Network, variables: Variables, x: Any) -> np.ndarray:
    """Return a network's outputs (rows, *output_shape) for its inputs."""
    n = n_rows(x)

    def outputs(points: np.ndarray) -> jax.Array:
        return network.compiled_apply(variables, rows_of(x, points))

    return in_batches(outputs, n, batch_size(network, n))


@lru_cache(maxsize=64)
def _numbers_in(network: Network) -> int:
    """Return how many numbers the layers report of one example."""
    variables = jax.eval_shape(network.init)
    shape = network.known_input_shape
    is_shape = lambda own: isinstance(own, tuple)  # noqa: E731  (a leaf of the tree)
    one = jax.tree.map(
        lambda own: jax.ShapeDtypeStruct((1, *own), np.float32),
        dict(shape) if isinstance(shape, dict) else shape,
        is_leaf=is_shape,
    )
    taps = jax.eval_shape(
        lambda v, x: network.forward(v, x, listen=True).taps, variables, one
    )
    return max(1, sum(math.prod(tap.shape) for tap in jax.tree.leaves(taps)))

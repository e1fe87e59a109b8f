"""The sum of clipped gradients of a dense network, without the gradients of the rows.

    |g_i|^2 = sum over layers of (|x_i|^2 + 1) |d_i|^2

with x_i the inputs of a layer for row i and d_i the gradient of its loss with respect
to the weighted sums: the gradient of row i is their outer product (and d_i for the
bias). So two passes over the batch do, one for the norms and one in which every loss is
multiplied by its factor; the gradients themselves take 2 to 15 times as long on a CPU.

Source: Goodfellow, "Efficient per-example gradient computations", arXiv 1510.01799
(2015).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from fathom.layers.dense import Dense
from fathom.layers.structure import Activation, Dropout, Flatten
from fathom.network import Network
from fathom.training.objective import Batch, Objective, Sums, over_steps, targets_of
from fathom.training.private_gradient import CLIPPED, Total, clip_factors

# Layers without parameters that treat every row by itself.
_BARE = (Activation, Dropout, Flatten)


def is_dense(network: Network) -> bool:
    """Say whether all that learns are Dense layers on rows of numbers.

    Example:
        >>> from fathom.layers import Dropout, LayerNorm
        >>> is_dense(Network([Dense(3), Dropout(0.1), Dense(2)], (4,)))
        True
        >>> is_dense(Network([Dense(3), LayerNorm(), Dense(2)], (4,)))
        False
    """
    shape: Any = network.known_input_shape
    if not isinstance(shape, tuple):
        return False
    for layer in network.layers:
        is_row = type(layer) is Dense and len(shape) == 1
        if not is_row and type(layer) not in _BARE:
            return False
        shape = layer.output_shape(shape)
    return True


def sum_by_norms(
    objective: Objective,
    unpack: Callable[[Any], Any],
    total: Total,
    given: tuple[Any, Batch, Any, Any],
) -> tuple[Any, Sums]:
    """Return the sum of the clipped gradients of all rows, and the sums.

    Args:
        objective: With a network that `is_dense`.
        unpack: The parameters as a tree.
        total: The loss of a batch.
        given: Parameters, batch, key and clip, as of
            `fathom.training.private_gradient.clipped_sum`.
    """
    parameters, batch, key, clip = given
    # The norms must be those of the gradient that is summed, also where a GPU would
    # round the factors of its products.
    with jax.default_matmul_precision("highest"):
        norms = row_norms(objective, unpack(parameters), batch, key)
        factors, n_clipped = clip_factors(norms, batch.weight, clip)
        # 0 times a loss that is not finite is not 0: such a row becomes another one.
        counts = jnp.isfinite(norms)
        other = jnp.argmax(counts)
        places = jnp.where(counts, jnp.arange(len(counts)), other)
        x, y = jax.tree.map(lambda a: a[places], (batch.x, batch.y))
        own = Batch(x, y, factors)
        gradient = jax.grad(lambda p: total(p, own, key)[0])(parameters)
    gradient = jax.tree.map(lambda g: jnp.where(counts.any(), g, 0), gradient)
    _, sums = total(parameters, batch, key)
    return gradient, sums._replace(metrics={**sums.metrics, CLIPPED: n_clipped})


def row_norms(
    objective: Objective, variables: Any, batch: Batch, key: Any
) -> jax.Array:
    """Return the norm of the gradient of every row's loss, (rows,)."""
    network, loss, _ = objective.pieces()
    learning = [
        layer
        for layer in network.layers
        if isinstance(layer, Dense) and layer.name not in objective.frozen
    ]
    n = len(batch.weight)
    probes = {
        str(layer.name): {"weighted_sum": jnp.zeros((n, layer.units))}
        for layer in learning
    }

    def summed(probes: Any) -> tuple[jax.Array, Any]:
        forward = network.forward(
            variables, batch.x, training=True, key=key, listen=True, probes=probes
        )
        losses = over_steps(loss, forward.outputs, targets_of(batch))
        return losses.sum(), forward.taps

    slopes, taps = jax.grad(summed, has_aux=True)(probes)
    squares = jnp.zeros(n)
    for layer in learning:
        name = str(layer.name)
        x = jnp.square(taps[name]["input"]).sum(1) + int(layer.use_bias)
        squares += x * jnp.square(slopes[name]["weighted_sum"]).sum(1)
    return jnp.sqrt(squares)

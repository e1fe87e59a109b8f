"""What the outputs of a layer say: mean, spread, dead and saturated units.

unit u:  m_u = mean over examples and places,  v_u = variance over them
mean = mean m_u,  variation^2 = mean v_u,  spread^2 = mean v_u + variance of m_u
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import lax

# A unit with outputs below this for every example gives nothing to the next layer.
DEAD = 1e-6
CAN_DIE = frozenset({"relu", "gelu", "silu"})
# Saturated: a slope below this share of the largest, for this share of the examples.
FLAT, MOSTLY = 0.05, 0.95
# Sums over units, from which the statistics of all layers are worked out together.
MOMENTS = "moments"


def summary(
    a: jax.Array, axes: int, mask: jax.Array, kind: str
) -> dict[str, jax.Array]:
    """Return what the outputs of a layer say, by name, for each block.

    Sums are taken of differences to one example, so that outputs that are all the same
    have a variation of exactly 0. Rows that do not count are left out.

    Args:
        a: (*blocks, batch, ..., units).
        axes: How many axes there are of blocks.
        mask: (batch,) whether a row counts.
        kind: Name of the activation.

    Returns:
        `MOMENTS` (4, blocks), and where they apply "dead_units" and "saturated_units".
    """
    rows = len(mask)
    units = a.shape[-1] if a.ndim > axes + 1 else 1
    a = a.astype(jnp.float32)
    a = a.reshape(math.prod(a.shape[:axes]), rows, -1, units)
    real = mask.reshape(1, rows, 1, 1)
    middle = lax.dynamic_slice_in_dim(a, jnp.argmax(mask), 1, 1)[:, :, :1]
    apart = jnp.where(real, a - middle, 0)
    n = jnp.maximum(mask.sum(), 1).astype(jnp.float32) * a.shape[2]
    shift = apart.sum((1, 2)) / n
    variance = jnp.square(apart).sum((1, 2)) / n - jnp.square(shift)
    means = middle[:, 0, 0] + shift
    first = means[:, :1]
    apart = means - first
    moments = jnp.stack([apart, jnp.square(apart), jnp.maximum(variance, 0)])
    values = {MOMENTS: jnp.concatenate([first[None, :, 0], moments.mean(-1)])}
    if kind in CAN_DIE:
        largest = jnp.where(real, jnp.abs(a), 0).max((1, 2))
        values["dead_units"] = (largest <= DEAD).astype(jnp.float32).mean(-1)
    if kind in ("sigmoid", "tanh"):
        slope = 4 * a * (1 - a) if kind == "sigmoid" else 1 - jnp.square(a)
        flat = (real & (slope < FLAT)).astype(jnp.float32).sum((1, 2)) / n
        values["saturated_units"] = (flat > MOSTLY).astype(jnp.float32).mean(-1)
    return values


def finished(moments: jax.Array) -> dict[str, jax.Array]:
    """Return the statistics of many layers, each (layers,), from (4, layers)."""
    first, shift, square, within = moments
    between = jnp.maximum(square - jnp.square(shift), 0)
    return {
        "activation_mean": first + shift,
        "activation_spread": jnp.sqrt(within + between),
        "activation_variation": jnp.sqrt(within),
    }

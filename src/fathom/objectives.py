"""Objectives that compare the examples of a batch with each other.

    result = fm.train(network, (X, y), objective=fm.objectives.triplet(margin=0.2))

Each function returns an objective for `fathom.train`; called again with the same
settings it returns the same one, whose compiled program is found again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp

from fathom.errors import choose, is_number, require
from fathom.network import Network
from fathom.training.objective import Batch
from fathom.training.own_objective import Function, Terms

MININGS = {"hard": None, "all": None}


@lru_cache(maxsize=64)
def triplet(margin: float = 0.2, mining: str = "all") -> Function:
    """Return the triplet loss over the examples of a batch, by their classes.

    loss_a = max(0, |e_a - e_p|^2 - |e_a - e_n|^2 + margin), with e the outputs scaled
    to length 1, p an example of a's class and n one of another class. Examples without
    a partner in their batch count 0. The history has "active", the share of examples
    with a loss above 0.

    Args:
        margin: By how much the own kind is to be closer.
        mining: "all" takes the mean over all p and n of an example whose loss is above
            0; "hard" its farthest p and nearest n, which is quicker and may collapse
            to one point (both: Hermans, Beyer and Leibe, "In defense of the triplet
            loss", 2017).

    Raises:
        InputError: If a setting is not one of these.

    Source: Schroff, Kalenichenko and Philbin, "FaceNet" (2015).
    """
    fits = is_number(margin) and margin > 0
    require(fits, "triplet", "margin", "a number above 0", margin)
    choose(MININGS, mining, "mining")
    per_anchor = _hard if mining == "hard" else _all

    def triplet_objective(
        network: Network, variables: Mapping[str, Any], batch: Batch, key: Any
    ) -> Terms:
        forward = network.forward(
            dict(variables), batch.x, training=key is not None, key=key
        )
        distances = squared_distances(unit_length(forward.outputs))
        real = batch.weight > 0
        same = (batch.y[:, None] == batch.y[None, :]) & real[None, :]
        positive = same & ~jnp.eye(len(real), dtype=bool)
        negative = (batch.y[:, None] != batch.y[None, :]) & real[None, :]
        losses = per_anchor(distances, positive, negative, margin)
        is_active = (losses > 0).astype(losses.dtype)
        return Terms(losses, {"active": is_active}, forward.state)

    return triplet_objective


def unit_length(outputs: jax.Array) -> jax.Array:
    """Return (batch, ...) outputs as embeddings (batch, width) of length 1."""
    flat = outputs.reshape(len(outputs), -1)
    squares = jnp.sum(flat * flat, axis=1, keepdims=True)
    return flat * jax.lax.rsqrt(jnp.maximum(squares, 1e-12))


def squared_distances(embeddings: jax.Array) -> jax.Array:
    """Return (batch, batch) squared distances |a - b|^2 = 2 - 2 a.b of unit vectors."""
    return jnp.maximum(2 - 2 * embeddings @ embeddings.T, 0)


def _hard(
    distances: jax.Array, positive: jax.Array, negative: jax.Array, margin: float
) -> jax.Array:
    farthest = jnp.max(jnp.where(positive, distances, 0), axis=1)
    nearest = jnp.min(jnp.where(negative, distances, 4), axis=1)
    loss = jnp.maximum(farthest - nearest + margin, 0)
    return jnp.where(positive.any(1) & negative.any(1), loss, 0)


def _all(
    distances: jax.Array, positive: jax.Array, negative: jax.Array, margin: float
) -> jax.Array:
    losses = distances[:, :, None] - distances[:, None, :] + margin  # anchor, p, n
    counts = (positive[:, :, None] & negative[:, None, :] & (losses > 0)).astype(
        losses.dtype
    )
    total = jnp.sum(losses * counts, axis=(1, 2))
    return total / jnp.maximum(counts.sum((1, 2)), 1)

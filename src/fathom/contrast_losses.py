"""Losses that compare embeddings or play a game, instead of meeting a target.

`triplet` compares three embeddings; `discriminator`, `generator` and `minimax` are the
two sides and the value of the game of a generative adversarial network, written on the
discriminator's logits z (its probability "real" is D = sigmoid(z)), so that
log D = -log(1 + exp(-z)) never overflows. All return one value per example.
"""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp

from fathom.activations import softplus
from fathom.errors import InputError
from fathom.targets import as_float, match, mean_per_example


def triplet(
    anchor: jax.Array, positive: jax.Array, negative: jax.Array, margin: float = 1.0
) -> jax.Array:
    """Triplet loss: an anchor is closer to its own kind than to another, by a margin.

    Formula: max(0, |a - p|^2 - |a - n|^2 + margin). Range [0, inf).
    Shapes: three embeddings (batch, ...) of one shape -> (batch,).
    Source: Schroff, Kalenichenko and Philbin 2015, "FaceNet" (there the embeddings
    have length 1 and the margin is 0.2).

    Raises:
        InputError: If the three shapes differ.

    Example:
        >>> import jax.numpy as jnp
        >>> a, p, n = jnp.zeros((1, 2)), jnp.ones((1, 2)), jnp.full((1, 2), 0.5)
        >>> triplet(a, p, n).tolist()  # 2 - 0.5 + 1
        [2.5]
    """
    shapes = [jnp.shape(part) for part in (anchor, positive, negative)]
    if len(set(shapes)) > 1:
        raise InputError(
            "The three embeddings of triplet must have one shape. Got anchor "
            f"{shapes[0]}, positive {shapes[1]} and negative {shapes[2]} instead."
        )
    near = _squared_distance(anchor, positive)
    far = _squared_distance(anchor, negative)
    return jnp.maximum(near - far + margin, 0)


def discriminator(real_logits: jax.Array, fake_logits: jax.Array) -> jax.Array:
    """Loss of the discriminator: binary cross-entropy of real as 1 and fake as 0.

    Formula: -log D(x) - log(1 - D(G(z))). Range [0, inf); log 4 when it cannot tell
    them apart. Shapes: logits (batch, ...) twice -> (batch,).
    Source: Goodfellow et al. 2014, algorithm 1.

    Raises:
        InputError: If the shapes differ.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(discriminator(jnp.zeros(1), jnp.zeros(1))[0]), 4)
        1.3863
    """
    real, fake = match(real_logits, fake_logits, "discriminator (real, fake)")
    return mean_per_example(softplus(-real) + softplus(fake))


def generator(
    fake_logits: jax.Array,
    kind: Literal["non_saturating", "minimax"] = "non_saturating",
) -> jax.Array:
    """Loss of the generator, from the discriminator's logits of what it made.

    Formula: "non_saturating" -log D(G(z)), "minimax" log(1 - D(G(z))).
    Range [0, inf) and (-inf, 0]. Both have the same fixed point; the gradient of the
    second vanishes as long as the discriminator sees through the fakes, so the first is
    the default.
    Shapes: logits (batch, ...) -> (batch,).
    Source: Goodfellow et al. 2014, section 3.

    Raises:
        InputError: If the kind is unknown.
    """
    logits = as_float(fake_logits)
    if kind == "non_saturating":
        return mean_per_example(softplus(-logits))
    if kind == "minimax":
        return mean_per_example(-softplus(logits))
    raise InputError(
        "The kind of generator loss must be 'non_saturating' or 'minimax'. "
        f"Got {kind!r} instead."
    )


def minimax(real_logits: jax.Array, fake_logits: jax.Array) -> jax.Array:
    """Value of the game, which the discriminator raises and the generator lowers.

    Formula: V = log D(x) + log(1 - D(G(z))), the negative of `discriminator`.
    Range (-inf, 0]; -log 4 at the equilibrium, where D = 1/2 everywhere.
    Shapes: logits (batch, ...) twice -> (batch,).
    Source: Goodfellow et al. 2014, equation 1 and theorem 1.
    """
    return -discriminator(real_logits, fake_logits)


def _squared_distance(left: jax.Array, right: jax.Array) -> jax.Array:
    square = jnp.square(as_float(left) - as_float(right))
    return jnp.sum(square, axis=tuple(range(1, square.ndim)))

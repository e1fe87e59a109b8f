"""A random code with a mean and a variance that a network chooses.

    z = mean + exp(log_variance / 2) * n,  n from N(0, I)

Source: Kingma and Welling, "Auto-encoding variational Bayes" (2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import lax

from fathom.errors import is_number
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.scope import Scope

# exp(20) is 5e8: no float32 overflows, and no useful code is out of reach.
LIMIT = 20.0


@dataclass(frozen=True)
class Sample(Layer):
    """Draw a code, and add what it costs to the loss: a variational autoencoder's core.

    The last axis (..., 2k) holds k means and then k log-variances. Training gives the
    drawn code z (..., k), prediction the mean. Both add to each example's loss

        weight * KL(N(mean, variance) || N(0, I))
            = weight / 2 * sum(mean^2 + variance - 1 - log_variance)

    The gradient goes through mean and variance, not through the noise. Log-variances
    beyond -20 to 20 count as that; their gradient is the one at the limit, so that
    training finds back.

    Attributes:
        weight: Of the KL divergence; 1 makes the loss the (negative) bound on the
            likelihood, others are the beta of Higgins et al., "beta-VAE" (2017).

    Example:
        >>> Sample().output_shape((40,))
        (20,)
    """

    weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        fits = is_number(self.weight) and self.weight >= 0
        self.require(fits, "weight", "a number of at least 0")

    @property
    def is_random(self) -> bool:
        """A code is drawn."""
        return True

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the code, (..., k)."""
        if not shape or shape[-1] % 2:
            expected = "an even last axis, k means and then k log-variances"
            raise shape_error(self, shape, expected)
        return (*shape[:-1], shape[-1] // 2)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return z (batch, ..., k), and add the divergence to the loss."""
        self.output_shape(x.shape[1:])
        mean, log_variance = jnp.split(x, 2, axis=-1)
        log_variance = limited(log_variance)
        scope.penalize(self.weight * divergence(mean, log_variance))
        z = mean
        if scope.training and scope.key is not None:
            noise = jax.random.normal(scope.key, mean.shape, mean.dtype)
            z = mean + jnp.exp(log_variance / 2) * noise
        return scope.tap("activation", z)


def divergence(mean: jax.Array, log_variance: jax.Array) -> jax.Array:
    """Return KL(N(mean, variance) || N(0, I)) of each example, (batch,)."""
    terms = mean * mean + jnp.exp(log_variance) - 1 - log_variance
    return terms.reshape(len(terms), -1).sum(1) / 2


def limited(log_variance: jax.Array) -> jax.Array:
    """Return log-variances between the limits, with a gradient of 1 everywhere."""
    inside = jnp.clip(log_variance, -LIMIT, LIMIT)
    return lax.stop_gradient(inside) + (log_variance - lax.stop_gradient(log_variance))

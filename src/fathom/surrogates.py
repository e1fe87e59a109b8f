"""Surrogate gradients: how a spike, which has no slope, is trained all the same.

    forward: s = 1 where u >= 0, else 0        backward: ds/du = g(u), the surrogate

with u the membrane potential minus the threshold. The true derivative is 0 everywhere
but at the threshold, where there is none; the surrogate lets those neurons learn that
came close. Every one is 1 at the threshold, symmetric, and narrower with a larger slope
k. Source: Neftci, Mostafa and Zenke, "Surrogate gradient learning in spiking neural
networks" (2019).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.errors import choose, is_number, require


class Surrogate(NamedTuple):
    """A derivative that stands in for that of the step.

    Attributes:
        derivative: A function (u, k) -> g(u).
        slope: The k that is taken where none is given.
    """

    derivative: Callable[[jax.Array, float], jax.Array]
    slope: float


def fast_sigmoid(u: jax.Array, slope: float = 25.0) -> jax.Array:
    """Derivative of the fast sigmoid u / (1 + k |u|): g = 1 / (1 + k |u|)^2.

    Wide tails: even neurons far from the threshold learn a little. k = 25 is that of
    snnTorch. Source: Zenke and Ganguli 2018.
    """
    return 1 / jnp.square(1 + slope * jnp.abs(u))


def superspike(u: jax.Array, slope: float = 100.0) -> jax.Array:
    """The same function as `fast_sigmoid`, as sharp as in its authors' code: k = 100.

    Source: Zenke and Ganguli, "SuperSpike: supervised learning in multilayer spiking
    neural networks", Neural Computation 30 (2018).
    """
    return fast_sigmoid(u, slope)


def arctangent(u: jax.Array, slope: float = 2.0) -> jax.Array:
    """Derivative of an arctangent: g = 1 / (1 + (pi k u / 2)^2).

    Source: Fang et al., "Incorporating learnable membrane time constant to enhance
    learning of spiking neural networks" (2021), whose alpha = 2 is k = 2.
    """
    return 1 / (1 + jnp.square(math.pi / 2 * slope * u))


def triangular(u: jax.Array, slope: float = 1.0) -> jax.Array:
    """A triangle: g = max(0, 1 - k |u|), 0 from a distance of 1 / k on.

    Source: Bellec et al., "Long short-term memory and learning-to-learn in networks of
    spiking neurons" (2018), there times 0.3.
    """
    return jnp.maximum(0, 1 - slope * jnp.abs(u))


SURROGATES: dict[str, Surrogate] = {
    "fast_sigmoid": Surrogate(fast_sigmoid, 25.0),
    "superspike": Surrogate(superspike, 100.0),
    "arctangent": Surrogate(arctangent, 2.0),
    "triangular": Surrogate(triangular, 1.0),
}


def spike(
    u: jax.Array, method: str = "fast_sigmoid", slope: float | None = None
) -> jax.Array:
    """Return 1 where u >= 0 and else 0, with a surrogate derivative.

    Works under `jit`, `vmap`, and both modes of differentiation; keeps shape and dtype.
    NaN gives NaN, so that a broken run is seen.

    Args:
        u: Membrane potential minus threshold, of any shape.
        method: "fast_sigmoid", "superspike", "arctangent" or "triangular".
        slope: How sharp the surrogate is around the threshold; None takes the
            method's own.

    Raises:
        InputError: If there is no such surrogate, or the slope is not above 0.

    Example:
        >>> import jax
        >>> spike(jnp.array([-0.5, 0.0, 0.5])).tolist()
        [0.0, 1.0, 1.0]
        >>> float(jax.grad(spike)(0.04))  # 1 / (1 + 25 * 0.04)^2
        0.25
    """
    chosen = choose(SURROGATES, method, "surrogate")
    check_slope("spike", slope)
    return _spike(jnp.asarray(u), method, chosen.slope if slope is None else slope)


def check_slope(owner: str, slope: Any) -> None:
    """Raise InputError unless a slope is None or a number above 0."""
    fits = slope is None or (is_number(slope) and slope > 0)
    require(fits, owner, "slope", "a number above 0, or None", slope)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _spike(u: jax.Array, method: str, slope: float) -> jax.Array:
    return (u >= 0).astype(u.dtype) + jnp.where(jnp.isnan(u), u, 0)


@_spike.defjvp
def _slope(method: str, slope: float, point: Any, tangent: Any) -> Any:
    (u,), (du,) = point, tangent
    return _spike(u, method, slope), SURROGATES[method].derivative(u, slope) * du

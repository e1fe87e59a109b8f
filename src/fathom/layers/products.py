"""Matrix products with weights, in the formulations that are fast inside a loop.

    z = x W + b,  dx = g W^T,  dW = x^T g

Under `precision="bfloat16"` the factors of a product are rounded to bfloat16 and the
sum is kept in float32 (Micikevicius et al., "Mixed precision training", 2018, with the
wider exponent of bfloat16, which needs no scaling of the loss). Everything else stays
float32.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from fathom.layers.scope import Scope

# Measured: 64 x 64 gains and 784 x 512 loses (see `product`).
SMALL_WEIGHT = 16_384


def affine(
    x: jax.Array, weight: jax.Array, bias: jax.Array | None, scope: Scope
) -> jax.Array:
    """Return x W + b over the last axis of x.

    The product is always taken in two dimensions: on the CPU the gradient of a
    three-dimensional one is about half as fast.

    Args:
        x: (batch, ..., inputs).
        weight: (inputs, units).
        bias: (units,), or None.
        scope: Says whether this is training and in which precision.
    """
    z = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])  # (batch * ..., inputs)
    z = product(z, weight, scope)
    if bias is not None:
        z = z + bias[None, :]
    return z if x.ndim == 2 else z.reshape(*x.shape[:-1], weight.shape[-1])


def product(x: jax.Array, weight: jax.Array, scope: Scope) -> jax.Array:
    """Return x W of x (rows, inputs) and W (inputs, units).

    A training step on the CPU takes the gradient of small weights in a form that knows
    no forward mode, and is 4 to 10 % faster for it (large ones are 10 % slower).
    """
    if scope.precision == "bfloat16":
        return _rounded_product(x, weight)
    is_small = weight.size <= SMALL_WEIGHT and jax.default_backend() == "cpu"
    return _product(x, weight) if scope.training and is_small else x @ weight


@jax.custom_vjp
def _product(x: jax.Array, weight: jax.Array) -> jax.Array:
    return x @ weight


def _forward(x: jax.Array, weight: jax.Array) -> tuple[jax.Array, Any]:
    return x @ weight, (x, weight)


def _backward(saved: Any, gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, weight = saved
    # XLA folds a transpose into the product and then takes a slower kernel; the
    # barrier keeps them apart.
    return gradient @ weight.T, lax.optimization_barrier(x.T) @ gradient


_product.defvjp(_forward, _backward)


def rounded_dot(a: jax.Array, b: jax.Array) -> jax.Array:
    """Return a b of two bfloat16 matrices (rows, inner) and (inner, columns).

    The result is float32: a bfloat16 result is not accelerated on the CPU.
    """
    return lax.dot(a, b, preferred_element_type=jnp.float32)


@jax.custom_vjp
def _rounded_product(x: jax.Array, weight: jax.Array) -> jax.Array:
    return rounded_dot(x.astype(jnp.bfloat16), weight.astype(jnp.bfloat16))


def _rounded_forward(x: jax.Array, weight: jax.Array) -> tuple[jax.Array, Any]:
    rounded = x.astype(jnp.bfloat16)
    return rounded_dot(rounded, weight.astype(jnp.bfloat16)), (rounded, weight)


def _rounded_backward(saved: Any, gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, weight = saved
    g, w = gradient.astype(jnp.bfloat16), weight.astype(jnp.bfloat16)
    # A transpose that is folded into the product is computed in float32, ten times
    # slower: contract over the last axes, and keep the other transpose apart.
    dx = lax.dot_general(
        g, w, (((1,), (1,)), ((), ())), preferred_element_type=jnp.float32
    )
    transposed = lax.optimization_barrier(x.T.reshape(-1)).reshape(x.shape[::-1])
    return dx, rounded_dot(transposed, g)


_rounded_product.defvjp(_rounded_forward, _rounded_backward)

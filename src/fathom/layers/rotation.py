"""Rotary positions: queries and keys are turned by an angle that grows with time.

    (u_i, u_{i + d/2})  ->  (u_i cos - u_{i + d/2} sin,  u_{i + d/2} cos + u_i sin)

with the angle t * 10000^(-2i/d) at time t, so that q_s . k_t depends on the content and
on the distance s - t only. Number i is paired with number i + d/2 (the half-split
convention of GPT-NeoX and LLaMA; Su et al. pair neighbors 2i and 2i + 1, which is the
same up to the order of the columns of the weights). Source: Su et al., "RoFormer:
Enhanced transformer with rotary position embedding" (2021).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

# Wavelengths run from 2 pi to 2 pi times this (Vaswani et al. 2017).
LONGEST = 10_000.0


def rotate(x: jax.Array) -> jax.Array:
    """Return x (..., time, d) with the pair i at time t turned by t * 10000^(-2i/d)."""
    time, d = x.shape[-2:]
    angles = np.outer(np.arange(time), LONGEST ** (-np.arange(0, d, 2) / d))
    shape = (*[1] * (x.ndim - 2), time, d // 2)
    cos = jnp.asarray(np.cos(angles).reshape(shape), x.dtype)
    sin = jnp.asarray(np.sin(angles).reshape(shape), x.dtype)
    first, second = x[..., : d // 2], x[..., d // 2 :]
    turned = (first * cos - second * sin, second * cos + first * sin)
    return jnp.concatenate(turned, -1)

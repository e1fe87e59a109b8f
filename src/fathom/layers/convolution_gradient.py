"""The gradients of a convolution, as convolutions that are fast as they stand.

dx = conv(g, w flipped, channels and units exchanged)
dw = conv(x, g) with the batch as channels, stride and dilation exchanged
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import lax

from fathom.layers.window import Window, convolve, dimension_numbers, patches


def weight_gradient(x: jax.Array, g: jax.Array, window: Window) -> jax.Array:
    """Return dw: x and g with batch and channels exchanged, convolved."""
    n = x.ndim - 2
    places = tuple(range(1, n + 1))
    reach = [(k - 1) * d for k, d in zip(window.kernel, window.dilation, strict=True)]
    pads = [
        (low, r + 1 + (out - 1) * s - size - low)
        for (low, _), r, out, s, size in zip(
            window.pads, reach, g.shape[1:-1], window.stride, x.shape[1:-1], strict=True
        )
    ]
    dw = lax.conv_general_dilated(
        x.transpose(n + 1, *places, 0),
        g.transpose(*places, 0, n + 1),
        window.dilation,
        pads,
        rhs_dilation=window.stride,
        dimension_numbers=dimension_numbers(n),
    )
    return dw.transpose(*places, 0, n + 1)


def input_gradient(
    g: jax.Array, weight: jax.Array, window: Window, shape: tuple[int, ...]
) -> jax.Array:
    """Return dx (batch, *places, channels)."""
    if set(window.stride) == {1}:
        return _input_gradient_dense(g, weight, window, shape)
    if set(window.dilation) == {1}:
        return _input_gradient_strided(g, weight, window, shape)
    # Stride and dilation together are rare: spread the products over the places.
    flat = g.reshape(-1, g.shape[-1]) @ weight.reshape(-1, weight.shape[-1]).T
    spread = flat.reshape(*g.shape[:-1], -1)
    like = jax.ShapeDtypeStruct(shape, g.dtype)
    return jax.linear_transpose(lambda x: patches(x, window), like)(spread)[0]


def _input_gradient_dense(
    g: jax.Array, weight: jax.Array, window: Window, shape: tuple[int, ...]
) -> jax.Array:
    """Return dx at stride 1: a convolution with the flipped kernel."""
    n = g.ndim - 2
    flipped = jnp.flip(weight, tuple(range(n))).swapaxes(-1, -2)
    pads = []
    for i in range(n):
        reach = (window.kernel[i] - 1) * window.dilation[i]
        low = reach - window.pads[i][0]
        pads.append((low, shape[1 + i] + reach - g.shape[1 + i] - low))
    ones = (1,) * n
    return convolve(
        g, flipped, Window(window.kernel, ones, window.dilation, tuple(pads))
    )


def _input_gradient_strided(
    g: jax.Array, weight: jax.Array, window: Window, shape: tuple[int, ...]
) -> jax.Array:
    """Return dx at a larger stride: one convolution with stride * channels outputs.

    The places between two outputs become channels, and are laid out afterwards.
    """
    n, stride = g.ndim - 2, window.stride
    channels, units = weight.shape[-2:]
    blocks = [math.ceil(k / s) for k, s in zip(window.kernel, stride, strict=True)]
    missing = [b * s - k for b, s, k in zip(blocks, stride, window.kernel, strict=True)]
    filled = jnp.pad(weight, (*((0, m) for m in missing), (0, 0), (0, 0)))
    pairs = [size for pair in zip(blocks, stride, strict=True) for size in pair]
    filled = filled.reshape(*pairs, channels, units)  # (b1, s1, b2, s2, ..., c, u)
    filled = jnp.flip(filled, tuple(range(0, 2 * n, 2)))
    even, odd = range(0, 2 * n, 2), range(1, 2 * n, 2)
    kernel = filled.transpose(*even, 2 * n + 1, *odd, 2 * n)
    kernel = kernel.reshape(*blocks, units, math.prod(stride) * channels)
    ones = (1,) * n
    pads = tuple((b - 1, b - 1) for b in blocks)
    y = convolve(g, kernel, Window(tuple(blocks), ones, ones, pads))
    places = y.shape[1:-1]
    y = y.reshape(y.shape[0], *places, *stride, channels)
    order = [axis for i in range(n) for axis in (1 + i, 1 + n + i)]
    y = y.transpose(0, *order, 1 + 2 * n)
    y = y.reshape(
        y.shape[0], *(p * s for p, s in zip(places, stride, strict=True)), channels
    )
    lows = [low for low, _ in window.pads]
    ends = [
        (0, max(0, low + size - have))
        for low, size, have in zip(lows, shape[1:-1], y.shape[1:-1], strict=True)
    ]
    y = jnp.pad(y, ((0, 0), *ends, (0, 0)))
    cut = [slice(low, low + size) for low, size in zip(lows, shape[1:-1], strict=True)]
    return y[(slice(None), *cut, slice(None))]

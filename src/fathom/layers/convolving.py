"""Convolution as a function, in formulations that stay fast inside a loop on the CPU.

    z[p, u] = sum_{k, c} x[p * stride + k * dilation - before, c] w[k, c, u]

Shapes: x (batch, *places, channels), w (*kernel, channels / groups, units), z (batch,
*places', units). Any number of places' axes; channels last.

XLA rewrites a convolution into a fast form on the CPU only outside of loops, and a
training epoch is a loop: the gradients that JAX derives are then 30 to 100 times slower
than they could be (jax-ml/jax issue 12868). Here the gradients are written as
convolutions in the form that is fast as it stands (`convolution_gradient`).

On other devices the library's own convolution is used, gradients and all.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from fathom.layers.convolution_gradient import input_gradient, weight_gradient
from fathom.layers.window import Window, convolve, kernel_places, patches, shifted

# Up to so many input channels, gathering the patches for one matrix product is faster.
FEW_CHANNELS = 4


def convolve_fast(x: jax.Array, weight: jax.Array, window: Window) -> jax.Array:
    """Return the same, with gradients that are fast in a loop on the CPU.

    It knows no forward mode.
    """
    if x.ndim == 3:  # a series is an image of height 1
        wide = Window(
            (1, *window.kernel),
            (1, *window.stride),
            (1, *window.dilation),
            ((0, 0), *window.pads),
            window.groups,
        )
        return convolve_fast(x[:, None], weight[None], wide)[:, 0]
    channels = x.shape[-1]
    if window.groups == channels > 1:
        return _depthwise(x, weight, window)
    if window.groups > 1:
        parts = jnp.split(x, window.groups, axis=-1)
        weights = jnp.split(weight, window.groups, axis=-1)
        one = Window(window.kernel, window.stride, window.dilation, window.pads)
        pairs = zip(parts, weights, strict=True)
        return jnp.concatenate([convolve_fast(a, b, one) for a, b in pairs], axis=-1)
    if window.is_plain:
        flat = x.reshape(-1, channels) @ weight.reshape(channels, -1)
        return flat.reshape(*x.shape[:-1], weight.shape[-1])
    if channels <= FEW_CHANNELS:
        seen = patches(x, window)
        flat = seen.reshape(-1, seen.shape[-1])
        z = flat @ weight.reshape(-1, weight.shape[-1])
        return z.reshape(*seen.shape[:-1], weight.shape[-1])
    return _convolution(window, x, weight)


def transpose(
    x: jax.Array, weight: jax.Array, window: Window, places: tuple[int, ...]
) -> jax.Array:
    """Return the adjoint of a convolution: x at its outputs, the result at its inputs.

    Args:
        x: (batch, *outputs, units).
        weight: (*kernel, channels, units).
        window: Of the convolution.
        places: Its inputs' places, which the result has: (batch, *places, channels).
    """
    if x.ndim == 3:
        wide = Window(
            (1, *window.kernel), (1, *window.stride), (1, *window.dilation),
            ((0, 0), *window.pads),
        )  # fmt: skip
        return transpose(x[:, None], weight[None], wide, (1, *places))[:, 0]
    return _transposed(window, places, x, weight)


def _depthwise(x: jax.Array, weight: jax.Array, window: Window) -> jax.Array:
    """Convolve each channel with its own kernels: a sum of shifted products."""
    padded = jnp.pad(x, ((0, 0), *window.pads, (0, 0)))
    outputs = window.output(x.shape[1:-1])
    channels = x.shape[-1]
    each = weight.shape[-1] // channels  # units of every channel
    weights = weight.reshape(*window.kernel, channels, each)
    total = jnp.zeros(())
    for place in kernel_places(window):
        seen = shifted(padded, window, outputs, place)
        own = weights[place].reshape((1,) * (seen.ndim - 1) + (channels, each))
        total = total + seen[..., None] * own
    return total.reshape(*total.shape[:-2], channels * each)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _convolution(window: Window, x: jax.Array, weight: jax.Array) -> jax.Array:
    return convolve(x, weight, window)


def _forward(window: Window, x: jax.Array, weight: jax.Array) -> tuple[Any, Any]:
    return convolve(x, weight, window), (x, weight)


def _backward(window: Window, saved: Any, g: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, weight = saved
    return input_gradient(g, weight, window, x.shape), weight_gradient(x, g, window)


_convolution.defvjp(_forward, _backward)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _transposed(
    window: Window, places: tuple[int, ...], x: jax.Array, weight: jax.Array
) -> jax.Array:
    shape = (x.shape[0], *places, weight.shape[-2])
    return input_gradient(x, weight, window, shape)


def _transposed_forward(
    window: Window, places: tuple[int, ...], x: jax.Array, weight: jax.Array
) -> tuple[Any, Any]:
    return _transposed(window, places, x, weight), (x, weight)


def _transposed_backward(
    window: Window, places: tuple[int, ...], saved: Any, g: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, weight = saved
    return convolve(g, weight, window), weight_gradient(g, x, window)


_transposed.defvjp(_transposed_forward, _transposed_backward)

"""Convolution as a function, in formulations that stay fast inside a loop on the CPU.

    z[p, u] = sum_{k, c} x[p * stride + k * dilation - before, c] w[k, c, u]

Shapes: x (batch, *places, channels), w (*kernel, channels / groups, units), z (batch,
*places', units). Any number of places' axes; channels last.

XLA rewrites a convolution into a fast form on the CPU only outside of loops, and a
training epoch is a loop: the gradients that JAX derives are then 30 to 100 times slower
than they could be (jax-ml/jax issue 12868). Here the two gradients are themselves
convolutions in the form that is fast as it stands:

    dx = conv(g, w flipped, channels and units exchanged)
    dw = conv(x, g) with the batch as channels, stride and dilation exchanged

On other devices the library's own convolution is used, gradients and all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product as every
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

# Up to so many input channels, gathering the patches for one matrix product is faster.
FEW_CHANNELS = 4

Pads = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Window:
    """How a kernel moves over the places, one number for each axis.

    Attributes:
        kernel: Size.
        stride: Places from one output to the next.
        dilation: Places from one weight to the next.
        pads: Zeros before and after.
        groups: Parts that channels and units are divided in, each seeing its own.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: Pads
    groups: int = 1

    def output(self, places: Sequence[int]) -> tuple[int, ...]:
        """Return the number of outputs along each axis; below 1 if it does not fit."""
        reach = [
            (k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True)
        ]
        return tuple(
            (n + sum(pad) - r) // s + 1
            for n, pad, r, s in zip(places, self.pads, reach, self.stride, strict=True)
        )

    @property
    def is_plain(self) -> bool:
        """Whether it is one product at every place: kernel, stride and groups of 1."""
        ones = {*self.kernel, *self.stride, self.groups}
        return ones == {1} and not any(map(sum, self.pads))


def same_pads(
    places: Sequence[int], kernel: Sequence[int], stride: Sequence[int],
    dilation: Sequence[int],
) -> Pads:  # fmt: skip
    """Return zeros for ceil(places / stride) outputs, the odd one at the end."""
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    return tuple(map(tuple, lax.padtype_to_pads(places, reach, stride, "SAME")))  # pyright: ignore


def convolve(x: jax.Array, weight: jax.Array, window: Window) -> jax.Array:
    """Return the plain convolution, with the gradients that JAX derives."""
    return lax.conv_general_dilated(
        x,
        weight,
        window.stride,
        window.pads,
        rhs_dilation=window.dilation,
        dimension_numbers=_numbers(x.ndim - 2),
        feature_group_count=window.groups,
    )


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
        patches = _patches(x, window)
        flat = patches.reshape(-1, patches.shape[-1])
        z = flat @ weight.reshape(-1, weight.shape[-1])
        return z.reshape(*patches.shape[:-1], weight.shape[-1])
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


def _numbers(n: int) -> tuple[str, str, str]:
    axes = "DHW"[-n:]
    return f"N{axes}C", f"{axes}IO", f"N{axes}C"


def _patches(x: jax.Array, window: Window) -> jax.Array:
    """Return what every output sees, (batch, *places', kernel * channels)."""
    padded = jnp.pad(x, ((0, 0), *window.pads, (0, 0)))
    outputs = window.output(x.shape[1:-1])
    return jnp.concatenate(
        [_shifted(padded, window, outputs, k) for k in _kernel_places(window)], axis=-1
    )


def _kernel_places(window: Window) -> list[tuple[int, ...]]:
    return list(every(*(range(k) for k in window.kernel)))


def _shifted(
    padded: jax.Array, window: Window, outputs: Sequence[int], place: tuple[int, ...]
) -> jax.Array:
    """Return what one weight of the kernel sees at every output."""
    cut = [
        slice(k * d, k * d + (n - 1) * s + 1, s)
        for k, d, n, s in zip(
            place, window.dilation, outputs, window.stride, strict=True
        )
    ]
    return padded[(slice(None), *cut, slice(None))]


def _depthwise(x: jax.Array, weight: jax.Array, window: Window) -> jax.Array:
    """Convolve each channel with its own kernels: a sum of shifted products."""
    padded = jnp.pad(x, ((0, 0), *window.pads, (0, 0)))
    outputs = window.output(x.shape[1:-1])
    channels = x.shape[-1]
    each = weight.shape[-1] // channels  # units of every channel
    weights = weight.reshape(*window.kernel, channels, each)
    total = jnp.zeros(())
    for place in _kernel_places(window):
        seen = _shifted(padded, window, outputs, place)
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
    return _input_gradient(g, weight, window, x.shape), _weight_gradient(x, g, window)


_convolution.defvjp(_forward, _backward)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _transposed(
    window: Window, places: tuple[int, ...], x: jax.Array, weight: jax.Array
) -> jax.Array:
    shape = (x.shape[0], *places, weight.shape[-2])
    return _input_gradient(x, weight, window, shape)


def _transposed_forward(
    window: Window, places: tuple[int, ...], x: jax.Array, weight: jax.Array
) -> tuple[Any, Any]:
    return _transposed(window, places, x, weight), (x, weight)


def _transposed_backward(
    window: Window, places: tuple[int, ...], saved: Any, g: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, weight = saved
    return convolve(g, weight, window), _weight_gradient(g, x, window)


_transposed.defvjp(_transposed_forward, _transposed_backward)


def _weight_gradient(x: jax.Array, g: jax.Array, window: Window) -> jax.Array:
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
        dimension_numbers=_numbers(n),
    )
    return dw.transpose(*places, 0, n + 1)


def _input_gradient(
    g: jax.Array, weight: jax.Array, window: Window, shape: tuple[int, ...]
) -> jax.Array:
    """Return dx (batch, *places, channels)."""
    if set(window.stride) == {1}:
        return _input_gradient_dense(g, weight, window, shape)
    if set(window.dilation) == {1}:
        return _input_gradient_strided(g, weight, window, shape)
    # Stride and dilation together are rare: spread the products over the places.
    flat = g.reshape(-1, g.shape[-1]) @ weight.reshape(-1, weight.shape[-1]).T
    patches = flat.reshape(*g.shape[:-1], -1)
    like = jax.ShapeDtypeStruct(shape, g.dtype)
    return jax.linear_transpose(lambda x: _patches(x, window), like)(patches)[0]


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

"""How a kernel moves over the places, and the plain convolution with it.

    z[p, u] = sum_{k, c} x[p * stride + k * dilation - before, c] w[k, c, u]

Shapes: x (batch, *places, channels), w (*kernel, channels / groups, units), z (batch,
*places', units). Any number of places' axes; channels last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product as every

import jax
import jax.numpy as jnp
from jax import lax

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
        dimension_numbers=dimension_numbers(x.ndim - 2),
        feature_group_count=window.groups,
    )


def dimension_numbers(n: int) -> tuple[str, str, str]:
    """Return what JAX calls the axes: batch and channels around the places."""
    axes = "DHW"[-n:]
    return f"N{axes}C", f"{axes}IO", f"N{axes}C"


def patches(x: jax.Array, window: Window) -> jax.Array:
    """Return what every output sees, (batch, *places', kernel * channels)."""
    padded = jnp.pad(x, ((0, 0), *window.pads, (0, 0)))
    outputs = window.output(x.shape[1:-1])
    return jnp.concatenate(
        [shifted(padded, window, outputs, k) for k in kernel_places(window)], axis=-1
    )


def kernel_places(window: Window) -> list[tuple[int, ...]]:
    """Return the places of the kernel's weights, in order."""
    return list(every(*(range(k) for k in window.kernel)))


def shifted(
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

"""Pooling: one value for several places, channel by channel; and its counterpart.

    max: a[p, c] = max_k x[p * stride + k, c]        average: the mean instead

Shapes: (batch, *places, channels) -> (batch, *places', channels). Source: Fukushima's
C-cells (1980); LeCun et al. (1989); maximum: Riesenhuber and Poggio, "Hierarchical
models of object recognition in cortex" (1999).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from fathom.errors import choose, is_whole
from fathom.layers.convolution import Sizes
from fathom.layers.layer import Layer, Shape, ShapeError, Variables, shape_error
from fathom.layers.scope import Scope
from fathom.layers.window import Pads, same_pads

EXPECTED = "(length, channels) or (height, width, channels)"


@dataclass(frozen=True)
class _Pool(Layer):
    """What both kinds of pooling have in common."""

    size: Sizes = 2
    stride: Sizes | None = None
    padding: str = "valid"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        for name in ("size", "stride"):
            value: Any = getattr(self, name)
            if isinstance(value, list):
                value = tuple(value)
                object.__setattr__(self, name, value)
            sizes = value if isinstance(value, tuple) else (value,)
            fits = bool(sizes) and all(is_whole(size) for size in sizes)
            fits |= name == "stride" and value is None
            self.require(fits, name, "a whole number, or one for each axis")
        fits = self.padding in ("same", "valid")
        self.require(fits, "padding", "'same' or 'valid'")

    def steps(self, shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...], Pads]:
        """Return size, stride and padding along the axes of the places."""
        n = len(shape) - 1
        if n not in (1, 2, 3):
            raise shape_error(self, shape, EXPECTED)
        size = self.size if isinstance(self.size, tuple) else (self.size,) * n
        given = size if self.stride is None else self.stride
        stride = given if isinstance(given, tuple) else (given,) * n
        if len(size) != n or len(stride) != n:
            raise ShapeError(
                f"Layer {self.label} has size {self.size} and stride {self.stride}, "
                f"and its inputs of shape {shape} have {n} axes before the channels."
            )
        pads: Pads = ((0, 0),) * n
        if self.padding == "same":
            pads = same_pads(shape[:-1], size, stride, (1,) * n)
        return size, stride, pads

    def output_shape(self, shape: Shape) -> Shape:
        """Return (*places', channels)."""
        size, stride, pads = self.steps(shape)
        axes = zip(shape, size, stride, pads, strict=False)
        places = tuple((n + sum(p) - k) // s + 1 for n, k, s, p in axes)
        if min(places) < 1:
            raise shape_error(self, shape, f"at least {size} places")
        return (*places, shape[-1])

    def blocks(self, x: jax.Array) -> jax.Array | None:
        """Return x with every window along axes of its own, if they do not overlap.

        (batch, places', size, ..., channels); a reduction over the sizes is much
        faster than sliding windows, above all its gradient.
        """
        size, stride, pads = self.steps(x.shape[1:])
        if size != stride or any(map(sum, pads)):
            return None
        places = self.output_shape(x.shape[1:])[:-1]
        cut = [slice(0, n * k) for n, k in zip(places, size, strict=True)]
        pairs = [n for pair in zip(places, size, strict=True) for n in pair]
        return x[(slice(None), *cut)].reshape(len(x), *pairs, x.shape[-1])

    def slide(self, x: jax.Array, start: float, function: Callable[..., Any]) -> Any:
        """Reduce over sliding windows."""
        size, stride, pads = self.steps(x.shape[1:])
        return lax.reduce_window(
            x, start, function, (1, *size, 1), (1, *stride, 1), ((0, 0), *pads, (0, 0))
        )


@dataclass(frozen=True)
class MaxPool(_Pool):
    """Keep the largest value of every window.

    Attributes:
        size: Of the window, one number or one for each axis.
        stride: Places from one window to the next; None: the size, side by side.
        padding: "valid" leaves out an incomplete window at the end, "same" keeps it.

    Example:
        >>> MaxPool(2).output_shape((28, 28, 8))
        (14, 14, 8)
    """

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the largest value of every window."""
        blocks = self.blocks(x)
        if blocks is not None:
            a = blocks.max(tuple(range(2, blocks.ndim - 1, 2)))
        else:
            a = self.slide(x, -jnp.inf, lax.max)
        return scope.tap("activation", a)


@dataclass(frozen=True)
class AveragePool(_Pool):
    """Take the mean of every window; places that padding adds do not count.

    Attributes:
        size: Of the window, one number or one for each axis.
        stride: Places from one window to the next; None: the size, side by side.
        padding: "valid" leaves out an incomplete window at the end, "same" keeps it.
    """

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the mean of every window."""
        blocks = self.blocks(x)
        if blocks is not None:
            a = blocks.mean(tuple(range(2, blocks.ndim - 1, 2)))
        else:
            counts = self.slide(jnp.ones((1, *x.shape[1:]), x.dtype), 0.0, lax.add)
            total = self.slide(x, 0.0, lax.add)
            a = total / jnp.broadcast_to(counts, total.shape)
        return scope.tap("activation", a)


@dataclass(frozen=True)
class _Global(Layer):
    """What both kinds of global pooling have in common."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return (channels,)."""
        if len(shape) < 2:
            raise shape_error(self, shape, EXPECTED)
        return shape[-1:]


@dataclass(frozen=True)
class GlobalMaxPool(_Global):
    """Keep the largest value of all places: (batch, *places, channels) -> channels.

    Padded steps of a sequence do not count.
    """

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the largest value of each channel."""
        if x.ndim == 3 and scope.steps is not None:
            x = jnp.where(scope.steps[:, :, None] > 0, x, -jnp.inf)
        return scope.tap("activation", x.max(tuple(range(1, x.ndim - 1))))


@dataclass(frozen=True)
class GlobalAveragePool(_Global):
    """Take the mean of all places: (batch, *places, channels) -> (batch, channels).

    Padded steps of a sequence do not count. Source: Lin, Chen and Yan, "Network in
    network" (2014).
    """

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the mean of each channel."""
        if x.ndim == 3 and scope.steps is not None:
            real = scope.steps.astype(x.dtype)[:, :, None]
            mean = (x * real).sum(1) / jnp.maximum(real.sum(1), 1)
        else:
            mean = x.mean(tuple(range(1, x.ndim - 1)))
        return scope.tap("activation", mean)


@dataclass(frozen=True)
class Upsample(Layer):
    """Enlarge every axis of the places by a whole factor.

    Attributes:
        factor: One number, or one for each axis.
        method: "nearest" repeats each value; "linear" interpolates between the
            centers of the places (PyTorch's `align_corners=False`).

    Example:
        >>> Upsample(2).output_shape((7, 7, 8))
        (14, 14, 8)
    """

    factor: Sizes = 2
    method: str = "nearest"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        if isinstance(self.factor, list):
            object.__setattr__(self, "factor", tuple(self.factor))
        sizes = self.factor if isinstance(self.factor, tuple) else (self.factor,)
        fits = bool(sizes) and all(is_whole(size) for size in sizes)
        self.require(fits, "factor", "a whole number, or one for each axis")
        choose({"nearest": None, "linear": None}, self.method, "method")

    def output_shape(self, shape: Shape) -> Shape:
        """Return (*places * factor, channels)."""
        n = len(shape) - 1
        own = self.factor if isinstance(self.factor, tuple) else (self.factor,) * n
        if n < 1 or len(own) != n:
            raise shape_error(self, shape, EXPECTED)
        return (*(a * b for a, b in zip(shape, own, strict=False)), shape[-1])

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the enlarged series or image."""
        shape = self.output_shape(x.shape[1:])
        if self.method == "linear":
            a = jax.image.resize(x, (len(x), *shape), "linear")
        else:
            a = x
            for axis, n in enumerate(shape[:-1], start=1):
                a = jnp.repeat(a, n // x.shape[axis], axis=axis)
        return scope.tap("activation", a)

    def multiply_adds(self, shape: Shape) -> int:
        """Return 2 for every axis and value of a linear interpolation."""
        if self.method == "nearest":
            return 0
        return 2 * (len(shape) - 1) * math.prod(self.output_shape(shape))

"""NumPy twins of convolution and pooling, place by place."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np


def pads_of(places, kernel, stride, dilation, padding):
    pads = []
    for n, k, s, d in zip(places, kernel, stride, dilation, strict=True):
        reach = (k - 1) * d + 1
        if padding == "same":
            total = max((-(-n // s) - 1) * s + reach - n, 0)
            pads.append((total // 2, total - total // 2))
        elif padding == "causal":
            pads.append((reach - 1, 0))
        else:
            both = 0 if padding == "valid" else padding
            pads.append((both, both))
    return pads


def conv(stride=1, padding="same", dilation=1, groups=1, function=lambda z: z) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        weight = np.asarray(variables["weight"])
        *kernel, inputs, units = weight.shape
        n = len(kernel)
        strides, dilations = ((v,) * n if isinstance(v, int) else v
                              for v in (stride, dilation))  # fmt: skip
        pads = pads_of(x.shape[1:-1], kernel, strides, dilations, padding)
        padded = np.pad(x, [(0, 0), *pads, (0, 0)])
        places = [
            (size - (k - 1) * d - 1) // s + 1
            for size, k, d, s in zip(
                padded.shape[1:-1], kernel, dilations, strides, strict=True
            )
        ]
        z = np.zeros((len(x), *places, units))
        each = units // groups
        for b, unit in product(range(len(x)), range(units)):
            first = unit // each * inputs
            for place in np.ndindex(*places):
                for offset in np.ndindex(*kernel):
                    at = tuple(
                        p * s + o * d
                        for p, s, o, d in zip(
                            place, strides, offset, dilations, strict=True
                        )
                    )
                    seen = padded[(b, *at)][first : first + inputs]
                    z[(b, *place, unit)] += seen @ weight[(*offset, slice(None), unit)]
        if "bias" in variables:
            z = z + variables["bias"]
        return function(z)

    return apply


def conv_transpose(stride: int, padding: str) -> Any:
    """Every input spreads its kernel over the output; "same" cuts the edges."""

    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        weight = np.asarray(variables["weight"])
        *kernel, units, _ = weight.shape
        places = x.shape[1:-1]
        full = [(p - 1) * stride + k for p, k in zip(places, kernel, strict=True)]
        z = np.zeros((len(x), *full, units))
        for b in range(len(x)):
            for place in np.ndindex(*places):
                for offset in np.ndindex(*kernel):
                    at = tuple(
                        p * stride + o for p, o in zip(place, offset, strict=True)
                    )
                    z[(b, *at)] += weight[offset] @ x[(b, *place)]
        if padding == "same":
            for axis, (p, k) in enumerate(zip(places, kernel, strict=True), start=1):
                total = max(k - stride, 0)
                # Where the kernel is smaller than the stride, zeros follow.
                after = [(0, stride if a == axis else 0) for a in range(z.ndim)]
                keep = range(total // 2, total // 2 + p * stride)
                z = np.take(np.pad(z, after), keep, axis=axis)
        return z + variables["bias"]

    return apply


def pool(size, stride, padding, reduce) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        n = x.ndim - 2
        sizes, strides = (size,) * n, (stride,) * n
        pads = pads_of(x.shape[1:-1], sizes, strides, (1,) * n, padding)
        padded = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=np.nan)
        places = [(m - size) // stride + 1 for m in padded.shape[1:-1]]
        a = np.zeros((len(x), *places, x.shape[-1]))
        for place in np.ndindex(*places):
            cut = tuple(slice(p * stride, p * stride + size) for p in place)
            a[(slice(None), *place)] = reduce(
                padded[(slice(None), *cut)], axis=tuple(range(1, n + 1))
            )
        return a

    return apply


def over_all(reduce) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        return reduce(x, axis=tuple(range(1, x.ndim - 1)))

    return apply


def repeated(factor: int) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        for axis in range(1, x.ndim - 1):
            x = np.repeat(x, factor, axis=axis)
        return x

    return apply


def interpolated(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    """Twice as many places, a quarter and three quarters between two centers."""
    n = x.shape[1]
    a = np.zeros((len(x), 2 * n, x.shape[2]))
    for i in range(2 * n):
        center = (i + 0.5) / 2 - 0.5
        low = int(np.floor(center))
        share = center - low
        near, far = x[:, max(low, 0)], x[:, min(low + 1, n - 1)]
        a[:, i] = (1 - share) * near + share * far
    return a

"""Convolution and pooling for an ejected file: NumPy functions, copied as they stand.

`fathom.export.eject` writes those that a network uses into its file, source and all.
Series, images and volumes take the same functions: `places` are one, two or three axes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

Array = np.ndarray


def pad(x: Array, *around: tuple[int, int], value: float = 0.0) -> Array:
    """Put (before, after) many values around each axis of the places."""
    return np.pad(x, ((0, 0), *around, (0, 0)), constant_values=value)


def windows(
    x: Array,
    size: tuple[int, ...],
    stride: tuple[int, ...] = (1, 1, 1),
    dilation: tuple[int, ...] = (1, 1, 1),
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Slide a window over x (batch, *places, channels).

    For each place k inside the window, yields k and what all windows see there,
    (batch, *windows, channels).
    """
    for k in np.ndindex(*size):
        cut = []
        for axis, n in enumerate(x.shape[1:-1]):
            before = k[axis] * dilation[axis]
            behind = (size[axis] - 1 - k[axis]) * dilation[axis]
            cut.append(slice(before, n - behind, stride[axis]))
        yield k, x[(slice(None), *cut)]


def conv(
    x: Array,
    weight: Array,
    bias: Array | float = 0.0,
    stride: tuple[int, ...] = (1, 1, 1),
    dilation: tuple[int, ...] = (1, 1, 1),
) -> Array:
    """Apply the same neurons to the window at every place.

    x (batch, *places, channels), weight (*window, channels, units). The sum over the
    window is one matrix product for each place k inside it, for all windows at once:
    z = sum_k (what is seen at k) W[k] + b, of shape (batch, *windows, units).
    """
    z = np.asarray(bias, x.dtype)
    for k, seen in windows(x, weight.shape[:-2], stride, dilation):
        z = z + seen @ weight[k]
    return z


def grouped_conv(
    x: Array,
    weight: Array,
    bias: Array | float = 0.0,
    groups: int = 1,
    stride: tuple[int, ...] = (1, 1, 1),
    dilation: tuple[int, ...] = (1, 1, 1),
) -> Array:
    """Convolve each group of channels with units of its own, side by side."""
    parts = zip(np.split(x, groups, -1), np.split(weight, groups, -1), strict=True)
    sums = [conv(part, own, stride=stride, dilation=dilation) for part, own in parts]
    return np.concatenate(sums, axis=-1) + bias


def conv_transpose(
    x: Array,
    weight: Array,
    bias: Array | float = 0.0,
    stride: tuple[int, ...] = (2, 2, 2),
    first: tuple[int, ...] = (0, 0, 0),
    places: tuple[int, ...] = (),
) -> Array:
    """Enlarge: every input adds its value times the window to the places it reaches.

    x (batch, *places, channels), weight (*window, units, channels). Input i reaches
    from i * stride on. Of what comes out, `places` are kept, from `first` on.
    """
    window, axes = weight.shape[:-2], range(x.ndim - 2)
    reach = [(x.shape[a + 1] - 1) * stride[a] + window[a] for a in axes]
    size = [max(reach[a], first[a] + places[a]) for a in axes]
    z = np.zeros((len(x), *size, weight.shape[-2]), x.dtype)
    for k in np.ndindex(*window):
        last = [k[a] + (x.shape[a + 1] - 1) * stride[a] for a in axes]
        reached = [slice(k[a], last[a] + 1, stride[a]) for a in axes]
        z[(slice(None), *reached)] += x @ weight[k].T
    kept = [slice(first[a], first[a] + places[a]) for a in axes]
    return z[(slice(None), *kept)] + bias


def max_pool(x: Array, size: tuple[int, ...], stride: tuple[int, ...]) -> Array:
    """Keep the largest value of every window, channel by channel."""
    return np.max([seen for _, seen in windows(x, size, stride)], axis=0)


def average_pool(x: Array, size: tuple[int, ...], stride: tuple[int, ...]) -> Array:
    """Take the mean of every window, channel by channel; NaN (padding) is left out."""
    return np.nanmean([seen for _, seen in windows(x, size, stride)], axis=0)


def interpolate(x: Array, axis: int, factor: int) -> Array:
    """Enlarge an axis, with values on the lines between the centers of the places."""
    n = x.shape[axis]
    at = np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1)
    before = at.astype(int)
    after = np.minimum(before + 1, n - 1)
    share = (at - before).astype(x.dtype)
    share = share.reshape(-1, *[1] * (x.ndim - axis - 1))
    return x.take(before, axis) * (1 - share) + x.take(after, axis) * share

"""A picture of what a convolution's neuron sees, times its filter.

patch_picture(patch_of(trace, "conv_1:2@3,3"))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fathom.inspect.patch import Patch
from fathom.report.chart import count
from fathom.report.picture import Picture
from fathom.report.tiles import tiles

MOST_CHANNELS = 4
NAMES = ("patch", "filter", "product")


def patch_picture(patch: Patch) -> Picture | None:
    """Return patch, filter and product as small images, a row for each channel.

    Args:
        patch: Of a neuron of a convolution over series or images.

    Returns:
        None if the window has three axes.
    """
    if patch.inputs.ndim > 3:
        return None
    chosen = patch.strongest(MOST_CHANNELS)
    parts = (patch.inputs, patch.weights, patch.products)
    # Each of the three has a scale of its own: they have not the same unit.
    scaled = [part / _largest(part[..., chosen]) for part in parts]
    rows = [f"channel {patch.first + c}" for c in chosen]
    chart = tiles(_grid(scaled, chosen), rows, NAMES)
    unscaled: Any = tiles(_grid(parts, chosen), (), ()).data[0]
    drawn = [part[..., chosen].reshape(-1, len(chosen)) for part in parts]
    chart.update_traces(
        showscale=False, customdata=unscaled.z,
        hovertemplate="%{customdata:.4g}<extra></extra>",
    )  # fmt: skip
    channels = patch.inputs.shape[-1]
    left = f" The strongest {len(chosen)} of {channels} channels." * (
        channels > len(chosen)
    )
    told = "; ".join(
        f"channel {patch.first + c} adds {drawn[2][:, i].sum():.4g}"
        for i, c in enumerate(chosen)
    )
    return Picture(
        f"What does {patch.address} see?",
        "The patch below its window times the filter, place by place: blue is "
        "positive, orange negative, each of the three on a scale of its own. All "
        f"products and the bias are summed up.{left}",
        f"A window of {count(patch.weights[..., 0].size, 'place')}: {told}; bias "
        f"{patch.bias:.4g}; weighted sum {patch.weighted_sum:.4g}, activation "
        f"{patch.activation:.4g}.",
        chart,
    )


def _grid(parts: Sequence[np.ndarray], chosen: list[int]) -> np.ndarray:
    """Return (channels, 3, height, width) of the chosen channels."""
    drawn = [part[..., chosen] for part in parts]
    drawn = [part[None] if part.ndim == 2 else part for part in drawn]
    return np.stack([np.moveaxis(part, -1, 0) for part in drawn], axis=1)


def _largest(values: np.ndarray) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) or 1.0

"""Many small images in one chart: filters, feature maps, heads of attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.report.colors import DIVERGING, SEQUENTIAL, bare_figure

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Of all images of a chart together: 4 bytes each, a third more as text.
MOST_PIXELS = 36_000
COLOR_BAR = {
    "thickness": 8, "outlinewidth": 0, "orientation": "h", "len": 0.6, "y": 0,
    "yanchor": "top", "ypad": 34, "nticks": 5, "tickangle": 0,
}  # fmt: skip
# No image has a longer side; larger ones are averaged.
LONGEST_SIDE = 64


def fitting(n: int, height: int, width: int, most: int = 64) -> int:
    """Return how many of n images fit in a chart.

    Example:
        >>> fitting(100, 5, 5), fitting(100, 28, 28), fitting(3, 28, 28)
        (64, 45, 3)
    """
    return max(1, min(n, most, MOST_PIXELS // (height * width)))


def averaged(images: np.ndarray, longest: int = LONGEST_SIDE) -> np.ndarray:
    """Return images (..., height, width) with squares of places averaged into one.

    What does not fill a square at the right and the bottom is left out.

    Example:
        >>> averaged(np.arange(16.0).reshape(4, 4), longest=2).tolist()
        [[2.5, 4.5], [10.5, 12.5]]
    """
    *leading, height, width = images.shape
    k = -(-max(height, width) // longest)
    if k == 1:
        return images
    h, w = max(1, height // k), max(1, width // k)
    ky, kx = min(k, height), min(k, width)
    cut = images[..., : h * ky, : w * kx].reshape(*leading, h, ky, w, kx)
    return cut.mean((-3, -1))  # (..., h, ky, w, kx) -> (..., h, w)


def in_rows(images: np.ndarray, across: int) -> np.ndarray:
    """Return images (n, h, w) as a grid (rows, across, h, w), filled up with NaN."""
    n, height, width = images.shape
    rows = -(-n // across)
    grid = np.full((rows * across, height, width), np.nan, np.float32)
    grid[:n] = images
    return grid.reshape(rows, across, height, width)


def columns_for(n: int, height: int, width: int) -> int:
    """Return how many of n images to put side by side: a bit wider than high."""
    ideal = (1.5 * n * height / width) ** 0.5
    near = range(max(1, int(ideal) - 1), min(n, int(ideal) + 2) + 1) or [n]
    return min(near, key=lambda across: (-n % across, abs(across - ideal)))


def tiles(
    grid: np.ndarray,
    row_names: Sequence[str],
    column_names: Sequence[str],
    has_sign: bool = True,
    **layout: Any,
) -> go.Figure:
    """Return a chart of images in rows and columns.

    Args:
        grid: (rows, columns, height, width); NaN is left empty.
        row_names: What stands to the left of each row.
        column_names: What stands above each column.
        has_sign: Whether 0 is the middle of the colors, or their start.
        layout: Further settings of the layout.
    """
    import plotly.graph_objects as go

    rows, columns, height, width = grid.shape
    gap = max(1, round(0.12 * max(height, width)))
    canvas = np.full(
        (rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan, np.float32
    )
    for i in range(rows):
        for j in range(columns):
            y, x = i * (height + gap), j * (width + gap)
            canvas[y : y + height, x : x + width] = grid[i, j]
    finite = canvas[np.isfinite(canvas)]
    largest = float(np.abs(finite).max()) if finite.size else 0.0
    largest = largest or 1.0
    chart = bare_figure(_height(canvas.shape), **layout)
    chart.add_trace(
        go.Heatmap(
            z=canvas,
            zmin=-largest if has_sign else min(0.0, float(finite.min(initial=0.0))),
            zmax=largest,
            colorscale=DIVERGING if has_sign else SEQUENTIAL,
            colorbar=COLOR_BAR,
            hovertemplate="%{z:.4g}<extra></extra>",
            hoverongaps=False,
        )
    )
    _name_axes(chart, (height + gap, width + gap), row_names, column_names)
    return chart


def _height(shape: tuple[int, ...]) -> int:
    """Return the height of a chart whose images fill about 440 pixels of width."""
    return int(min(620, max(120, 440 * shape[0] / shape[1]) + 84))


def _name_axes(
    chart: go.Figure,
    step: tuple[int, int],
    row_names: Sequence[str],
    column_names: Sequence[str],
) -> None:
    plain: dict[str, Any] = {
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "showline": False,
    }
    y, x = step
    plain |= {"constrain": "domain"}
    columns, rows = range(len(column_names)), range(len(row_names))
    chart.update_xaxes(
        side="top", tickangle=0, tickfont={"size": 10}, ticktext=list(column_names),
        tickvals=[x * j + x / 2 - 1 for j in columns], **plain,
    )  # fmt: skip
    chart.update_yaxes(
        autorange="reversed", scaleanchor="x", constraintoward="top",
        ticklabelstandoff=6, ticktext=list(row_names),
        tickvals=[y * i + y / 2 - 1 for i in rows], **plain,
    )  # fmt: skip

"""Lines through the places where a boundary crosses the edges of a grid."""

from __future__ import annotations

from collections import defaultdict

import numpy as np


def lines_in(
    axes: tuple[np.ndarray, ...], points: np.ndarray, edges: np.ndarray
) -> np.ndarray:
    """Return the pieces of a line, (m, 2, 2), one or more in each cell of the grid.

    A cell that the boundary crosses on two edges has the piece between them; one that
    it crosses more often, where classes meet, has pieces from their middle.

    Args:
        axes: The grid's values on both axes; with another number of axes there is no
            line.
        points: (n, 2) the crossings.
        edges: (n, 3) the place on the grid where each edge starts, and its axis.

    Example:
        >>> axes = np.array([0.0, 1.0]), np.array([0.0, 1.0])
        >>> points = np.array([[0.5, 0.0], [0.5, 1.0]])
        >>> lines_in(axes, points, np.array([[0, 0, 0], [0, 1, 0]])).tolist()
        [[[0.5, 0.0], [0.5, 1.0]]]
    """
    if len(axes) != 2:
        return np.zeros((0, 2, 2))
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, (i, j, axis) in enumerate(edges.tolist()):
        cells[i, j].append(number)
        cells[(i, j - 1) if axis == 0 else (i - 1, j)].append(number)
    pieces = []
    for (i, j), numbers in cells.items():
        inside = 0 <= i < len(axes[0]) - 1 and 0 <= j < len(axes[1]) - 1
        if not inside:
            continue
        own = points[numbers]
        if len(own) == 2:
            pieces.append(own)
        else:
            pieces += [np.stack([own.mean(0), point]) for point in own]
    return np.array(pieces).reshape(-1, 2, 2)

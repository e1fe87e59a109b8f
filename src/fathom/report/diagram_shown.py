"""Which neurons and weights of fully connected layers a diagram shows.

Up to `MOST_EDGES` weights all are drawn. Above that, of wide layers the neurons with
the largest sum of |outgoing weights| are shown (of |incoming weights| in the last
layer), and of every neuron the strongest weights.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_EDGES = 1000
# A column up to here is shown whole; up to the second, if all weights are drawn.
WIDE, TALL = 24, 64


@dataclass(frozen=True)
class Detail:
    """How much of a network is drawn.

    Attributes:
        neurons: Shown of a wide layer, where not all are.
        edges: Weights drawn of a neuron, where not all are.
        layers: Layers of one chain; the ones in the middle of a longer one are counted.
        inside: Whether what is inside layers of layers is drawn.
        columns: Fully connected layers in a row drawn as neurons; more become blocks.
    """

    neurons: int = 16
    edges: int = 6
    layers: int = 40
    inside: bool = True
    columns: int = 12


@dataclass(frozen=True)
class Shown:
    """What is shown of fully connected layers in a row.

    Attributes:
        units: For the inputs and every layer, the indices shown, ascending.
        sizes: For the inputs and every layer, how many there are.
        edges: For every layer, (n, 2) pairs (input, unit) that are drawn, weakest
            first.
        is_whole: Whether every neuron and every weight is drawn.
    """

    units: tuple[np.ndarray, ...]
    sizes: tuple[int, ...]
    edges: tuple[np.ndarray, ...]
    is_whole: bool


def shown(
    sizes: Sequence[int], weights: Sequence[np.ndarray | None], detail: Detail
) -> Shown:
    """Choose what to draw.

    Args:
        sizes: How many inputs, then how many units of every layer.
        weights: Of every layer, (inputs, units), or None if they are not known.
        detail: How much may be drawn.
    """
    pairs = itertools.pairwise(sizes)
    is_small = sum(a * b for a, b in pairs) <= MOST_EDGES
    is_whole = is_small and max(sizes) <= TALL
    sizes_of = [None if w is None else strength(w) for w in weights]
    units = tuple(
        np.arange(n)
        if n <= (TALL if is_small else WIDE)
        else _important(n, i, sizes_of, detail.neurons)
        for i, n in enumerate(sizes)
    )
    most = None
    if not is_small:
        n_neurons = sum(len(own) for own in units[1:])
        most = max(1, min(detail.edges, MOST_EDGES // n_neurons))
    edges = tuple(
        _strongest(sizes_of[i], units[i], units[i + 1], most)
        for i in range(len(weights))
    )
    return Shown(units, tuple(sizes), edges, is_whole)


def strength(weight: np.ndarray) -> np.ndarray:
    """Return |weight|, with 0 for what is not finite, so that it has an order."""
    size = np.abs(np.asarray(weight, dtype=np.float64))
    return np.where(np.isfinite(size), size, 0.0)


def _important(
    n: int, i: int, sizes: Sequence[np.ndarray | None], most: int
) -> np.ndarray:
    """Return the indices of the most important units, ascending; ties by index."""
    outgoing = sizes[i] if i < len(sizes) else None
    incoming = sizes[i - 1] if i else None
    importance = np.zeros(n)
    if outgoing is not None:
        importance = outgoing.sum(1)
    elif incoming is not None:
        importance = incoming.sum(0)
    return np.sort(np.argsort(-importance, kind="stable")[:most])


def _strongest(
    size: np.ndarray | None, inputs: np.ndarray, units: np.ndarray, most: int | None
) -> np.ndarray:
    """Return pairs (input, unit), for every unit those with the strongest weights."""
    if size is None:
        size = np.ones((inputs.max() + 1, units.max() + 1))
    own = size[np.ix_(inputs, units)]  # (shown inputs, shown units)
    order = np.argsort(-own, axis=0, kind="stable")[:most]  # (edges, shown units)
    pairs = np.stack([inputs[order], np.broadcast_to(units, order.shape)], -1)
    pairs = pairs.reshape(-1, 2)
    values = size[pairs[:, 0], pairs[:, 1]]
    return pairs[np.argsort(values, kind="stable")]

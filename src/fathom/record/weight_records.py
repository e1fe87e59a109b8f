"""How the weights of every layer were spread at the end of some epochs.

    history.weights.table("dense_1")      # epochs, edges of the bars, shares

The bars of a layer are as wide at every epoch, and 0 is an edge of them: they reach to
a power of two, and where weights grow beyond it, pairs of earlier bars are put
together, which loses nothing but detail. Every weight is counted; of a layer with more
than 16,384, so many, evenly spaced, the same at every epoch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

# Bars on both sides of 0 together; a power of two, so that pairs can be put together.
BARS = 64
# Powers of two that a float32 can have.
LEAST, MOST = -149, 128
# Weights of a layer that are counted at most: a share in a bar is right to 0.4 %.
MOST_COUNTED = 16384


class Counts(NamedTuple):
    """How many weights of a layer are how large.

    Attributes:
        power: The bars reach from -2^power to 2^power.
        counts: (BARS,) weights in each.
    """

    power: int
    counts: np.ndarray

    def up_to(self, power: int) -> Counts:
        """Return the same in bars that reach further, by whole powers of two."""
        counts = self.counts
        for _ in range(power - self.power):
            quarter = np.zeros(BARS // 4, counts.dtype)
            halves = counts.reshape(-1, 2).sum(axis=1)
            counts = np.concatenate([quarter, halves, quarter])
        return Counts(power, counts)


def counted(weights: np.ndarray) -> Counts:
    """Count weights by size; those that are not finite are left out.

    Example:
        >>> found = counted(np.array([-0.3, 0.1, 0.4]))
        >>> found.power, int(found.counts.sum()), found.counts.argmax()
        (-1, 3, np.int64(12))
    """
    flat = np.asarray(weights).reshape(-1)
    flat = flat[:: -(-flat.size // MOST_COUNTED) or 1].astype(np.float64)
    flat = flat[np.isfinite(flat)]
    largest = float(np.abs(flat).max(initial=0.0))
    power = min(max(math.frexp(largest)[1], LEAST), MOST) if largest else 0
    scaled = flat * (2.0**-power * (BARS // 2))
    place = np.floor(scaled).astype(np.int32) + BARS // 2
    return Counts(power, np.bincount(np.minimum(place, BARS - 1), minlength=BARS))


def is_chosen(epoch: int) -> bool:
    """Say whether the weights are counted after an epoch, counted from 1.

    Two epochs of each doubling: it is at the start that weights change fastest.

    Example:
        >>> [epoch for epoch in range(1, 50) if is_chosen(epoch)]
        [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48]
    """
    low = 1 << (epoch.bit_length() - 1)
    return epoch == low or 2 * epoch == 3 * low


def weight_arrays(
    variables: Mapping[str, Any], path: str = ""
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (address, array) of all weights; biases and running statistics left out.

    Example:
        >>> layer = {"weight": np.ones(2), "bias": 0, "weight_key": np.ones(1)}
        >>> [name for name, _ in weight_arrays({"a_1": layer, "state": layer})]
        ['a_1', 'a_1 key']
    """
    for name, own in variables.items():
        if isinstance(own, Mapping):
            if path or name != "state":
                yield from weight_arrays(own, f"{path}/{name}" if path else name)
        elif name.startswith("weight"):
            yield f"{path} {name[len('weight') :].strip('_')}".strip(), np.asarray(own)


class WeightRecords:
    """How the weights of every layer were spread, epoch by epoch.

    The epochs are 1, 2, 3, 4, 6, 8, 12, 16 ...

    Args:
        rows: (epoch, {address: counts}) each.
    """

    def __init__(self, rows: list[tuple[int, dict[str, Counts]]]) -> None:
        self._rows = rows

    @property
    def addresses(self) -> tuple[str, ...]:
        """The layers, in the order of the network's parameters."""
        return tuple(self._rows[0][1]) if self._rows else ()

    def table(self, address: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the epochs (n,), edges (bars + 1,) and shares of weights (n, bars).

        Raises:
            KeyError: If there is no such layer.
        """
        if address not in self.addresses:
            raise KeyError(f"{address!r}; the layers are: {', '.join(self.addresses)}")
        own = [(epoch, row[address]) for epoch, row in self._rows if address in row]
        power = max(counts.power for _, counts in own)
        bars = np.array([c.up_to(power).counts for _, c in own], float)
        edges = np.linspace(-1, 1, BARS + 1) * 2.0**power
        totals = np.maximum(bars.sum(axis=1, keepdims=True), 1)
        return np.array([epoch for epoch, _ in own]), edges, bars / totals

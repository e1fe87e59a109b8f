"""The straight way from a baseline to an input, and the slopes of an output along it.

    integral over t from low to high of (x - b) dF/dx (b + t (x - b))
        = sum over the inputs: F(at high) - F(at low)

A part of the way is summed by Gauss's rule with 8 points. How wrong it is can be seen:
the sum over the inputs must be the difference of the outputs at its two ends. Parts
that are off by too much are halved, which finds the kinks of ReLUs and the steep first
bit behind a baseline of zeros, where equal parts would have to be 100 times as many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import jax
import numpy as np

from fathom.compilation import compiler_options
from fathom.inspect.batches import batch_size, in_batches, n_rows, rows_of
from fathom.inspect.entrance import entrances, gathered, moved, part, ways, whole
from fathom.inspect.readout import Readout, read
from fathom.model import Model
from fathom.network import Network

# Points of Gauss's rule on each part of the way.
ORDER = 8
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(ORDER)
# A half may be off by this share of what the whole could be: the error of a part with a
# kink halves with it, so that a share of one half would never be met.
SHARE = 0.7


@dataclass(frozen=True, eq=False)
class Parts:
    """Some parts of the ways of some rows.

    Attributes:
        rows: (parts,) whose way.
        low: (parts,) where each starts, 0 to 1.
        high: (parts,) where each ends.
        allowed: (parts,) how much each may be off, as a share of what its row may be.
    """

    rows: np.ndarray
    low: np.ndarray
    high: np.ndarray
    allowed: np.ndarray

    @classmethod
    def equal(cls, n_rows: int, n: int) -> Parts:
        """Return n equal parts for each row."""
        starts = np.tile(np.arange(n), n_rows)
        rows = np.repeat(np.arange(n_rows), n)
        allowed = np.full(len(rows), min(0.5, 2 / n))
        return cls(rows, starts / n, (starts + 1) / n, allowed)

    def __len__(self) -> int:
        return len(self.rows)

    def halves(self) -> Parts:
        """Return both halves of each."""
        middle = (self.low + self.high) / 2
        return Parts(
            np.concatenate([self.rows, self.rows]),
            np.concatenate([self.low, middle]),
            np.concatenate([middle, self.high]),
            np.concatenate([self.allowed, self.allowed]) * SHARE,
        )

    def some(self, chosen: np.ndarray) -> Parts:
        """Return the chosen ones."""
        return Parts(
            self.rows[chosen], self.low[chosen], self.high[chosen], self.allowed[chosen]
        )


class Paths:
    """The ways of all rows.

    Args:
        model: The model.
        x: The network's inputs.
        base: The baseline, in the same shape.
        ask: The output that is followed.
        points: How many points of each way will be looked at, or about so many.
    """

    def __init__(
        self, model: Model, x: Any, base: Any, ask: Readout, points: int = 1
    ) -> None:
        """Find where the inputs enter."""
        self.variables, self.ask, self.network = model.variables, ask, ask.network
        self.n = n_rows(x)
        # One size for all, because each would be a program of its own.
        self.size = batch_size(self.network, self.n * points)
        self.ways = ways(model, x, base)
        # Numbers start from the baseline, so that small steps from it stay exact.
        self.start = whole(
            {
                one.name: part(x if one.paths else base, one.name)
                for one in entrances(self.network)
            }
        )

    def value(self, rows: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Return F (n,) float64 at points of the ways of some rows."""

        def run(chosen: np.ndarray) -> jax.Array:
            return self._run("value", rows[chosen], points[chosen])

        return in_batches(run, len(rows), self.size).astype(np.float64)

    def slopes(self, rows: np.ndarray, points: np.ndarray) -> dict[str, np.ndarray]:
        """Return (x - b) dF/dx (n, *input_shape) at points, by the input's name."""

        def run(chosen: np.ndarray) -> dict[str, jax.Array]:
            return self._run("slopes", rows[chosen], points[chosen])

        found = in_batches(run, len(rows), self.size)
        return {name: own.astype(np.float64) for name, own in found.items()}

    def integrals(self, parts: Parts) -> dict[str, np.ndarray]:
        """Return the integral of the slopes over each part, (parts, *input_shape)."""
        inside = (_POINTS[None, :] + 1) / 2
        points = parts.low[:, None] + inside * (parts.high - parts.low)[:, None]
        slopes = self.slopes(np.repeat(parts.rows, ORDER), points.ravel())
        found = {}
        for name, own in slopes.items():
            apart = own.reshape(len(parts), ORDER, *own.shape[1:])
            mean = np.tensordot(apart, _WEIGHTS / 2, axes=(1, 0))
            length = parts.high - parts.low
            found[name] = mean * length.reshape(-1, *(1,) * (mean.ndim - 1))
        return found

    def _run(self, what: str, rows: np.ndarray, points: np.ndarray) -> Any:
        start, way = rows_of(self.start, rows), rows_of(self.ways, rows)
        t, how = points.astype(np.float32), self.ask.arrays(rows)
        return _program(self.network, what)(self.variables, start, way, t, how)


@lru_cache(maxsize=64)
def _program(network: Network, what: str) -> Callable[..., Any]:
    function = {"value": _value, "slopes": _slopes}[what]
    options = compiler_options(True) if network.has_convolutions else None
    return jax.jit(partial(function, network), compiler_options=options)


def _value(
    network: Network, variables: Any, start: Any, way: Any, t: jax.Array, how: Any
) -> jax.Array:
    """Return F (batch,) at the points t of the ways."""
    inputs, probes = moved(network, start, _steps(network, way, t))
    return read(network.forward(variables, inputs, probes=probes).outputs, how)


def _slopes(
    network: Network, variables: Any, start: Any, way: Any, t: jax.Array, how: Any
) -> dict[str, jax.Array]:
    """Return (x - b) dF/dx by the name of the input, (batch, *input_shape) each."""

    def total(steps: Any) -> jax.Array:
        inputs, probes = moved(network, start, steps)
        outputs = network.forward(variables, inputs, probes=probes).outputs
        return read(outputs, how).sum()

    slopes = jax.grad(total)(_steps(network, way, t))
    return gathered(network, jax.tree.map(lambda a, g: a * g, way, slopes))


def _steps(
    network: Network, way: dict[str, jax.Array], t: jax.Array
) -> dict[str, jax.Array]:
    """Return how far each input is moved at t: from the baseline, or back from x."""
    found = {}
    for one in entrances(network):
        share = t - 1 if one.paths else t
        for key in one.paths or (one.name,):
            own = way[key]
            found[key] = own * share.reshape(-1, *(1,) * (own.ndim - 1))
    return found

"""Synapses between two groups of cells: all of them, or those that are there.

`Dense` is a matrix. `Sparse` keeps a padded row of targets for each cell and works by
events: only the rows of cells that fired are touched, which is what makes a network of
thousands of cells fast, because few of them fire in one step.

A spike arrives `delay` steps after the one in which it was fired. With a delay of 1 or
more it is there before the comparison of that step, undiminished; with 0 it arrives in
the step in which it was fired, after the comparison, and decays before the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom.errors import InputError, is_whole, require

Change = Callable[[Any, jax.Array, Any], Any]


@partial(
    jax.tree_util.register_dataclass, data_fields=["weight"], meta_fields=["delay"]
)
@dataclass(frozen=True)
class Dense:
    """A synapse from every cell to every other.

    Attributes:
        weight: (inputs, units), in what a spike adds: mV for jumps.
        delay: In steps.
    """

    weight: jax.Array
    delay: int = 1

    @property
    def units(self) -> int:
        """Number of cells that are reached."""
        return self.weight.shape[1]

    def arriving(self, spikes: jax.Array) -> jax.Array:
        """Return the sums (units,) that spikes (inputs,) bring."""
        return spikes.astype(self.weight.dtype) @ self.weight

    def values(self) -> np.ndarray:
        """Return the weights of all synapses in one row."""
        return np.asarray(self.weight).ravel()

    def to_matrix(self) -> np.ndarray:
        """Return the weights (inputs, units)."""
        return np.asarray(self.weight)


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["weight", "targets", "incoming"],
    meta_fields=["units", "delay"],
)
@dataclass(frozen=True)
class Sparse:
    """The synapses that are there, as rows of targets that are padded to one length.

    Make one with `Sparse.random` or `Sparse.from_matrix`.

    Attributes:
        weight: (inputs, width), in what a spike adds: mV for jumps; 0 where padded.
        targets: (inputs, width), the cell that a synapse leads to; `units` for padding.
        incoming: (units, width in), where in the flattened weights the synapses of a
            cell stand; the number of weights for padding.
        units: Number of cells that are reached.
        delay: In steps.
    """

    weight: jax.Array
    targets: jax.Array
    incoming: jax.Array
    units: int
    delay: int = 1

    @classmethod
    def from_matrix(cls, matrix: Any, exists: Any = None, delay: int = 1) -> Sparse:
        """Return the synapses of a matrix (inputs, units).

        Args:
            matrix: Weights.
            exists: Where there is a synapse, (inputs, units) boolean; where the weight
                is not 0 if None.
            delay: In steps.

        Raises:
            InputError: If the matrix is none, or the delay no whole number from 0.

        Example:
            >>> synapses = Sparse.from_matrix([[0.0, 2.0, 0.0], [3.0, 0.0, 4.0]])
            >>> synapses.targets.tolist()
            [[1, 3], [0, 2]]
        """
        weights = np.asarray(matrix, np.float32)
        there = weights != 0 if exists is None else np.asarray(exists, bool)
        if weights.ndim != 2 or there.shape != weights.shape:
            raise InputError(
                f"Sparse takes a matrix of weights (inputs, units), and where synapses "
                f"exist in the same shape. Got {weights.shape} and {there.shape}."
            )
        expected = "a whole number of at least 0"
        require(is_whole(delay, 0), "Sparse", "delay", expected, delay)
        targets, rows = _padded(there)
        width = targets.shape[1]
        padded = np.append(weights, np.zeros((len(weights), 1), np.float32), axis=1)
        # Where each synapse stands in the flattened weights, from its place in the row.
        places = np.zeros_like(there, np.int32)
        sources, columns = np.nonzero(there)
        places[sources, columns] = sources * width + rows[sources, columns]
        senders, _ = _padded(there.T)
        incoming = np.append(places, np.full((1, places.shape[1]), targets.size), 0)
        return cls(
            jnp.asarray(np.take_along_axis(padded, targets, 1)),
            jnp.asarray(targets, jnp.int32),
            jnp.asarray(np.take_along_axis(incoming.T, senders, 1), jnp.int32),
            weights.shape[1],
            delay,
        )

    @classmethod
    def random(
        cls,
        cells: int,
        probability: float,
        largest: float,
        seed: int = 0,
        delay: int = 1,
    ) -> Sparse:
        """Return synapses among cells, each there by chance, none onto itself.

        Args:
            cells: How many.
            probability: That a cell reaches another one.
            largest: Weights are uniform between 0 and this.
            seed: For what is drawn.
            delay: In steps.
        """
        rng = np.random.default_rng(seed)
        exists = rng.random((cells, cells)) < probability
        np.fill_diagonal(exists, False)
        weights = rng.uniform(0, largest, (cells, cells))
        return cls.from_matrix(weights, exists, delay)

    def arriving(self, spikes: jax.Array) -> jax.Array:
        """Return the sums (units,) that spikes (inputs,) bring."""

        def add(sums: jax.Array, cell: jax.Array, row: jax.Array) -> jax.Array:
            return sums.at[self.targets[cell]].add(row, mode="promise_in_bounds")

        sums = jnp.zeros(self.units + 1, self.weight.dtype)
        return each(spikes, lambda _, i: take_row(self.weight, i), add, sums)[:-1]

    def values(self) -> np.ndarray:
        """Return the weights of all synapses in one row, without the padding."""
        return np.asarray(self.weight)[np.asarray(self.targets) < self.units]

    def to_matrix(self) -> np.ndarray:
        """Return the weights (inputs, units), 0 where there is no synapse."""
        targets = np.asarray(self.targets)
        matrix = np.zeros((len(targets), self.units + 1), np.float32)
        np.put_along_axis(matrix, targets, np.asarray(self.weight), 1)
        return matrix[:, :-1]

    def with_weight(self, weight: jax.Array) -> Sparse:
        """Return the same synapses with other weights (inputs, width)."""
        return replace(self, weight=weight)


def each(
    spikes: jax.Array,
    read: Callable[[Any, jax.Array], Any],
    change: Change,
    arrays: Any,
) -> Any:
    """Return arrays after a change for every cell that fired, the last cell first.

    Args:
        spikes: (cells,) boolean.
        read: `read(arrays, cell)`, what the change needs of the arrays.
        change: `change(arrays, cell, what_was_read)` returns the arrays.
        arrays: What is changed.
    """
    cells = jnp.arange(len(spikes), dtype=jnp.int32)

    def last_before(cell: jax.Array | int) -> jax.Array:
        return jnp.max(jnp.where(spikes & (cells < cell), cells, -1))

    # What is read is carried from the round before: read and written in one round, the
    # compiler would copy the arrays each time.
    def again(carry: tuple[jax.Array, Any, Any]) -> Any:
        cell, item, arrays = carry
        arrays = change(arrays, cell, item)
        cell = last_before(cell)
        return cell, read(arrays, jnp.maximum(cell, 0)), arrays

    first = last_before(len(spikes))
    start = (first, read(arrays, jnp.maximum(first, 0)), arrays)
    return jax.lax.while_loop(lambda carry: carry[0] >= 0, again, start)[-1]


def take_row(array: jax.Array, row: jax.Array) -> jax.Array:
    """Return one row."""
    return jax.lax.dynamic_index_in_dim(array, row, keepdims=False)


def put_row(array: jax.Array, new: jax.Array, row: jax.Array) -> jax.Array:
    """Return an array with another row; in place where nothing else reads it."""
    return jax.lax.dynamic_update_index_in_dim(array, new, row, 0)


def _padded(there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the true columns of each row, padded by the width, and their places."""
    counts = there.sum(1)
    width = max(int(counts.max(initial=0)), 1)
    places = np.cumsum(there, 1) - 1
    columns = np.full((len(there), width), there.shape[1], np.int64)
    rows, true = np.nonzero(there)
    columns[rows, places[rows, true]] = true
    return columns, places

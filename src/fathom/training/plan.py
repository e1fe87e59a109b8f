"""Everything about a run that is fixed before it is compiled: sizes and orders.

The last, smaller batch is filled up with an extra row of weight 0, so that every batch
has the same size and every example counts exactly once per epoch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import numpy as np

from fathom.training.objective import Batch

# Rows evaluated at once: large enough to keep the cores busy, small enough that the
# activations of a wide network fit in memory.
EVALUATION_ROWS = 1024


@dataclass(frozen=True)
class Plan:
    """Sizes of a run.

    Attributes:
        n_examples: Training examples.
        batch_size: Examples per step.
        shuffle: Whether every epoch visits the examples in a new order.
    """

    n_examples: int
    batch_size: int
    shuffle: bool = True

    @property
    def n_steps(self) -> int:
        """Steps per epoch."""
        return math.ceil(self.n_examples / self.batch_size)

    def order(self, seed: int, epoch: int) -> np.ndarray:
        """Return the rows of every batch of an epoch, (n_steps, batch_size) int32.

        The order depends on seed and epoch alone, so that a resumed run visits the
        examples as if it had never stopped. Row `n_examples` is the padding row.
        """
        rows = np.arange(self.n_examples, dtype=np.int32)
        if self.shuffle:
            rows = np.random.default_rng([seed, epoch]).permutation(rows)
        padded = np.full(self.n_steps * self.batch_size, self.n_examples, np.int32)
        padded[: self.n_examples] = rows
        return padded.reshape(self.n_steps, self.batch_size)


def with_padding_row(batch: Batch) -> Batch:
    """Append a copy of row 0 with weight 0, which fills up the last batch.

    A copy of a real row, because a row of zeros could make a loss infinite, and
    0 times infinity is not a number.
    """

    def padded(array: np.ndarray) -> np.ndarray:
        return np.concatenate([array, array[:1]])

    weight = np.concatenate([batch.weight, np.zeros(1, np.float32)])
    return Batch(jax.tree.map(padded, batch.x), jax.tree.map(padded, batch.y), weight)


def in_blocks(batch: Batch) -> Batch:
    """Lay examples out as blocks of equal size for evaluation.

    Returns:
        A batch whose arrays have two leading axes, (blocks, rows); the last block is
        filled up with copies of row 0 of weight 0.
    """
    n = len(batch.weight)
    rows = min(n, EVALUATION_ROWS)
    blocks = math.ceil(n / rows)
    missing = blocks * rows - n

    def lay_out(array: np.ndarray) -> np.ndarray:
        filler = np.repeat(array[:1], missing, axis=0)
        padded = np.concatenate([array, filler]) if missing else np.asarray(array)
        return padded.reshape(blocks, rows, *array.shape[1:])

    weight = np.concatenate([batch.weight, np.zeros(missing, np.float32)])
    x, y = jax.tree.map(lay_out, (batch.x, batch.y))
    return Batch(x, y, weight.reshape(blocks, rows))

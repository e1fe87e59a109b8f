"""What goes into an epoch and what comes out of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fathom.training.objective import Batch
from fathom.training.segments import Watch
from fathom.training.step import Weights


class Best(NamedTuple):
    """The best weights so far, by validation loss.

    Attributes:
        parameters: As the run's packing holds them.
        state: Running statistics.
        loss: Their validation loss.
        epoch: The epoch they are from, counted from 1; 0 before the first.
    """

    parameters: Any
    state: Any
    loss: Any
    epoch: Any


class Progress(NamedTuple):
    """What one epoch hands to the next.

    Attributes:
        weights: Parameters, running statistics, optimizer memory.
        best: The best weights so far, or None if the run does not keep them.
        epoch: Epochs done.
    """

    weights: Weights
    best: Best | None
    epoch: Any


class Epoch(NamedTuple):
    """What drives one epoch.

    Attributes:
        order: (steps, batch) rows of every batch.
        learning_rates: (steps,) learning rate of every step.
        watch: Which steps are recorded; None in a program that records nothing.
    """

    order: Any
    learning_rates: Any
    watch: Watch | None = None


class Data(NamedTuple):
    """The examples of a run.

    Attributes:
        training: Examples with the padding row at the end.
        validation: Examples in blocks, or None.
        judged: Examples whose results by class are taken, or None.
    """

    training: Batch
    validation: Batch | None
    judged: Batch | None = None


class Record(NamedTuple):
    """What an epoch reports: means over its examples.

    Attributes:
        training: {"loss": ..., metric: ...} taken while the weights moved.
        validation: The same on the validation examples after the epoch, or empty.
        is_finite: 0 if a loss or a weight became NaN or infinite, else 1. The loop
            then goes back to the progress from before the epoch.
        best_epoch: The epoch of the best weights.
        steps: (records, 1 + statistics) loss and statistics of the recorded steps, or
            None in a program that records nothing.
        first_bad: Number in the epoch of the first step whose loss is not finite, or
            the number of steps; None likewise.
        classes: (4, classes) as `fathom.training.judgment.judge` gives them, or None.
    """

    training: dict[str, Any]
    validation: dict[str, Any]
    is_finite: Any
    best_epoch: Any
    steps: Any = None
    first_bad: Any = None
    classes: Any = None

    def packed(self) -> jax.Array:
        """Return all numbers as one vector: one transfer to the host, not ten."""
        numbers = [jnp.reshape(n, -1) for n in jax.tree.leaves(self)]
        return jnp.concatenate([n.astype(jnp.float32) for n in numbers])

    def unpacked(self, vector: np.ndarray) -> Record:
        """Return the record of a vector; `self` has the shapes."""
        leaves, structure = jax.tree.flatten(self)
        ends = np.cumsum([leaf.size for leaf in leaves])
        pieces = np.split(vector, ends[:-1])
        shaped = [p.reshape(leaf.shape) for p, leaf in zip(pieces, leaves, strict=True)]
        return jax.tree.unflatten(structure, shaped)

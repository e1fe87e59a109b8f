"""An epoch in segments, of which some are a single step that is recorded.

    bounds      [0, 1, 2, 10, 11, ...]
    is_recorded [x, x,  , x, ...]       a recorded segment is one step long

The inner loop is the scan of an unrecorded epoch, and what is recorded stands outside
of it behind a condition: so the steps compile to the same code. The bounds are
arguments, so that the first epoch, with many records, and the later ones, with few or
none, are one program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from fathom.training.objective import Sums
from fathom.training.step import Weights

Step = Callable[[Weights, Any], tuple[Weights, Sums]]
Look = Callable[[Weights, Weights, Sums, Any], jax.Array]


class Watch(NamedTuple):
    """What is recorded in one epoch.

    Attributes:
        bounds: (2 records + 2,) where segments begin and the last one ends.
        is_recorded: (2 records + 1,) whether a segment is a recorded step.
        places: (2 records + 1,) the row that the record of a segment goes to.
        n_segments: () how many there are.
        judges: () whether the results by class are taken at the end.
    """

    bounds: Any
    is_recorded: Any
    places: Any
    n_segments: Any
    judges: Any


def watch_steps(
    steps: Sequence[int], n_steps: int, most: int, judges: bool = False
) -> Watch:
    """Return the segments of an epoch in which some steps are recorded.

    Args:
        steps: Which, counted from 0, in order.
        n_steps: Steps of the epoch.
        most: Largest number of records that an epoch of this program may have.
        judges: Whether the results by class are taken at the end.
    """
    bounds, is_recorded, places = [0], [], []
    for row, step in enumerate(steps):
        if step > bounds[-1]:
            bounds.append(step)
            is_recorded.append(False)
            places.append(0)
        bounds.append(step + 1)
        is_recorded.append(True)
        places.append(row)
    if bounds[-1] < n_steps:
        bounds.append(n_steps)
        is_recorded.append(False)
        places.append(0)
    n = len(is_recorded)
    fill = 2 * most + 1 - n
    return Watch(
        np.array(bounds + [n_steps] * fill, np.int32),
        np.array(is_recorded + [False] * fill),
        np.array(places + [0] * fill, np.int32),
        np.int32(n),
        np.bool_(judges),
    )


def run_segments(
    step: Step, look: Look, weights: Weights, steps: Any, watch: Watch
) -> tuple[Weights, Sums, jax.Array]:
    """Run an epoch's steps and record some of them.

    Args:
        step: (weights, what drives the step) -> weights, sums.
        look: (weights before, weights after, sums, what drove the step) -> (n,)
            statistics.
        weights: At the start.
        steps: What drives the steps, stacked.
        watch: What is recorded.

    Returns:
        Weights, stacked sums of all steps, and (records, n) statistics.
    """
    n_steps = len(jax.tree.leaves(steps)[0])
    most = (len(watch.bounds) - 2) // 2
    first = jax.tree.map(lambda array: array[0], steps)
    shapes = jax.eval_shape(lambda w, s: step(w, s)[1], weights, first)
    size = jax.eval_shape(look, weights, weights, shapes, first).shape[0]
    rows = jnp.zeros((most, size))

    def looked(before: Weights, after: Weights, sums: Sums, j: Any, rows: Any) -> Any:
        at = jax.tree.map(lambda array: array[watch.bounds[j]], (sums, steps))
        row = look(before, after, *at)
        return lax.dynamic_update_index_in_dim(rows, row, watch.places[j], 0)

    def recorded(before: Weights, after: Weights, sums: Sums, j: Any, rows: Any) -> Any:
        return lax.cond(
            watch.is_recorded[j], looked, lambda *given: given[-1],
            before, after, sums, j, rows,
        )  # fmt: skip

    if n_steps == 1:  # XLA writes a loop of one step out, so do as the plain scan does
        after, sums = lax.scan(step, weights, steps)
        return after, sums, recorded(weights, after, sums, jnp.int32(0), rows)

    def one(i: Any, carry: tuple[Weights, Sums]) -> tuple[Weights, Sums]:
        weights, kept = carry
        weights, sums = step(weights, jax.tree.map(lambda a: a[i], steps))
        kept = jax.tree.map(
            lambda all_, new: lax.dynamic_update_index_in_dim(all_, new, i, 0),
            kept,
            sums,
        )
        return weights, kept

    def segment(j: Any, carry: Any) -> Any:
        before, kept, rows = carry
        bounds = watch.bounds[j], watch.bounds[j + 1]
        after, kept = lax.fori_loop(*bounds, one, (before, kept))
        return after, kept, recorded(before, after, kept, j, rows)

    kept = jax.tree.map(lambda s: jnp.zeros((n_steps, *s.shape), s.dtype), shapes)
    return lax.fori_loop(0, watch.n_segments, segment, (weights, kept, rows))

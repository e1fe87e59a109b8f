"""The answers of a trained network on rows that it has not learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np

from fathom.compilation import quick_compilation
from fathom.network import Network
from fathom.training.objective import Batch

MOST_ROWS = 1_000


class Answers(NamedTuple):
    """Probabilities and labels of the same rows.

    Attributes:
        given: (rows, classes)
        known: (rows,)
    """

    given: np.ndarray
    known: np.ndarray


def answers_on(
    network: Network, variables: Mapping[str, Any], batch: Batch, size: int
) -> Answers | None:
    """Return the answers on at most 1,000 rows; None if there are no classes.

    Args:
        network: As it was trained.
        variables: What training gave.
        batch: The rows.
        size: Rows that go in at a time; equal sizes share one compiled program.
    """
    y = batch.y
    is_labels = isinstance(y, np.ndarray) and y.dtype == np.int32 and y.ndim == 1
    ending = network.without_output_activation()[1]
    if not is_labels or ending not in ("softmax", "sigmoid") or not len(y):
        return None
    run = _compiled(network)
    n, parts = min(len(y), MOST_ROWS), []
    for start in range(0, n, size):
        rows = np.arange(start, start + size) % len(y)  # the last ones fill up
        x = jax.tree.map(lambda array, rows=rows: array[rows], batch.x)
        parts.append(np.asarray(run(dict(variables), x)).reshape(size, -1))
    given = np.concatenate(parts)[:n]
    if given.shape[1] == 1:
        given = np.concatenate([1 - given, given], 1)
    return Answers(given, y[:n])


@lru_cache(maxsize=8)
def _compiled(network: Network) -> Callable[..., Any]:
    return jax.jit(
        lambda variables, x: network.apply(variables, x),
        compiler_options=quick_compilation(),
    )

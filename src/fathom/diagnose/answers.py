"""The answers of a trained network on rows that it has not learned from."""

from __future__ import annotations

from collections.abc import Mapping
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


def held_answers(
    network: Network, variables: Mapping[str, Any], held: Batch
) -> Answers | None:
    """Return the answers on the first 1,000 rows; None if there are no classes."""
    y = held.y
    is_labels = isinstance(y, np.ndarray) and y.dtype == np.int32 and y.ndim == 1
    ending = network.without_output_activation()[1]
    if not is_labels or ending not in ("softmax", "sigmoid"):
        return None
    x = jax.tree.map(lambda array: array[:MOST_ROWS], held.x)
    options = quick_compilation()
    apply = jax.jit(lambda v, x: network.apply(v, x), compiler_options=options)
    given = np.asarray(apply(dict(variables), x)).reshape(min(len(y), MOST_ROWS), -1)
    if given.shape[1] == 1:
        given = np.concatenate([1 - given, given], 1)
    return Answers(given, y[:MOST_ROWS])

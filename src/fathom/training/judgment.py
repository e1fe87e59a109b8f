"""How every class fares: examples, predictions, hits and loss, in the program.

Taken at the end of an epoch on at most 512 examples, evenly spaced over the validation
examples, or the training examples where there are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom.record.recording import JUDGED_ROWS
from fathom.training.objective import Batch, Objective
from fathom.training.own_objective import OwnObjective

# More are not kept: a word each is a class in a language model.
MOST_CLASSES = 200
TINY = 1e-7


def class_count(objective: Objective | OwnObjective, examples: Batch) -> int:
    """Return how many classes the outputs tell apart; 0 if they are not classes."""
    y = examples.y
    if isinstance(objective, OwnObjective) or not isinstance(y, np.ndarray):
        return 0
    shape = objective.network.output_shape
    if not np.issubdtype(y.dtype, np.integer) or not shape:
        return 0
    if shape[-1] == 1:
        is_one = objective.network.without_output_activation()[1] == "sigmoid"
        return 2 if is_one and y.size == len(y) else 0
    fits = y.shape[1:] == shape[:-1] and shape[-1] <= MOST_CLASSES
    return shape[-1] if fits else 0


def judged_examples(examples: Batch) -> Batch:
    """Return the examples that are judged."""
    real = np.flatnonzero(np.asarray(examples.weight) > 0)
    spaced = np.linspace(0, len(real) - 1, min(len(real), JUDGED_ROWS))
    rows = real[spaced.astype(int)]
    return jax.tree.map(lambda array: np.asarray(array)[rows], examples)


def judge(
    objective: Objective, variables: Mapping[str, Any], batch: Batch, n_classes: int
) -> jax.Array:
    """Return (4, classes): examples, predictions, hits, and sum of -log p.

    Steps of a sequence count one by one; those without a class do not.
    """
    outputs = objective.network.forward(dict(variables), batch.x).outputs
    if outputs.shape[-1] == 1:
        outputs = jnp.concatenate([1 - outputs, outputs], -1)
    outputs = outputs.reshape(-1, n_classes).astype(jnp.float32)
    y = batch.y.reshape(-1)
    right = jax.nn.one_hot(y, n_classes)  # all 0 for a class of -1
    chosen = jax.nn.one_hot(outputs.argmax(-1), n_classes) * right.sum(-1)[:, None]
    loss = -jnp.log(jnp.clip(outputs, TINY, 1.0))
    if objective.network.without_output_activation()[1] not in ("softmax", "sigmoid"):
        loss = jnp.full_like(loss, jnp.nan)
    parts = [right, chosen, right * chosen, right * loss]
    return jnp.stack([part.sum(0) for part in parts])

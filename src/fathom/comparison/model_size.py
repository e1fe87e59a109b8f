"""How large a fitted model is: in bytes, and in numbers that it has learned.

Bytes: of a network its weights; of any other model what it takes when it is stored as
Python stores objects. Numbers: weights and biases; of trees their nodes; of nearest
neighbors the numbers in the rows that they keep.
"""

from __future__ import annotations

import pickle
from typing import Any

import jax
import numpy as np


def bytes_of(model: Any) -> int:
    """Return the size of a fitted model in bytes."""
    variables = getattr(model, "variables_", None)
    if variables is not None:
        return sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(variables))
    return len(pickle.dumps(model, protocol=5))


def parameters_of(model: Any) -> int | None:
    """Return how many numbers a fitted model has learned; None if that is unknown.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> parameters_of(Ridge().fit([[0.0, 1.0], [1.0, 0.0]], [1.0, 2.0]))
        3
    """
    variables = getattr(model, "variables_", None)
    if variables is not None:
        own = {name: part for name, part in variables.items() if name != "state"}
        return sum(np.size(leaf) for leaf in jax.tree.leaves(own))
    if hasattr(model, "coef_"):
        return int(np.size(model.coef_) + np.size(model.intercept_))
    if hasattr(model, "_fit_X"):
        return int(np.size(model._fit_X))
    if hasattr(model, "_predictors"):
        rounds = model._predictors
        return sum(len(tree.nodes) for trees in rounds for tree in trees)
    if hasattr(model, "tree_"):
        return int(model.tree_.node_count)
    if hasattr(model, "estimators_"):
        parts = [parameters_of(one) for one in np.ravel(model.estimators_)]
        return None if None in parts else sum(part for part in parts if part)
    return None

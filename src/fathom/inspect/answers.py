"""What a model answers, as numbers: the chances of its classes, or its predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from fathom.errors import InputError, choose
from fathom.inspect.batches import outputs_of
from fathom.model import Model, probabilities


def answers_of(model: Model, x: Any) -> np.ndarray:
    """Return (rows, answers): a probability by class, or a prediction by target.

    Raises:
        InputError: If the model answers each step of a sequence.
    """
    outputs = outputs_of(model.network, model.variables, x)
    if model.task == "classification":
        shares = probabilities(outputs)
        if shares.ndim > 2:
            raise InputError(
                f"This model answers each of {shares.shape[1:-1]} steps. Use "
                f"attribute(model, data, place=...) for one of them."
            )
        return shares.astype(np.float64)
    flat = outputs.reshape(len(outputs), -1)
    if model.target is None:
        return flat.astype(np.float64)
    return model.target.decode_values(flat).reshape(len(flat), -1)


def answer_names(model: Model) -> tuple[Any, ...]:
    """Return what the answers are called: classes, targets, or numbers from 0."""
    if model.target is None:
        size = int(np.prod(model.network.output_shape))
        return tuple(range(size))
    return model.classes or model.target.names


def answer_index(model: Model, output: Any) -> int:
    """Return which answer a class or target is.

    Raises:
        InputError: If there is none of that name.
    """
    known: dict[str, int] = {str(n): i for i, n in enumerate(answer_names(model))}
    return choose(known, str(output), "class" if model.classes else "target")

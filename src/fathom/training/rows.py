"""The numbers of an epoch under the names that the history has for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fathom.training.objective import Batch, Objective, targets_of
from fathom.training.own_objective import OwnObjective
from fathom.training.progress import Record


def history_row(
    number: int,
    record: Record,
    rate: float,
    objective: Objective | OwnObjective,
    examples: tuple[Batch, Batch | None],
) -> dict[str, Any]:
    """Return the row of one epoch.

    Args:
        number: Of the epoch, from 1.
        record: What it reported.
        rate: Learning rate at its end.
        objective: What is minimized; its metrics come in the order they were asked for.
        examples: For training and for validation.
    """
    row: dict[str, Any] = {"epoch": number}
    training, validation = examples
    parts = [("", record.training, training)]
    if validation is not None:
        parts.append(("validation_", record.validation, validation))
    asked = objective.metrics if isinstance(objective, Objective) else ()

    def rank(name: str) -> tuple[int, str]:
        return (asked.index(name) if name in asked else len(asked), name)

    for prefix, means, batch in parts:
        row[f"{prefix}loss"] = float(means["loss"])
        for name in sorted(means.keys() - {"loss"}, key=rank):
            value = objective.finish(name, means[name], variance(batch))
            row[f"{prefix}{name}"] = value
    row["learning_rate"] = rate
    return row


def variance(batch: Batch) -> np.ndarray | None:
    """Return the weighted variance of every target, (outputs,), for R2.

    None for classes, which have none.
    """
    targets = targets_of(batch)
    is_array = isinstance(targets, np.ndarray)  # and not several by name
    if not is_array or np.issubdtype(targets.dtype, np.integer):
        return None
    y = targets.reshape(len(targets), -1).astype(np.float64)
    mean = np.average(y, axis=0, weights=batch.weight)
    return np.average((y - mean) ** 2, axis=0, weights=batch.weight)

"""The numbers of an epoch under the names that the history has for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fathom.training.objective import Batch, Objective, targets_of
from fathom.training.own_objective import OwnObjective
from fathom.training.private_gradient import CLIPPED
from fathom.training.progress import Record


@dataclass
class Spread:
    """How much the targets of some examples vary.

    Taken when R2 first asks and then kept: where the targets are images, taking it
    after each epoch was half of the time of a training.
    """

    batch: Batch

    @cached_property
    def variance(self) -> np.ndarray | None:
        """As `variance` gives it."""
        return variance(self.batch)


def history_row(
    number: int,
    record: Record,
    rate: float,
    objective: Objective | OwnObjective,
    spreads: tuple[Spread, Spread | None],
) -> dict[str, Any]:
    """Return the row of one epoch.

    Args:
        number: Of the epoch, from 1.
        record: What it reported.
        rate: Learning rate at its end.
        objective: What is minimized; its metrics come in the order they were asked for.
        spreads: Of the targets for training and for validation.
    """
    row: dict[str, Any] = {"epoch": number}
    training, validation = spreads
    parts = [("", record.training, training)]
    if validation is not None:
        parts.append(("validation_", record.validation, validation))
    asked = objective.metrics if isinstance(objective, Objective) else ()

    def rank(name: str) -> tuple[int, str]:
        return (asked.index(name) if name in asked else len(asked), name)

    for prefix, means, spread in parts:
        row[f"{prefix}loss"] = float(means["loss"])
        for name in sorted(means.keys() - {"loss"}, key=rank):
            scale = spread.variance if name == "r2" else None
            given = name, means[name], scale
            row[f"{prefix}{name}"] = (
                float(means[name]) if name == CLIPPED else objective.finish(*given)
            )
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

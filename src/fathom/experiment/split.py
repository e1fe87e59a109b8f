"""Which rows of a table are for training, for validation, and for the test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fathom.data import Table
from fathom.data.split import split_indices
from fathom.errors import InputError
from fathom.experiment.settings import ExperimentSettings


@dataclass(frozen=True)
class Split:
    """Which rows of a table are for what, as row numbers from 0.

    Attributes:
        training: The network and its preprocessing are fitted on these.
        validation: The best epoch is chosen on these; empty if there are none.
        test: The result is measured on these; empty if there are none.
        calibration: Intervals and probabilities are fitted on these; empty if there are
            none.
    """

    training: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    calibration: np.ndarray

    @property
    def fitting(self) -> np.ndarray:
        """The rows that baselines are fitted on: training and validation rows."""
        return np.sort(np.concatenate([self.training, self.validation]))

    def to_dict(self) -> dict[str, list[int]]:
        """Return the row numbers as plain data; "calibration" only if there are any."""
        kept = ("calibration",) if len(self.calibration) else ()
        parts = ("training", "validation", *kept, "test")
        return {part: getattr(self, part).tolist() for part in parts}


def split_rows(table: Table, settings: ExperimentSettings) -> Split:
    """Return which rows of a table are for what, by class in classification.

    Raises:
        InputError: If there are too few rows.
    """
    n = len(table)
    calibrates = bool(settings.calibration)
    parts = 2 + bool(settings.validation) + bool(settings.test) + calibrates
    if n < parts:
        raise InputError(
            f"{table.name} has {n} {'row' if n == 1 else 'rows'} with an answer, and "
            f"this takes at least {parts}: 2 to train on"
            f"{', 1 to choose the best epoch on' if settings.validation else ''}"
            f"{', 1 to calibrate on' if calibrates else ''}"
            f"{', 1 to measure the result on' if settings.test else ''}."
        )
    codes = None
    if table.task == "classification":
        codes = np.unique(table.y, return_inverse=True)[1]
    rest, test = _hold_back(np.arange(n), codes, settings.test, settings.seed)
    rest, kept = _hold_back(rest, codes, settings.calibration, settings.seed)
    training, validation = _hold_back(rest, codes, settings.validation, settings.seed)
    return Split(training, validation, test, kept)


def _hold_back(
    rows: np.ndarray, codes: np.ndarray | None, share: float | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    if share is None:
        return rows, rows[:0]
    classes = None if codes is None else codes[rows]
    kept, held = split_indices(len(rows), share, seed, classes)
    return rows[kept], rows[held]

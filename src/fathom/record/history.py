"""The history of a run: one row of numbers per epoch, read by column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np


class History(Mapping[str, np.ndarray]):
    """Per-epoch numbers as arrays: history["loss"], history["validation_loss"].

    Columns: "epoch" (from 1), "loss", each metric ("accuracy"), "validation_loss" and
    "validation_accuracy" if there are validation examples, "learning_rate" (at the end
    of the epoch) and "seconds" (wall time of the epoch, compilation apart). Loss and
    metrics of the training examples are means taken while the weights moved.

    Example:
        >>> history = History()
        >>> history.append({"epoch": 1, "loss": 0.5})
        >>> history.append({"epoch": 2, "loss": 0.25})
        >>> history["loss"]
        array([0.5 , 0.25])
    """

    def __init__(self, rows: list[dict[str, Any]] | None = None) -> None:
        self.rows: list[dict[str, Any]] = list(rows or [])

    def append(self, row: Mapping[str, Any]) -> None:
        """Add the numbers of one more epoch."""
        self.rows.append(dict(row))

    def __getitem__(self, name: str) -> np.ndarray:
        """Return one column as an array, (epochs,); empty if no epoch was finished."""
        if self.rows and name not in self.names:
            raise KeyError(f"{name!r}; the columns are: {', '.join(self.names)}")
        return np.array([row[name] for row in self.rows])

    def __iter__(self) -> Iterator[str]:
        """Iterate over the column names."""
        return iter(self.names)

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order they are kept."""
        return tuple(self.rows[0]) if self.rows else ()

    @property
    def n_epochs(self) -> int:
        """How many epochs are kept."""
        return len(self.rows)

    def to_csv(self) -> str:
        """Return the history as CSV text."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

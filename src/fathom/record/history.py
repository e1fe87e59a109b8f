"""The history of a run: one row of numbers per epoch, and records of single steps."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.record.layer_records import ClassRecords, Columns, LayerRecords
from fathom.record.weight_records import Counts, WeightRecords


@dataclass(frozen=True)
class NonFinite:
    """Where the first number that is NaN or infinite was.

    Attributes:
        place: "input", "activation", "loss", "gradient" or "parameter" (which became
            so by the update itself).
        layer: Address of the layer; "" for input and loss.
        step: Number of the step, from 1.
    """

    place: str
    layer: str
    step: int

    def __str__(self) -> str:
        """Say it in words."""
        where = f"the {self.place} of {self.layer}" if self.layer else self.place
        return f"step {self.step}: {where}"


class Records:
    """Numbers of the recorded steps, in the order they came.

    Attributes:
        columns: Addresses of every statistic of layers.
        steps: Number of every recorded step, from 1.
        losses: Mean loss of its batch, before the update.
        rates: Its learning rate.
        values: One row of statistics each, in the order of the columns.
        classes: (epoch, (4, classes)) of every judged epoch.
        weights: (epoch, counts by layer) of the epochs whose weights were counted.
    """

    def __init__(self, columns: Columns | None = None) -> None:
        self.columns: Columns = columns or {}
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.values: list[np.ndarray] = []
        self.classes: list[tuple[int, np.ndarray]] = []
        self.weights: list[tuple[int, dict[str, Counts]]] = []

    def append(self, step: int, rate: float, loss: float, values: np.ndarray) -> None:
        """Add one recorded step."""
        self.steps.append(step)
        self.rates.append(rate)
        self.losses.append(loss)
        self.values.append(values)

    def cut(self, steps: int, epochs: int) -> None:
        """Forget what comes after so many steps and epochs."""
        n = sum(step <= steps for step in self.steps)
        for numbers in (self.steps, self.losses, self.rates, self.values):
            del numbers[n:]
        self.classes = [(epoch, row) for epoch, row in self.classes if epoch <= epochs]
        self.weights = [(epoch, row) for epoch, row in self.weights if epoch <= epochs]

    def tables(self) -> dict[str, np.ndarray]:
        """Return (n_records, addresses) by statistic."""
        sizes = [len(addresses) for addresses in self.columns.values()]
        table = np.array(self.values, np.float32).reshape(len(self.steps), sum(sizes))
        pieces = np.split(table, np.cumsum(sizes)[:-1], axis=1) if sizes else []
        return dict(zip(self.columns, pieces, strict=True))


class History(Mapping[str, np.ndarray]):
    """Per-epoch numbers as arrays: history["loss"], history["validation_loss"].

    Columns: "epoch" (from 1), "loss", each metric ("accuracy"), "validation_loss" and
    "validation_accuracy" if there are validation examples, "learning_rate" (at the end
    of the epoch) and "seconds" (wall time of the epoch, compilation apart). Loss and
    metrics of the training examples are means taken while the weights moved.

    Beside them stand the records of single steps (`fathom.train(..., record=...)`):
    `history.steps`, `history.layers["dense_1"]["gradient_norm"]` and `history.classes`.

    Example:
        >>> history = History()
        >>> history.append({"epoch": 1, "loss": 0.5})
        >>> history.append({"epoch": 2, "loss": 0.25})
        >>> history["loss"]
        array([0.5 , 0.25])
    """

    def __init__(
        self, rows: list[dict[str, Any]] | None = None, records: Records | None = None
    ) -> None:
        self.rows: list[dict[str, Any]] = list(rows or [])
        self.records = records or Records()
        self.non_finite: NonFinite | None = None
        self._layers: tuple[Any, LayerRecords] | None = None

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

    @property
    def steps(self) -> np.ndarray:
        """Number of every recorded step, (n_records,), from 1 for the run's first."""
        return np.array(self.records.steps, int)

    @property
    def step_losses(self) -> np.ndarray:
        """Mean loss of the batch of every recorded step, (n_records,)."""
        return np.array(self.records.losses, float)

    @property
    def step_learning_rates(self) -> np.ndarray:
        """Learning rate of every recorded step, (n_records,)."""
        return np.array(self.records.rates, float)

    @property
    def layers(self) -> LayerRecords:
        """Statistics of every layer at the recorded steps, by address."""
        now = self.records, tuple(self.records.steps)
        if self._layers is None or self._layers[0] != now:
            made = LayerRecords(self.records.columns, self.records.tables())
            self._layers = now, made
        return self._layers[1]

    @property
    def classes(self) -> ClassRecords | None:
        """Results by class at the end of epochs; None where there are no classes."""
        rows = self.records.classes
        return ClassRecords(rows) if rows else None

    @property
    def weights(self) -> WeightRecords | None:
        """How the weights were spread after some epochs; None if not counted."""
        rows = self.records.weights
        return WeightRecords(rows) if rows else None

    def to_csv(self) -> str:
        """Return the per-epoch numbers as CSV text."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

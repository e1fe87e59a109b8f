"""Statistics of layers at the recorded steps, read by the layer's address.

    history.layers["dense_1"]["gradient_norm"]          (n_records,)
    history.layers.table("gradient_norm")               addresses, (n_records, layers)

A statistic is held as one array for all layers, because a `Repeat` of 300 blocks has
300 of them; block 4's dense layer is `repeat_1[4]/dense_1`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

Columns = dict[str, tuple[str, ...]]

# In the order in which a compiled program hands them over.
STATISTICS = (
    "gradient_norm",
    "parameter_norm",
    "update_norm",
    "activation_mean",
    "activation_spread",
    "activation_variation",
    "dead_units",
    "saturated_units",
)
# Worked out from others when it is read.
RATIO = "update_ratio"


class LayerRecords(Mapping[str, dict[str, np.ndarray]]):
    """By address, the statistics that a layer has, each (n_records,).

    - `gradient_norm`, `parameter_norm`: of all parameters of the layer, before the
      step, |g| and |p|; the gradient as it is before clipping.
    - `update_norm`: |p_after - p_before|, so all that the optimizer, the learning rate
      and weight decay did to the layer in this step.
    - `update_ratio`: update_norm / parameter_norm; NaN where all parameters are 0.
    - `activation_mean`, `activation_spread`: mean and standard deviation of the outputs
      over batch, places and units.
    - `activation_variation`: the same standard deviation over batch and places, within
      each unit; 0 if the outputs are the same whatever the input.
    - `dead_units`: share of the units that are 0 for every example of the batch (ReLU,
      GELU, SiLU).
    - `saturated_units`: share of the units whose slope is below 5 % of the largest for
      more than 95 % of the examples (sigmoid, tanh).

    Args:
        columns: Addresses of every statistic.
        tables: By statistic, (n_records, addresses).
    """

    def __init__(self, columns: Columns, tables: Mapping[str, np.ndarray]) -> None:
        self._columns = dict(columns)
        self._tables = dict(tables)

    @property
    def statistics(self) -> tuple[str, ...]:
        """The statistics that some layer has."""
        names = tuple(name for name in STATISTICS if self._columns.get(name))
        return (*names, RATIO) if "update_norm" in names else names

    def table(self, statistic: str) -> tuple[tuple[str, ...], np.ndarray]:
        """Return the addresses that have a statistic, and (n_records, addresses).

        Raises:
            KeyError: If there is no such statistic in this run.
        """
        if statistic not in self.statistics:
            known = ", ".join(self.statistics)
            raise KeyError(f"{statistic!r}; the statistics are: {known}")
        if statistic == RATIO:
            addresses, update = self.table("update_norm")
            size = self.table("parameter_norm")[1]
            ratio = np.full(update.shape, np.nan)
            with np.errstate(invalid="ignore"):  # both may have overflowed
                return addresses, np.divide(update, size, out=ratio, where=size > 0)
        return self._columns[statistic], self._tables[statistic]

    def __getitem__(self, address: str) -> dict[str, np.ndarray]:
        """Return the statistics of a layer by name, (n_records,) each."""
        places = self._places.get(address)
        if places is None:
            raise KeyError(f"{address!r}; the layers are: {', '.join(self._places)}")
        return {name: self.table(name)[1][:, i] for name, i in places.items()}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the addresses, in the order in which data flows."""
        return iter(self._places)

    def __len__(self) -> int:
        """Return how many layers there are."""
        return len(self._places)

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        """By address, the column of every statistic."""
        places: dict[str, dict[str, int]] = {}
        for name in self.statistics:
            for i, address in enumerate(self.table(name)[0]):
                places.setdefault(address, {})[name] = i
        return places


class ClassRecords:
    """How the classes fare at the end of epochs, on validation or training examples.

    At most 512 examples are looked at, evenly spaced, and not after every epoch where
    epochs are short.

    Attributes:
        epochs: (n,) epochs, counted from 1.
        count: (n, classes) examples of each class.
        predicted: (n, classes) examples that the network takes for each class.
        recall: (n, classes) share of each class that is recognized; NaN without any.
        loss: (n, classes) mean of -log p of the right class; NaN where the outputs are
            not probabilities.

    Args:
        rows: (epoch, (4, classes) count, predicted, found and summed loss) each.
    """

    def __init__(self, rows: list[tuple[int, np.ndarray]]) -> None:
        self.epochs = np.array([epoch for epoch, _ in rows], int)
        values = np.array([value for _, value in rows], float).reshape(len(rows), 4, -1)
        self.count, self.predicted, found, loss = np.moveaxis(values, 1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.recall, self.loss = found / self.count, loss / self.count

    def __repr__(self) -> str:
        """Say how much there is."""
        n, classes = self.count.shape
        return f"ClassRecords({n} epochs, {classes} classes)"


def as_columns(given: Mapping[str, Any]) -> Columns:
    """Return columns that were written as lists."""
    return {name: tuple(map(str, addresses)) for name, addresses in given.items()}

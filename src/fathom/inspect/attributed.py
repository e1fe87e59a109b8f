"""The result of an attribution: a number for each input, and what they must sum to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from fathom.errors import InputError
from fathom.inspect.addresses import at_index
from fathom.inspect.entrance import whole
from fathom.inspect.names import columns_of
from fathom.inspect.readout import Readout
from fathom.inspect.sites import INPUT
from fathom.model import Model


@dataclass(frozen=True, eq=False)
class Attribution:
    """How much each input adds to an output, for every row.

    Attributes:
        method: "integrated_gradients", "gradient_x_input" or "occlusion".
        of: What is explained: "logit", "probability", "value" of a target in its own
            unit, or "output" as it is.
        output: (rows,) the class, target or unit that is explained.
        values: (rows, *input_shape) float64, in the network's inputs; a dict of such by
            name for named inputs.
        inputs: The network's inputs, in the same shape.
        baseline: What they are compared with, in the same shape; -1 is no token.
        output_value: (rows,) the output explained.
        baseline_value: (rows,) what it is for the baseline.
        error: (rows,) |sum of the values - difference of the two outputs|.
        steps: (rows,) points on the way; 1 where there is no way.
        names: What the inputs are called, of a table; else empty.
        columns: Which inputs each column of a table became, by position.
    """

    method: str
    of: str
    output: tuple[Any, ...]
    values: Any = field(repr=False)
    inputs: Any = field(repr=False)
    baseline: Any = field(repr=False)
    output_value: np.ndarray
    baseline_value: np.ndarray
    error: np.ndarray
    steps: np.ndarray = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    columns: Mapping[str, tuple[int, ...]] = field(repr=False)

    @property
    def relative_error(self) -> np.ndarray:
        """(rows,) the error as a share of the difference; inf where there is none."""
        gap = np.abs(self.output_value - self.baseline_value)
        share = np.divide(self.error, gap, out=np.full(len(gap), np.inf), where=gap > 0)
        return np.where(self.error == 0, 0.0, share)

    def by_column(self) -> dict[str, np.ndarray]:
        """Return the values (rows,) of each column of the table the model learned from.

        The inputs that a column became (one for each category, the parts of a date) are
        summed. A column that is not used has 0.

        Raises:
            InputError: If the model did not learn from a table.
        """
        if not self.columns:
            raise InputError(
                "This model takes arrays, which have no columns: use `values`."
            )
        flat = self.values.reshape(len(self.values), -1)
        return {
            name: flat[:, list(places)].sum(1) for name, places in self.columns.items()
        }

    def strongest(self, row: int = 0, n: int = 10) -> list[tuple[str, float]]:
        """Return the columns, or else inputs, that add most, for and against.

        Args:
            row: Which row.
            n: How many.

        Raises:
            InputError: If there is no such row.
        """
        fits = isinstance(row, (int, np.integer)) and 0 <= row < len(self.output)
        if not fits:
            raise InputError(
                f"row must be from 0 to {len(self.output) - 1}, one of the rows that "
                f"were explained. Got {row!r} instead."
            )
        if self.columns:
            own = {name: float(v[row]) for name, v in self.by_column().items()}
        else:
            parts = self.values
            parts = parts if isinstance(parts, Mapping) else {"": parts}
            own = {
                at_index(f"{INPUT}_{name}" if name else INPUT, place): float(value)
                for name, values in parts.items()
                for place, value in np.ndenumerate(values[row])
            }
        return sorted(own.items(), key=lambda pair: -abs(pair[1]))[:n]


class Values(NamedTuple):
    """What a method found.

    Attributes:
        values: (rows, *input_shape) by the name of the input, "" if there is one.
        baseline: What the inputs are compared with.
        output_value: (rows,).
        baseline_value: (rows,).
        steps: (rows,), or None for 1 each.
    """

    values: dict[str, np.ndarray]
    baseline: Any
    output_value: np.ndarray
    baseline_value: np.ndarray
    steps: np.ndarray | None = None


def attributed(
    model: Model, method: str, ask: Readout, x: Any, found: Values
) -> Attribution:
    """Return the result of a method, with how far it is from complete."""
    total = sum(own.reshape(len(own), -1).sum(1) for own in found.values.values())
    gap = found.output_value - found.baseline_value
    steps = found.steps
    columns = (
        {} if model.preprocessing is None else model.preprocessing.inputs_by_column
    )
    return Attribution(
        method=method,
        of=ask.of,
        output=ask.names,
        values=whole(found.values),
        inputs=x,
        baseline=found.baseline,
        output_value=found.output_value,
        baseline_value=found.baseline_value,
        error=np.abs(total - gap),
        steps=np.ones(len(gap), int) if steps is None else steps,
        names=columns_of(model),
        columns=columns,
    )

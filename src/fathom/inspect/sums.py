"""One neuron's arithmetic: every input times its weight, the bias, the sum.

z = sum_i x_i w_i + b,  a = f(z)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Term:
    """One input of a neuron.

    Attributes:
        name: The column or the neuron that it comes from.
        input: Its value.
        weight: What it is multiplied by.
        note: What stands there: "token 7" where the input is that of a token.
    """

    name: str
    input: float
    weight: float
    note: str = ""

    @property
    def product(self) -> float:
        """Input times weight."""
        return self.input * self.weight + 0.0  # no -0


@dataclass(frozen=True)
class WeightedSum:
    """One weighted sum.

    Attributes:
        name: "weighted sum", or the gate of a recurrent neuron.
        terms: The inputs, those with the largest products first.
        bias: What is added.
        value: The sum as the network computed it.
    """

    name: str
    terms: tuple[Term, ...]
    bias: float
    value: float

    @property
    def total(self) -> float:
        """The terms and the bias added up here; equal to `value` up to rounding."""
        return math.fsum([*(term.product for term in self.terms), self.bias])

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        terms = [
            {"name": t.name, "input": t.input, "weight": t.weight, "product": t.product}
            | ({"note": t.note} if t.note else {})
            for t in self.terms
        ]
        return {
            "name": self.name, "terms": terms, "bias": self.bias, "value": self.value
        }  # fmt: skip


@dataclass(frozen=True)
class Neuron:
    """What one neuron did for one example.

    Attributes:
        address: `hidden_1:17`.
        kind: The family of its layer.
        row: Which of the rows that were traced.
        sums: Its weighted sums: one, or one for each gate of a recurrent neuron; none
            if its layer does not compute one.
        activation: Its output as the network computed it.
        how: How the sums become the activation, one line for each step.
        meaning: What it stands for, of an output: "the class setosa"; else "".
    """

    address: str
    kind: str
    row: int
    sums: tuple[WeightedSum, ...]
    activation: float
    how: tuple[str, ...]
    meaning: str = ""

    @property
    def terms(self) -> tuple[Term, ...]:
        """The inputs of its first sum, the largest products first."""
        return self.sums[0].terms if self.sums else ()

    @property
    def bias(self) -> float:
        """The bias of its first sum."""
        return self.sums[0].bias if self.sums else 0.0

    @property
    def weighted_sum(self) -> float | None:
        """Its first sum."""
        return self.sums[0].value if self.sums else None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "address": self.address,
            "kind": self.kind,
            "row": self.row,
            "sums": [one.to_dict() for one in self.sums],
            "activation": self.activation,
            "how": list(self.how),
            "meaning": self.meaning,
        }

    def __str__(self) -> str:
        """Write it out, the largest terms first."""
        from fathom.inspect.writing import neuron_text

        return neuron_text(self)

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        from fathom.inspect.writing import neuron_html

        return neuron_html(self)


def weighted_sum(
    name: str,
    names: list[str],
    inputs: np.ndarray,
    weights: np.ndarray,
    bias_and_value: tuple[Any, Any],
) -> WeightedSum:
    """Return a sum with its terms in the order of the size of their products.

    Args:
        name: Of the sum.
        names: Of the inputs.
        inputs: (n,).
        weights: (n,).
        bias_and_value: The bias, and the sum as the network computed it.
    """
    x, w = np.asarray(inputs, float).ravel(), np.asarray(weights, float).ravel()
    order = np.argsort(-np.abs(x * w), kind="stable")
    terms = tuple(Term(names[i], float(x[i]), float(w[i])) for i in order)
    bias, value = bias_and_value
    return WeightedSum(name, terms, float(bias), float(value))

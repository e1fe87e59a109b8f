"""A network as a table: layer, output shape, parameters, multiply-adds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax

from fathom.layers.chain import Chain
from fathom.layers.composite import Concat, Repeat
from fathom.layers.layer import Layer, Shape, name_of
from fathom.network import Network
from fathom.variables import Variables


@dataclass(frozen=True)
class SummaryRow:
    """One layer.

    Attributes:
        address: Where it is, such as `residual_1/dense_1`.
        kind: Its family, with how often it is repeated.
        output_shape: Shape of one output.
        parameters: How many trained numbers it has.
        multiply_adds: What one example costs in the forward pass.
    """

    address: str
    kind: str
    output_shape: Shape
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """All layers of a network; `print` shows the table."""

    rows: tuple[SummaryRow, ...]
    input_shape: Shape
    parameters: int
    multiply_adds: int

    def __str__(self) -> str:
        """Return the table as text."""
        head = ("layer", "kind", "output shape", "parameters", "multiply-adds")
        cells = [head, ("input", "", str(self.input_shape), "", "")]
        for row in self.rows:
            depth = row.address.count("/")
            numbers = (f"{row.parameters:,}", f"{row.multiply_adds:,}")
            name = "  " * depth + row.address.rpartition("/")[2]
            cells.append((name, row.kind, str(row.output_shape), *numbers))
        total = (f"{self.parameters:,}", f"{self.multiply_adds:,}")
        cells.append(("total", "", "", *total))
        return _aligned(cells, right_from=3)


def summarize(network: Network) -> Summary:
    """Return the table of a network whose input shape is known."""
    shape = network.known_input_shape
    variables = jax.eval_shape(lambda: network.init(0))
    rows = _rows(network.layers, shape, variables, "")
    return Summary(
        tuple(rows),
        shape,
        _count({k: v for k, v in variables.items() if k != "state"}),
        network.multiply_adds(),
    )


def _rows(
    layers: Sequence[Layer], shape: Shape, variables: Variables, prefix: str
) -> list[SummaryRow]:
    rows: list[SummaryRow] = []
    for layer in layers:
        name = name_of(layer)
        own: Variables = variables.get(name, {})
        kind = type(layer).__name__
        if isinstance(layer, Repeat):
            kind += f" x {layer.n}"
        out = layer.output_shape(shape)
        cost = layer.multiply_adds(shape)
        address = prefix + name
        rows.append(SummaryRow(address, kind, out, _count(own), cost))
        if isinstance(layer, Concat):
            for branch in layer.layers:
                rows += _rows([branch], shape, own, f"{address}/")
        elif isinstance(layer, Chain):
            rows += _rows(layer.layers, shape, own, f"{address}/")
        shape = out
    return rows


def _count(variables: Any) -> int:
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(variables))


def _aligned(rows: Sequence[Sequence[str]], right_from: int) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines: list[str] = []
    for row in rows:
        cells = [
            cell.ljust(width) if i < right_from else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

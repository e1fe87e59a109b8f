"""What a convolution's neuron sees: the patch below its window, times the filter.

z = sum over the window and the channels of patch * filter + bias

print(patch_of(trace, "conv_1:2@3,3"))      # three small grids for each channel
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom import layers
from fathom.errors import InputError
from fathom.inspect.addresses import Address
from fathom.inspect.sites import site_at

if TYPE_CHECKING:
    from fathom.inspect.trace import Trace

# Grids wider than this many numbers do not fit beside each other in a terminal.
WIDEST = 7
MOST_CHANNELS = 3


@dataclass(frozen=True, eq=False)
class Patch:
    """The window of one convolution's neuron in one row.

    Attributes:
        address: Of the neuron, with its place.
        inputs: (*window, channels) what lies below the window; NaN where it reaches
            over the edge, which counts as 0.
        weights: (*window, channels) the filter.
        first: Number of the first of these channels; above 0 in groups.
        bias: What is added.
        weighted_sum: As the network computed it.
        activation: Likewise.
    """

    address: str
    inputs: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    first: int
    bias: float
    weighted_sum: float
    activation: float

    @property
    def products(self) -> np.ndarray:
        """(*window, channels) inputs times weights; they and the bias add up to z."""
        return np.nan_to_num(self.inputs) * self.weights

    def strongest(self, n: int) -> list[int]:
        """Return the channels with the largest products, in their order."""
        size = np.abs(self.products).reshape(-1, self.products.shape[-1]).sum(0)
        return sorted(np.argsort(-size, kind="stable")[:n].tolist())

    def __str__(self) -> str:
        """Write patch, filter and product of the strongest channels side by side."""
        channels = self.inputs.shape[-1]
        chosen = self.strongest(MOST_CHANNELS)
        lines = []
        for c in chosen:
            whole = (self.inputs, self.weights, self.products)
            parts = [part[..., c] for part in whole]
            lines += ["", *_beside(f"channel {self.first + c}", parts)]
        left = channels - len(chosen)
        if left:
            rest = float(np.delete(self.products, chosen, axis=-1).sum())
            what = "channel" if left == 1 else "channels"
            lines += ["", f"  {left} more {what}, together {rest:.5g}"]
        return "\n".join(lines[1:])


def patch_of(trace: Trace, address: str, row: int = 0) -> Patch:
    """Return the patch of a convolution's neuron.

    Args:
        trace: A forward pass.
        address: `conv_2:5@3,4`; without a place, where it is most active.
        row: Which of the traced rows.

    Raises:
        InputError: If there is no such neuron or row, or its layer is no convolution.
    """
    neuron = trace.neuron(address, row)
    exact = Address.parse(neuron.address)
    site = site_at(trace.sites, exact.layer)
    if not isinstance(site.layer, layers.Conv):
        raise InputError(
            f"Layer '{exact.layer}' is a {type(site.layer).__name__}, and only the "
            f"neurons of a Conv see a patch. Got '{address}'."
        )
    assert exact.unit is not None
    x = trace.layer(exact.layer).input[row]
    weight = np.asarray(site.parameters["weight"])[..., exact.unit]
    window = site.layer.window(x.shape)
    first = first_channel(window.groups, weight.shape[-1], exact.unit, site.parameters)
    inputs = np.full(weight.shape, np.nan)
    for at, place in places_in(window, (*exact.place, exact.unit), x.shape):
        inputs[at] = x[place][first : first + weight.shape[-1]]
    assert neuron.weighted_sum is not None
    z, a = neuron.weighted_sum, neuron.activation
    return Patch(neuron.address, inputs, weight, first, neuron.bias, z, a)


def first_channel(groups: int, channels: int, unit: int, parameters: Any) -> int:
    """Return the first input channel that a unit sees."""
    units = np.shape(parameters["weight"])[-1]
    return unit // (units // groups) * channels


def places_in(
    window: Any, index: tuple[int, ...], shape: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Go over a window: the place in the kernel, and that in the input.

    Places beyond the input, which are zeros of the padding, are left out.

    Args:
        window: `fathom.layers.window.Window`.
        index: (*place, unit) in the output.
        shape: (*places, channels) of the input.
    """
    for at in itertools.product(*map(range, window.kernel)):
        steps = zip(
            index, window.stride, at, window.dilation, window.pads, strict=False
        )
        place = tuple(p * s + k * d - pad[0] for p, s, k, d, pad in steps)
        if all(0 <= p < n for p, n in zip(place, shape, strict=False)):
            yield at, place


def _beside(title: str, parts: list[np.ndarray]) -> list[str]:
    """Return grids of numbers beside each other, or below if they are wide."""
    grids = [part.reshape(-1, part.shape[-1]) for part in parts]
    columns = [[_line(row) for row in grid] for grid in grids]
    names = ("patch", "filter", "product")
    if grids[0].shape[1] > WIDEST:
        found = [f"  {title}"]
        for name, column in zip(names, columns, strict=True):
            found += [f"  {name}", *(f"    {line}" for line in column)]
        return found
    width = max(len(columns[0][0]), 8)
    signs = ("  x  ", "  =  ")
    head = f"  {title}: " + ", ".join(names)
    middle = len(columns[0]) // 2
    lines = [head]
    for i, (a, b, c) in enumerate(zip(*columns, strict=True)):
        x, same = signs if i == middle else ("     ", "     ")
        lines.append(f"    {a:>{width}}{x}{b:>{width}}{same}{c:>{width}}".rstrip())
    return lines


def _line(row: np.ndarray) -> str:
    return " ".join("   .  " if np.isnan(v) else f"{v + 0.0:6.2f}" for v in row)

"""Where a network's layers are: addresses, the order of the data, and stacked blocks.

A `Repeat` holds its blocks' parameters and taps in arrays with a leading axis, so what
stands at `repeat_1/dense_1` belongs to `repeat_1[0]/dense_1`, `repeat_1[1]/dense_1`...
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fathom.layers.composite import Repeat
from fathom.layers.layer import Layer, name_of
from fathom.network import Network


@dataclass(frozen=True)
class Place:
    """One layer of a network.

    Attributes:
        layer: Its settings.
        position: Its place in the order in which data flows.
        blocks: (address, how many, whether they share parameters) of every `Repeat`
            that it is in.
    """

    layer: Layer
    position: int
    blocks: tuple[tuple[str, int, bool], ...]


class Places:
    """The layers of a network by address.

    Args:
        network: The network.
    """

    def __init__(self, network: Network) -> None:
        found = _walk(network.layers, "", ())
        self._by_address = {
            address: Place(layer, i, blocks)
            for i, (address, layer, blocks) in enumerate(found)
        }

    def of(self, address: str) -> Place | None:
        """Return the layer at an address, or the one that the address is inside of.

        A direction of a recurrent layer (`lstm_1/forward`) is inside of it, and names
        in brackets (`on_1[left]/dense_1`) share a layer.
        """
        parts = re.sub(r"\[[^]]*\]", "", address).split("/")
        for end in range(len(parts), 0, -1):
            place = self._by_address.get("/".join(parts[:end]))
            if place is not None:
                return place
        return None

    def flow(self, address: str) -> tuple[tuple[int, int], ...]:
        """Return what sorts addresses in the order in which data flows.

        That is by block first and by layer within a block.
        """
        key: list[tuple[int, int]] = []
        path = ""
        for part in address.split("/"):
            name, _, inside = part.partition("[")
            path = f"{path}/{name}" if path else name
            place = self._by_address.get(path)
            block = int(inside[:-1]) if inside[:-1].isdigit() else 0
            key.append((0 if place is None else place.position, block))
        return tuple(key)

    def blocks(self, address: str, *, of_parameters: bool) -> list[tuple[str, int]]:
        """Return the stacked axes of what stands at an address: (Repeat, length).

        Args:
            address: The address.
            of_parameters: Whether parameters stand there, which blocks may share; taps
                they never do.
        """
        place = self.of(address)
        blocks = () if place is None else place.blocks
        return [(own, n) for own, n, shares in blocks if not (of_parameters and shares)]


def spelled_out(address: str, blocks: Sequence[tuple[str, int]]) -> list[str]:
    """Return the addresses of all blocks.

    Example:
        >>> spelled_out("repeat_1/dense_1", [("repeat_1", 2)])
        ['repeat_1[0]/dense_1', 'repeat_1[1]/dense_1']
    """
    names: list[str] = []
    for numbers in itertools.product(*(range(n) for _, n in blocks)):
        name = address
        # From the innermost: the start of the address is still as it was.
        for (own, _), i in reversed(list(zip(blocks, numbers, strict=True))):
            name = f"{own}[{i}]{name[len(own) :]}"
        names.append(name)
    return names


def parameter_layers(
    parameters: Mapping[str, Any], prefix: str = ""
) -> dict[str, list[Any]]:
    """Return the arrays of every layer that has parameters of its own, by address."""
    layers: dict[str, list[Any]] = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            layers |= parameter_layers(value, f"{prefix}/{name}" if prefix else name)
        else:
            layers.setdefault(prefix, []).append(value)
    return layers


def _walk(
    layers: Sequence[Layer], prefix: str, blocks: tuple[tuple[str, int, bool], ...]
) -> Iterator[tuple[str, Layer, tuple[tuple[str, int, bool], ...]]]:
    for layer in layers:
        address = f"{prefix}{name_of(layer)}"
        yield address, layer, blocks
        inside = blocks
        if isinstance(layer, Repeat):
            inside = (*blocks, (address, layer.n, layer.shared))
        yield from _walk(getattr(layer, "layers", ()), f"{address}/", inside)

"""The layers of a network with their addresses, in the order in which they compute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fathom.layers.composite import Repeat
from fathom.layers.layer import Layer
from fathom.network import Network


class Place(NamedTuple):
    """A layer and where it is.

    Attributes:
        address: Such as "residual_1/dense_2".
        layer: Its settings.
        chain: Address of the layer it is in; "" for the network's own layers.
        stacked: How many `Repeat`s with parameters of their own it is in: its arrays
            have so many leading axes.
        blocks: How many `Repeat`s it is in: its taps have so many leading axes.
    """

    address: str
    layer: Layer
    chain: str
    stacked: int
    blocks: int


def places(network: Network) -> tuple[Place, ...]:
    """Return every layer of a network, a layer of layers before those inside it.

    Example:
        >>> from fathom.layers import Dense, Residual
        >>> network = Network([Dense(3), Residual([Dense(3, "relu")])], (4,))
        >>> [place.address for place in places(network)]
        ['dense_1', 'residual_1', 'residual_1/dense_1']
    """
    return tuple(_walk(network.layers, Place("", network.layers[0], "", 0, 0)))


def _walk(layers: Sequence[Layer], around: Place) -> Iterator[Place]:
    prefix = f"{around.address}/" if around.address else ""
    for layer in layers:
        own = around._replace(
            address=f"{prefix}{layer.name}", layer=layer, chain=around.address
        )
        yield own
        inside = getattr(layer, "layers", ())
        if isinstance(layer, Repeat):
            own = own._replace(
                blocks=own.blocks + 1, stacked=own.stacked + (not layer.shared)
            )
        yield from _walk(inside, own)


def plain_address(address: str) -> str:
    """Return the address of a tap without the arrays and blocks in brackets.

    Example:
        >>> plain_address("on_1[left]/dense_1")
        'on_1/dense_1'
    """
    return re.sub(r"\[[^]]*\]", "", address)

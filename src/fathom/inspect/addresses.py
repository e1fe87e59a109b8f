"""Addresses: how a neuron is called in Python, on the command line and in the report.

`hidden_1:17` is unit 17 of layer hidden_1, `conv_2:5@3,4` feature map 5 at row 3 and
column 4, `lstm_1:7@12` unit 7 at step 12, `residual_1/dense_2:3` a unit of a layer
inside another, `repeat_1[4]/dense_1:3` one of block 4. Everything counts from 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fathom.errors import InputError

_NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:\[[A-Za-z0-9_]+\])*"
_ADDRESS = re.compile(
    rf"(?P<layer>{_NAME}(?:/{_NAME})*)"
    r"(?::(?P<unit>\d{1,9})(?:@(?P<place>\d{1,9}(?:,\d{1,9})*))?)?"
)


@dataclass(frozen=True)
class Address:
    """A layer, a unit of it, and the place of the unit, as far as given.

    Attributes:
        layer: Names with slashes between.
        unit: Index on the last axis of the layer's output, or None for the layer.
        place: Indices on the axes before it; empty if not given.

    Example:
        >>> Address.parse("conv_2:5@3,4")
        Address(layer='conv_2', unit=5, place=(3, 4))
        >>> str(Address("hidden_1", 17))
        'hidden_1:17'
    """

    layer: str
    unit: int | None = None
    place: tuple[int, ...] = ()

    @staticmethod
    def parse(text: str) -> Address:
        """Return the address that a text spells.

        Raises:
            InputError: If it is none.
        """
        found = _ADDRESS.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise InputError(
                f"An address is a layer, such as hidden_1, or a neuron, such as "
                f"hidden_1:17 or conv_2:5@3,4. Got {text!r} instead."
            )
        unit, place = found["unit"], found["place"]
        return Address(
            found["layer"],
            None if unit is None else int(unit),
            tuple(map(int, place.split(","))) if place else (),
        )

    def __str__(self) -> str:
        """Spell it."""
        unit = "" if self.unit is None else f":{self.unit}"
        place = "@" + ",".join(map(str, self.place)) if self.place else ""
        return f"{self.layer}{unit}{place}"


def at_index(layer: str, index: tuple[int, ...]) -> str:
    """Return the address of one number of a layer's output, by its index there.

    Example:
        >>> at_index("conv_2", (3, 4, 5))
        'conv_2:5@3,4'
    """
    return str(Address(layer, index[-1], index[:-1])) if index else layer

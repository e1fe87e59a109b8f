"""What the inputs of a neuron are called: columns of the table, or other neurons.

A layer that only moves numbers, such as `Flatten` or `Dropout`, is looked through, so
that a weight is said to come from the neuron and not from its copy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fathom import layers
from fathom.inspect.addresses import at_index
from fathom.inspect.sites import INPUT, Site

Index = tuple[int, ...]

# In prediction, these hand their input through as it is.
PASSING = (
    layers.Flatten, layers.Reshape, layers.Dropout, layers.Masking, layers.Shift,
    layers.Rotate, layers.Flip, layers.CutOut, layers.Noise, layers.Jitter,
)  # fmt: skip


class Names:
    """The names of the numbers that flow through a network.

    Args:
        sites: Every layer by address.
        shapes: Shape of one example of each layer's input, by address.
        columns: Names of the network's inputs if they are columns.
    """

    def __init__(
        self,
        sites: Mapping[str, Site],
        shapes: Mapping[str, Index],
        columns: Sequence[str] = (),
    ) -> None:
        """Keep what the names are looked up in."""
        self._sites, self._shapes, self._columns = sites, shapes, columns

    def of(self, source: str, index: Index) -> str:
        """Return what one number is called that comes from a source."""
        if source.startswith(INPUT):
            return self._of_input(source, index)
        address = source.partition(" ")[0]
        site = self._sites.get(address)
        if site is None:
            return at_index(source, index)
        if _passes(site.layer) and len(site.sources) == 1:
            return self.of(site.sources[0], self._before(site, index))
        if type(site.layer) is layers.Chain:
            return self.of(site.inner[-1] if site.inner else site.sources[0], index)
        return at_index(address, index)

    def _before(self, site: Site, index: Index) -> Index:
        """Return where a number stood before a layer that moves it."""
        if isinstance(site.layer, layers.Encode):
            return index[1:]  # the same at every step
        if not isinstance(site.layer, (layers.Flatten, layers.Reshape)):
            return index
        shape = self._shapes[site.address]
        after = site.layer.output_shape(shape)
        flat = int(np.ravel_multi_index(index, after)) if after else 0
        return tuple(int(i) for i in np.unravel_index(flat, shape))

    def _of_input(self, source: str, index: Index) -> str:
        if len(index) == 1 and index[0] < len(self._columns) and source == INPUT:
            return self._columns[index[0]]
        return at_index(source.replace(" ", "_"), index)


def _passes(layer: Any) -> bool:
    """Say whether a layer only moves numbers."""
    if isinstance(layer, layers.Encode):
        return layer.code == "constant"
    return isinstance(layer, PASSING)


def meaning_of(model: Any, unit: int, units: int) -> str:
    """Return what a unit of the last layer stands for; "" if that is not known.

    Args:
        model: Whose target says it.
        unit: Which one.
        units: How many the last layer has.
    """
    if model.target is None:
        return ""
    classes, names = model.classes, model.target.names
    if classes is not None and units == len(classes):
        return f"the class {classes[unit]}"
    if classes is not None and units == 1 and len(classes) == 2:
        return f"the class {classes[1]}"
    return str(names[unit]) if classes is None and units == len(names) else ""


def columns_of(model: Any) -> tuple[str, ...]:
    """Return the names of a table model's encoded columns; of others, none."""
    preprocessing = model.preprocessing
    if preprocessing is None or preprocessing.image is not None:
        return ()
    names = preprocessing.feature_names
    shape = model.network.known_input_shape
    fits = not isinstance(shape, Mapping) and math.prod(shape) == len(names)
    return tuple(names) if fits else ()

"""One row of the catalogue of layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import fathom as fm


@dataclass(frozen=True)
class LayerRow:
    """A layer with settings, the shape of one input, and its twin.

    `twin(variables, state, x)` returns the outputs in prediction mode. Inputs of an
    `is_token` row are whole numbers below 5. A layer that needs others beside it names
    those `before` and `after`; its shape may be a dict by name, and its twin gets the
    variables of all. The gradient of an `is_spiking` row is a surrogate's and not that
    of the numbers that come out: `tests/brain/test_spiking.py` has it by hand.
    """

    layer: fm.Layer
    shape: Any
    twin: Callable[[Any, Any, np.ndarray], np.ndarray]
    is_token: bool = False
    is_spiking: bool = False
    before: tuple[fm.Layer, ...] = ()
    after: tuple[fm.Layer, ...] = ()

    @property
    def id(self) -> str:
        inside = "".join(type(x).__name__ for x in getattr(self.layer, "layers", ()))
        shape = "x".join(map(str, self.shape))  # names, where they are named
        extra = getattr(self.layer, "activation", "")
        return f"{type(self.layer).__name__}{inside}-{extra}-{shape}"

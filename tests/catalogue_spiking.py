"""Rows of the layer catalogue: spiking layers and the codes before them."""

from __future__ import annotations

from tests.catalogue_rows import LayerRow
from tests.reference import spiking as twins

import fathom as fm

SIZES = (6, 3)

ROWS = [
    LayerRow(fm.Spiking(4, decay=0.8), SIZES, twins.spiking(0.8), is_spiking=True),
    LayerRow(
        fm.Spiking(3, threshold=0.5, reset="zero", surrogate="arctangent",
                   use_bias=False),
        SIZES,
        twins.spiking(0.9, 0.5, "zero"),
        is_spiking=True,
    ),
    LayerRow(fm.LeakyReadout(3), SIZES, twins.leaky_readout(0.9, "mean")),
    LayerRow(
        fm.LeakyReadout(3, decay=0.7, over="max"),
        SIZES,
        twins.leaky_readout(0.7, "max"),
    ),
    LayerRow(
        fm.LeakyReadout(2, decay=1.0, over="last", use_bias=False),
        SIZES,
        twins.leaky_readout(1.0, "last"),
    ),
    LayerRow(fm.Encode("constant", 4), (3,), twins.encode("constant", 4)),
    LayerRow(fm.Encode("rate", 7), (3,), twins.encode("rate", 7)),
    LayerRow(fm.Encode("latency", 7), (3,), twins.encode("latency", 7)),
]  # fmt: skip

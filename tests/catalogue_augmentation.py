"""Rows of the layer catalogue: what changes examples at random, and drawn codes."""

from __future__ import annotations

from tests.catalogue_rows import LayerRow
from tests.reference import augmentation as twins

import fathom as fm

ROWS = [
    LayerRow(fm.Shift(1), (4, 3, 2), twins.same),
    LayerRow(fm.Shift(2, fill=0.5), (5, 2), twins.same),
    LayerRow(fm.Rotate(45.0), (4, 3, 2), twins.same),
    LayerRow(fm.Rotate(20.0, fill=-1.0), (4, 4), twins.same),
    LayerRow(fm.Flip(), (3, 4, 2), twins.same),
    LayerRow(fm.Flip("vertical", 0.9), (3, 4), twins.same),
    LayerRow(fm.CutOut(2), (4, 3, 2), twins.same),
    LayerRow(fm.CutOut(3, fill=0.5), (4, 4), twins.same),
    LayerRow(fm.Noise(0.3), (4,), twins.same),
    LayerRow(fm.Noise(), (2, 3), twins.same),
    LayerRow(fm.Jitter(0.2, 0.4), (3, 2, 2), twins.same),
    LayerRow(fm.Sample(), (6,), twins.mean_of_code),
    LayerRow(fm.Sample(0.3), (2, 4), twins.mean_of_code),
]

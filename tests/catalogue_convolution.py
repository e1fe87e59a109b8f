"""Convolution and pooling."""

from __future__ import annotations

import numpy as np
from tests.catalogue_rows import LayerRow
from tests.reference import convolution as twins

import fathom as fm

ROWS = [
    LayerRow(fm.Conv(3), (5, 2), twins.conv()),
    LayerRow(fm.Conv(2, 2, "tanh"), (3, 4, 2), twins.conv(function=np.tanh)),
    LayerRow(
        fm.Conv(6, 3, stride=2, groups=3), (5, 4, 6), twins.conv(stride=2, groups=3)
    ),
    LayerRow(
        fm.Conv(4, 2, groups="depthwise", padding="valid"),
        (3, 3, 2),
        twins.conv(padding="valid", groups=2),
    ),
    LayerRow(
        fm.Conv(2, 3, padding="causal", dilation=2),
        (6, 2),
        twins.conv(padding="causal", dilation=2),
    ),
    LayerRow(
        fm.Conv(2, (3, 1), stride=(1, 2), padding=1, use_bias=False),
        (3, 4, 5),
        twins.conv(stride=(1, 2), padding=1),
    ),
    LayerRow(fm.Conv(2, 2), (2, 3, 2, 1), twins.conv()),
    LayerRow(fm.ConvTranspose(2, 3), (3, 2, 2), twins.conv_transpose(2, "same")),
    LayerRow(
        fm.ConvTranspose(2, 3, padding="valid"),
        (3, 2),
        twins.conv_transpose(2, "valid"),
    ),
    LayerRow(
        fm.ConvTranspose(2, 2, stride=3), (2, 2, 2), twins.conv_transpose(3, "same")
    ),
    LayerRow(fm.MaxPool(), (5, 4, 2), twins.pool(2, 2, "valid", np.nanmax)),
    LayerRow(fm.MaxPool(3, 2, "same"), (6, 2), twins.pool(3, 2, "same", np.nanmax)),
    LayerRow(fm.AveragePool(), (4, 4, 2), twins.pool(2, 2, "valid", np.nanmean)),
    LayerRow(
        fm.AveragePool(3, 1, "same"), (3, 4, 2), twins.pool(3, 1, "same", np.nanmean)
    ),
    LayerRow(fm.GlobalMaxPool(), (3, 2, 2), twins.over_all(np.max)),
    LayerRow(fm.GlobalAveragePool(), (4, 3), twins.over_all(np.mean)),
    LayerRow(fm.Upsample(2), (2, 3, 2), twins.repeated(2)),
    LayerRow(fm.Upsample(2, "linear"), (3, 2), twins.interpolated),
]

"""Rows of the layer catalogue: attention, positions, and two normalizations."""

from __future__ import annotations

from tests.catalogue_rows import LayerRow
from tests.reference import attention as twins
from tests.reference import layers

import fathom as fm

ROWS = [
    LayerRow(fm.Attention(2), (3, 4), twins.attention(2)),
    LayerRow(
        fm.Attention(2, 6, causal=True, use_bias=False, dropout=0.2),
        (4, 5),
        twins.attention(2, causal=True),
    ),
    LayerRow(
        fm.Attention(2, 8, causal=True, rotary=True),
        (5, 4),
        twins.attention(2, causal=True, rotary=True),
    ),
    LayerRow(fm.LearnedPositions(5), (3, 4), twins.learned_positions),
    LayerRow(fm.SinusoidalPositions(), (3, 4), twins.sinusoidal_positions),
    LayerRow(fm.SinusoidalPositions(), (4, 5), twins.sinusoidal_positions),
    LayerRow(fm.GroupNorm(2), (4,), twins.group_norm(2, 1e-5)),
    LayerRow(fm.GroupNorm(3, 1e-2), (3, 2, 6), twins.group_norm(3, 1e-2)),
    LayerRow(fm.RMSNorm(), (4,), twins.rms_norm(1e-6)),
    LayerRow(fm.RMSNorm(1e-2), (3, 4), twins.rms_norm(1e-2)),
    LayerRow(fm.Masking(), (3, 4), layers.same),
    LayerRow(fm.Embedding(5, 3, padding=0), (4,), layers.embedding, is_token=True),
]

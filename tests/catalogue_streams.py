"""Layers of networks with several named inputs, and weight tying."""

from __future__ import annotations

from tests.catalogue_rows import LayerRow
from tests.reference import streams as twins

import fathom as fm

TWO = {"left": (3,), "right": (3,)}

ROWS = [
    LayerRow(
        fm.On(("left", "right"), fm.Dense(2, "tanh")),
        TWO,
        twins.siamese,
        after=(fm.Join(("left", "right"), "subtract"),),
    ),
    LayerRow(
        fm.On("right", [fm.Dense(4, "tanh"), fm.Dense(3)]),
        TWO,
        twins.one_branch,
        after=(fm.Join(("left", "right"), "add"),),
    ),
    LayerRow(fm.Join("left"), TWO, twins.take_left, after=(fm.Flatten(),)),
    LayerRow(
        fm.Join(("right", "left")),
        {"left": (2, 3), "right": (2, 1)},
        twins.side_by_side,
        after=(fm.Flatten(),),
    ),
    LayerRow(
        fm.Join(("left", "right"), "multiply"),
        TWO,
        twins.product,
        after=(fm.Flatten(),),
    ),
    LayerRow(
        fm.Tied("code", 4, "tanh"),
        (2, 4),
        twins.tied,
        before=(fm.Dense(3, name="code"),),
    ),
    LayerRow(fm.Repeat(fm.Dense(4, "tanh"), 3, shared=True), (4,), twins.shared_repeat),
]

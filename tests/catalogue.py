"""Every layer family, one row each, with small settings and its NumPy twin.

A new family is one file in `fathom/layers`, one row here or in the table of its group
(`tests/catalogue_*.py`), and inherits the tests in `tests/conformance/test_layers.py`.
"""

from __future__ import annotations

from tests import (
    catalogue_attention,
    catalogue_augmentation,
    catalogue_convolution,
    catalogue_recurrent,
    catalogue_spiking,
    catalogue_streams,
)
from tests.catalogue_rows import LayerRow
from tests.reference import layers as twins

import fathom as fm

STANDARDIZED = twins.standardize((0.5, -1.0, 2.0, 3.0), (2.0, 0.0, 1.0, 0.5))
LAYERS = [
    LayerRow(fm.Dense(3), (4,), twins.dense("identity")),
    LayerRow(fm.Dense(3, "tanh"), (4,), twins.dense("tanh")),
    LayerRow(fm.Dense(2, "sigmoid", use_bias=False), (4,), twins.dense("sigmoid")),
    LayerRow(fm.Dense(3, "softmax"), (2, 4), twins.dense("softmax")),
    LayerRow(fm.Activation("sigmoid"), (3,), twins.activation("sigmoid")),
    LayerRow(fm.Flatten(), (2, 3), twins.flatten),
    LayerRow(fm.Reshape((3, -1)), (2, 6), twins.reshape((3, 4))),
    LayerRow(fm.Dropout(0.5), (4,), twins.same),
    LayerRow(fm.Silence(2), (4,), twins.silence(2)),
    LayerRow(fm.Silence((0, 2)), (2, 3), twins.silence(0, 2)),
    LayerRow(fm.Standardize((0.5, -1, 2, 3), (2, 0, 1, 0.5)), (4,), STANDARDIZED),
    LayerRow(fm.Standardize(0.5, 2), (3, 2), twins.standardize((0.5,), (2.0,))),
    LayerRow(fm.BatchNorm(), (4,), twins.batch_norm(1e-5)),
    LayerRow(fm.BatchNorm(1e-3, 0.5), (3, 4), twins.batch_norm(1e-3)),
    LayerRow(fm.LayerNorm(), (4,), twins.layer_norm(1e-5)),
    LayerRow(fm.LayerNorm(1e-2), (3, 4), twins.layer_norm(1e-2)),
    LayerRow(fm.Embedding(5, 3), (2,), twins.embedding, is_token=True),
    LayerRow(
        fm.Chain([fm.Dense(3, "tanh"), fm.Dense(2)]),
        (4,),
        twins.chain([("dense_1", "tanh"), ("dense_2", "identity")]),
    ),
    LayerRow(fm.Residual([fm.Dense(4, "tanh")]), (4,), twins.residual("tanh")),
    LayerRow(
        fm.Concat([fm.Dense(2, "tanh"), [], fm.Dense(1)]),
        (4,),
        twins.concat([("dense_1", "tanh"), None, ("dense_2", "identity")]),
    ),
    LayerRow(fm.Repeat(fm.Dense(4, "tanh"), 3), (4,), twins.repeat(3, "tanh")),
    *catalogue_convolution.ROWS,
    *catalogue_recurrent.ROWS,
    *catalogue_spiking.ROWS,
    *catalogue_streams.ROWS,
    *catalogue_attention.ROWS,
    *catalogue_augmentation.ROWS,
]

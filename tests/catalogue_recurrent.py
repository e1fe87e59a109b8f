"""Rows of the layer catalogue: recurrent layers."""

from __future__ import annotations

import numpy as np
from tests.catalogue_rows import LayerRow
from tests.reference import recurrent as twins

import fathom as fm

SIZES = (5, 3)

ROWS = [
    LayerRow(fm.RNN(4), SIZES, twins.rnn(np.tanh)),
    LayerRow(
        fm.RNN(3, "sigmoid", "sequence", use_bias=False),
        SIZES,
        twins.rnn(twins.sigmoid, sequence=True),
    ),
    LayerRow(fm.LSTM(4), SIZES, twins.lstm()),
    LayerRow(
        fm.LSTM(3, "sequence", bidirectional=True),
        SIZES,
        twins.lstm(sequence=True, both=True),
    ),
    LayerRow(fm.GRU(4, "sequence"), SIZES, twins.gru(sequence=True)),
    LayerRow(fm.GRU(2, bidirectional=True), SIZES, twins.gru(both=True)),
    LayerRow(fm.GRU(4, use_bias=False), (1, 2), twins.gru()),
]

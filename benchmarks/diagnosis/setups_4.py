"""Setups of the fourth held-out set; none shares data or a network with the others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import fathom as fm
from benchmarks.diagnosis import data_4 as d
from benchmarks.diagnosis import setups_2
from benchmarks.diagnosis.data_2 import table
from benchmarks.diagnosis.setups import LEARNS, Setup
from fathom.models import transformer_language_model
from fathom.models.transformer import transformer_block

# Columns drawn once.
WINE = (1, 5, 6, 7, 8, 11, 12)
DIABETES = (1, 2, 3, 4, 6, 8)
made = partial(setups_2.made, seeds=(5209, 6133))


def setups() -> Iterator[Setup]:
    """Yield the clean setups."""
    yield from _classes()
    yield from _numbers()
    yield from _tables()
    yield from _places()
    yield from _recurrent()
    yield from _attentive()


def _classes() -> Iterator[Setup]:
    layers = [fm.Dense(44, "relu"), fm.Dense(44, "gelu"), fm.Dense(2, "softmax")]
    yield made("obtuse", layers, d.obtuse, 1500, "dense classes", epochs=40,
               optimizer="adamw", schedule="cosine", learning_rate=0.006)  # fmt: skip
    layers = [fm.Dense(52, "relu"), fm.Dense(26, "tanh"), fm.Dense(4, "softmax")]
    yield made("planes", layers, d.planes, 1100, "dense classes", epochs=40,
               optimizer="nesterov", learning_rate=0.08)  # fmt: skip
    deep = [fm.Dense(28, "tanh") for _ in range(7)]
    yield made("coil", [*deep, fm.Dense(6, "softmax")], d.coil, 1100, "dense classes",
               epochs=45, learning_rate=0.003)  # fmt: skip
    stage = [fm.Dense(64), fm.BatchNorm(), fm.Activation("gelu")]
    yield made("cells", [*stage, *stage, fm.Dense(10, "softmax")], d.cells, 1500,
               "dense classes normalized", epochs=40, schedule="cosine",
               learning_rate=0.006)  # fmt: skip
    layers = [fm.Dense(96, "relu"), fm.Dense(24, "relu"), fm.Dense(2, "softmax")]
    yield made("petals", layers, d.petals, 900, "dense classes",
               optimizer="rmsprop", learning_rate=0.004)  # fmt: skip


def _numbers() -> Iterator[Setup]:
    layers = [fm.Dense(60, "tanh"), fm.Dense(30, "silu"), fm.Dense(1)]
    yield made("swing", layers, d.swing, 900, "dense numbers", epochs=45,
               learning_rate=0.006)  # fmt: skip
    block = fm.Residual((fm.Dense(32, "relu"), fm.Dense(32)))
    layers = [fm.Dense(32), block, block, block, fm.Dense(1)]
    yield made("surface", layers, d.surface, 1100, "dense numbers", epochs=35,
               schedule="cosine", learning_rate=0.003)  # fmt: skip


def _tables() -> Iterator[Setup]:
    three = [fm.Dense(22, "sigmoid"), fm.Dense(12, "tanh"), fm.Dense(3, "softmax")]
    one = [fm.Dense(12, "tanh"), fm.Dense(1)]
    for name, n, columns, layers, rate in (
        ("wine", 116, WINE, three, 0.01),
        ("diabetes", 300, DIABETES, one, 0.008),
    ):
        rows, test = table(name, n, columns, 186)
        kind = "numbers" if name == "diabetes" else "classes"
        settings = {**LEARNS, "batch_size": 16, "epochs": 50, "learning_rate": rate}
        yield Setup(f"{name}, other columns", fm.Network(layers, (len(columns),)), rows,
                    test, settings, frozenset({"dense", kind}))  # fmt: skip
    rows, test = d.squares(900)
    layers = [fm.Dense(72, "elu") for _ in range(3)]
    network = fm.Network([*layers, fm.Dense(10, "softmax")], (16,))
    settings = {**LEARNS, "epochs": 40, "learning_rate": 0.004}
    yield Setup("digits, squares", network, rows, test, settings,
                frozenset({"dense", "classes"}))  # fmt: skip


def _places() -> Iterator[Setup]:
    layers = [fm.Conv(8, 3, "relu"), fm.Conv(8, 3, "relu", stride=2), fm.Flatten(),
              fm.Dense(28, "relu"), fm.Dense(1)]  # fmt: skip
    yield made("discs", layers, d.discs, 1100, "numbers slow", epochs=40,
               schedule="cosine", learning_rate=0.004)  # fmt: skip
    block = fm.Residual((fm.Conv(12, 3), fm.BatchNorm(), fm.Activation("relu")))
    layers = [fm.Conv(12, 5, "relu"), block, block, fm.GlobalAveragePool(),
              fm.Dense(4, "softmax")]  # fmt: skip
    yield made("jumps", layers, d.jumps, 900, "classes slow normalized", epochs=35,
               early_stopping=12, learning_rate=0.008)  # fmt: skip


def _recurrent() -> Iterator[Setup]:
    yield made("reset", [fm.GRU(22), fm.Dense(1)], d.reset, 900,
               "numbers slow recurrent", epochs=45, learning_rate=0.012)  # fmt: skip
    yield made("follows", [fm.LSTM(20), fm.Dense(4, "softmax")], d.follows, 900,
               "classes slow recurrent", epochs=45, learning_rate=0.015)  # fmt: skip


def _attentive() -> Iterator[Setup]:
    block = tuple(transformer_block(20, 2, hidden=40, activation="gelu"))
    layers = [fm.Embedding(d.WORDS, 20), fm.LearnedPositions(8),
              fm.Repeat(block, 2), fm.LayerNorm(), fm.GlobalAveragePool(),
              fm.Dense(2, "softmax")]  # fmt: skip
    yield made("again", layers, d.again, 1410, "classes slow tokens", epochs=34,
               learning_rate=0.004)  # fmt: skip
    network = transformer_language_model(
        d.SYLLABLES, 12, width=20, heads=2, n_blocks=1, hidden=40, activation="gelu"
    )
    yield made("chant", list(network.layers), d.chant, 1500, "steps slow tokens",
               epochs=25, schedule="cosine", learning_rate=0.008)  # fmt: skip

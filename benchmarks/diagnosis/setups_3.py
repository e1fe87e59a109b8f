"""Setups of the third held-out set; none shares data or a network with the others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import fathom as fm
from benchmarks.diagnosis import data_3 as d
from benchmarks.diagnosis import setups_2
from benchmarks.diagnosis.data_2 import table
from benchmarks.diagnosis.setups import LEARNS, Setup
from fathom.models import transformer_language_model
from fathom.models.transformer import transformer_block

# Columns drawn once; of digits, pixels that are not nearly always empty.
CANCER = (0, 3, 6, 7, 12, 16, 20, 22, 27, 29)
DIABETES = (1, 2, 3, 5, 8, 9)
PIXELS = (2, 4, 5, 10, 13, 18, 20, 21, 26, 27, 28, 30, 33, 36, 38, 42, 43, 44, 46, 51,
          53, 58, 60, 61)  # fmt: skip
made = partial(setups_2.made, seeds=(3203, 4051))


def setups() -> Iterator[Setup]:
    """Yield the clean setups."""
    yield from _classes()
    yield from _numbers()
    yield from _tables()
    yield from _places()
    yield from _recurrent()
    yield from _attentive()


def _classes() -> Iterator[Setup]:
    mixed = [fm.Dense(40, name) for name in ("gelu", "tanh", "gelu")]
    yield made("bands", [*mixed, fm.Dense(3, "softmax")], d.bands, 1200,
               "dense classes", learning_rate=0.004)  # fmt: skip
    block = fm.Residual((fm.LayerNorm(), fm.Dense(24, "gelu"), fm.Dense(24)))
    layers = [fm.Dense(24), block, block, fm.Dense(4, "softmax")]
    yield made("shells", layers, d.shells, 1200, "dense classes", epochs=40,
               learning_rate=0.003)  # fmt: skip
    stage = [fm.Dense(48), fm.BatchNorm(), fm.Activation("relu")]
    yield made("seven", [*stage, *stage, fm.Dense(7, "softmax")], d.seven, 1000,
               "dense classes normalized", epochs=40, optimizer="adamw",
               learning_rate=0.003)  # fmt: skip
    layers = [fm.Dense(320, "elu"), fm.Dense(5, "softmax")]
    yield made("levels", layers, d.levels, 1000, "dense classes", epochs=40,
               schedule="cosine", learning_rate=0.005)  # fmt: skip


def _numbers() -> Iterator[Setup]:
    layers = [fm.Dense(32, "softplus"), fm.Dense(32, "tanh"), fm.Dense(1)]
    yield made("circuit", layers, d.circuit, 700, "dense numbers",
               optimizer="rmsprop", learning_rate=0.003)  # fmt: skip
    layers = [fm.Dense(48, "gelu"), fm.Dense(48, "silu"), fm.Dense(24, "gelu"),
              fm.Dense(1)]  # fmt: skip
    yield made("arm", layers, d.arm, 800, "dense numbers", schedule="cosine",
               learning_rate=0.005)  # fmt: skip


def _tables() -> Iterator[Setup]:
    two = [fm.Dense(16, "softplus"), fm.Dense(2, "softmax")]
    ten = [fm.Dense(64, "relu"), fm.Dense(32, "sigmoid"), fm.Dense(10, "softmax")]
    how = {"optimizer": "nesterov", "learning_rate": 0.1, "batch_size": 32}
    for name, n, columns, layers, own in (
        ("breast_cancer", 340, CANCER, two, {"learning_rate": 0.01}),
        ("diabetes", 320, DIABETES, [fm.Dense(14, "gelu"), fm.Dense(1)],
         {"learning_rate": 0.01}),
        ("digits", 900, PIXELS, ten, how),
    ):  # fmt: skip
        rows, test = table(name, n, columns, 82)
        kind = "numbers" if name == "diabetes" else "classes"
        network = fm.Network(layers, (len(columns),))
        settings = {**LEARNS, "batch_size": 16, "epochs": 50, **own}
        yield Setup(f"{name}, columns", network, rows, test, settings,
                    frozenset({"dense", kind}))  # fmt: skip


def _places() -> Iterator[Setup]:
    block = fm.Residual((fm.Conv(10, 3), fm.BatchNorm(), fm.Activation("relu")))
    layers = [fm.Conv(10, 3, "relu"), block, fm.MaxPool(2), block,
              fm.GlobalMaxPool(), fm.Dense(5, "softmax")]  # fmt: skip
    yield made("marks", layers, d.marks, 640, "classes slow normalized", epochs=14,
               early_stopping=8)  # fmt: skip
    layers = [fm.Conv(8, 3, "gelu"), fm.LayerNorm(), fm.Conv(8, 3, "gelu", stride=2),
              fm.Flatten(), fm.Dense(32, "gelu"), fm.Dense(1)]  # fmt: skip
    yield made("spots", layers, d.spots, 900, "numbers slow", epochs=30)
    layers = [fm.Conv(12, 5, "silu"), fm.GroupNorm(3), fm.Conv(12, 5, "silu"),
              fm.GlobalMaxPool(), fm.Dense(4, "softmax")]  # fmt: skip
    yield made("pulses", layers, d.pulses, 700, "classes slow", epochs=30,
               early_stopping=10)  # fmt: skip


def _recurrent() -> Iterator[Setup]:
    layers = [fm.GRU(24), fm.Dense(16, "relu"), fm.Dense(1)]
    yield made("marked", layers, d.marked, 700, "numbers slow recurrent", epochs=40,
               learning_rate=0.01)  # fmt: skip
    layers = [fm.LSTM(16, returns="sequence"), fm.Dense(4, "softmax")]
    yield made("since", layers, d.since, 400, "steps slow recurrent", epochs=40,
               learning_rate=0.02)  # fmt: skip


def _attentive() -> Iterator[Setup]:
    block = tuple(transformer_block(16, 4, hidden=32, activation="relu"))
    layers = [fm.Embedding(d.SIGNS, 16), fm.LearnedPositions(9),
              fm.Repeat(block, 2), fm.LayerNorm(), fm.GlobalMaxPool(),
              fm.Dense(2, "softmax")]  # fmt: skip
    yield made("asked", layers, d.asked, 800, "classes slow tokens", epochs=18,
               learning_rate=0.003)  # fmt: skip
    network = transformer_language_model(
        d.NOTES, 13, width=24, heads=2, n_blocks=1, hidden=32, activation="silu"
    )
    yield made("echo", list(network.layers), d.echo, 2000, "steps slow tokens",
               epochs=22, schedule="cosine", learning_rate=0.005)  # fmt: skip

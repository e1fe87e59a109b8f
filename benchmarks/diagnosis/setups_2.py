"""Setups of the second held-out set; none shares data or a network with the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import fathom as fm
from benchmarks.diagnosis import data_2 as d
from benchmarks.diagnosis.setups import LEARNS, TEST_ROWS, Draw, Setup
from fathom.layers.layer import Layer
from fathom.models import transformer_language_model

SEEDS = 1201, 2027
# Columns of breast_cancer and wine, drawn once.
CANCER = (1, 4, 5, 8, 9, 11, 14, 15, 18, 21, 24, 28)
WINE = (0, 2, 3, 4, 9, 10)


def setups() -> Iterator[Setup]:
    """Yield the clean setups."""
    yield from _two_classes_or_few()
    yield from _many_classes()
    yield from _numbers()
    yield from _tables()
    yield from _places()
    yield from _recurrent()
    yield from _attentive()


def made(name: str, layers: Sequence[Layer], draw: Draw, n: int, kinds: str,
         seeds: tuple[int, int] = SEEDS, **settings: Any) -> Setup:  # fmt: skip
    """Return a setup of generated data, with seeds of training and of test rows."""
    rows, test = draw(n, seeds[0]), draw(TEST_ROWS, seeds[1])
    network = fm.Network(list(layers), rows[0].shape[1:])
    return Setup(name, network, rows, test, {**LEARNS, **settings},
                 frozenset(kinds.split()), draw)  # fmt: skip


def _two_classes_or_few() -> Iterator[Setup]:
    layers = [fm.Dense(32, "leaky_relu"), fm.Dense(32, "tanh"), fm.Dense(2, "softmax")]
    yield made("ripple", layers, d.ripple, 640, "dense classes",
               optimizer="momentum", learning_rate=0.03)  # fmt: skip
    deep = [fm.Dense(20, "selu") for _ in range(8)]
    yield made("largest", [*deep, fm.Dense(3, "softmax")], d.largest, 900,
               "dense classes", learning_rate=0.002)  # fmt: skip


def _many_classes() -> Iterator[Setup]:
    layers = [fm.Dense(30, "silu"), fm.Dense(30, "silu"), fm.Dense(8, "softmax")]
    yield made("sectors", layers, d.sectors, 640, "dense classes", epochs=40,
               optimizer="adamw", schedule="cosine", learning_rate=0.01)  # fmt: skip
    layers = [fm.Dense(256, "leaky_relu"), fm.Dense(10, "softmax")]
    yield made("clusters", layers, d.clusters, 900, "dense classes", epochs=40,
               learning_rate=0.003)  # fmt: skip
    block = fm.Residual([fm.RMSNorm(), fm.Dense(28, "silu"), fm.Dense(28)])
    layers = [fm.Dense(28), block, block, block, fm.Dense(9, "softmax")]
    yield made("grid", layers, d.grid, 1200, "dense classes", epochs=40,
               learning_rate=0.003)  # fmt: skip
    layers = [fm.Dense(56, "relu"), fm.BatchNorm(), fm.Dense(56, "relu"),
              fm.BatchNorm(), fm.Dense(12, "softmax")]  # fmt: skip
    yield made("twelve", layers, d.twelve, 1200, "dense classes normalized", epochs=40,
               learning_rate=0.003)  # fmt: skip


def _numbers() -> Iterator[Setup]:
    layers = [fm.Dense(40, "leaky_relu"), fm.Dense(24, "tanh"), fm.Dense(1)]
    yield made("heavy", layers, d.heavy, 900, "dense numbers",
               optimizer="rmsprop", learning_rate=0.003)  # fmt: skip
    layers = [fm.Dense(36, "tanh"), fm.Dense(36, "tanh"), fm.Dense(1)]
    yield made("hills", layers, d.hills, 500, "dense numbers",
               learning_rate=0.01)  # fmt: skip


def _tables() -> Iterator[Setup]:
    for name, n, columns, layers, rate in (
        ("breast_cancer", 320, CANCER, [fm.Dense(18, "elu") for _ in range(3)], 0.003),
        ("wine", 120, WINE, [fm.Dense(24, "sigmoid")], 0.02),
    ):
        rows, test = d.table(name, n, columns)
        ending = fm.Dense(int(rows[1].max()) + 1, "softmax")
        network = fm.Network([*layers, ending], (len(columns),))
        settings = {**LEARNS, "learning_rate": rate, "batch_size": 16, "epochs": 50}
        kinds = frozenset({"dense", "classes"})
        yield Setup(f"{name} again", network, rows, test, settings, kinds)


def _places() -> Iterator[Setup]:
    layers = [fm.Conv(8, 3, "silu"), fm.GroupNorm(4), fm.MaxPool(2),
              fm.Conv(12, 3, "silu"), fm.Flatten(),
              fm.Dense(10, "softmax")]  # fmt: skip
    rows, test = d.digits(600, 600)
    settings = {**LEARNS, "epochs": 16, "early_stopping": 8, "schedule": "cosine"}
    yield Setup("digits", fm.Network(layers, (8, 8, 1)), rows, test, settings,
                frozenset({"classes", "slow"}))  # fmt: skip
    layers = [fm.Conv(10, 7, "tanh", stride=2), fm.Conv(10, 5, "tanh", stride=2),
              fm.Flatten(), fm.Dense(20, "tanh"), fm.Dense(1)]  # fmt: skip
    yield made("chirps", layers, d.chirps, 640, "numbers slow", epochs=40)


def _recurrent() -> Iterator[Setup]:
    yield made("events", [fm.GRU(20), fm.Dense(6, "softmax")], d.events, 700,
               "classes slow recurrent", epochs=40, learning_rate=0.015)  # fmt: skip
    layers = [fm.LSTM(10, returns="sequence", bidirectional=True),
              fm.Dense(3, "softmax")]  # fmt: skip
    yield made("neighbors", layers, d.neighbors, 400, "steps slow recurrent",
               epochs=40, learning_rate=0.015)  # fmt: skip


def _attentive() -> Iterator[Setup]:
    looking = fm.Residual((fm.RMSNorm(), fm.Attention(4)))
    dense = fm.Residual((fm.RMSNorm(), fm.Dense(32, "silu"), fm.Dense(16)))
    layers = [fm.Embedding(d.WORDS, 16), fm.LearnedPositions(8),
              fm.Repeat((looking, dense), 2), fm.RMSNorm(), fm.GlobalAveragePool(),
              fm.Dense(2, "softmax")]  # fmt: skip
    yield made("order", layers, d.order, 700, "classes slow tokens", epochs=30,
               learning_rate=0.004)  # fmt: skip
    network = transformer_language_model(
        d.SYMBOLS, 10, width=16, heads=2, n_blocks=2, positions="rotary", hidden=32
    )
    yield made("strides", list(network.layers), d.strides, 400, "steps slow tokens",
               epochs=30, learning_rate=0.005)  # fmt: skip

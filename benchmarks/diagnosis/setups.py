"""Held-out setups: data, network and settings that learn; the clean twins of faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import fathom as fm
from benchmarks.diagnosis import held_data as d
from benchmarks.diagnosis.held_data import Rows
from fathom.models.transformer import transformer_block

Draw = Callable[[int, int], Rows]
# Rows and seed of the test part of generated data; training parts have other seeds.
TEST_ROWS, TEST_SEED = 600, 991
LEARNS = {"early_stopping": 15, "epochs": 60, "learning_rate": 0.005}


@dataclass(frozen=True, eq=False)
class Setup:
    """What is trained, and on which rows it is judged.

    Attributes:
        id: What it is.
        network: The network.
        rows: Training rows, a quarter of which is held back for validation.
        test: Rows that only tell whether the run was harmed.
        settings: Of `fathom.train`.
        kinds: What it is, so that a change can tell whether it makes sense: "dense",
            "numbers", "classes", "steps", "tokens", "recurrent", "slow" (to compile).
        draw: More rows of generated data: (rows, seed) -> (X, y); None for tables.
        start: Start values, (network, seed) -> variables; None draws the network's.
        own_test: Whether the test rows are not those of the clean twin.
    """

    id: str
    network: fm.Network
    rows: Rows
    test: Rows
    settings: dict[str, Any]
    kinds: frozenset[str]
    draw: Draw | None = None
    start: Callable[[fm.Network, int], dict[str, Any]] | None = field(default=None)
    own_test: bool = False

    def having(self, **settings: Any) -> Setup:
        """Return the same with other settings of `fathom.train`."""
        return replace(self, settings={**self.settings, **settings})

    @property
    def learning_rate(self) -> float:
        """The learning rate that it learns with."""
        return self.settings["learning_rate"]

    @property
    def is_numbers(self) -> bool:
        """Whether numbers are predicted."""
        return "numbers" in self.kinds


def setups() -> Iterator[Setup]:
    """Yield the clean setups."""
    yield from _generated()
    yield from _tables()
    yield from _places()
    yield from _sequences()


def made(name: str, network: fm.Network, draw: Draw, n: int, kinds: str,
         **settings: Any) -> Setup:  # fmt: skip
    """Return a setup of generated data."""
    return Setup(name, network, draw(n, 11), draw(TEST_ROWS, TEST_SEED),
                 {**LEARNS, **settings}, frozenset(kinds.split()), draw)  # fmt: skip


def mlp(inputs: int, outputs: int, hidden: tuple[int, ...], activation: str
        ) -> fm.Network:  # fmt: skip
    """Return dense layers; a softmax if there is more than one output."""
    ending = "softmax" if outputs > 1 else "identity"
    layers = [fm.Dense(units, activation) for units in hidden]
    return fm.Network([*layers, fm.Dense(outputs, ending)], (inputs,))


def _generated() -> Iterator[Setup]:
    yield made("spirals", mlp(2, 2, (40, 40), "gelu"), d.spirals, 600,
               "dense classes", learning_rate=0.01)  # fmt: skip
    yield made("checkerboard", mlp(2, 2, (48, 48, 48), "elu"), d.checkerboard, 800,
               "dense classes", learning_rate=0.005)  # fmt: skip
    yield made("friedman", mlp(10, 1, (48, 48), "silu"), d.friedman, 600,
               "dense numbers")  # fmt: skip
    yield made("exclusive", mlp(6, 2, (128,), "relu"), d.exclusive, 800,
               "dense classes")  # fmt: skip
    block = fm.Residual([fm.BatchNorm(), fm.Dense(24, "relu"), fm.Dense(24)])
    layers = [fm.Dense(24), block, block, fm.Dense(5, "softmax")]
    yield made("mixture", fm.Network(layers, (12,)), d.mixture, 800,
               "dense classes normalized", learning_rate=0.002)  # fmt: skip


def _tables() -> Iterator[Setup]:
    cancer = "breast_cancer", 380, 10
    for (name, n, columns), network, kinds, rate in (
        (cancer, mlp(10, 2, (24, 24), "selu"), "dense classes", 0.003),
        (("diabetes", 330, 8), mlp(8, 1, (16,), "leaky_relu"), "dense numbers", 0.01),
        (("wine", 125, 9), mlp(9, 3, (20, 20, 20, 20), "tanh"), "dense classes", 0.005),
    ):
        rows, test = d.table(name, n, columns)
        settings = {**LEARNS, "learning_rate": rate, "batch_size": 16}
        yield Setup(name, network, rows, test, settings, frozenset(kinds.split()))


def _places() -> Iterator[Setup]:
    layers = [fm.Conv(8, 3, "elu"), fm.Conv(8, 3, "elu", dilation=2), fm.MaxPool(2),
              fm.Flatten(), fm.Dense(24, "elu"), fm.Dense(4, "softmax")]  # fmt: skip
    yield made("textures", fm.Network(layers, (10, 10, 1)), d.textures, 480,
               "classes slow", epochs=25, early_stopping=8)  # fmt: skip
    layers = [fm.Conv(12, 5, "relu", stride=2), fm.Conv(12, 5, "relu", stride=2),
              fm.Flatten(), fm.Dense(24, "relu"), fm.Dense(3, "softmax")]  # fmt: skip
    yield made("waveforms", fm.Network(layers, (32, 1)), d.waveforms, 800,
               "classes slow", epochs=40, early_stopping=12)  # fmt: skip


def _sequences() -> Iterator[Setup]:
    layers = [fm.LSTM(24), fm.Dense(4, "softmax")]
    yield made("delayed", fm.Network(layers, (10, 5)), d.delayed, 800,
               "classes slow recurrent", learning_rate=0.02)  # fmt: skip
    layers = [fm.RNN(20, "tanh"), fm.Dense(2, "softmax")]
    yield made("parity", fm.Network(layers, (6, 1)), d.parity, 500,
               "classes slow recurrent", learning_rate=0.01)  # fmt: skip
    layers = [fm.Embedding(d.TOKENS, 16), fm.LearnedPositions(10),
              fm.Repeat(tuple(transformer_block(16, 2)), 3), fm.LayerNorm(),
              fm.GlobalAveragePool(), fm.Dense(2, "softmax")]  # fmt: skip
    yield made("tokens", fm.Network(layers, (10,)), d.tokens, 600,
               "classes slow tokens", epochs=20, learning_rate=0.002)  # fmt: skip
    layers = [fm.Embedding(d.LETTERS, 12), fm.LSTM(32, returns="sequence"),
              fm.Dense(d.LETTERS, "softmax")]  # fmt: skip
    yield made("letters", fm.Network(layers, (13,)), d.letters, 400,
               "steps slow tokens recurrent", epochs=40,
               learning_rate=0.01)  # fmt: skip

"""Healthy runs, many of them look-alikes of sick ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import fathom as fm
from benchmarks.diagnosis import problems as p

EARLY = {"early_stopping": 15, "epochs": 60}
BUNDLED = ("iris", "wine", "breast_cancer", "diabetes", "digits")
SHAPES = ((32,), (64, 64), (32, 32, 32))
ACTIVATIONS = ("relu", "tanh", "gelu")


@dataclass(frozen=True)
class Case:
    """A run.

    Attributes:
        id: What it is.
        network: As `fathom.train` takes it.
        data: As `fathom.train` takes it.
        settings: Of `fathom.train`.
        accepted: Names of rules that are right as the first cause; none is healthy.
    """

    id: str
    network: Any
    data: Any
    settings: dict[str, Any] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()


def healthy() -> Iterator[Case]:
    """Yield healthy runs without their seeds."""
    for name in BUNDLED:
        data = fm.datasets.load(name)
        for shape in SHAPES:
            for activation in ACTIVATIONS:
                recipe = _recipe(shape, activation)
                yield Case(f"{name}-{shape}-{activation}", recipe, data, EARLY)
    yield from look_alikes()


def look_alikes() -> Iterator[Case]:
    """Yield healthy runs that resemble sick ones."""
    d10, d3 = p.mlp(64, 10), p.mlp(8, 3)
    flat, few = p.flat_digits(), {"epochs": 20}
    yield Case("low ceiling", d3, p.clouds(800, 0.3), EARLY)
    yield Case("noisy numbers", p.mlp(8, 1), p.wave(800, 2.0), EARLY)
    yield Case("overlapping", d3, p.clouds(1200, 0.6), EARLY)
    yield Case("small rate, many epochs", d10, flat,
               {"epochs": 60, "learning_rate": 1e-4})  # fmt: skip
    yield Case("warm-up", d10, flat, {**few, "schedule": "warmup_cosine"})
    yield Case("high rate", d10, flat, {**few, "learning_rate": 0.01})
    yield Case("sgd", d10, flat, {**few, "optimizer": "sgd", "learning_rate": 0.1})
    yield Case("momentum", d10, flat, {**few, "optimizer": "momentum",
               "learning_rate": 0.03})  # fmt: skip
    yield Case("rare, well apart", p.mlp(6, 2), p.rare(apart=2.0), EARLY)
    yield Case("wide relu", p.mlp(64, 10, (512,)), flat, {"epochs": 8})
    yield Case("deep relu", p.mlp(64, 10, (64,) * 6), flat, few)
    yield Case("small batches", d10, flat, {"epochs": 5, "batch_size": 8})
    yield Case("large batches", d10, flat, {"epochs": 60, "batch_size": 256,
               "learning_rate": 0.005})  # fmt: skip
    yield Case("decay", d10, flat, {**few, "optimizer": "adamw", "weight_decay": 0.1})
    yield Case("long tail", d3, p.clouds(600, 1.5), {"epochs": 80})
    yield Case("cnn", p.cnn(), p.digits(), {"epochs": 10})
    yield Case("cnn tanh", p.cnn("tanh"), p.digits(), {"epochs": 10})
    yield Case("cnn norm", p.cnn(normalized=True), p.digits(), {"epochs": 8})
    yield Case("gru", p.gru(), p.sequences(), {"epochs": 25})
    yield Case("transformer", p.transformer(), p.sequences(), {"epochs": 25})
    yield Case("residual", p.residual(), p.clouds(600, 1.0), {"epochs": 15})
    yield Case("sigmoid", p.mlp(64, 10, (64,), "sigmoid"), flat, {"epochs": 30})
    yield Case("rings", p.mlp(2, 2, (32, 32)), p.rings(), {"epochs": 40})
    dropping = [fm.Dense(128, "relu"), fm.Dropout(0.5), fm.Dense(10, "softmax")]
    yield Case("dropout", fm.Network(dropping, (64,)), flat, few)


def _recipe(shape: tuple[int, ...], activation: str) -> Any:
    def make(inputs: Any, outputs: int, ending: str) -> fm.Network:
        layers = [fm.Dense(units, activation) for units in shape]
        return fm.Network([*layers, fm.Dense(outputs, ending)], tuple(inputs))

    return make

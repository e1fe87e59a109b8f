"""Sick runs: one fault each, with the names that are right as its cause."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import fathom as fm
from benchmarks.diagnosis import problems as p
from benchmarks.diagnosis.healthy import Case

TOO_HIGH, TOO_LOW = "learning-rate-too-high", "learning-rate-too-low"


def sick() -> Iterator[Case]:
    """Yield sick runs without their seeds."""
    yield from _rates()
    yield from _signal()
    yield from _data()
    yield from _fit()


def _rates() -> Iterator[Case]:
    flat, d10, few = p.flat_digits(), p.mlp(64, 10), {"epochs": 10}
    high = {
        "adam": {"learning_rate": 0.3},
        "sgd": {"optimizer": "sgd", "learning_rate": 10.0},
        "overflow": {"optimizer": "sgd", "learning_rate": 100.0},
    }  # fmt: skip
    for name, how in high.items():
        yield Case(f"rate high, {name}", d10, flat, {**few, **how}, (TOO_HIGH,))
    yield Case("rate high, numbers", p.mlp(8, 1), p.wave(),
               {**few, "optimizer": "sgd", "learning_rate": 3.0},
               (TOO_HIGH,))  # fmt: skip
    yield Case("rate high, cnn", p.cnn(), p.digits(), {**few, "learning_rate": 0.3},
               (TOO_HIGH,))  # fmt: skip
    yield Case("rate high, gru", p.gru(), p.sequences(), {**few, "learning_rate": 3.0},
               (TOO_HIGH,))  # fmt: skip
    yield Case("rate high, transformer", p.transformer(), p.sequences(),
               {**few, "learning_rate": 1.0}, (TOO_HIGH,))  # fmt: skip
    for name, network, data in (
        ("mlp", d10, flat), ("cnn", p.cnn(), p.digits()),
        ("gru", p.gru(), p.sequences()), ("numbers", p.mlp(8, 1), p.wave()),
        ("transformer", p.transformer(), p.sequences()),
    ):  # fmt: skip
        yield Case(f"rate low, {name}", network, data, {**few, "learning_rate": 1e-6},
                   (TOO_LOW,))  # fmt: skip
    yield Case("rate low, sgd", d10, flat, {**few, "optimizer": "sgd",
               "learning_rate": 1e-5}, (TOO_LOW,))  # fmt: skip


def _signal() -> Iterator[Case]:
    flat, few = p.flat_digits(), {"epochs": 10}
    vanishing = ("vanishing-gradients", "initialization-scale")
    for depth in (8, 12):
        yield Case(f"{depth} sigmoids", p.mlp(64, 10, (32,) * depth, "sigmoid"), flat,
                   few, vanishing)  # fmt: skip
    large = "normal(3.0)"
    yield Case("start large, tanh",
               p.mlp(64, 10, (64, 64), "tanh", weight_init=large), flat, few,
               ("saturated-units", "initialization-scale"))  # fmt: skip
    yield Case("start large, relu",
               p.mlp(64, 10, (64, 64, 64), weight_init=large), flat, few,
               ("initialization-scale", "exploding-gradients"))  # fmt: skip
    small = "normal(0.0001)"
    yield Case("start small", p.mlp(64, 10, (64,) * 5, weight_init=small), flat, few,
               ("initialization-scale", "vanishing-gradients"))  # fmt: skip
    yield Case("frozen", p.mlp(8, 3, (4, 4)), p.clouds(),
               {**few, "freeze": ("dense_1", "dense_2")},
               ("frozen-parameters",))  # fmt: skip
    step = fm.Network([fm.Dense(4, "step"), fm.Dense(3, "softmax")], (8,))
    yield Case("step", step, p.clouds(), few, ("frozen-parameters",))


def _data() -> Iterator[Case]:
    rng = np.random.default_rng(0)
    for name, (X, y), network in (
        ("digits", p.flat_digits(), p.mlp(64, 10, (256, 256))),
        ("clouds", p.clouds(), p.mlp(8, 3, (256, 256))),
    ):
        yield Case(f"shuffled labels, {name}", network, (X, rng.permutation(y)),
                   {"epochs": 40}, ("random-labels",))  # fmt: skip
        wrong = rng.random(len(y)) < 0.35
        noisy = np.where(wrong, rng.integers(0, y.max() + 1, len(y)), y)
        yield Case(f"wrong labels, {name}", network, (X, noisy),
                   {"epochs": 30}, ("label-noise", "overfitting"))  # fmt: skip
    yield Case("rare class", p.mlp(6, 2, (8,)), p.rare(apart=0.5), {"epochs": 15},
               ("class-imbalance",))  # fmt: skip
    X, y = p.flat_digits()
    order = np.argsort(y, kind="stable")
    yield Case("sorted", p.mlp(64, 10, (32,)), (X[order], y[order]),
               {"epochs": 6, "shuffle": False, "optimizer": "sgd",
                "learning_rate": 0.3}, ("batch-faults",))  # fmt: skip
    yield Case("inputs in thousands", p.mlp(64, 10, (64, 64), "tanh"),
               (X * 16e3, y), {"epochs": 10},
               ("unscaled-inputs", "saturated-units"))  # fmt: skip
    X, z = p.wave()
    yield Case("targets in thousands", p.mlp(8, 1), (X, 1e4 * z + 5e4), {"epochs": 10},
               ("unscaled-targets",))  # fmt: skip


def _fit() -> Iterator[Case]:
    flat, d10 = p.flat_digits(), p.mlp(64, 10)
    X, y = p.clouds(120, 0.6)
    yield Case("by heart", p.mlp(8, 3, (256, 256)), (X, y),
               {"epochs": 150}, ("overfitting",))  # fmt: skip
    Xn, zn = p.wave(120, 1.0)
    yield Case("numbers by heart", p.mlp(8, 1, (256, 256)), (Xn, zn),
               {"epochs": 150}, ("overfitting",))  # fmt: skip
    yield Case("one unit", p.mlp(64, 10, (1,)), flat, {"epochs": 40},
               ("underfitting", "stopped-too-early"))  # fmt: skip
    yield Case("linear on rings", p.mlp(2, 2, ()), p.rings(), {"epochs": 30},
               ("underfitting", "missing-nonlinearity"))  # fmt: skip
    yield Case("two epochs", d10, flat, {"epochs": 3, "learning_rate": 1e-4},
               ("stopped-too-early", TOO_LOW))  # fmt: skip
    yield Case("three epochs, numbers", p.mlp(8, 1), p.wave(), {"epochs": 3,
               "learning_rate": 1e-4}, ("stopped-too-early", TOO_LOW))  # fmt: skip
    yield Case("decay of 30", d10, flat, {"epochs": 15, "optimizer": "adamw",
               "weight_decay": 30.0}, ("over-regularized",))  # fmt: skip
    dropping = [fm.Dense(64, "relu"), fm.Dropout(0.97), fm.Dense(10, "softmax")]
    yield Case("dropout of 0.97", fm.Network(dropping, (64,)), flat, {"epochs": 10},
               ("over-regularized",))  # fmt: skip

"""Look-alikes of the second held-out set: healthy runs, most of which look sick.

What makes one healthy is in `alike`. None is as in the first set: values differ, and
new ones resemble the new faults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

import fathom as fm
from benchmarks.diagnosis import alter
from benchmarks.diagnosis.alike import (
    Alike,
    Likes,
    Make,
    at_rate,
    before_output,
    having,
    in_batches,
    on_inputs,
    pretrained,
    redrawn,
    started,
)
from benchmarks.diagnosis.faults_2_data import noise_columns
from benchmarks.diagnosis.faults_2_run import gain, output_bias
from benchmarks.diagnosis.setups import TEST_ROWS, Setup


def waves(step: int) -> float:
    """Rise and fall once in 90 steps, between a twentieth and all of the rate."""
    return float(0.525 + 0.475 * np.cos(2 * np.pi * step / 90))


def bursts(step: int) -> float:
    """Take two steps at ten times the rate."""
    return 10.0 if step in (70, 160) else 1.0


def slow_start(step: int) -> float:
    """Rise during the first 120 steps."""
    return min(1.0, (step + 1) / 120)


def _mild_growth(setup: Setup) -> Setup:
    n = setup.settings["epochs"] * alter.steps_of(setup)
    return setup.having(schedule=lambda step: 0.5 * 4 ** (step / n))


def _falling(setup: Setup) -> Setup:
    n = setup.settings["epochs"] * alter.steps_of(setup)
    return setup.having(schedule=lambda step: 0.2 ** (step / n))


def on_biases(spread: float) -> Make:
    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        is_bias = path.endswith("/bias")
        return value + spread * rng.normal(size=value.shape) if is_bias else value

    return lambda setup: alter.starting(setup, values)


def _column(setup: Setup) -> Setup | None:
    """Make one column four times as large, and move it."""
    if "dense" not in setup.kinds:
        return None
    first = np.arange(setup.rows[0].shape[1]) == 0
    return alter.inputs(setup, lambda X: np.where(first, 4 * X + 2, X))


def _row_units(X: np.ndarray) -> np.ndarray:
    loud = np.random.default_rng(len(X)).random(len(X)) < 0.5
    return X * np.where(loud, 1.4, 1).reshape(-1, *[1] * (X.ndim - 1))


def _few_wrong(setup: Setup) -> Setup | None:
    if "classes" not in setup.kinds:
        return None
    rng = np.random.default_rng(71)
    hit = rng.random(len(setup.rows[1])) < 0.02
    return alter.targets(setup, lambda y: np.where(hit, rng.permutation(y), y))


def everywhere(change: Callable[[np.ndarray, np.random.Generator], np.ndarray],
                kind: str) -> Make:  # fmt: skip
    """Change the targets of all rows, also those of the test."""

    def make(setup: Setup) -> Setup | None:
        if kind not in setup.kinds:
            return None

        def changed(y: np.ndarray) -> np.ndarray:
            return change(y, np.random.default_rng(len(y))).astype(y.dtype)

        (X, y), (X_test, y_test) = setup.rows, setup.test
        return replace(setup, rows=(X, changed(y)), test=(X_test, changed(y_test)),
                       own_test=True)  # fmt: skip

    return make


def _ambiguous(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Call a quarter of class 0 class 1."""
    return np.where((y == 0) & (rng.random(len(y)) < 0.25), 1, y)


def _chance(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give a quarter of the rows the label of another row."""
    return np.where(rng.random(len(y)) < 0.25, rng.permutation(y), y)


def _noise(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return y + 0.8 * rng.normal(size=len(y))


def _bent(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Skew the targets a little."""
    return np.exp(0.5 * y) - 1.1


def uneven(share: float) -> Make:
    """Give the first class this share of all rows, also of those of the test."""

    def make(setup: Setup) -> Setup | None:
        draw = setup.draw
        if draw is None or "classes" not in setup.kinds:
            return None

        def some(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
            X, y = draw(6 * n, seed)
            rng = np.random.default_rng(seed)
            first = np.flatnonzero(y == 0)[: int(share * n)]
            others = np.flatnonzero(y != 0)[: n - len(first)]
            chosen = rng.permutation(np.concatenate([first, others]))
            return X[chosen], y[chosen]

        return replace(setup, rows=some(len(setup.rows[0]), 1501),
                       test=some(TEST_ROWS, 1502), own_test=True)  # fmt: skip

    return make


def holes(share: float) -> Make:
    """Set this share of the inputs of all rows to 0."""

    def make(setup: Setup) -> Setup | None:
        if "dense" not in setup.kinds or setup.rows[0].shape[1] < 5:
            return None

        def change(X: np.ndarray) -> np.ndarray:
            hit = np.random.default_rng(len(X)).random(X.shape) < share
            return np.where(hit, 0, X)

        return replace(alter.inputs(setup, change), own_test=True)

    return make


def _some_twice(setup: Setup) -> Setup:
    """Let one row in two hundred be there twice."""
    X, y = setup.rows
    n = max(len(X) // 200, 1)
    rows = np.concatenate([np.arange(len(X) - n), np.arange(n)])
    return replace(setup, rows=(X[rows], y[rows]))


def classes(**settings: object) -> Make:
    return lambda setup: setup.having(**settings) if "classes" in setup.kinds else None


def numbers(**settings: object) -> Make:
    return lambda setup: setup.having(**settings) if setup.is_numbers else None


def _mixed(setup: Setup) -> Setup | None:
    if "tokens" in setup.kinds or "steps" in setup.kinds:
        return None
    return setup.having(mix_up=0.1)


def in_units(factor: float, offset: float) -> Make:
    """Predict numbers of another size, which a table's target standardizes itself."""

    def make(setup: Setup) -> Setup | None:
        if not {"dense", "numbers"} <= setup.kinds:
            return None
        import polars

        X, y = setup.rows
        columns = {f"x{i}": X[:, i] for i in range(X.shape[1])}
        target = factor * y.astype(float) + offset
        frame = polars.DataFrame({**columns, "target": target})
        return replace(setup, rows=fm.read(frame, target="target"))  # type: ignore[arg-type]

    return make


ALIKE = (
    Alike("clean", lambda setup: setup),
    Alike("redrawn", redrawn(1401)),
    Alike("redrawn again", redrawn(1402)),
    Alike("quarter of the rate, more epochs", at_rate(1 / 4)),
    Alike("larger rate", at_rate(1.6)),
    Alike("rate falls by steps", having(schedule="step")),
    Alike("rate falls to a fifth", _falling),
    Alike("slow start", having(schedule=slow_start)),
    Alike("waves", having(schedule=waves)),
    Alike("bursts", having(schedule=bursts)),
    Alike("rate grows a little", _mild_growth),
    Alike("start larger", started(1.35)),
    Alike("start smaller", started(0.7)),
    Alike("biases spread", on_biases(0.4)),
    Alike("output biases apart", lambda setup: output_bias(setup, 1.0)),
    Alike("inputs smaller", on_inputs(lambda X: 0.45 * X)),
    Alike("inputs times three", on_inputs(lambda X: 3 * X)),
    Alike("inputs below", on_inputs(lambda X: X - 0.6)),
    Alike("inputs rounded", on_inputs(lambda X: np.round(4 * X) / 4)),
    Alike("inputs cut at the ends", on_inputs(lambda X: X.clip(-1.9, 1.9))),
    Alike("rows in near units", on_inputs(_row_units)),
    Alike("one column larger", _column),
    Alike("not shuffled", having(shuffle=False)),
    Alike("decay", having(weight_decay=0.05)),
    Alike("two in a hundred wrong", _few_wrong),
    Alike("low ceiling", everywhere(_chance, "classes")),
    Alike("low ceiling of numbers", everywhere(_noise, "numbers")),
    Alike("one class ambiguous", everywhere(_ambiguous, "classes")),
    Alike("targets bent", everywhere(_bent, "numbers")),
    Alike("first class uneven", uneven(0.15)),
    Alike("first class rare, yet learned", uneven(0.06)),
    Alike("some zeros", holes(0.2)),
    Alike("some rows twice", _some_twice),
    Alike("patience of five", having(early_stopping=5)),
    Alike("long tail", having(epochs=130, early_stopping=70)),
    Alike("frozen, learned before", pretrained, True),
    Alike("nesterov", having(optimizer="nesterov", learning_rate=0.02, epochs=120),
          True),
    Alike("batches of 48", in_batches(48, 1.2), True),
    Alike("batches of 12", in_batches(12, 0.6), True),
    Alike("a third dropped", before_output(fm.Dropout(0.3)), True),
    Alike("size normalized", before_output(fm.RMSNorm()), True),
    Alike("bfloat16", having(precision="bfloat16"), True),
    Alike("average of weights", having(weight_average=0.95), True),
    Alike("clipped", having(gradient_clip=0.5), True),
    Alike("adagrad", having(optimizer="adagrad", learning_rate=0.05), True),
    Alike("huber", numbers(loss="huber"), True),
    Alike("balanced weights", classes(class_weight="balanced")),
    Alike("a few columns of noise", lambda setup: noise_columns(setup, 3), True),
    Alike("steeper activation", lambda setup: gain(setup, 1.6), True),
    Alike("mixed a little", _mixed, True),
    Alike("no early stopping", having(early_stopping=None), True),
    Alike("far units", in_units(900, -4e4), True),
)  # fmt: skip

# What needs a program is done with setups that are slow to compile for these alone.
CHEAP = ("size normalized", "average of weights", "no early stopping")


def _takes(setup: Setup, alike: Alike, turn: int) -> bool:
    """Leave out a quarter, for the time, and half of what needs a program."""
    if alike.name in ("clean", "huber", "far units", "low ceiling of numbers"):
        return True
    if "slow" in setup.kinds and alike.compiles:
        return alike.name in CHEAP
    return turn % 4 in ((0, 1) if alike.compiles else (0, 1, 2))


LIKES = Likes(ALIKE, _takes)

"""Look-alikes of the third held-out set: healthy runs, most of which look sick.

What makes one healthy is in `alike`. None is as in the first two sets: values differ,
and new ones resemble the new faults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import fathom as fm
from benchmarks.diagnosis import alter
from benchmarks.diagnosis import faults_3_new as new
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
from benchmarks.diagnosis.alike_2 import (
    classes,
    everywhere,
    holes,
    in_units,
    numbers,
    on_biases,
    uneven,
)
from benchmarks.diagnosis.faults_2_data import noise_columns, widened
from benchmarks.diagnosis.faults_2_run import gain, output_bias
from benchmarks.diagnosis.setups import Setup


def saw(step: int) -> float:
    """Fall from all to a fifth of the rate within 75 steps, again and again."""
    return 1.0 - 0.8 * (step % 75) / 75


def jolts(step: int) -> float:
    """Take one step in a hundred, of the first three hundred, at six times the rate."""
    return 6.0 if step in (100, 200, 300) else 1.0


def over_run(factor: Callable[[float], float]) -> Make:
    """Let the rate depend on the share of the run that is over."""

    def make(setup: Setup) -> Setup:
        n = setup.settings["epochs"] * alter.steps_of(setup)
        return setup.having(schedule=lambda step: factor(min(step / n, 1.0)))

    return make


def _waits(setup: Setup) -> Setup:
    """Warm up during a quarter of the run."""
    n = setup.settings["epochs"] * alter.steps_of(setup)
    return setup.having(schedule=lambda step: min(1.0, 4 * (step + 1) / n))


def _one_loud(setup: Setup) -> Setup | None:
    """Make the last column twice as large, and move it."""
    if "dense" not in setup.kinds:
        return None
    last = np.arange(setup.rows[0].shape[1]) == setup.rows[0].shape[1] - 1
    return alter.inputs(setup, lambda X: np.where(last, 2 * X - 1.5, X))


def _few_next(setup: Setup) -> Setup | None:
    """Let one label in a hundred count from 1."""
    return new.two_conventions(setup, 0.01)


def _few_near(setup: Setup) -> Setup | None:
    """Add noisy copies of one row in a hundred and fifty."""
    if "tokens" in setup.kinds:
        return None
    X, y = setup.rows
    rng = np.random.default_rng(101)
    rows = rng.permutation(len(X))[: max(len(X) // 150, 1)]
    copies = X[rows] + 0.05 * rng.normal(size=X[rows].shape)
    both = np.concatenate([X, copies]).astype(X.dtype)
    return replace(setup, rows=(both, np.concatenate([y, y[rows]])))


def _more(setup: Setup) -> Setup | None:
    """Draw half as many rows again."""
    if setup.draw is None:
        return None
    return replace(setup, rows=setup.draw(len(setup.rows[0]) * 3 // 2, 1701))


def _numbered(setup: Setup) -> Setup | None:
    """Add the number of the row, in an order that says nothing of targets."""

    def number(n: int) -> np.ndarray:
        return np.linspace(-1.7, 1.7, n)[:, None]

    return widened(setup, number) if "dense" in setup.kinds else None


def _some_noise(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return y + 0.6 * rng.standard_t(6, len(y))


def _swapped(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Call a sixth of the two last classes the other one."""
    last, swaps = y.max(), rng.random(len(y)) < 1 / 6
    return np.where((y >= last - 1) & swaps, 2 * last - 1 - y, y)


def _lottery(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give three in ten rows the label of another row."""
    return np.where(rng.random(len(y)) < 0.3, rng.permutation(y), y)


def _rooted(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Press large targets together."""
    return np.sign(y) * np.sqrt(np.abs(y))


def _smaller(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 0.4 * y


def _soft(x: Any) -> Any:
    return x / (1 + abs(x))


def _own_activation(setup: Setup) -> Setup | None:
    """Take an activation of the user's own: x / (1 + |x|)."""
    if "dense" not in setup.kinds:
        return None
    return alter.hidden(setup, alter.activated(_soft))  # type: ignore[arg-type]


def _summed(setup: Setup) -> Setup | None:
    """Sum the loss over the rows, for Adam, whose steps do not depend on that."""
    is_adaptive = setup.settings.get("optimizer", "adam") in new.ADAPTIVE
    made = new.loss_summed(setup, 32) if is_adaptive else None
    return made and setup.having(loss=made.settings["loss"])


ALIKE = (
    Alike("clean", lambda setup: setup),
    Alike("redrawn", redrawn(1601)),
    Alike("redrawn again", redrawn(1602)),
    Alike("half as many rows again", _more),
    Alike("fifth of the rate, more epochs", at_rate(1 / 5)),
    Alike("larger rate", at_rate(1.4)),
    Alike("rate falls to a tenth", over_run(lambda share: 0.1**share)),
    Alike("rate falls in a line", over_run(lambda share: 1.05 - share)),
    Alike("rate grows by half", over_run(lambda share: 0.7 + 0.7 * share)),
    Alike("warm-up for a quarter", _waits),
    Alike("saw", having(schedule=saw)),
    Alike("jolts", having(schedule=jolts)),
    Alike("start larger", started(1.25)),
    Alike("start smaller", started(0.75)),
    Alike("biases spread", on_biases(0.25)),
    Alike("output biases apart", lambda setup: output_bias(setup, 1.5)),
    Alike("inputs smaller", on_inputs(lambda X: 0.6 * X)),
    Alike("inputs larger", on_inputs(lambda X: 1.6 * X)),
    Alike("inputs above", on_inputs(lambda X: X + 0.9)),
    Alike("inputs rounded", on_inputs(lambda X: np.round(6 * X) / 6)),
    Alike("inputs cut at the ends", on_inputs(lambda X: X.clip(-2.1, 2.1))),
    Alike("inputs a little skewed", lambda setup: new.skewed_inputs(setup, 0.35)),
    Alike("last column louder", _one_loud),
    Alike("not shuffled", having(shuffle=False, early_stopping=20)),
    Alike("decay", having(weight_decay=0.02)),
    Alike("one in a hundred counts from 1", _few_next),
    Alike("low ceiling", everywhere(_lottery, "classes")),
    Alike("low ceiling of numbers", everywhere(_some_noise, "numbers")),
    Alike("two classes ambiguous", everywhere(_swapped, "classes")),
    Alike("targets pressed together", everywhere(_rooted, "numbers")),
    Alike("targets a little small", everywhere(_smaller, "numbers")),
    Alike("first class uneven", uneven(0.12)),
    Alike("first class rare, yet learned", uneven(0.05)),
    Alike("some zeros", holes(0.25)),
    Alike("a few near copies", _few_near),
    Alike("near weights of rows", lambda setup: new.row_weights(setup, 0.4)),
    Alike("patience of eight", having(early_stopping=8)),
    Alike("long tail", having(epochs=110, early_stopping=50)),
    Alike("balanced weights", classes(class_weight="balanced")),
    Alike("frozen, learned before", pretrained, True),
    Alike("Adam's epsilon of 1e-5", lambda setup: new.large_epsilon(setup, 1e-5), True),
    Alike("loss summed, for Adam", _summed, True),
    Alike("batches of 24", in_batches(24, 0.9), True),
    Alike("batches of 56", in_batches(56, 1.4), True),
    Alike("a quarter dropped", before_output(fm.Dropout(0.25)), True),
    Alike("batch normalized", before_output(fm.BatchNorm()), True),
    Alike("bfloat16", having(precision="bfloat16"), True),
    Alike("average of weights", having(weight_average=0.97), True),
    Alike("clipped", having(gradient_clip=2.0), True),
    Alike("batches in two parts", having(accumulate=2), True),
    Alike("lion", having(optimizer="lion", learning_rate=5e-4, epochs=80), True),
    Alike("numbers by absolute error", numbers(loss="mean_absolute_error"), True),
    Alike("two columns of noise", lambda setup: noise_columns(setup, 2), True),
    Alike("row numbers that say nothing", _numbered, True),
    Alike("activation of one's own", _own_activation, True),
    Alike("steeper activation", lambda setup: gain(setup, 1.3), True),
    Alike("tiny units", in_units(2e-4, 0), True),
)  # fmt: skip

# What needs a program is done with setups that are slow to compile for these alone.
CHEAP = ("batch normalized", "batches in two parts")
ALWAYS = ("clean", "low ceiling of numbers", "targets pressed together",
          "targets a little small", "numbers by absolute error",
          "tiny units")  # fmt: skip


def _takes(setup: Setup, alike: Alike, turn: int) -> bool:
    """Leave out a quarter, for the time, and more of what needs a program."""
    if "slow" in setup.kinds and alike.compiles:
        return alike.name in CHEAP
    if alike.name in ALWAYS:
        return True
    return turn % 4 in ((0,) if alike.compiles else (0, 1, 2))


LIKES = Likes(ALIKE, _takes)

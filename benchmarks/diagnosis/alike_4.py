"""Look-alikes of the fourth held-out set: healthy runs, most of which look sick.

What makes one healthy is in `alike`. None is as in the first three sets: values differ,
and new ones resemble the new faults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

import fathom as fm
from benchmarks.diagnosis import alter
from benchmarks.diagnosis import faults_4_data as data
from benchmarks.diagnosis import faults_4_run as run
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
from benchmarks.diagnosis.alike_3 import over_run
from benchmarks.diagnosis.faults_2_data import widened
from benchmarks.diagnosis.faults_2_run import output_bias
from benchmarks.diagnosis.faults_4_network import dropped_inputs
from benchmarks.diagnosis.faults_settings import in_order, negative_entropy
from benchmarks.diagnosis.setups import Setup

Array = Any


def drops(step: int) -> float:
    """Halve the rate every 200 steps."""
    return 0.5 ** (step // 200)


def stumble(step: int) -> float:
    """Take ten steps in a row at four times the rate."""
    return 4.0 if 90 <= step < 100 else 1.0


def long_first(step: int) -> float:
    """Take three steps at twice the rate."""
    return 2.0 if step < 3 else 1.0


def _waits(setup: Setup) -> Setup:
    """Begin after an epoch at rate 0, with patience."""
    waits = alter.steps_of(setup)
    return setup.having(schedule=lambda step: float(step >= waits))


def _outlier(setup: Setup) -> Setup | None:
    """Multiply the inputs of one row by six."""
    if "tokens" in setup.kinds:
        return None
    X, y = setup.rows
    X = X.copy()
    X[3] = 6 * X[3]
    return replace(setup, rows=(X, y))


def _sorted(setup: Setup) -> Setup | None:
    """Sort rows by target, and shuffle them, as usual."""
    made = in_order(setup, 1)
    return made and made.having(shuffle=True)


def _honest(setup: Setup) -> Setup | None:
    """Add a column that tells something of the target, in use as well."""
    if "dense" not in setup.kinds:
        return None

    def made(X: np.ndarray, y: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(len(y))
        column = (y - setup.rows[1].mean()) / setup.rows[1].std()
        noisy = column + 1.2 * rng.normal(size=len(y))
        return np.column_stack([X, noisy]).astype(np.float32)

    (X, y), (X_test, y_test) = setup.rows, setup.test
    rows, test = (made(X, y), y), (made(X_test, y_test), y_test)
    network = fm.Network(setup.network.layers, rows[0].shape[1:])
    return replace(setup, network=network, rows=rows, test=test, own_test=True)


def _branches(setup: Setup) -> Setup | None:
    """Add the number of one of fifty branches, which says nothing."""

    def number(n: int) -> np.ndarray:
        return np.random.default_rng(n).integers(0, 50, (n, 1)) / 14.4 - 1.7

    return widened(setup, number) if "dense" in setup.kinds else None


def _swap(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give a fifth of the rows the label of another row."""
    return np.where(rng.random(len(y)) < 0.2, rng.permutation(y), y)


def _rarely_first(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Call a sixth of class 1 class 0."""
    return np.where((y == 1) & (rng.random(len(y)) < 1 / 6), 0, y)


def _noise(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return y + rng.laplace(0, 0.45, len(y))


def _moved(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 1.5 * y + 1.5


def _rounded(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Round targets, as people do."""
    return np.round(4 * y) / 4


def _above(setup: Setup) -> Setup | None:
    """End in a softplus, where targets are above 0."""
    made = everywhere(lambda y, rng: np.abs(y - y.min()) / 2 + 0.2, "numbers")(setup)
    return made and alter.output(made, activation="softplus")


def _between(outputs: Array, targets: Array) -> Array:
    rows = len(targets)
    apart = outputs.reshape(rows, -1) - targets.reshape(rows, -1)
    return jnp.log(jnp.cosh(apart)).mean(1)


def _by_hand(outputs: Array, targets: Array) -> Array:
    return -negative_entropy(outputs, targets)


def _hard(x: Array) -> Array:
    return jnp.clip(x, -1.0, 1.0)


def _high(x: Array) -> Array:
    return jnp.where(x > 0.1, x, 0.0)


def _bump(x: Array) -> Array:
    return jnp.exp(-jnp.square(x))


def _with(activation: Callable[[Array], Array]) -> Make:
    """Take an activation of one's own."""

    def make(setup: Setup) -> Setup | None:
        if "dense" not in setup.kinds:
            return None
        return alter.hidden(setup, alter.activated(activation))  # type: ignore[arg-type]

    return make


ALIKE = (
    Alike("clean", lambda setup: setup),
    Alike("redrawn", redrawn(5801)),
    Alike("redrawn again", redrawn(5802)),
    Alike("redrawn once more", redrawn(5803)),
    Alike("third of the rate, more epochs", at_rate(0.3)),
    Alike("larger rate", at_rate(1.3)),
    Alike("rate doubles at half", over_run(lambda share: 0.7 * 2 ** (share > 0.5))),
    Alike("a peak in the middle", over_run(lambda share: 2 - 3.5 * abs(share - 0.5))),
    Alike("rate falls by a power", over_run(lambda share: (1.02 - share) ** 1.5)),
    Alike("drops", having(schedule=drops)),
    Alike("stumble", having(schedule=stumble)),
    Alike("longer first steps", having(schedule=long_first)),
    Alike("an epoch at rate 0", _waits),
    Alike("start larger", started(1.2)),
    Alike("start smaller", started(0.8)),
    Alike("biases spread", on_biases(0.15)),
    Alike("output biases apart", lambda setup: output_bias(setup, 0.8)),
    Alike("inputs smaller", on_inputs(lambda X: 0.7 * X)),
    Alike("inputs larger", on_inputs(lambda X: 1.4 * X)),
    Alike("inputs below", on_inputs(lambda X: X - 0.8)),
    Alike("inputs rounded", on_inputs(lambda X: np.round(8 * X) / 8)),
    Alike("columns in near units", lambda setup: data.own_units(setup, 0.25)),
    Alike("rows in near units", lambda setup: data.mixed_units(setup, 1.15)),
    Alike("one row far off", _outlier),
    Alike("sorted by target, shuffled", _sorted),
    Alike("not shuffled", having(shuffle=False, early_stopping=25)),
    Alike("decay", having(weight_decay=0.01)),
    Alike("one in a hundred filled", lambda setup: data.filled_labels(setup, 0.01)),
    Alike("some signs lost", lambda setup: data.lost_signs(setup, 0.005)),
    Alike("short tail", lambda setup: data.long_tail(setup, 1.2)),
    Alike("low ceiling", everywhere(_swap, "classes")),
    Alike("low ceiling of numbers", everywhere(_noise, "numbers")),
    Alike("second class ambiguous", everywhere(_rarely_first, "classes")),
    Alike("targets moved", everywhere(_moved, "numbers")),
    Alike("targets rounded", everywhere(_rounded, "numbers")),
    Alike("first class uneven", uneven(0.1)),
    Alike("some zeros", holes(0.15)),
    Alike("patience of ten", having(early_stopping=10)),
    Alike("long tail of epochs", having(epochs=100, early_stopping=40)),
    Alike("first class twice", classes(class_weight={0: 1.25})),
    Alike("frozen, learned before", pretrained, True),
    Alike("Lion", having(optimizer="lion", learning_rate=4e-4, epochs=90), True),
    Alike("AdaGrad", having(optimizer="adagrad", learning_rate=0.06), True),
    Alike("batches of 20", in_batches(20, 0.8), True),
    Alike("batches of 40", in_batches(40, 1.1), True),
    Alike("a tenth dropped", before_output(fm.Dropout(0.1)), True),
    Alike("few inputs dropped", lambda setup: dropped_inputs(setup, 0.01), True),
    Alike("quickly normalized", before_output(fm.BatchNorm(momentum=0.8)), True),
    Alike("bfloat16", having(precision="bfloat16"), True),
    Alike("average of weights", having(weight_average=0.93), True),
    Alike("clipped", having(gradient_clip=3.0), True),
    Alike("batches in four parts", having(accumulate=4), True),
    Alike("log of cosh", numbers(loss=_between), True),
    Alike("cross-entropy by hand", classes(loss=_by_hand), True),
    Alike("above 0 by a softplus", _above, True),
    Alike("answers held a little", lambda setup: run.answers_held_down(setup, 0.005),
          True),
    Alike("hard tanh", _with(_hard), True),
    Alike("threshold of a tenth", _with(_high), True),
    Alike("wide bumps", _with(_bump), True),
    Alike("five rare words", lambda setup: data.rare_words(setup, 5), True),
    Alike("branches that say nothing", _branches, True),
    Alike("an honest column", _honest, True),
    Alike("tiny units", in_units(5e-5, 0), True),
    Alike("far units", in_units(250, 8e3), True),
)  # fmt: skip

# What needs a program is done with setups that are slow to compile for these alone.
CHEAP = ("average of weights", "log of cosh")
ALWAYS = ("clean", "low ceiling of numbers", "targets moved", "log of cosh",
          "some signs lost", "tiny units", "far units")  # fmt: skip


def _takes(setup: Setup, alike: Alike, turn: int) -> bool:
    """Take half, for the time, and a sixth of what needs a program."""
    if "slow" in setup.kinds and alike.compiles and alike.name not in CHEAP:
        return False
    if alike.name in ALWAYS:
        return True
    return turn % 6 == 0 if alike.compiles else turn % 2 == 0


LIKES = Likes(ALIKE, _takes)

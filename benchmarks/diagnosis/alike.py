"""Healthy held-out runs, most of which look like sick ones.

A look-alike is made from a clean setup. Those judged on the clean setup's test rows
must not be harmed, by the test that faults must pass; those with test rows of their own
must come near a classical model. What does not hold this is no healthy run, and is left
out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import fathom as fm
from benchmarks.diagnosis import alter
from benchmarks.diagnosis.setups import TEST_ROWS, Setup

Make = Callable[[Setup], Setup | None]


@dataclass(frozen=True)
class Alike:
    """A look-alike.

    Attributes:
        name: What it resembles, or is.
        make: From the clean setup; None where it makes no sense.
        compiles: Whether it takes a program of its own.
    """

    name: str
    make: Make
    compiles: bool = False


def redrawn(seed: int) -> Make:
    def make(setup: Setup) -> Setup | None:
        if setup.draw is None:
            return None
        return replace(setup, rows=setup.draw(len(setup.rows[0]), seed))

    return make


def at_rate(factor: float) -> Make:
    def make(setup: Setup) -> Setup:
        epochs = int(setup.settings["epochs"] / min(factor, 1))
        return setup.having(learning_rate=setup.learning_rate * factor, epochs=epochs)

    return make


def having(**settings: Any) -> Make:
    return lambda setup: setup.having(**settings)


def cyclic(step: int) -> float:
    """Rise and fall once in 60 steps, between a tenth and all of the rate."""
    return float(0.1 + 0.9 * abs(1 - (step % 60) / 30))


def spike(step: int) -> float:
    """Take one step at twenty times the rate; it is over soon."""
    return 20.0 if step == 40 else 1.0


def started(factor: float) -> Make:
    return lambda setup: alter.starting(setup, alter.scaled(factor))


def _biases(setup: Setup) -> Setup:
    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return value + 0.1 if path.endswith("/bias") else value

    return alter.starting(setup, values)


def on_inputs(change: Callable[[np.ndarray], np.ndarray]) -> Make:
    def make(setup: Setup) -> Setup | None:
        return None if "tokens" in setup.kinds else alter.inputs(setup, change)

    return make


def _few_wrong(setup: Setup) -> Setup | None:
    if "classes" not in setup.kinds:
        return None
    rng = np.random.default_rng(21)
    hit = rng.random(len(setup.rows[1])) < 0.03
    return alter.targets(
        setup, lambda y: np.where(hit, rng.integers(0, y.max() + 1, len(y)), y)
    )


def _ceiling(setup: Setup) -> Setup | None:
    """Draw a fifth of all labels anew, or add noise: also those of the test."""
    if "steps" in setup.kinds:
        return None

    def change(y: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(len(y))
        if setup.is_numbers:
            return (y + 0.7 * rng.normal(size=len(y))).astype(np.float32)
        drawn = rng.integers(0, y.max() + 1, len(y))
        return np.where(rng.random(len(y)) < 0.2, drawn, y)

    (X, y), (X_test, y_test) = setup.rows, setup.test
    return replace(setup, rows=(X, change(y)), test=(X_test, change(y_test)),
                   own_test=True)  # fmt: skip


def _uneven(share: float) -> Make:
    """Make the last class rare in all rows, also those of the test."""

    def make(setup: Setup) -> Setup | None:
        if setup.draw is None or "classes" not in setup.kinds:
            return None

        def some(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
            X, y = setup.draw(6 * n, seed)  # type: ignore[misc]
            rng = np.random.default_rng(seed)
            last = np.flatnonzero(y == y.max())[: int(share * n)]
            others = np.flatnonzero(y != y.max())[: n - len(last)]
            chosen = rng.permutation(np.concatenate([last, others]))
            return X[chosen], y[chosen]

        return replace(setup, rows=some(len(setup.rows[0]), 31),
                       test=some(TEST_ROWS, 32), own_test=True)  # fmt: skip

    return make


def _holes(setup: Setup) -> Setup | None:
    """Set a third of the inputs to 0, as in sparse data."""
    if "dense" not in setup.kinds or setup.rows[0].shape[1] < 6:
        return None

    def change(X: np.ndarray) -> np.ndarray:
        return np.where(np.random.default_rng(len(X)).random(X.shape) < 0.33, 0, X)

    return replace(alter.inputs(setup, change), own_test=True)


def pretrained(setup: Setup) -> Setup | None:
    """Freeze all but the output layer of a network that has learned already."""
    names = [layer.name for layer in setup.network.layers[:-1] if layer.name]

    def start(network: fm.Network, seed: int) -> dict[str, Any]:
        learned = fm.train(network, setup.rows, validation=0.25, seed=seed,
                           **setup.settings).model.variables  # fmt: skip
        fresh = network.init(seed + 100)
        last = network.layers[-1].name or ""
        return {**learned, last: fresh[last]}

    return replace(setup.having(freeze=tuple(names)), start=start)


def _momentum(setup: Setup) -> Setup:
    return setup.having(optimizer="momentum", learning_rate=0.03, epochs=120)


def in_batches(size: int, factor: float) -> Make:
    def make(setup: Setup) -> Setup:
        rate = setup.learning_rate * factor
        return setup.having(batch_size=size, learning_rate=rate)

    return make


def before_output(*layers: fm.Layer) -> Make:
    def make(setup: Setup) -> Setup:
        *others, last = setup.network.layers
        return alter.with_layers(setup, [*others, *layers, last])

    return make


def wide(setup: Setup) -> Setup | None:
    if any(hasattr(layer, "layers") for layer in setup.network.layers):
        return None
    return alter.hidden(
        setup,
        lambda layer: (
            replace(layer, units=4 * layer.units)
            if isinstance(layer, fm.Dense)
            else layer
        ),
    )


def big_units(setup: Setup) -> Setup | None:
    """Predict numbers in thousands, which a table's target standardizes by itself."""
    if not setup.is_numbers:
        return None
    import polars

    X, y = setup.rows
    names = [f"x{i}" for i in range(X.shape[1])]
    frame = polars.DataFrame(X, schema=names).with_columns(
        polars.Series("target", 4000.0 * y.astype(float) + 9000)
    )
    return replace(setup, rows=fm.read(frame, target="target"))  # type: ignore[arg-type]


ALIKE = (
    Alike("clean", lambda setup: setup),
    Alike("redrawn", redrawn(41)),
    Alike("redrawn again", redrawn(42)),
    Alike("redrawn once more", redrawn(43)),
    Alike("small rate, more epochs", at_rate(1 / 3)),
    Alike("larger rate", at_rate(2)),
    Alike("warm-up", having(schedule="warmup_cosine")),
    Alike("cosine", having(schedule="cosine")),
    Alike("cyclic rate", having(schedule=cyclic)),
    Alike("one spike", having(schedule=spike)),
    Alike("start larger", started(1.5)),
    Alike("start smaller", started(0.6)),
    Alike("biases above 0", _biases),
    Alike("inputs times two", on_inputs(lambda X: 2 * X)),
    Alike("inputs off center", on_inputs(lambda X: X + 0.7)),
    Alike("unsorted, not shuffled", having(shuffle=False)),
    Alike("some decay", having(weight_decay=0.03)),
    Alike("few labels wrong", _few_wrong),
    Alike("low ceiling", _ceiling),
    Alike("uneven classes", _uneven(0.2)),
    Alike("rare, yet learned", _uneven(0.08)),
    Alike("many zeros", _holes),
    Alike("long flat tail", having(epochs=120, early_stopping=60)),
    Alike("frozen, learned before", pretrained, True),
    Alike("momentum", _momentum, True),
    Alike("large batches", in_batches(64, 1.5), True),
    Alike("small batches", in_batches(8, 0.5), True),
    Alike("some dropout", before_output(fm.Dropout(0.2)), True),
    Alike("normalized", before_output(fm.LayerNorm()), True),
    Alike("wide", wide, True),
    Alike("bfloat16", having(precision="bfloat16"), True),
    Alike("average of weights", having(weight_average=0.9), True),
    Alike("clipped", having(gradient_clip=1.0), True),
    Alike("rmsprop", having(optimizer="rmsprop"), True),
    Alike("adamw", having(optimizer="adamw"), True),
    Alike("big units", big_units, True),
)

# What needs a program is done with setups that are slow to compile for these alone.
CHEAP = ("frozen, learned before", "momentum", "some dropout")


@dataclass(frozen=True)
class Healthy:
    """A healthy setup and the name of the clean one it comes from."""

    setup: Setup
    twin: str
    name: str


def _takes(setup: Setup, alike: Alike, turn: int) -> bool:
    is_dear = alike.compiles and "slow" in setup.kinds
    return not is_dear or alike.name in CHEAP


@dataclass(frozen=True)
class Likes:
    """The look-alikes of a held-out set, and which are made of a setup.

    Attributes:
        alikes: All of them.
        takes: (setup, look-alike, turn + number of the look-alike) -> whether it is.
    """

    alikes: tuple[Alike, ...] = ALIKE
    takes: Callable[[Setup, Alike, int], bool] = _takes


def healthy(setup: Setup, turn: int = 0, likes: Likes = Likes()) -> Iterator[Healthy]:
    """Yield the clean setup and its look-alikes.

    Args:
        setup: The clean one.
        turn: Its number.
        likes: The look-alikes.
    """
    for number, alike in enumerate(likes.alikes):
        if not likes.takes(setup, alike, turn + number):
            continue
        made = alike.make(setup)
        if made is not None:
            made = replace(made, id=f"{setup.id}: {alike.name}")
            yield Healthy(made, setup.id, alike.name)

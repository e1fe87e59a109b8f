"""For every rule that reads a record: sick runs that fire it, and look-alikes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tests.diagnose.examples import (
    cnn,
    images,
    mlp,
    numbers,
    recurrent,
    rows,
    sequences,
    transformer,
)

import fathom as fm
from fathom.diagnose.finding import Findings
from fathom.diagnosis import diagnose

HELD = 0.25
BRIEF = {"epochs": 12}


@dataclass(frozen=True, eq=False)
class RunCase:
    """What is trained, and what is to be said.

    `first` means that the rule must be named before all others. A look-alike must not
    fire the rule, nor any alarm.
    """

    rule: str
    about: str
    network: Any
    data: Any
    settings: dict[str, Any] = field(default_factory=lambda: dict(BRIEF))
    first: bool = True
    severity: str = "alarm"

    @property
    def id(self) -> str:
        return f"{self.rule}: {self.about}"


@cache
def found(case: RunCase) -> Findings:
    """Train a case once, and diagnose it."""
    result = fm.train(case.network, case.data, validation=HELD, **case.settings)
    weight = case.settings.get("class_weight")
    return diagnose(result, case.data, validation=HELD, class_weight=weight)


@lru_cache
def many_rows(n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds that hardly overlap."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, n)
    X = 1.5 * rng.normal(size=(3, 8))[y] + rng.normal(size=(n, 8))
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32), y


@lru_cache
def few_rows() -> tuple[np.ndarray, np.ndarray]:
    """Three clouds that overlap, and few rows."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 120)
    X = 0.6 * rng.normal(size=(3, 8))[y] + rng.normal(size=(120, 8))
    return X.astype(np.float32), y


@lru_cache
def overlapping() -> tuple[np.ndarray, np.ndarray]:
    """Three clouds that overlap, with many rows."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 900)
    X = 0.5 * rng.normal(size=(3, 8))[y] + rng.normal(size=(900, 8))
    return X.astype(np.float32), y


def shuffled() -> tuple[np.ndarray, np.ndarray]:
    X, y = many_rows()
    return X, np.random.default_rng(2).permutation(y)


@lru_cache
def wrong(share: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Clouds of which half the labels are drawn anew, a third of all are wrong."""
    X, y = many_rows(1600)
    rng = np.random.default_rng(2)
    return X, np.where(rng.random(len(y)) < share, rng.integers(0, 3, len(y)), y)


@lru_cache
def rare(apart: float) -> tuple[np.ndarray, np.ndarray]:
    """Two clouds, one of them a sixteenth."""
    rng = np.random.default_rng(0)
    y = (rng.random(800) < 1 / 16).astype(int)
    X = rng.normal(size=(800, 8)) + apart * y[:, None]
    return X.astype(np.float32), y


@lru_cache
def rings() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    angle, radius = rng.uniform(0, 2 * np.pi, 500), 0.5 + y + 0.1 * rng.normal(size=500)
    X = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return X.astype(np.float32), y


@lru_cache
def in_order() -> tuple[np.ndarray, np.ndarray]:
    X, y = overlapping()
    order = np.argsort(y, kind="stable")
    return X[order], y[order]


def dense(
    *hidden: int,
    activation: str = "relu",
    outputs: int = 3,
    inputs: int = 8,
    **how: Any,
) -> fm.Network:
    layers = [fm.Dense(units, activation, **how) for units in hidden]
    return fm.Network([*layers, fm.Dense(outputs, "softmax")], (inputs,))


@lru_cache
def long_sequences() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 400)
    X = rng.normal(size=(400, 30, 4))
    X[np.arange(400), :, y] += 1.0
    return X.astype(np.float32), y


def rnn(size: float) -> fm.Network:
    cell = fm.RNN(16, "tanh", recurrent_init=f"normal({size})")
    return fm.Network([cell, fm.Dense(3, "softmax")], (30, 4))


def with_dropout(rate: float) -> fm.Network:
    layers = [fm.Dense(32, "relu"), fm.Dropout(rate), fm.Dense(3, "softmax")]
    return fm.Network(layers, (8,))


def negative(key: Any, shape: tuple[int, ...], **rest: Any) -> Any:
    """Draw start values that are all below 0."""
    return -0.3 * jax.random.uniform(key, shape, minval=0.5)


def noisy(deviation: float) -> fm.Network:
    """Return a network that gets noise beside its inputs."""
    bare = dense(32)
    return fm.Network([fm.Noise(deviation), *bare.layers], bare.input_shape)


def normalized(momentum: float) -> fm.Network:
    """Return a network that begins with BatchNorm."""
    bare = dense(32)
    norm = fm.BatchNorm(momentum=momentum)
    return fm.Network([fm.Dense(16), norm, *bare.layers], bare.input_shape)


def twice_normalized(momentum: float) -> fm.Network:
    """Return a network with BatchNorm behind each of two layers."""
    layers: list[Any] = [fm.Dense(32), fm.BatchNorm(momentum=momentum)]
    layers += [fm.Dense(32, "relu"), fm.BatchNorm(momentum=momentum)]
    return fm.Network([*layers, fm.Dense(3, "softmax")], (8,))


def placed(weight_init: str) -> fm.Network:
    """Return a transformer whose positions start with values of another size."""
    bare = transformer()
    layers = [
        dataclasses.replace(layer, weight_init=weight_init)
        if isinstance(layer, fm.LearnedPositions)
        else layer
        for layer in bare.layers
    ]
    return fm.Network(layers, bare.input_shape)


def alike(weight_init: str) -> fm.Network:
    """Return a network of which all layers start in the same way."""
    bare = dense(16)
    layers = [dataclasses.replace(own, weight_init=weight_init) for own in bare.layers]
    return fm.Network(layers, bare.input_shape)


@lru_cache
def one_more(wide: bool) -> tuple[np.ndarray, np.ndarray]:
    """Clouds among many columns of noise, or among none."""
    X, y = many_rows()
    noise = np.random.default_rng(3).normal(size=(len(X), 150 if wide else 1))
    return np.concatenate([0.5 * X, noise], 1).astype(np.float32), y


def started(network: fm.Network, offset: float) -> dict[str, Any]:
    """Return start values of which the output biases are far apart."""
    variables = jax.tree.map(np.asarray, network.init(0))
    last = network.layers[-1].name
    bias = variables[last]["bias"]
    moved = bias + np.linspace(offset, -offset, len(bias)).astype(np.float32)
    return {**variables, last: {**variables[last], "bias": moved}}


def growing(step: Any) -> Any:
    """Return a share of the rate that grows by 6 % a step."""
    return 0.01 * 1.06**step


def never_cleared(rate: float) -> Any:
    """Step along the sum of all gradients so far, as where none is set to 0."""
    return optax.chain(optax.trace(decay=1.0), optax.scale(-rate))


def smoothed_away(outputs: Any, targets: Any) -> Any:
    """Cross-entropy with labels that keep a twentieth of themselves."""
    n = outputs.shape[-1]
    soft = 0.05 * jax.nn.one_hot(targets, n) + 0.95 / n
    return -(soft * jnp.log(outputs + 1e-9)).sum(-1)


@lru_cache
def given_as_another() -> tuple[np.ndarray, np.ndarray]:
    """Four clusters, two thirds of the last of which are given as the first."""
    rng = np.random.default_rng(11)
    y = rng.integers(0, 4, 800)
    X = (3 * np.eye(8)[y] + rng.normal(size=(800, 8))).astype(np.float32)
    return X, np.where((y == 3) & (rng.random(800) < 0.65), 0, y)


def zero_head() -> fm.Network:
    """Return a network whose last layer starts at zero."""
    first, last = dense(16).layers
    return fm.Network([first, dataclasses.replace(last, weight_init="zeros")],
                      dense(16).input_shape)  # fmt: skip


# A network, its data, how it learns well, and how its steps are too long.
SGD: dict[str, Any] = {"optimizer": "sgd"}
KINDS: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any]]] = {
    "dense": (dense(16), overlapping(), {}, {**SGD, "learning_rate": 10.0}),
    "convolutions": (cnn(), images(), {"learning_rate": 3e-3},
                     {**SGD, "learning_rate": 1e5}),
    "gru": (recurrent(), sequences(), {}, {"learning_rate": 5.0}),
    "transformer": (transformer(), sequences(), {"learning_rate": 3e-3},
                    {"learning_rate": 1.0}),
    "numbers": (mlp(1), numbers(), {"epochs": 150}, {"learning_rate": 3.0}),
}  # fmt: skip
DEAD = (dense(32, 32), many_rows(), {**BRIEF, **SGD, "learning_rate": 5.0})
_low = "learning-rate-too-low"
_high = "learning-rate-too-high"

SICK = [
    *(RunCase(_high, kind, n, d, {**BRIEF, **wild})
      for kind, (n, d, _, wild) in KINDS.items()),
    *(RunCase(_low, kind, n, d, {**BRIEF, "learning_rate": 1e-6})
      for kind, (n, d, _, _) in KINDS.items()),
    RunCase("non-finite", "overflow", mlp(1), numbers(),
            {**BRIEF, **SGD, "learning_rate": 1e3}, first=False),
    RunCase("exploding-gradients", "recurrent", rnn(1.5), long_sequences(),
            first=False),
    RunCase("vanishing-gradients", "10 sigmoids",
            dense(*[16] * 10, activation="sigmoid"), many_rows()),
    RunCase("dead-units", "negative weights", dense(16, weight_init=negative),
            (np.abs(rows()[0]), rows()[1])),
    RunCase("symmetric-initialization", "constant",
            alike("constant(0.1)"), many_rows()),
    RunCase("dead-units", "high rate", *DEAD, first=False),
    RunCase("saturated-units", "large weights",
            dense(32, 32, activation="tanh", weight_init="normal(8.0)"), many_rows(),
            {"epochs": 6}, first=False),
    RunCase("constant-prediction", "high rate", *DEAD, first=False),
    RunCase("frozen-parameters", "step", dense(4, activation="step"), many_rows()),
    RunCase("label-noise", "a third", dense(32), wrong(), {"epochs": 15}),
    RunCase("random-labels", "shuffled", dense(256, 256), shuffled(), {"epochs": 40}),
    RunCase("overfitting", "few rows", dense(256, 256), few_rows(), {"epochs": 150}),
    RunCase("underfitting", "a line around rings", dense(inputs=2, outputs=2), rings(),
            {"epochs": 60, "learning_rate": 0.03}),
    RunCase("stopped-too-early", "2 epochs", dense(32, 32), many_rows(),
            {"epochs": 2, "learning_rate": 2e-4}),
    RunCase("over-regularized", "decay", dense(32, 32), many_rows(),
            {"epochs": 30, "optimizer": "adamw", "weight_decay": 30.0}),
    RunCase("over-regularized", "dropout", with_dropout(0.97), many_rows()),
    RunCase("over-regularized", "noise", noisy(5.0), many_rows()),
    RunCase("learning-rate-too-low", "falls at once", dense(32, 32), many_rows(),
            {**BRIEF, "schedule": lambda step: 0.5**step}),
    RunCase("stopped-too-early", "1 epoch", dense(32, 32), many_rows(),
            {"epochs": 1, "learning_rate": 2e-4}),
    RunCase("class-imbalance", "made uneven", dense(16), overlapping(),
            {**BRIEF, "class_weight": {0: 100.0}}),
    RunCase("batch-faults", "lagging statistics", normalized(0.99999), many_rows(),
            {**BRIEF, "learning_rate": 0.01}, severity="note"),
    RunCase("class-imbalance", "rare", dense(8, outputs=2), rare(0.5), {"epochs": 30}),
    RunCase("batch-faults", "sorted", dense(16), in_order(),
            {**BRIEF, **SGD, "shuffle": False, "learning_rate": 0.2}),
    RunCase("initialization-scale", "large", dense(32, 32, weight_init="normal(8.0)"),
            many_rows(), {"epochs": 3}),
    RunCase("over-regularized", "mix-up", dense(16), overlapping(),
            {**BRIEF, "mix_up": 50.0}),
    RunCase(_high, "grows", dense(16), many_rows(),
            {**BRIEF, **SGD, "learning_rate": 0.3, "schedule": growing}, first=False),
    RunCase("overfitting", "columns of noise", dense(64, inputs=158), one_more(True),
            {"epochs": 80, "learning_rate": 3e-3, "early_stopping": 8}),
    RunCase("initialization-scale", "biases far apart", dense(16), many_rows(),
            {**BRIEF, "variables": started(dense(16), 300.0)}),
    RunCase("batch-faults", "statistics of the last batch", twice_normalized(0.0),
            many_rows(), {**BRIEF, "learning_rate": 0.02, "batch_size": 8}),
    RunCase("initialization-scale", "small",
            dense(*[32] * 5, weight_init="normal(0.0001)"), many_rows()),
    RunCase(_high, "gradients never cleared", dense(32, 32), many_rows(),
            {"epochs": 24, "optimizer": never_cleared(0.1)},
            first=False),
    RunCase("class-imbalance", "half of a class given as another", dense(32, outputs=4),
            given_as_another(), {"epochs": 30, "learning_rate": 0.01}, first=False),
    RunCase("stopped-too-early", "no patience", dense(32, 32, outputs=4),
            given_as_another(),
            {"epochs": 100, "early_stopping": 1, "learning_rate": 3e-3}, first=False),
    RunCase("over-regularized", "labels smoothed away", dense(32, 32), many_rows(),
            {"epochs": 30, "learning_rate": 0.01, "loss": smoothed_away}, first=False),
]  # fmt: skip

FINE = {"epochs": 30, "learning_rate": 0.01}
HEALTHY = [
    *(RunCase(_high, kind, n, d, {**FINE, **well})
      for kind, (n, d, well, _) in KINDS.items()),
    RunCase(_low, "fine-tuning rate, long", dense(32, 32), many_rows(),
            {"epochs": 150, "learning_rate": 3e-4}),
    RunCase("non-finite", "large but clipped", mlp(1), numbers(),
            {"epochs": 200, **SGD, "learning_rate": 0.03, "gradient_clip": 1.0}),
    RunCase("exploding-gradients", "six layers", dense(*[32] * 6), many_rows(), FINE),
    RunCase("vanishing-gradients", "two sigmoids",
            dense(16, 16, activation="sigmoid"), many_rows(), FINE),
    RunCase("dead-units", "wide and sparse", dense(512), many_rows()),
    RunCase("saturated-units", "tanh", dense(32, 32, activation="tanh"), many_rows(),
            FINE),
    RunCase("constant-prediction", "one large class", dense(16, outputs=2), rare(2.0),
            FINE),
    RunCase("symmetric-initialization", "a head of zeros", zero_head(), many_rows(),
            FINE),
    RunCase("batch-faults", "usual statistics", normalized(0.9), many_rows(), FINE),
    RunCase("frozen-parameters", "all learn", dense(16, activation="gelu"),
            many_rows(), FINE),
    RunCase("label-noise", "overlapping", dense(16), overlapping(), FINE),
    RunCase("random-labels", "overlapping", dense(16), overlapping(), FINE),
    RunCase("overfitting", "stopped early", dense(256, 256), few_rows(),
            {"epochs": 150, "early_stopping": 10}),
    RunCase("underfitting", "overlapping", dense(16), overlapping(), FINE),
    RunCase("underfitting", "rings", dense(32, 32, inputs=2, outputs=2), rings(), FINE),
    RunCase("stopped-too-early", "long enough", dense(32, 32), many_rows(),
            {"epochs": 40}),
    RunCase("over-regularized", "usual decay", dense(32, 32), many_rows(),
            {**FINE, "optimizer": "adamw", "weight_decay": 0.1}),
    RunCase("over-regularized", "usual dropout", with_dropout(0.5), many_rows(), FINE),
    RunCase("class-imbalance", "well apart", dense(16, outputs=2), rare(2.0), FINE),
    RunCase("batch-faults", "in random order", dense(16), many_rows(),
            {**FINE, "shuffle": False}),
    RunCase("overfitting", "a column of noise", dense(64, inputs=9), one_more(False),
            {"epochs": 80, "learning_rate": 3e-3, "early_stopping": 8}),
    RunCase("over-regularized", "usual mix-up", dense(16), many_rows(),
            {**FINE, "mix_up": 0.2}),
    RunCase("initialization-scale", "positions of another size", placed("normal(0.3)"),
            sequences(), {**FINE, "learning_rate": 3e-3}),
    RunCase("initialization-scale", "as it comes", dense(*[32] * 4), many_rows(), FINE),
]  # fmt: skip

"""Every small function of Fathom, one row each, with small settings and its twin.

A new activation, initializer, loss, optimizer or schedule is one new row here, and
inherits the conformance tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from tests.reference import functions as twins


@dataclass(frozen=True)
class ActivationRow:
    """An activation: the range it promises, and its twin on an array."""

    name: str
    lowest: float
    highest: float
    twin: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class InitializerRow:
    """An initializer: how it is written, and the variance at fan_in 48, fan_out 32."""

    text: str
    variance: float
    mean: float = 0.0


@dataclass(frozen=True)
class LossRow:
    """A loss: its arguments for a small batch, and its twin on them.

    The gradient is taken with respect to the first argument.
    """

    name: str
    arguments: Callable[[np.random.Generator], tuple[np.ndarray, ...]]
    twin: Callable[..., list[float]]


@dataclass(frozen=True)
class OptimizerRow:
    """An optimizer: a rate at which it solves a small quadratic, and its twin."""

    name: str
    learning_rate: float
    twin: Callable[[list[float]], list[float]]


@dataclass(frozen=True)
class ScheduleRow:
    """A schedule: its first and last factor over 100 steps."""

    name: str
    first: float
    last: float
    twin: Callable[[int, int], float]


_INF = math.inf
ACTIVATION_ROWS = (
    *(
        ActivationRow(name, lowest, highest, partial(twins.elementwise, twin))
        for name, lowest, highest, twin in (
            ("step", 0, 1, twins.step),
            ("identity", -_INF, _INF, twins.identity),
            ("sigmoid", 0, 1, twins.sigmoid),
            ("tanh", -1, 1, twins.tanh),
            ("relu", 0, _INF, twins.relu),
            ("leaky_relu", -_INF, _INF, twins.leaky_relu),
            ("elu", -1, _INF, twins.elu),
            ("selu", -1.7581, _INF, twins.selu),
            ("gelu", -0.17, _INF, twins.gelu),
            ("silu", -0.28, _INF, twins.silu),
            ("softplus", 0, _INF, twins.softplus),
        )
    ),
    ActivationRow("softmax", 0, 1, twins.softmax),
)

INITIALIZER_ROWS = (
    InitializerRow("auto", 2 / 80),
    InitializerRow("he_normal", 2 / 48),
    InitializerRow("glorot_uniform", 2 / 80),
    InitializerRow("lecun_normal", 1 / 48),
    InitializerRow("orthogonal", 1 / 48),
    InitializerRow("uniform", 0.05**2 / 3),
    InitializerRow("uniform(0.3)", 0.3**2 / 3),
    InitializerRow("normal", 0.05**2),
    InitializerRow("normal(0.02)", 0.02**2),
    InitializerRow("zeros", 0.0),
    InitializerRow("constant", 0.0, mean=0.1),
    InitializerRow("constant(-2)", 0.0, mean=-2.0),
)


def _real(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return rng.normal(0, 2, (5, 3)), rng.normal(size=(5, 3))


def _yes_or_no(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return rng.uniform(0.1, 0.9, (5, 3)), rng.integers(0, 2, (5, 3))


def _classes(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return rng.dirichlet(np.ones(4), 5), rng.integers(0, 4, 5)


def _distributions(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return rng.dirichlet(np.ones(4), 5), rng.dirichlet(np.ones(4), 5)


def _embeddings(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return tuple(rng.normal(size=(3, 5, 2)))


def _one_side(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return (rng.normal(size=5),)


def _two_sides(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return rng.normal(size=5), rng.normal(size=5)


LOSS_ROWS = (
    LossRow("mean_squared_error", _real, twins.mean_squared_error),
    LossRow("mean_absolute_error", _real, twins.mean_absolute_error),
    LossRow("huber", _real, twins.huber),
    LossRow("binary_cross_entropy", _yes_or_no, twins.binary_cross_entropy),
    LossRow("cross_entropy", _classes, twins.cross_entropy),
    LossRow("kl_divergence", _distributions, twins.kl_divergence),
    LossRow("triplet", _embeddings, twins.triplet),
    LossRow("generator", _one_side, twins.generator),
    LossRow("discriminator", _two_sides, twins.discriminator),
    LossRow("minimax", _two_sides, twins.minimax),
)

OPTIMIZER_ROWS = (
    OptimizerRow("sgd", 0.1, twins.sgd),
    OptimizerRow("momentum", 0.05, twins.momentum),
    OptimizerRow("nesterov", 0.05, twins.nesterov),
    OptimizerRow("adagrad", 0.5, twins.adagrad),
    OptimizerRow("rmsprop", 0.01, twins.rmsprop),
    OptimizerRow("adam", 0.05, twins.adam),
    OptimizerRow("adamw", 0.05, twins.adam),
    OptimizerRow("lion", 0.004, twins.lion),
)

SCHEDULE_ROWS = (
    ScheduleRow("constant", 1.0, 1.0, twins.constant),
    ScheduleRow("cosine", 1.0, 2.467e-4, twins.cosine),
    ScheduleRow("warmup_cosine", 1 / 11, 3.046e-4, twins.warmup_cosine),
    ScheduleRow("step", 1.0, 0.01, twins.step_schedule),
    ScheduleRow("exponential", 1.0, 0.01, twins.exponential),
)

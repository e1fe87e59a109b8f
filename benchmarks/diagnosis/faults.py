"""Operators that put a fault into a setup, with the names that are right for each.

The names were listed before any result was seen: the operator's own, and those whose
repair restores the clean twin as well. `is_new` operators have no case among the runs
that thresholds were chosen with, nor one like it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from benchmarks.diagnosis import faults_data as data
from benchmarks.diagnosis import faults_network as net
from benchmarks.diagnosis import faults_settings as how
from benchmarks.diagnosis.setups import Setup

Apply = Callable[[Setup, float], Setup | None]


@dataclass(frozen=True)
class Operator:
    """A fault.

    Attributes:
        name: Of the operator.
        family: What it concerns.
        accepted: Names of rules that are right.
        apply: (setup, severity) -> the faulty setup; None where it makes no sense.
        severities: Of which one is taken for each setup, by turns.
        is_new: Whether it is unlike all that thresholds were chosen with.
        compiles: Whether it takes a program of its own, which is dear with slow setups.
    """

    name: str
    family: str
    accepted: tuple[str, ...]
    apply: Apply
    severities: tuple[float, ...] = (1.0,)
    is_new: bool = False
    compiles: bool = False


LOW = ("learning-rate-too-low", "stopped-too-early")
SCALE = "initialization-scale"

OPERATORS = (
    Operator("rate high", "rate", ("learning-rate-too-high",), how.rate, (30, 300)),
    Operator("rate low", "rate", LOW, how.rate, (1e-2, 1e-4)),
    Operator("rate falls at once", "rate", LOW, how.falling, (0.02, 0.005),
             is_new=True),
    Operator("plain sgd at Adam's rate", "rate", LOW, how.plain, compiles=True),
    Operator("heavy momentum", "rate",
             ("learning-rate-too-high", "exploding-gradients"), how.heavy, (10, 30),
             is_new=True, compiles=True),
    Operator("average of weights too slow", "rate", LOW, how.averaged, (0.9999,),
             is_new=True, compiles=True),
    Operator("all rows in a batch", "rate", ("batch-faults", *LOW), how.one_batch,
             compiles=True),
    Operator("few epochs", "fit", LOW, how.few_epochs, (1, 2)),
    Operator("decay", "fit", ("over-regularized",), how.decay, (3, 30)),
    Operator("class weight", "settings", ("class-imbalance", "constant-prediction"),
             how.class_weight, (30, 300), is_new=True),
    Operator("sorted rows", "settings", ("batch-faults",), how.in_order),
    Operator("frozen", "settings", ("frozen-parameters",), how.frozen, compiles=True),
    Operator("start large", "signal",
             (SCALE, "saturated-units", "exploding-gradients"), net.start, (10, 30)),
    Operator("start small", "signal", (SCALE, "vanishing-gradients"), net.start,
             (0.03, 1e-4)),
    Operator("start alike", "signal", ("symmetric-initialization", SCALE), net.alike,
             (0.0, 0.1)),
    Operator("start dead", "signal", ("dead-units", SCALE), net.dead, (4, 12)),
    Operator("recurrence explodes", "signal",
             ("exploding-gradients", SCALE, "saturated-units"), net.recurrence,
             (4, 12)),
    Operator("deep sigmoids", "signal", ("vanishing-gradients", SCALE), net.sigmoids,
             (5, 9), compiles=True),
    Operator("linear", "network", ("missing-nonlinearity", "underfitting"), net.linear,
             compiles=True),
    Operator("softmax inside", "network", ("double-softmax", "vanishing-gradients"),
             net.softmax_inside, is_new=True, compiles=True),
    Operator("relu at the end", "network", ("output-loss-mismatch", "dead-units"),
             net.relu_output, compiles=True),
    Operator("double softmax", "network", ("double-softmax", "output-loss-mismatch"),
             net.double_softmax, compiles=True),
    Operator("loss upside down", "settings", ("loss-sign",), how.upside_down,
             compiles=True),
    Operator("narrow", "fit", ("underfitting", "stopped-too-early"), net.narrow,
             compiles=True),
    Operator("bottleneck", "fit", ("underfitting", "stopped-too-early"),
             net.bottleneck, is_new=True, compiles=True),
    Operator("dropout", "fit", ("over-regularized",), net.dropout, (0.9, 0.97),
             compiles=True),
    Operator("noise on inputs", "fit", ("over-regularized",), net.noise, (3, 8),
             is_new=True, compiles=True),
    Operator("running statistics lag", "settings", ("batch-faults",), net.lagging,
             is_new=True, compiles=True),
    Operator("inputs large", "data", ("unscaled-inputs", "saturated-units"),
             data.inputs_times, (100, 3000)),
    Operator("inputs small", "data", ("unscaled-inputs",), data.inputs_times,
             (1e-2, 1e-4)),
    Operator("one column large", "data", ("unscaled-inputs", "saturated-units"),
             data.one_column, (1e3, 1e5)),
    Operator("missing coded", "data", ("unscaled-inputs", "saturated-units"),
             data.sentinel, (0.05, 0.2), is_new=True),
    Operator("targets large", "data", ("unscaled-targets",), data.targets_times,
             (300, 1e4)),
    Operator("outliers", "data", ("unscaled-targets", "label-noise"), data.outliers,
             (30, 300), is_new=True),
    Operator("labels shuffled", "data", ("random-labels",), data.shuffled),
    Operator("rows shifted", "data", ("random-labels", "label-noise", "overfitting"),
             data.shifted, (0.6, 1.0), is_new=True),
    Operator("labels wrong", "data", ("label-noise", "overfitting"), data.wrong,
             (0.3, 0.5)),
    Operator("class rare", "data", ("class-imbalance",), data.rare, (0.04, 0.015)),
    Operator("few rows", "data", ("overfitting",), data.few, (24, 40), compiles=True),
    Operator("leak", "data", ("leakage",), data.leak),
)  # fmt: skip

# What needs a program is done with setups that are slow to compile for these alone.
DEAR = ("plain sgd at Adam's rate", "frozen", "relu at the end", "narrow", "few rows")

PAIRS = (
    ("rate low", "inputs large"),
    ("start large", "labels wrong"),
    ("rate high", "class rare"),
    ("few epochs", "rows shifted"),
    ("start small", "decay"),
)


@dataclass(frozen=True)
class Faulty:
    """A faulty setup.

    Attributes:
        setup: What is trained.
        twin: Name of the clean setup.
        operators: Names of the operators.
        family: Of the first; "two" if there are two.
        accepted: Names of rules that are right.
        each: The same by operator.
        is_new: Whether an operator is unlike all that thresholds were chosen with.
    """

    setup: Setup
    twin: str
    operators: tuple[str, ...]
    family: str
    accepted: tuple[str, ...]
    each: tuple[tuple[str, ...], ...]
    is_new: bool


@dataclass(frozen=True)
class Catalogue:
    """The faults of a held-out set.

    Attributes:
        operators: All of them.
        pairs: Names of two that are put in together.
        takes: (setup, operator, turn + number of the operator) -> whether the fault is
            put into the setup, were it only for the time that it takes.
        pairs_every: A pair is put into every so manieth setup.
    """

    operators: tuple[Operator, ...]
    pairs: tuple[tuple[str, str], ...]
    takes: Callable[[Setup, Operator, int], bool]
    pairs_every: int = 2


def _takes(setup: Setup, operator: Operator, turn: int) -> bool:
    is_dear = operator.compiles and "slow" in setup.kinds
    return not is_dear or operator.name in DEAR


FIRST = Catalogue(OPERATORS, PAIRS, _takes)


def faulty(setup: Setup, turn: int, catalogue: Catalogue = FIRST) -> Iterator[Faulty]:
    """Yield a setup with every fault that makes sense for it, and with pairs.

    Args:
        setup: The clean one.
        turn: Its number, which decides on severities.
        catalogue: The faults.
    """
    for number, operator in enumerate(catalogue.operators):
        if not catalogue.takes(setup, operator, turn + number):
            continue
        made = _applied(setup, operator, turn + number)
        if made is not None:
            yield Faulty(made, setup.id, (operator.name,), operator.family,
                         operator.accepted, (operator.accepted,),
                         operator.is_new)  # fmt: skip
    known = {operator.name: operator for operator in catalogue.operators}
    for place, names in enumerate(catalogue.pairs):
        if (place + turn) % catalogue.pairs_every:
            continue
        first, second = (known[name] for name in names)
        made = _applied(setup, first, turn)
        both = made and _applied(made, second, turn)
        if both:
            accepted = tuple(dict.fromkeys(first.accepted + second.accepted))
            yield Faulty(both, setup.id, names, "two", accepted,
                         (first.accepted, second.accepted),
                         first.is_new or second.is_new)  # fmt: skip


def _applied(setup: Setup, operator: Operator, turn: int) -> Setup | None:
    severity = operator.severities[turn % len(operator.severities)]
    made = operator.apply(setup, severity)
    if made is None:
        return None
    return replace(made, id=f"{setup.id}; {operator.name} {severity:g}")

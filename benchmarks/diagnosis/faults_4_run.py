"""Faults in settings and losses, of the fourth held-out set, unlike any before.

Each says in a sentence why people make it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax.numpy as jnp

import fathom as fm
from benchmarks.diagnosis.alter import steps_of, with_layers
from benchmarks.diagnosis.faults_2_run import ADAPTIVE
from benchmarks.diagnosis.faults_4_network import has_many_classes
from benchmarks.diagnosis.faults_4_start import uses
from benchmarks.diagnosis.faults_network import DEADLY
from benchmarks.diagnosis.faults_settings import in_order
from benchmarks.diagnosis.setups import Setup
from fathom.optimizers import Optimizer

Array = Any
Loss = Callable[[Array, Array], Array]


def steps_up(setup: Setup, severity: float) -> Setup:
    """Multiply the rate at half and three quarters of the run.

    `gamma=10` for 0.1.
    """
    n = setup.settings["epochs"] * steps_of(setup)

    def factor(step: int) -> float:
        return float(severity ** ((2 * step > n) + (4 * step > 3 * n)))

    return setup.having(schedule=factor, early_stopping=None)


def lion(setup: Setup, severity: float) -> Setup:
    """Take Lion at a rate for momentum.

    All of its steps have the same length, whatever the gradient's.
    """
    return setup.having(optimizer="lion",
                        learning_rate=severity * setup.learning_rate)  # fmt: skip


def adagrad(setup: Setup, severity: float) -> Setup:
    """Take AdaGrad at a rate for Adam.

    Its steps shrink with every gradient that it has seen.
    """
    return setup.having(optimizer="adagrad", learning_rate=severity)


def large_first_steps(setup: Setup, severity: float) -> Setup | None:
    """Take the first steps so many times as long as the others.

    The bias correction, or the warm-up, was divided by where it should multiply. ReLUs
    that fall below 0 for all rows stay there.
    """
    if not uses(setup, DEADLY):
        return None
    return setup.having(schedule=lambda step: severity if step < 6 else 1.0)


def waits_too_long(setup: Setup, severity: float) -> Setup:
    """Stop after two epochs that are no better, while the warm-up is still at 0.

    Warm-up was counted in epochs and begins at 0, and nothing had moved at all.
    """
    waits = severity * steps_of(setup)
    return setup.having(schedule=lambda step: float(step >= waits), early_stopping=2)


def few_large_batches(setup: Setup, severity: float) -> Setup:
    """Take batches of half of the rows, for a few epochs.

    The batch was made larger for speed, and the number of epochs was kept low.
    """
    return setup.having(batch_size=len(setup.rows[0]) // 2, epochs=int(severity))


def first_layer_alone(setup: Setup, severity: float) -> Setup:
    """Let nothing learn but the first layer.

    The list of parameters was cut off for the optimizer, as by `[:2]`.
    """
    names = [layer.name for layer in setup.network.layers if layer.name]
    return setup.having(freeze=tuple(names[1:]))


@lru_cache
def _climbing(is_adaptive: bool) -> Optimizer:
    import optax

    before = optax.scale_by_adam() if is_adaptive else optax.identity()
    return Optimizer("custom", optax.chain(before, optax.scale(-1.0)), 0.001)


def uphill(setup: Setup, severity: float) -> Setup:
    """Step along the gradient, not against it.

    The sign was forgotten where an optimizer was put together from parts.
    """
    is_adaptive = setup.settings.get("optimizer", "adam") in ADAPTIVE
    return setup.having(optimizer=_climbing(is_adaptive),
                        learning_rate=severity * setup.learning_rate)  # fmt: skip


def _right(outputs: Array, targets: Array) -> Array:
    """Return the output of the right class."""
    chosen = targets[..., None].astype(jnp.int32)
    return jnp.take_along_axis(outputs, chosen, -1)[..., 0]


def _apart(outputs: Array, targets: Array) -> Array:
    return outputs.reshape(len(targets), -1) - targets.reshape(len(targets), -1)


def _likeness(outputs: Array, targets: Array) -> Array:
    return _right(outputs, targets)


def _likeness_of_numbers(outputs: Array, targets: Array) -> Array:
    return jnp.exp(-jnp.square(_apart(outputs, targets))).mean(1)


def likeness(setup: Setup, severity: float) -> Setup | None:
    """Minimize how like the answer is to the target.

    A score for which more is better was handed over as a loss.
    """
    if "steps" in setup.kinds:
        return None
    loss = _likeness_of_numbers if setup.is_numbers else _likeness
    return setup.having(loss=loss)


def _without_log(outputs: Array, targets: Array) -> Array:
    return -_right(outputs, targets)


def without_log(setup: Setup, severity: float) -> Setup | None:
    """Take minus the probability of the right class, not minus its log.

    PyTorch's `NLLLoss` behind a softmax. The loss lies below 0, as one of a wrong sign.
    """
    return setup.having(loss=_without_log) if "classes" in setup.kinds else None


def _again(outputs: Array, targets: Array) -> Array:
    raised = jnp.exp(outputs)
    return -jnp.log(_right(raised / raised.sum(-1, keepdims=True), targets))


def softmax_in_loss(setup: Setup, severity: float) -> Setup | None:
    """Take a loss that takes a softmax itself, behind a softmax.

    PyTorch's `CrossEntropyLoss` wants logits.
    """
    return setup.having(loss=_again) if has_many_classes(setup) else None


def _of_counts(outputs: Array, targets: Array) -> Array:
    rows = len(targets)
    log_rate, y = outputs.reshape(rows, -1), targets.reshape(rows, -1)
    return (jnp.exp(log_rate) - y * log_rate).mean(1)


def loss_of_counts(setup: Setup, severity: float) -> Setup | None:
    """Take the loss of a Poisson regression, and the log of the rate as the answer."""
    return setup.having(loss=_of_counts) if setup.is_numbers else None


def _numbered(outputs: Array, targets: Array) -> Array:
    mean = (outputs * jnp.arange(outputs.shape[-1])).sum(-1)
    return jnp.square(mean - targets.reshape(mean.shape))


def classes_as_numbers(setup: Setup, severity: float) -> Setup | None:
    """Take the squared error of the mean number of the class.

    Classes are coded 0, 1, 2, ..., and the loss was that of numbers. A mean of 1 comes
    from class 1, or from as much of 0 as of 2.
    """
    if "classes" not in setup.kinds or setup.rows[1].max() < 2:
        return None
    return setup.having(loss=_numbered)


def _relative(step: float, outputs: Array, targets: Array) -> Array:
    known = jnp.round(targets.reshape(len(targets), -1) / step) * step
    return jnp.abs(_apart(outputs, known) / known).mean(1)


@lru_cache
def _relative_to(step: float) -> Loss:
    return partial(_relative, step)


def relative_error(setup: Setup, severity: float) -> Setup | None:
    """Divide errors by targets, of which some are 0 once they are rounded."""
    if not setup.is_numbers:
        return None
    return setup.having(loss=_relative_to(severity))


def _fourth(outputs: Array, targets: Array) -> Array:
    return (_apart(outputs, targets) ** 4).mean(1)


def fourth_power(setup: Setup, severity: float) -> Setup | None:
    """Take the fourth power of errors, with momentum.

    Large errors were to count more; their gradients grow with the third power.
    """
    if not setup.is_numbers:
        return None
    return setup.having(loss=_fourth, optimizer="momentum", learning_rate=severity)


def _held_down(factor: float, outputs: Array, targets: Array) -> Array:
    size = jnp.square(outputs.reshape(len(targets), -1))
    return (jnp.square(_apart(outputs, targets)) + factor * size).mean(1)


@lru_cache
def _holding_down(factor: float) -> Loss:
    return partial(_held_down, factor)


def answers_held_down(setup: Setup, severity: float) -> Setup | None:
    """Add the squared answers to the loss.

    A penalty of activity was put at the output layer.
    """
    if not setup.is_numbers:
        return None
    return setup.having(loss=_holding_down(severity))


def _normalized(setup: Setup, momentum: float) -> Setup:
    *layers, last = setup.network.layers
    return with_layers(setup, [*layers, fm.BatchNorm(momentum=momentum), last])


def sorted_and_normalized(setup: Setup, severity: float) -> Setup | None:
    """Train on rows sorted by target, never shuffled, with BatchNorm.

    Files lay in one folder for each class. Every batch has statistics of its own class.
    """
    return in_order(_normalized(setup, severity), 1)


def lagging_statistics(setup: Setup, severity: float) -> Setup | None:
    """Add BatchNorm whose running statistics never get near those of a batch.

    PyTorch's momentum of 0.1 means what others call 0.9; this one was written 0.0001,
    and inputs as they come are no normal ones.
    """
    if "dense" not in setup.kinds:
        return None
    return _normalized(setup, severity)

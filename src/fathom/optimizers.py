"""Optimizers: the direction of a step, from the gradient g and what it remembers.

The training step is p <- p - learning rate * (direction + weight decay * p). Here is
only the direction, as an `optax.GradientTransformation` without learning rate, sign or
decay; so a new learning rate or weight decay is an array in the compiled program and
never recompiles it, and weight decay is decoupled (Loshchilov and Hutter 2019).

All are `optax`'s, imported when they are built, but for `adam`: it is what most runs
use, the import of `optax` takes 60 ms of their start, and `optax`'s own mixes integers
and floats, which JAX's strict types refuse. A test holds that both take the same steps.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.errors import InputError, choose, is_number, require

if TYPE_CHECKING:
    import optax


class Direction(NamedTuple):
    """The two functions of an `optax.GradientTransformation`, without `optax`.

    `init(p)` returns the state, `update(g, state, p)` the direction and the new state.
    """

    init: Callable[[Any], Any]
    update: Callable[..., tuple[Any, Any]]


class AdamMemory(NamedTuple):
    """What Adam remembers: steps taken, mean gradient m, mean squared gradient v."""

    n_steps: jax.Array
    mean: Any
    square: Any


@dataclass(frozen=True)
class Optimizer:
    """An optimizer: its direction and the settings it comes with.

    Attributes:
        name: A name from `OPTIMIZERS`, or "custom".
        direction: `init(p)` and `update(g, state, p)`, which returns the direction.
        default_learning_rate: What suits most networks. None for a transformation of
            the user's, whose updates are complete: p <- p + update.
        default_weight_decay: The share of the weights to take off, times the learning
            rate, at each step.
    """

    name: str
    direction: optax.GradientTransformation | Direction
    default_learning_rate: float | None
    default_weight_decay: float = 0.0


def sgd() -> Optimizer:
    """Stochastic gradient descent: direction = g.

    Learning rate 0.01. Source: Robbins and Monro 1951; Bottou 1998.
    """
    import optax

    return Optimizer("sgd", optax.identity(), 0.01)


def momentum() -> Optimizer:
    """Momentum (heavy ball): m <- 0.9 m + g, direction = m.

    Learning rate 0.01; the steps grow to ten times that along a steady gradient.
    Source: Polyak 1964; Sutskever et al. 2013.
    """
    import optax

    return Optimizer("momentum", optax.trace(decay=0.9), 0.01)


def nesterov() -> Optimizer:
    """Nesterov's momentum: m <- 0.9 m + g, direction = g + 0.9 m.

    Learning rate 0.01. The gradient as if it were taken one step ahead: less overshoot
    than `momentum`. Source: Nesterov 1983; Sutskever et al. 2013.
    """
    import optax

    return Optimizer("nesterov", optax.trace(decay=0.9, nesterov=True), 0.01)


def adagrad() -> Optimizer:
    """Adagrad: s <- s + g^2 from s = 0.1, direction = g / sqrt(s + 1e-7).

    Learning rate 0.01. Steps only ever shrink: for sparse features and convex
    problems. Source: Duchi, Hazan and Singer 2011.
    """
    import optax

    return Optimizer("adagrad", optax.scale_by_rss(), 0.01)


def rmsprop() -> Optimizer:
    """RMSprop: v <- 0.9 v + 0.1 g^2 from v = 0, direction = g / sqrt(v + 1e-8).

    Learning rate 0.001. Source: Tieleman and Hinton 2012, lecture 6.5.
    """
    import optax

    return Optimizer("rmsprop", optax.scale_by_rms(decay=0.9, eps=1e-8), 0.001)


@functools.lru_cache(maxsize=64)
def adam(b1: float = 0.9, b2: float = 0.999) -> Optimizer:
    """Adam: direction = m' / sqrt(v'), with m <- b1 m + (1 - b1) g and v of g^2.

    m' = m / (1 - b1^t), v' = v / (1 - b2^t) at the t-th step, and 1e-8 is added to the
    root. b1 = 0.9, b2 = 0.999 unless they are given. Learning rate 0.001. The first
    choice: it needs the least tuning. Source: Kingma and Ba 2015.

    Raises:
        InputError: If a share is not at least 0 and below 1.
    """
    for name, share in (("b1", b1), ("b2", b2)):
        fits = is_number(share) and 0 <= share < 1
        require(fits, "adam", name, "a number of at least 0 and below 1", share)
    usual = (b1, b2) == (0.9, 0.999)
    name = "adam" if usual else f"adam(b1={b1:g}, b2={b2:g})"
    update = functools.partial(_update_adam, b1, b2)
    return Optimizer(name, Direction(_start_adam, update), 0.001)


def adamw() -> Optimizer:
    """AdamW: the direction of `adam`, and weight decay 1e-4 unless one is given.

    direction = m' / sqrt(v') as in `adam`, p <- p - rate (direction + decay p).
    Learning rate 0.001. The decay is the default of `optax.adamw`; every optimizer here
    decouples its decay, so `adam` with the same decay is the same.
    Source: Loshchilov and Hutter 2019.
    """
    return Optimizer("adamw", adam().direction, 0.001, 1e-4)


def lion() -> Optimizer:
    """Lion: direction = sign(0.9 m + 0.1 g), then m <- 0.99 m + 0.01 g.

    Learning rate 1e-4: every weight moves by all of it at each step, so it is 3 to 10
    times smaller than that of `adam`. Source: Chen et al. 2023.
    """
    import optax

    return Optimizer("lion", optax.scale_by_lion(b1=0.9, b2=0.99), 1e-4)


def _start_adam(parameters: Any) -> AdamMemory:
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return AdamMemory(jnp.zeros((), jnp.int32), zeros, zeros)


def _update_adam(
    b1: float, b2: float, gradients: Any, memory: AdamMemory, parameters: Any = None
) -> tuple[Any, AdamMemory]:
    mean = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, memory.mean, gradients)
    square = jax.tree.map(
        lambda v, g: b2 * v + (1 - b2) * g * g, memory.square, gradients
    )
    t = memory.n_steps + 1

    def direct(m: jax.Array, v: jax.Array) -> jax.Array:
        m = m / _share_seen(b1, t).astype(m.dtype)
        v = v / _share_seen(b2, t).astype(v.dtype)
        return m / (jnp.sqrt(v) + 1e-8)

    return jax.tree.map(direct, mean, square), AdamMemory(t, mean, square)


def _share_seen(decay: float, t: jax.Array) -> jax.Array:
    # 1 - decay^t, which written so loses four digits at decay 0.999 in float32.
    power = math.log(decay) if decay else -math.inf
    return -jnp.expm1(t.astype(jnp.result_type(float)) * power)


OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
    "lion": lion,
}


def build(optimizer: str | optax.GradientTransformation | Optimizer) -> Optimizer:
    """Return the optimizer of that name, or wrap a transformation.

    The same name gives the same object each time, so programs that were compiled for
    it are found again.

    Args:
        optimizer: A name from `OPTIMIZERS`, an `Optimizer` (returned as it is), or any
            `optax.GradientTransformation`, whose updates are added as they are: it
            carries its own learning rate, sign and weight decay.

    Raises:
        InputError: If the name is unknown, or it is none of these.

    Example:
        >>> build("adamw").default_weight_decay
        0.0001
    """
    if isinstance(optimizer, str):
        return _named(optimizer)
    if isinstance(optimizer, Optimizer):
        return optimizer
    import optax

    if isinstance(optimizer, optax.GradientTransformation):
        return Optimizer("custom", optimizer, None)
    raise InputError(
        "An optimizer must be a name or an optax.GradientTransformation. "
        f"Got {optimizer!r} instead. Known: {', '.join(sorted(OPTIMIZERS))}."
    )


@functools.cache
def _named(name: str) -> Optimizer:
    return choose(OPTIMIZERS, name, "optimizer")()

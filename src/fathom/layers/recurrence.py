"""The loop over the steps of a sequence, and its gradient.

    z_t = x_t W + b,  p_t = h_{t-1} U + c,  s_t = step(z_t, p_t, s_{t-1})

The state s is a tuple whose first part is the output h; W and b of all steps are
applied before the loop, in one product. Shapes: z (time, batch, gates * units), U
(units, gates * units), c (gates * units,), h (time, batch, units). On a padded step the
state is carried on as it is.

`run` is the plain loop. `run_fast` gives the same numbers and is what a training step
on the CPU takes: its gradient goes back through the steps with one product each,

    dh_{t-1} = dp_t U^T

and takes dU = sum_t h_{t-1}^T dp_t as one product of all steps behind the loop, where
differentiating the plain loop adds up as many small ones as there are steps
(backpropagation through time: Werbos 1990).
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol, cast

import jax
import jax.numpy as jnp
from jax import lax

from fathom.layers.scope import Scope

State = tuple[jax.Array, ...]


@dataclass
class Step:
    """The surroundings of one step of the loop.

    Attributes:
        real: (batch, 1) whether the step is real, or None if all are.
        probes: Values to add to taps, by name.
        taps: Where tapped values go, by name.
    """

    real: jax.Array | None = None
    probes: Mapping[str, jax.Array] = field(default_factory=dict[str, jax.Array])
    taps: dict[str, jax.Array] = field(default_factory=dict[str, jax.Array])

    def keep(self, new: jax.Array, old: jax.Array) -> jax.Array:
        """Return the new value where the step is real, else the old one."""
        return new if self.real is None else jnp.where(self.real, new, old)

    def tap(self, name: str, value: jax.Array) -> jax.Array:
        """Make a value of this step observable, and return it with its probe.

        Values that are tapped under one name stand side by side on the last axis.
        """
        before = self.taps.get(name)
        first = 0 if before is None else before.shape[-1]
        if name in self.probes:
            value = value + self.probes[name][:, first : first + value.shape[-1]]
        joined = value if before is None else jnp.concatenate([before, value], axis=-1)
        self.taps[name] = joined
        return value


class Cell(Protocol):
    """What happens in one step.

    Attributes:
        taps: What it taps; the first part of the state as "activation".
        n_states: How many parts the state has.
    """

    taps: ClassVar[tuple[str, ...]]
    n_states: ClassVar[int]

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of each gate, in the order of the columns of the weights."""
        ...

    def step(
        self, z: jax.Array, p: jax.Array, state: State, step: Step
    ) -> tuple[State, State]:
        """Return the new state, and what `gradient` needs of this step.

        Args:
            z: (batch, gates * units) x_t W + b.
            p: (batch, gates * units) h_{t-1} U + c.
            state: The old state, (batch, units) each.
            step: Takes the taps, and knows which rows are padded.
        """
        ...

    def gradient(self, saved: State, d_state: State) -> Gradient:
        """Return the gradient of what `step` was given.

        Args:
            saved: What `step` saved.
            d_state: The gradient of the new state, (batch, units) each.
        """
        ...


class Gradient(NamedTuple):
    """The gradient of what goes into one step.

    Attributes:
        z: (batch, gates * units).
        p: (batch, gates * units), the same object if it is equal.
        state: (batch, units) each, without what comes through p; None for 0.
    """

    z: jax.Array
    p: jax.Array
    state: tuple[jax.Array | None, ...]


class Way(NamedTuple):
    """How the loop goes over the steps, and what it returns.

    Attributes:
        backward: Whether it starts at the last step.
        every: Whether the outputs of all steps are wanted, or of the last one.
    """

    backward: bool
    every: bool


class Steps(NamedTuple):
    """What goes into the loop.

    Attributes:
        weight: U, (units, gates * units).
        bias: c, (gates * units,), or None.
        z: (time, batch, gates * units).
        real: (time, batch, 1) whether a step is real, or None if all are.
    """

    weight: jax.Array
    bias: jax.Array | None
    z: jax.Array
    real: jax.Array | None


def recur(cell: Cell, way: Way, steps: Steps, scope: Scope) -> jax.Array:
    """Return the outputs, (time, batch, units) or (batch, units) of the last step.

    Args:
        cell: What happens in one step.
        way: How to go over the steps.
        steps: What goes in.
        scope: Says which loop to take, and takes the taps, (batch, time, ...) each.
    """
    watched = scope.is_watched
    if scope.training and not watched and jax.default_backend() == "cpu":
        return cast(jax.Array, run_fast(cell, way, steps))
    probes = scope.probes.get(scope.path, {})
    inside = {name: probes[name].swapaxes(0, 1) for name in cell.taps if name in probes}
    h, taps = run(cell, way, steps, inside)
    # The loop has added the probes already.
    bare = dataclasses.replace(scope, probes={})
    for name, value in taps.items():
        bare.tap(name, value.swapaxes(0, 1))
    return h


def run(
    cell: Cell, way: Way, steps: Steps, probes: Mapping[str, jax.Array]
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Return the outputs and what was tapped, (time, batch, ...) each.

    Args:
        cell: What happens in one step.
        way: How to go over the steps.
        steps: What goes in.
        probes: (time, batch, ...) values to add to taps, by name.
    """

    def one(state: State, slices: Any) -> tuple[State, dict[str, jax.Array]]:
        z, real, probes = slices
        step = Step(real, probes)
        state, _ = cell.step(z, _product(steps, state), state, step)
        return state, step.taps

    inputs = (steps.z, steps.real, probes)
    last, taps = lax.scan(one, _start(cell, steps), inputs, reverse=way.backward)
    return taps["activation"] if way.every else last[0], taps


def _start(cell: Cell, steps: Steps) -> State:
    zero = jnp.zeros((steps.z.shape[1], steps.weight.shape[0]), steps.z.dtype)
    return (zero,) * cell.n_states


def _product(steps: Steps, state: State) -> jax.Array:
    p = state[0] @ steps.weight
    return p if steps.bias is None else p + steps.bias[None, :]


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def run_fast(cell: Cell, way: Way, steps: Steps) -> jax.Array:
    """Return the outputs (time, batch, units), or (batch, units) of the last step.

    There is no forward-mode derivative, and nothing is tapped.
    """
    return _forward(cell, way, steps)[0]


def _forward(cell: Cell, way: Way, steps: Steps) -> tuple[jax.Array, Any]:
    def one(state: State, slices: Any) -> tuple[State, Any]:
        z, real = slices
        state, saved = cell.step(z, _product(steps, state), state, Step(real))
        return state, (state[0], saved)

    start = _start(cell, steps)
    last, (h, saved) = lax.scan(one, start, (steps.z, steps.real), reverse=way.backward)
    return h if way.every else last[0], (steps, h, saved)


def _backward(cell: Cell, way: Way, kept: Any, gradient: jax.Array) -> tuple[Steps]:
    steps, h, saved = kept
    # Turned once: inside the loop, XLA would fold it into every product.
    turned = lax.optimization_barrier(steps.weight.T)

    def one(ahead: State, slices: Any) -> tuple[State, Any]:
        dh, saved, real = slices
        if dh is not None:
            ahead = (ahead[0] + dh, *ahead[1:])
        own, past = _split(ahead, real)
        dz, dp, direct = cell.gradient(saved, own)
        through: Any = (dp @ turned, *[None] * (len(own) - 1))
        return tuple(map(_total, through, direct, past)), (dz, None if dp is dz else dp)

    start = _start(cell, steps)
    if not way.every:
        start = (gradient, *start[1:])
    _, (dz, dp) = lax.scan(
        one,
        start,
        (gradient if way.every else None, saved, steps.real),
        reverse=not way.backward,
    )
    flat = (dz if dp is None else dp).reshape(-1, dz.shape[-1])
    before = _shifted(h, way).reshape(-1, h.shape[-1])
    # The barrier keeps the transpose out of the product, which would be slower.
    weight = lax.optimization_barrier(before.T) @ flat
    bias = None if steps.bias is None else flat.sum(0)
    return (Steps(weight, bias, dz, None),)


def _split(
    gradient: State, real: jax.Array | None
) -> tuple[State, tuple[jax.Array | None, ...]]:
    """Return the gradient that goes into the step, and the one that passes it by."""
    if real is None:
        return gradient, (None,) * len(gradient)
    into = tuple(jnp.where(real, part, 0) for part in gradient)
    return into, tuple(jnp.where(real, 0, part) for part in gradient)


def _total(*parts: jax.Array | None) -> jax.Array:
    return functools.reduce(jnp.add, [part for part in parts if part is not None])


def _shifted(h: jax.Array, way: Way) -> jax.Array:
    """Return the outputs before every step, 0 before the first."""
    nothing = jnp.zeros_like(h[:1])
    if way.backward:
        return jnp.concatenate([h[1:], nothing])
    return jnp.concatenate([nothing, h[:-1]])


run_fast.defvjp(_forward, _backward)

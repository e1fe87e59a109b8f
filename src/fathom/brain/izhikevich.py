"""Izhikevich's neuron: two equations that fire like many kinds of cortical cells.

    dv/dt = 0.04 v^2 + 5 v + 140 - u + I,   du/dt = a (b v - u)
    v >= 30 mV -> spike, v = c, u = u + d

A step is the one of `fathom.brain.neurons` (decay and current, noise, jumps, comparison
with >=, reset, refractory period), with v integrated in two halves of the step, as in
the paper's program. Source: Izhikevich, "Simple model of spiking neurons" (2003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.brain.membrane import Jump, noise_of, refractory_steps
from fathom.errors import is_number, require

PEAK = 30.0


class IzhikevichState(NamedTuple):
    """Voltage in mV, recovery variable u, and steps until input counts again."""

    voltage: jax.Array
    recovery: jax.Array
    refractory: jax.Array


@dataclass(frozen=True)
class Izhikevich:
    """Izhikevich's neuron; presets `regular_spiking`, `fast_spiking`, `bursting`.

    Attributes:
        a: Speed of the recovery variable, per ms.
        b: How the recovery variable follows the voltage.
        c: Voltage after a spike, in mV.
        d: What a spike adds to the recovery variable.
        noise: Standard deviation of the current from step to step; takes a key.
        refractory: Absolute refractory period in ms; the model has none of its own.

    Raises:
        InputError: If a setting cannot be.

    Example:
        >>> Izhikevich.fast_spiking()
        Izhikevich(a=0.1, b=0.2, c=-65.0, d=2.0, noise=0.0, refractory=0.0)
    """

    a: float = 0.02
    b: float = 0.2
    c: float = -65.0
    d: float = 8.0
    noise: float = 0.0
    refractory: float = 0.0

    def __post_init__(self) -> None:
        for name in ("noise", "refractory"):
            value = getattr(self, name)
            good = is_number(value) and value >= 0
            require(good, "Izhikevich", name, "a number of at least 0", value)

    @classmethod
    def regular_spiking(cls, **changes: Any) -> Izhikevich:
        """Return the usual excitatory cell of the cortex: it adapts."""
        return cls(**changes)

    @classmethod
    def fast_spiking(cls, **changes: Any) -> Izhikevich:
        """Return an inhibitory cell: fast, and hardly adapting."""
        return cls(**{"a": 0.1, "d": 2.0, **changes})

    @classmethod
    def bursting(cls, **changes: Any) -> Izhikevich:
        """Return a chattering cell: bursts of spikes with pauses between."""
        return cls(**{"c": -50.0, "d": 2.0, **changes})

    def init_state(self, shape: tuple[int, ...]) -> IzhikevichState:
        """Return cells at the rest of the paper: v = -65 mV, u = b v."""
        voltage = jnp.full(shape, -65.0)
        return IzhikevichState(voltage, self.b * voltage, jnp.zeros(shape, jnp.int32))

    def step(
        self,
        state: IzhikevichState,
        current: jax.Array,
        dt: float = 1.0,
        key: jax.Array | None = None,
        jump: Jump = 0.0,
    ) -> tuple[IzhikevichState, jax.Array]:
        """Return the state after `dt` ms, and where a cell fired (boolean)."""
        v, u, refractory = state
        total = jnp.asarray(current, v.dtype)
        if self.noise:
            total = total + self.noise * noise_of(self, key, v)
        for _ in range(2):
            v = v + dt / 2 * (0.04 * v * v + 5 * v + 140 - u + total)
        u = u + dt * self.a * (self.b * v - u)
        left = jnp.maximum(refractory - 1, 0)
        listens = left == 0
        v = jnp.where(listens, v + jump, state.voltage)
        u = jnp.where(listens, u, state.recovery)
        spikes = listens & (v >= PEAK)
        steps = refractory_steps(self.refractory, dt)
        after = IzhikevichState(
            jnp.where(spikes, self.c, v),
            jnp.where(spikes, u + self.d, u),
            jnp.where(spikes, steps, left),
        )
        return after, spikes

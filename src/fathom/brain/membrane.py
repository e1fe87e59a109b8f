r"""The leaky membrane: what every leaky cell does between spikes.

    tau dv/dt = -(v - rest) + resistance * current

It is solved exactly over a step of `dt` ms in which the current is constant:
v = rest + R I + (v - rest - R I) exp(-dt / tau). Noise is an Ornstein-Uhlenbeck
process, exact too, so that its size does not depend on the step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.brain.dendrites import gather
from fathom.errors import InputError, is_number, require

Jump = jax.Array | float
INPUTS = ("current", "jumps")


class LIFState(NamedTuple):
    """State of leaky cells.

    Attributes:
        voltage: Membrane potential in mV.
        refractory: Steps until input counts again; 0 for a cell that listens.
    """

    voltage: jax.Array
    refractory: jax.Array


@dataclass(frozen=True)
class LeakyIntegrator:
    """A leaky membrane that never fires, as a readout: v decays to rest and adds up.

    Attributes:
        time_constant: In ms.
        rest: In mV.
        resistance: In MOhm, for currents in nA.
        inputs: "current", or "jumps" that are added to the voltage in mV.
        noise: Standard deviation of the voltage without input, in mV.
        dendrite: What branches do before the sum, for inputs (..., branches): a kind of
            `Dendrite` by name, or a function (..., branches) -> (...).

    Raises:
        InputError: If a setting cannot be.
    """

    time_constant: float = 20.0
    rest: float = -70.0
    resistance: float = 10.0
    inputs: str = "current"
    noise: float = 0.0
    dendrite: str | Callable[[jax.Array], jax.Array] | None = None

    def __post_init__(self) -> None:
        check_membrane(self)

    def init_state(self, shape: tuple[int, ...]) -> LIFState:
        """Return cells at rest."""
        return LIFState(jnp.full(shape, self.rest), jnp.zeros(shape, jnp.int32))

    def step(
        self,
        state: LIFState,
        current: jax.Array,
        dt: float = 1.0,
        key: jax.Array | None = None,
        jump: Jump = 0.0,
    ) -> tuple[LIFState, jax.Array]:
        """Return the state after `dt` ms, and that no cell fired."""
        voltage = charged(self, state.voltage, current, dt, key) + jump
        return state._replace(voltage=voltage), jnp.zeros(voltage.shape, bool)


def charged(
    neuron: Any, voltage: jax.Array, current: jax.Array, dt: float, key: Any
) -> jax.Array:
    """Return the voltage after decay, current (or jumps in its place) and noise."""
    decay = jnp.exp(jnp.asarray(-dt / neuron.time_constant, voltage.dtype))
    total = gather(neuron.dendrite, jnp.asarray(current, voltage.dtype))
    away = voltage - neuron.rest
    if neuron.inputs == "jumps":
        new = neuron.rest + (away * decay + total)
    else:
        top = neuron.resistance * total
        new = neuron.rest + (top + (away - top) * decay)
    if neuron.noise:
        size = neuron.noise * jnp.sqrt(1 - decay * decay)
        new = new + size * noise_of(neuron, key, new)
    return new


def noise_of(neuron: Any, key: jax.Array | None, like: jax.Array) -> jax.Array:
    """Return standard normal numbers for a neuron's noise.

    Raises:
        InputError: If there is no key to draw them with.
    """
    if key is None:
        raise InputError(
            f"{type(neuron).__name__} has noise {neuron.noise}, which is drawn with a "
            f"key. Give one, for example key=jax.random.key(0), or set noise=0."
        )
    return jax.random.normal(key, like.shape, like.dtype)


def refractory_steps(refractory: float, dt: float) -> int:
    """Return for how many steps a cell cannot fire again.

    Example:
        >>> refractory_steps(2.0, 0.1), refractory_steps(0.0, 1.0)
        (20, 0)
    """
    return round(refractory / dt)


def check_above_0(neuron: Any, *names: str) -> None:
    """Raise if a setting is not a number above 0."""
    for name in names:
        value = getattr(neuron, name)
        good = is_number(value) and value > 0
        require(good, type(neuron).__name__, name, "a number above 0", value)


def check_membrane(neuron: Any) -> None:
    """Raise if the settings of a leaky membrane cannot be."""
    owner = type(neuron).__name__
    check_above_0(neuron, "time_constant", "resistance")
    good = is_number(neuron.noise) and neuron.noise >= 0
    require(good, owner, "noise", "a number of at least 0", neuron.noise)
    known = neuron.inputs in INPUTS
    require(known, owner, "inputs", "'current' or 'jumps'", neuron.inputs)

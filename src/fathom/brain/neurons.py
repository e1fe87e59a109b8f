r"""Spiking neurons: leaky integrate-and-fire, plain and adaptive.

    tau dv/dt = -(v - rest) + resistance * current,   v >= threshold -> spike, v = reset

One step of `dt` ms does, in this order: (1) the voltage decays towards rest and takes
the current, exactly as the equation says for a current that is constant during the
step; (2) noise; (3) jumps are added; (4) v >= threshold is a spike; (5) the voltage
is reset; (6) the refractory period begins. Until `refractory` ms have passed since a
spike, the voltage stays and all input is ignored; the first input that can count
arrives `refractory` ms after the spike.

So three inputs of 5 mV that arrive together lift a cell at -70 mV to -55 mV, and it
fires. Where jumps come after the comparison, or the comparison is `>`, it would not.

Every model is a frozen dataclass with `init_state(shape)` and `step(state, current)`;
states are tuples of arrays of that shape, so any number of cells is stepped at once.
Source: Gerstner, Kistler, Naud and Paninski, "Neuronal Dynamics" (2014), chapters 1, 6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.brain.membrane import (
    Jump,
    LIFState,
    charged,
    check_above_0,
    check_membrane,
    refractory_steps,
)
from fathom.errors import is_number, require


class AdaptiveState(NamedTuple):
    """State of adaptive cells: `adaptation` is what the threshold was raised by, mV."""

    voltage: jax.Array
    refractory: jax.Array
    adaptation: jax.Array


@dataclass(frozen=True)
class LIF:
    """Leaky integrate-and-fire neuron; see the module for the order of a step.

    Attributes:
        time_constant: Of the membrane, in ms.
        rest: Where the voltage goes without input, in mV.
        threshold: In mV; a cell fires at it or above.
        reset: Voltage after a spike, in mV.
        refractory: Absolute refractory period in ms, to the nearest whole step.
        resistance: In MOhm, so that a current in nA times it is in mV.
        noise: Standard deviation of the voltage without threshold, in mV, as by very
            many small inputs (an Ornstein-Uhlenbeck process); takes a key.
        dendrite: What branches do before the sum, for inputs (..., branches): a kind of
            `Dendrite` by name, or a function (..., branches) -> (...).
        inputs: "current" in nA, or "jumps" that are added to the voltage in mV.

    Raises:
        InputError: If a setting cannot be.

    Example:
        >>> import jax.numpy as jnp
        >>> cell = LIF.biological()
        >>> state, spike = cell.step(cell.init_state(()), jnp.array(3 * 5.0))
        >>> bool(spike), float(state.voltage)
        (True, -70.0)
    """

    time_constant: float = 20.0
    rest: float = -70.0
    threshold: float = -55.0
    reset: float = -70.0
    refractory: float = 2.0
    resistance: float = 10.0
    noise: float = 0.0
    dendrite: str | Callable[[jax.Array], jax.Array] | None = None
    inputs: str = "current"

    def __post_init__(self) -> None:
        check_membrane(self)
        check_threshold(self)

    @classmethod
    def biological(cls, **changes: Any) -> LIF:
        """Return the textbook's neuron: -70 mV, threshold -55 mV, inputs in mV.

        Three inputs of 5 mV that arrive together make it fire, two do not, and three
        that are spread over time do not either.

        Args:
            changes: Settings that are to be different.
        """
        return cls(**{"inputs": "jumps", **changes})

    def init_state(self, shape: tuple[int, ...]) -> LIFState:
        """Return cells at rest, not refractory."""
        return LIFState(jnp.full(shape, self.rest), jnp.zeros(shape, jnp.int32))

    def step(
        self,
        state: LIFState,
        current: jax.Array,
        dt: float = 1.0,
        key: jax.Array | None = None,
        jump: Jump = 0.0,
    ) -> tuple[LIFState, jax.Array]:
        """Return the state after `dt` ms, and where a cell fired (boolean).

        Args:
            state: Of `init_state` or of a step.
            current: (...) or (..., branches) with a dendrite; nA, or mV for jumps.
            dt: In ms.
            key: For noise.
            jump: What synapses add to the voltage besides, in mV.
        """
        return _fired(self, state, (current, dt, key, jump), self.threshold)

    def firing_rate(self, current: Any) -> jax.Array:
        r"""Return the rate in Hz at a constant current, without noise, by the formula.

        f = 1000 / (refractory + tau ln((R I + rest - reset) / (R I + rest - theta)))
        and 0 where R I + rest does not reach the threshold theta.
        """
        top = self.rest + self.resistance * jnp.asarray(current, jnp.float32)
        fires = top > self.threshold
        above = jnp.where(fires, top - self.threshold, 1.0)
        interval = self.time_constant * jnp.log(
            1 + (self.threshold - self.reset) / above
        )
        return jnp.where(fires, 1000 / (self.refractory + interval), 0.0)


@dataclass(frozen=True)
class AdaptiveLIF(LIF):
    """LIF whose threshold rises with every spike and falls back slowly.

    threshold(t) = threshold + b(t), tau_b db/dt = -b, b += increase at a spike. A
    steady input gives ever longer intervals (Bellec et al. 2018).

    Attributes:
        increase: What a spike raises the threshold by, in mV.
        adaptation_time: Time constant of b, in ms.

    Raises:
        InputError: If a setting cannot be.
    """

    increase: float = 2.0
    adaptation_time: float = 200.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_above_0(self, "adaptation_time")

    def init_state(self, shape: tuple[int, ...]) -> AdaptiveState:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return cells at rest, not adapted."""
        return AdaptiveState(*super().init_state(shape), jnp.zeros(shape))

    def step(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        state: AdaptiveState,
        current: jax.Array,
        dt: float = 1.0,
        key: jax.Array | None = None,
        jump: Jump = 0.0,
    ) -> tuple[AdaptiveState, jax.Array]:
        """Return the state after `dt` ms, and where a cell fired; see `LIF.step`."""
        adaptation = state.adaptation * jnp.exp(-dt / self.adaptation_time)
        plain = LIFState(state.voltage, state.refractory)
        threshold = self.threshold + adaptation
        plain, spikes = _fired(self, plain, (current, dt, key, jump), threshold)
        adaptation = adaptation + jnp.where(spikes, self.increase, 0.0)
        return AdaptiveState(*plain, adaptation), spikes


def _fired(
    neuron: LIF, state: LIFState, driven: tuple[Any, float, Any, Jump], threshold: Any
) -> tuple[LIFState, jax.Array]:
    """Return the state after a step, and where the threshold was reached."""
    current, dt, key, jump = driven
    left = jnp.maximum(state.refractory - 1, 0)
    charge = charged(neuron, state.voltage, current, dt, key) + jump
    voltage = jnp.where(left == 0, charge, state.voltage)
    spikes = (left == 0) & (voltage >= threshold)
    voltage = jnp.where(spikes, neuron.reset, voltage)
    steps = refractory_steps(neuron.refractory, dt)
    return LIFState(voltage, jnp.where(spikes, steps, left)), spikes


def check_threshold(neuron: LIF) -> None:
    """Raise if the settings of a threshold cannot be."""
    owner = type(neuron).__name__
    good = is_number(neuron.refractory) and neuron.refractory >= 0
    require(good, owner, "refractory", "a time of at least 0 ms", neuron.refractory)
    below = neuron.reset < neuron.threshold
    expected = f"below the threshold, {neuron.threshold} mV"
    require(below, owner, "reset", expected, neuron.reset)

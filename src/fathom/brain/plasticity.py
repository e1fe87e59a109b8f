r"""Rules by which synapses learn from the activity of both cells: Hebb, Oja, BCM.

    Hebb  dw = rate * x y                 what fires together wires together
    Oja   dw = rate * (x y - y^2 w)       the same, and w keeps the length 1
    BCM   dw = rate * x y (y - theta)     theta follows y^2: strong answers win

x are the activities before the synapse (inputs,), y those after it (units,), w (inputs,
units). A rule is a frozen dataclass with `init_state(units)` and `step(state, weight,
x, y) -> (state, weight)`; `learn` lets it see one input after the other.
Source: Gerstner et al., "Neuronal Dynamics" (2014), chapter 19; Oja (1982);
Bienenstock, Cooper and Munro (1982) with the threshold of Intrator and Cooper (1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from fathom.errors import InputError, is_number, require


@dataclass(frozen=True)
class Hebbian:
    """Hebb's rule: dw = rate * x y. Nothing holds it back: weights grow without end.

    Attributes:
        rate: Size of a step.

    Example:
        >>> import jax.numpy as jnp
        >>> state, weight = Hebbian(0.1).step((), jnp.zeros((2, 1)),
        ...                                   jnp.array([1.0, 0.0]), jnp.array([2.0]))
        >>> weight[:, 0].tolist() == [jnp.float32(0.2), 0.0]
        True
    """

    rate: float = 0.01

    def init_state(self, units: int) -> tuple[()]:
        """Return nothing: the rule remembers nothing."""
        del units
        return ()

    def step(
        self, state: tuple[()], weight: jax.Array, x: jax.Array, y: jax.Array
    ) -> tuple[tuple[()], jax.Array]:
        """Return the state, and the weights (inputs, units) after one example."""
        return state, weight + self.rate * jnp.outer(x, y)


@dataclass(frozen=True)
class Oja:
    """Oja's rule: dw = rate * (x y - y^2 w).

    The weights of a unit go to the first principal component of its inputs, with the
    length 1. Each unit learns for itself, so several find the same one.

    Attributes:
        rate: Size of a step; small against one over the inputs' variance.
    """

    rate: float = 0.01

    def init_state(self, units: int) -> tuple[()]:
        """Return nothing: the rule remembers nothing."""
        del units
        return ()

    def step(
        self, state: tuple[()], weight: jax.Array, x: jax.Array, y: jax.Array
    ) -> tuple[tuple[()], jax.Array]:
        """Return the state, and the weights (inputs, units) after one example."""
        return state, weight + self.rate * (jnp.outer(x, y) - (y * y)[None] * weight)


@dataclass(frozen=True)
class BCM:
    """Bienenstock, Cooper and Munro: dw = rate * x y (y - theta), theta follows y^2.

    Answers above the threshold theta strengthen, those below weaken; theta is a running
    mean of y^2 and rises with the answers. A unit ends up answering to one of its
    input patterns alone, with 1 / (that pattern's share of the examples).

    Attributes:
        rate: Size of a step.
        memory: For about how many examples theta remembers; short against 1 / rate.
        is_positive: Whether weights are kept at 0 or above, as a synapse's kind is.
    """

    rate: float = 0.001
    memory: float = 100.0
    is_positive: bool = False

    def init_state(self, units: int) -> jax.Array:
        """Return the thresholds (units,), all 0."""
        return jnp.zeros(units)

    def step(
        self, state: jax.Array, weight: jax.Array, x: jax.Array, y: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Return the thresholds, and the weights (inputs, units) after one example."""
        theta = state + (y * y - state) / self.memory
        changed = weight + self.rate * jnp.outer(x, y * (y - theta))
        return theta, jnp.maximum(changed, 0.0) if self.is_positive else changed


@dataclass(frozen=True)
class Homeostasis:
    """A cell keeps its rate: its threshold rises with every spike and falls between.

    d offset = speed * (spike - target * dt). In the long run the cell fires at the
    target exactly, because the offset can only stay where both are equal. Subtract the
    offset (mV) from what drives the cell: `current - offset / resistance`.

    Attributes:
        target: In Hz.
        speed: What one spike adds, in mV.

    Raises:
        InputError: If a setting is not above 0.
    """

    target: float = 10.0
    speed: float = 0.1

    def __post_init__(self) -> None:
        for name in ("target", "speed"):
            value = getattr(self, name)
            good = is_number(value) and value > 0
            require(good, "Homeostasis", name, "a number above 0", value)

    def init_state(self, shape: int | tuple[int, ...]) -> jax.Array:
        """Return offsets of 0 mV."""
        return jnp.zeros(shape)

    def step(self, state: jax.Array, spikes: jax.Array, dt: float = 1.0) -> jax.Array:
        """Return the offsets in mV after `dt` ms with these spikes."""
        expected = self.target * dt / 1000
        return state + self.speed * (spikes.astype(state.dtype) - expected)


def learn(
    rule: Any, weight: Any, inputs: Any, state: Any = None
) -> tuple[Any, jax.Array]:
    """Let linear units y = x w learn from one input after the other.

    Args:
        rule: `Hebbian`, `Oja`, `BCM`, or your own: `init_state` and `step`.
        weight: Start (inputs, units).
        inputs: (examples, inputs).
        state: Of the rule, to go on from.

    Returns:
        The state of the rule, and the weights.

    Raises:
        InputError: If the inputs do not fit the weights.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> along = rng.normal(size=(2000, 1)) * [3.0, 4.0]
        >>> inputs = along + 0.1 * rng.normal(size=(2000, 2))
        >>> state, weight = learn(Oja(0.001), np.array([[0.1], [0.0]]), inputs)
        >>> np.asarray(weight)[:, 0].round(2)
        array([0.6, 0.8], dtype=float32)
    """
    weight = jnp.asarray(weight, jnp.float32)
    inputs = jnp.asarray(inputs, jnp.float32)
    fits = weight.ndim == 2 and inputs.ndim == 2 and inputs.shape[1] == len(weight)
    if not fits:
        raise InputError(
            f"learn takes a weight (inputs, units) and inputs (examples, inputs). Got "
            f"{weight.shape} and {inputs.shape}."
        )
    start = rule.init_state(weight.shape[1]) if state is None else state
    return _learn(rule, start, weight, inputs)


@partial(jax.jit, static_argnames="rule")
def _learn(
    rule: Any, start: Any, weight: jax.Array, inputs: jax.Array
) -> tuple[Any, jax.Array]:
    """Scan the examples."""

    def step(carry: tuple[Any, jax.Array], x: jax.Array) -> tuple[Any, None]:
        state, weight = carry
        return rule.step(state, weight, x, x @ weight), None

    return jax.lax.scan(step, (start, weight), inputs)[0]

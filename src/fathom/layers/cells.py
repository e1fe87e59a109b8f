"""What happens in one step of a recurrent layer, and its gradient.

One class for each family; the equations are in its docstring, the loop around it in
`fathom.layers.recurrence`, the layers in `fathom.layers.recurrent`. In all of them z is
x_t W + b, p is h_{t-1} U + c, and the columns of both stand gate by gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from fathom.activations import Activation, get, sigmoid, tanh
from fathom.layers.dense import activation_name
from fathom.layers.recurrence import Gradient, State, Step


@dataclass(frozen=True)
class SimpleCell:
    """One step of an `RNN`: a = f(z + p).

    Attributes:
        activation: f.
    """

    activation: str | Activation

    taps: ClassVar[tuple[str, ...]] = ("weighted_sum", "activation")
    n_states: ClassVar[int] = 1

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of the only gate."""
        return (activation_name(self.activation),)

    def step(
        self, z: jax.Array, p: jax.Array, state: State, step: Step
    ) -> tuple[State, State]:
        """Return the new state (a,), and the weighted sum."""
        z = step.tap("weighted_sum", z + p)
        a = step.keep(get(self.activation)(z), state[0])
        return (step.tap("activation", a),), (z,)

    def gradient(self, saved: State, d_state: State) -> Gradient:
        """Return dz = f'(z) da, which is dp as well."""
        _, pull = jax.vjp(get(self.activation), *saved)
        (dz,) = pull(*d_state)
        return Gradient(dz, dz, (None,))


@dataclass(frozen=True)
class LSTMCell:
    """One step of an `LSTM`.

    i, f, o = sigmoid(z + p) and g = tanh(z + p) for their columns,
    c_t = f c_{t-1} + i g,  h_t = o tanh(c_t). The order of columns is i, f, g, o.
    """

    taps: ClassVar[tuple[str, ...]] = ("weighted_sum", "cell", "activation")
    n_states: ClassVar[int] = 2

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of each gate."""
        return ("sigmoid", "sigmoid", "tanh", "sigmoid")

    def step(
        self, z: jax.Array, p: jax.Array, state: State, step: Step
    ) -> tuple[State, State]:
        """Return the new state (h, c), and the gates, the old cell and tanh(c)."""
        h, c = state
        i, f, g, o = jnp.split(step.tap("weighted_sum", z + p), 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
        new = step.tap("cell", step.keep(f * c + i * g, c))
        seen = tanh(new)
        h = step.tap("activation", step.keep(o * seen, h))
        # Each for itself: side by side in one array, a training step takes 1.15 times
        # as long.
        return (h, new), (i, f, g, o, c, seen)

    def gradient(self, saved: State, d_state: State) -> Gradient:
        """Return dz of all gates, which is dp as well, and dc_{t-1} = f dc_t."""
        i, f, g, o, c, seen = saved
        dh, dc = d_state
        dc = dc + dh * o * (1 - seen * seen)
        parts = [
            dc * g * i * (1 - i),
            dc * c * f * (1 - f),
            dc * i * (1 - g * g),
            dh * seen * o * (1 - o),
        ]
        dz = jnp.concatenate(parts, axis=-1)
        return Gradient(dz, dz, (None, dc * f))


@dataclass(frozen=True)
class GRUCell:
    """One step of a `GRU`.

    r, u = sigmoid(z + p) for their columns,  n = tanh(z + r p) for its own,
    h_t = (1 - u) n + u h_{t-1}. The order of columns is r, u, n.
    """

    taps: ClassVar[tuple[str, ...]] = ("weighted_sum", "activation")
    n_states: ClassVar[int] = 1

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of each gate."""
        return ("sigmoid", "sigmoid", "tanh")

    def step(
        self, z: jax.Array, p: jax.Array, state: State, step: Step
    ) -> tuple[State, State]:
        """Return the new state (h,), and the gates, the p of n and the old h."""
        (h,) = state
        width = h.shape[-1]
        sums = z[:, : 2 * width] + p[:, : 2 * width]
        r, u = jnp.split(step.tap("weighted_sum", sums), 2, axis=-1)
        r, u = sigmoid(r), sigmoid(u)
        p = p[:, 2 * width :]
        n = tanh(step.tap("weighted_sum", z[:, 2 * width :] + r * p))
        new = step.tap("activation", step.keep(n + u * (h - n), h))
        return (new,), (r, u, n, p, h)

    def gradient(self, saved: State, d_state: State) -> Gradient:
        """Return dz and dp, which differ for the candidate, and the part of h."""
        r, u, n, p, h = saved
        (dh,) = d_state
        dn = dh * (1 - u) * (1 - n * n)
        dr = dn * p * r * (1 - r)
        du = dh * (h - n) * u * (1 - u)
        dz = jnp.concatenate([dr, du, dn], axis=-1)
        dp = jnp.concatenate([dr, du, dn * r], axis=-1)
        return Gradient(dz, dp, (dh * u,))

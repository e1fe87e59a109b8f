"""Spiking layers: neurons that sum over time and send all-or-nothing pulses.

    u_t = left(u_{t-1}) + x_t W + b        the membrane potential
    s_t = 1 where u_t >= threshold, else 0
    left(u) = decay u - threshold s, or decay u (1 - s)        ("subtract" or "zero")

Shapes: x (batch, time, inputs), W (inputs, units), b (units,), s (batch, time, units),
left = 0 at the start. This is the leaky integrate-and-fire neuron in steps of time, in
units of its own: with a membrane time constant tau, decay = exp(-dt / tau). A step is
decay and reset, add, compare with >=. The equations are those of Eshraghian et al.,
"Training spiking neural networks using lessons from deep learning" (2023).

The gradient goes through the membrane, and through a spike by a surrogate
(`fathom.surrogates`); the reset is a constant to it, as in snnTorch, because a gradient
through the reset works against the one through the spike (Zenke and Vogels 2021). So
the way back is linear, and XLA runs both loops with the membrane alone: the products
of all steps are one product before the loop. Source: Neftci, Mostafa and Zenke,
"Surrogate gradient learning in spiking neural networks" (2019).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from fathom import activations, initializers
from fathom.errors import choose, is_number, is_whole
from fathom.layers.dense import activation_name
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.products import affine
from fathom.layers.scope import Scope
from fathom.surrogates import SURROGATES, check_slope, spike

Initializer = initializers.Initializer

RESETS = {"subtract": None, "zero": None}
OVER = {"mean": None, "max": None, "last": None}
EXPECTED = "a sequence, (time, inputs); Encode('constant', steps=25) makes one of a row"


class _Leaky(Layer):
    """What neurons that leak have in common: a product, and a membrane behind it."""

    units: int
    decay: float
    use_bias: bool
    weight_init: str | Initializer

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(is_whole(self.units), "units", "a whole number of at least 1")
        fits = is_number(self.decay) and 0 <= self.decay <= 1
        self.require(fits, "decay", "a number from 0 to 1")
        self.require(isinstance(self.use_bias, bool), "use_bias", "True or False")
        initializers.get(self.weight_init)

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the weight (inputs, units) and, if used, the bias (units,)."""
        self.output_shape(shape)
        draw, size = initializers.get(self.weight_init), (shape[-1], self.units)
        name = activation_name(getattr(self, "activation", "step"))
        weight = draw(key, size, fan_in=size[0], fan_out=size[1], activation=name)
        if not self.use_bias:
            return {"weight": weight}
        return {"weight": weight, "bias": jnp.zeros(self.units, weight.dtype)}

    def multiply_adds(self, shape: Shape) -> int:
        """Return (inputs + 1) x units for every step: the product and the leak.

        As if every input were a number; where inputs are spikes, only those that come
        cost an addition each (`fathom.brain.energy` counts them).
        """
        time, inputs = shape
        return time * (inputs + 1) * self.units

    def _weighted_sum(
        self, variables: Variables, x: jax.Array, scope: Scope
    ) -> jax.Array:
        """Return x W + b with the time in front, (time, batch, units)."""
        bias = variables.get("bias")
        z = affine(x.swapaxes(0, 1), variables["weight"], bias, scope)
        return scope.tap("weighted_sum", z.swapaxes(0, 1)).swapaxes(0, 1)

    def _membrane(self, z: jax.Array, scope: Scope) -> jax.Array:
        """Return u of all steps, (time, batch, units), tapping it as "membrane"."""
        probe = scope.probes.get(scope.path, {}).get("membrane")
        if probe is not None:  # what is added to u_t is what is added to z_t
            z = z + probe.swapaxes(0, 1)
        real = _real(scope)

        def one(u: jax.Array, this: Any) -> tuple[jax.Array, jax.Array]:
            z, real = this
            new = self._left(u) + z
            new = new if real is None else jnp.where(real, new, u)
            return new, new

        # Nothing is left of 0: no threshold is as low.
        start = jnp.zeros(z.shape[1:], z.dtype)
        u = lax.scan(one, start, (z, real))[1]
        bare = dataclasses.replace(scope, probes={})
        bare.tap("membrane", u.swapaxes(0, 1))
        return u

    def _left(self, u: jax.Array) -> jax.Array:
        """Return what is left of a membrane potential in the next step."""
        return self.decay * u


def _real(scope: Scope) -> jax.Array | None:
    """Return (time, batch, 1) whether a step is real, or None if all are."""
    return None if scope.steps is None else (scope.steps > 0).T[..., None]


@dataclass(frozen=True)
class Spiking(_Leaky):
    """Leaky integrate-and-fire neurons: (batch, time, inputs) -> spikes of 0 and 1.

    u_t = decay u_{t-1} - threshold s_{t-1} + x_t W + b,  s_t = 1 where u_t >=
    threshold, else 0. Shapes: (batch, time, units) comes out; a padded step leaves the
    membrane as it is and has no spike. Neuron j at step t is `name:j@t`; its rate is
    the mean over time, which `GlobalAveragePool` takes.

    Taps: "weighted_sum", "membrane" u and "activation" s, (batch,
    time, units) each. Under bfloat16, the membrane stays float32.

    Attributes:
        units: Number of neurons.
        decay: What is left of the membrane potential after one step, from 0 (no
            memory) to 1 (no leak): exp(-1 / tau), with the time constant tau in steps.
        threshold: Where a neuron fires.
        reset: "subtract" takes the threshold off, so that what was above it counts;
            "zero" starts again, as in the textbook neuron.
        surrogate: "fast_sigmoid", "superspike", "arctangent" or "triangular".
        slope: How sharp the surrogate is; None takes its own.
        use_bias: Whether each neuron has a bias, a constant current starting at 0.
        weight_init: Name of an initializer, or a function.

    Example:
        >>> Spiking(100, decay=0.9).output_shape((25, 64))
        (25, 100)
    """

    units: int
    decay: float = 0.9
    threshold: float = 1.0
    reset: str = "subtract"
    surrogate: str = "fast_sigmoid"
    slope: float | None = None
    use_bias: bool = True
    weight_init: str | Initializer = "auto"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        fits = is_number(self.threshold) and self.threshold > 0
        self.require(fits, "threshold", "a number above 0")
        choose(RESETS, self.reset, "reset")
        choose(SURROGATES, self.surrogate, "surrogate")
        check_slope("Spiking", self.slope)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (time, units)."""
        if len(shape) != 2:
            raise shape_error(self, shape, EXPECTED)
        return (shape[0], self.units)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the spikes, tapping the weighted sum and the membrane potential."""
        u = self._membrane(self._weighted_sum(variables, x, scope), scope)
        s = spike(u - self.threshold, self.surrogate, self.slope)
        real = _real(scope)
        s = s if real is None else jnp.where(real, s, 0)
        return scope.tap("activation", s.swapaxes(0, 1))

    def _left(self, u: jax.Array) -> jax.Array:
        fired = u >= self.threshold
        if self.reset == "zero":
            return jnp.where(fired, 0, self.decay * u)
        return self.decay * u - self.threshold * fired.astype(u.dtype)


@dataclass(frozen=True)
class LeakyReadout(_Leaky):
    """Neurons that sum spikes and never fire: (batch, time, inputs) -> (batch, units).

    u_t = decay u_{t-1} + x_t W + b, and a = f(mean, maximum or last of u over time).
    It is how a spiking network gives its answer: numbers, not spikes. Padded steps do
    not count.

    A training step takes the mean or the last of u from one product instead of one for
    each step: both are linear, mean_t u_t = (sum_t c_t x_t) W + (sum_t c_t) b with
    c_t = (1 + decay + ... + decay^{T - t}) / T.

    Taps: "weighted_sum" x_t W + b and "membrane" u, (batch, time, units) each;
    "readout", what f is taken of, and "activation" a, (batch, units) each.

    Attributes:
        units: Number of neurons.
        activation: f: name of an activation, or a function.
        decay: What is left of the membrane potential after one step.
        over: "mean", "max" or "last": what is read of the membrane over time.
        use_bias: Whether each neuron has a bias, starting at 0.
        weight_init: Name of an initializer, or a function.

    Example:
        >>> LeakyReadout(10, "softmax").output_shape((25, 100))
        (10,)
    """

    units: int
    activation: str | activations.Activation = "identity"
    decay: float = 0.9
    over: str = "mean"
    use_bias: bool = True
    weight_init: str | Initializer = "auto"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        activations.get(self.activation)
        choose(OVER, self.over, "way to read over time")

    def output_shape(self, shape: Shape) -> Shape:
        """Return (units,)."""
        if len(shape) != 2:
            raise shape_error(self, shape, EXPECTED)
        return (self.units,)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return f of what is read of the membrane, tapping both."""
        quick = scope.training and not scope.is_watched and scope.steps is None
        read = self._at_once if quick and self.over != "max" else self._step_by_step
        z = scope.tap("readout", read(variables, x, scope))
        return scope.tap("activation", activations.get(self.activation)(z))

    def _step_by_step(
        self, variables: Variables, x: jax.Array, scope: Scope
    ) -> jax.Array:
        z = self._weighted_sum(variables, x, scope)
        u, real = self._membrane(z, scope), _real(scope)
        if self.over == "last":
            return u[-1]
        real = jnp.ones((len(u), 1, 1), bool) if real is None else real
        count = real.sum(0, dtype=u.dtype)  # (batch or 1, 1)
        if self.over == "max":
            most = jnp.where(real, u, -jnp.inf).max(0)
            return jnp.where(count > 0, most, 0)
        return jnp.where(real, u, 0).sum(0) / jnp.maximum(count, 1)

    def _at_once(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the same for the mean and the last, by one product."""
        share = self.shares(x.shape[1])
        total = jnp.tensordot(jnp.asarray(share, x.dtype), x.swapaxes(0, 1), 1)
        z = affine(total, variables["weight"], None, scope)  # total: (batch, inputs)
        if not self.use_bias:
            return z
        return z + float(share.sum()) * variables["bias"][None, :]

    def shares(self, time: int) -> np.ndarray:
        """Return c (time,): how much of each step is in the mean, or in the last.

        Example:
            >>> LeakyReadout(2, decay=0.5, over="last").shares(3).tolist()
            [0.25, 0.5, 1.0]
        """
        left = self.decay ** np.arange(time - 1, -1, -1.0)  # of a step, at the end
        return np.cumsum(left[::-1])[::-1] / time if self.over == "mean" else left

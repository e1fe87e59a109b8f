"""From numbers to spikes: what a row of a table is to neurons that live in time.

    constant: x_t = x,  rate: spikes with probability x,  latency: one, soon if large

Shapes: (batch, inputs) -> (batch, steps, inputs). Numbers are intensities from 0 to 1
for the codes of spikes, and limited to that; a constant current takes any number.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import lax

from fathom.errors import choose, is_whole
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.scope import Scope

CODES = {"constant": None, "rate": None, "latency": None}


@dataclass(frozen=True)
class Encode(Layer):
    """Turn every row (batch, inputs) into a series in time (batch, steps, inputs).

    "constant" hands the numbers on at every step, as a current: the neurons behind make
    the spikes, and a gradient reaches the inputs. The others give spikes of 0 and 1
    for intensities x from 0 to 1, through which no gradient goes:

    "rate": a spike at each step with probability x (Poisson-like, Bernoulli). Training
    draws them; prediction, which draws nothing, spaces the same number evenly: a spike
    at each step t where t x passes a whole number.

    "latency": one spike, at step round((1 - x) (steps - 1)): the strongest come first.
    An input of 0 has none.

    Attributes:
        code: "constant", "rate" or "latency".
        steps: How many steps of time.

    Example:
        >>> Encode("rate", steps=25).output_shape((64,))
        (25, 64)
    """

    code: str = "constant"
    steps: int = 25

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        choose(CODES, self.code, "code")
        self.require(is_whole(self.steps), "steps", "a whole number of at least 1")

    @property
    def is_random(self) -> bool:
        """Whether spikes are drawn."""
        return self.code == "rate"

    def output_shape(self, shape: Shape) -> Shape:
        """Return (steps, inputs)."""
        if len(shape) != 1:
            raise shape_error(self, shape, "a row, (inputs,); Flatten() makes one")
        return (self.steps, *shape)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the currents or spikes (batch, steps, inputs)."""
        shape = (len(x), *self.output_shape(x.shape[1:]))
        if self.code == "constant":
            series = jnp.broadcast_to(x[:, None], shape)
        else:
            drawn = scope.key if scope.training else None
            x = jnp.clip(lax.stop_gradient(x), 0, 1)
            series = self._spikes(x[:, None], drawn).astype(x.dtype)
        return scope.tap("activation", series)

    def _spikes(self, x: jax.Array, key: jax.Array | None) -> jax.Array:
        """Return whether there is a spike, for intensities (batch, 1, inputs)."""
        t = jnp.arange(self.steps, dtype=x.dtype)[None, :, None]
        if self.code == "latency":
            return (t == jnp.round((1 - x) * (self.steps - 1))) & (x > 0)
        if key is None:
            # An intensity of 0.2 has its fifth of steps in spite of rounding.
            x = x * (1 + 4 * jnp.finfo(x.dtype).eps)
            return jnp.floor((t + 1) * x) > jnp.floor(t * x)
        size = (len(x), self.steps, x.shape[-1])
        return jax.random.uniform(key, size, x.dtype) < x

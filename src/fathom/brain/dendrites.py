"""What the branches of a dendrite do to their inputs before the cell body adds them.

    total = f(branch 1) + f(branch 2) + ...

An artificial neuron adds all its inputs in one place. On a real dendrite inputs meet on
branches first: together on one branch they get in each other's way (saturation) or help
each other over a local threshold (a dendritic spike), so that where an input arrives
matters too (Poirazi, Brannon and Mel 2003; London and Hausser 2005).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from fathom.errors import choose, is_number, require

SHAPES: dict[str, Callable[[jax.Array], jax.Array]] = {
    "linear": lambda x: x,
    "saturating": jnp.tanh,
    # 0 without input, about 1 from twice the scale on: the logistic curve through 0.
    "spiking": lambda x: (jax.nn.sigmoid(8 * (x - 1)) - SPIKING_AT_0) / SPIKED,
}
SPIKING_AT_0 = 1 / (1 + 2.718281828459045**8)
SPIKED = 1 - SPIKING_AT_0


@dataclass(frozen=True)
class Dendrite:
    """Branches that change their input before the sum: scale * f(input / scale).

    Attributes:
        kind: "linear", "saturating" (tanh) or "spiking" (a smooth threshold at
            `scale`, where a branch gives about half of `scale`, and soon all of it).
        scale: The most that a branch contributes, in the unit of its inputs.

    Raises:
        InputError: If the kind is unknown or the scale not above 0.

    Example:
        >>> import jax.numpy as jnp
        >>> together, apart = jnp.array([10.0, 0.0]), jnp.array([5.0, 5.0])
        >>> branches = Dendrite("saturating", scale=6.0)
        >>> bool(branches(together) < branches(apart))
        True
    """

    kind: str = "saturating"
    scale: float = 10.0

    def __post_init__(self) -> None:
        choose(SHAPES, self.kind, "dendrite")
        good = is_number(self.scale) and self.scale > 0
        require(good, "Dendrite", "scale", "a number above 0", self.scale)

    def __call__(self, inputs: jax.Array) -> jax.Array:
        """Return the sum over the branches: (..., branches) -> (...)."""
        return (self.scale * SHAPES[self.kind](inputs / self.scale)).sum(-1)


def gather(
    dendrite: str | Callable[[jax.Array], jax.Array] | None, inputs: jax.Array
) -> jax.Array:
    """Return what reaches the cell body: the inputs, or those of its branches summed.

    Args:
        dendrite: None for inputs (...) that are sums already; a kind of `Dendrite`, or
            a function, for inputs (..., branches).
        inputs: Currents or jumps.
    """
    if dendrite is None:
        return inputs
    return (Dendrite(dendrite) if isinstance(dendrite, str) else dendrite)(inputs)

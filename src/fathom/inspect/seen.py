"""What is known of one layer at work on one example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom import activations
from fathom.inspect.names import Index, Names
from fathom.inspect.sites import Site
from fathom.layers.dense import activation_name

LARGEST = 50.0


@dataclass(frozen=True)
class Seen:
    """One layer, what went in and came out of it for one example.

    Attributes:
        site: The layer.
        taps: What it reported of the example, by name; "input" and "output" too.
        names: What numbers are called.
        others: The same for another layer, by its address.
        below: What layers under a path inside this one reported, by path.
    """

    site: Site
    taps: Mapping[str, Any]
    names: Names
    others: Callable[[str], Seen]
    below: Callable[[str], Mapping[str, Any]]

    @property
    def layer(self) -> Any:
        """The layer's settings."""
        return self.site.layer

    @property
    def input(self) -> Any:
        """What went in, without the axis of examples; a dict by name if several."""
        return self.taps["input"]

    @property
    def output(self) -> np.ndarray:
        """What came out, without the axis of examples."""
        return self.taps["output"]

    def input_name(self, index: Index) -> str:
        """Return what one number of the input is called."""
        return self.names.of(self.site.sources[0], index)


def how_activated(activation: Any, z: np.ndarray, unit: int, a: float) -> str:
    """Return the line that turns the weighted sum z[unit] into the activation a.

    Args:
        activation: Name or function.
        z: (units,) the weighted sums of the layer at one place.
        unit: Which of them.
        a: The activation.
    """
    name = activation_name(activation)
    if not isinstance(activation, str):
        name = getattr(activation, "__name__", "f")
    own = float(z[unit])
    if activation == "identity":
        return f"a = z = {a:.6g}"
    if activation == "softmax":
        shift = max(0.0, float(z.max()) - LARGEST)  # so that no exp overflows
        total = float(np.exp(z - shift).sum())
        by = f" (each divided by exp({shift:.6g}))" if shift else ""
        return (
            f"a = softmax(z) = exp({own:.6g}) / the sum of exp(z) over {len(z)} units "
            f"= {np.exp(own - shift):.6g} / {total:.6g} = {a:.6g}{by}"
        )
    return f"a = {name}(z) = {name}({own:.6g}) = {a:.6g}"


def slope(activation: Any, z: float) -> float:
    """Return f'(z) of an activation that works on each number alone."""
    import jax
    import jax.numpy as jnp

    return float(jax.grad(activations.get(activation))(jnp.float32(z)))

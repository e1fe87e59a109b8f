"""A learned vector for every member of a finite set (words, categories).

    a = E[x]

Shapes: x (batch, ...) whole numbers from 0 to n_tokens - 1, E (n_tokens, units),
a (batch, ..., units). Source: Bengio et al., "A neural probabilistic language model",
JMLR 3 (2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from fathom import initializers
from fathom.errors import is_whole
from fathom.layers.layer import Layer, Shape, Variables
from fathom.layers.masking import mark_steps
from fathom.layers.scope import Scope


@dataclass(frozen=True)
class Embedding(Layer):
    """Look up a vector for each token: (batch, ...) -> (batch, ..., units).

    A token outside the range gives the nearest vector inside it, because a compiled
    program cannot raise; `fathom.train` checks the range before it starts. Start
    values are normal with standard deviation 1 / sqrt(units).

    Attributes:
        n_tokens: How many different tokens there are.
        units: Length of each vector.
        weight_init: Name of an initializer, or a function.
        padding: The token that fills up sequences (batch, time) that are shorter than
            others; recurrent layers, attention and pooling behind leave such steps
            out. Its vector is looked up like any other. None: no token does.
    """

    n_tokens: int
    units: int
    weight_init: str | initializers.Initializer = "lecun_normal"
    padding: int | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        whole = "a whole number of at least 1"
        self.require(is_whole(self.n_tokens), "n_tokens", whole)
        self.require(is_whole(self.units), "units", whole)
        initializers.get(self.weight_init)
        fits = is_whole(self.padding, 0) and (self.padding or 0) < self.n_tokens
        expected = f"a token from 0 to {self.n_tokens - 1}, or None"
        self.require(self.padding is None or fits, "padding", expected)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (..., units)."""
        return (*shape, self.units)

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the weight (n_tokens, units)."""
        weight = initializers.get(self.weight_init)(
            key, (self.n_tokens, self.units), fan_in=self.units, fan_out=self.units
        )
        return {"weight": weight}

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the vector of every token."""
        tokens = jnp.clip(x.astype(jnp.int32), 0, self.n_tokens - 1)
        weight = variables["weight"]
        if self.padding is not None and tokens.ndim == 2:
            mark_steps(tokens != self.padding, weight, scope)
        return scope.tap("activation", weight[tokens])

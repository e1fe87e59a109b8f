"""Layers made of layers: a shortcut, branches side by side, a deep stack."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import jax
import jax.numpy as jnp
from jax import lax

from fathom.errors import InputError, is_whole
from fathom.layers.chain import (
    Chain,
    chain_apply,
    chain_init,
    chain_multiply_adds,
    chain_shape,
    chain_state,
)
from fathom.layers.layer import Layer, Shape, ShapeError, Variables, name_of
from fathom.layers.scope import Scope, Tree

# So few blocks are written out instead: a transformer of 4 takes 0.8 of the time and
# compiles in 1.25 of it. Many would compile for minutes.
UNROLLED = 8


@dataclass(frozen=True)
class Residual(Chain):
    """Add the input to what a chain makes of it: a = x + f(x).

    The chain must keep the shape. Source: He et al., "Deep residual learning for image
    recognition" (2016).

    Attributes:
        layers: A layer or a list of layers: f.
    """

    @property
    def takes_streams(self) -> bool:
        """Never: a sum is of one array."""
        return False

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        inner = chain_shape(self.layers, shape)
        if inner != shape:
            raise ShapeError(
                f"Layer {self.label} adds its input of shape {shape} to an inner "
                f"output of shape {inner}: both must be the same."
            )
        return shape

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return x + f(x)."""
        y = x + chain_apply(self.layers, variables, x, scope)
        return scope.tap("activation", y)


@dataclass(frozen=True)
class Concat(Chain):
    """Give the same input to several branches and join their outputs on the last axis.

    A branch is a layer, or a list of layers (which becomes a `Chain`). An empty list
    hands the input through.

    Attributes:
        layers: The branches.
    """

    def __post_init__(self) -> None:
        """Make every branch one layer, and name it."""
        branches = tuple(
            branch if isinstance(branch, Layer) else Chain(branch)
            for branch in as_branches(self.layers)
        )
        object.__setattr__(self, "layers", branches)
        super().__post_init__()
        self.require(len(branches) > 0, "layers", "at least one branch")

    def output_shape(self, shape: Shape) -> Shape:
        """Return the common leading axes and the sum of the last ones."""
        shapes = [branch.output_shape(shape) for branch in self.layers]
        if any(not s or s[:-1] != shapes[0][:-1] for s in shapes):
            raise ShapeError(
                f"Layer {self.label} joins branches on the last axis, but their output "
                f"shapes {', '.join(map(str, shapes))} differ in another axis."
            )
        return (*shapes[0][:-1], sum(s[-1] for s in shapes))

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the parameters by the name of the branch."""
        keys = jax.random.split(key, len(self.layers))
        pairs = zip(self.layers, keys, strict=True)
        made = {name_of(branch): branch.init(k, shape) for branch, k in pairs}
        return {name: own for name, own in made.items() if own}

    def init_state(self, shape: Shape) -> Variables:
        """Return the running statistics by the name of the branch."""
        made = {name_of(branch): branch.init_state(shape) for branch in self.layers}
        return {name: own for name, own in made.items() if own}

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the branches' outputs side by side."""
        steps, outputs = scope.steps, []
        for branch in self.layers:
            scope.steps = steps  # what one branch finds is not the next one's
            outputs.append(chain_apply([branch], variables, x, scope))
        scope.steps = steps
        return scope.tap("activation", jnp.concatenate(outputs, axis=-1))

    def multiply_adds(self, shape: Shape) -> int:
        """Return the sum over the branches."""
        return sum(branch.multiply_adds(shape) for branch in self.layers)


@dataclass(frozen=True)
class Repeat(Chain):
    """The same block n times in a row, each time with its own parameters.

    The block must keep the shape. The parameters are stacked, with one leading axis of
    length n, and the block is compiled once and scanned, so that 300 blocks compile
    about as fast as 3. Block i has the address `name[i]/layer:neuron`.

    Attributes:
        layers: A layer or a list of layers: the block.
        n: How many times.
        shared: Whether all n use the same parameters, which makes the network a
            recurrent one in depth (Dehghani et al., "Universal transformers", 2019).
    """

    n: int
    shared: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        fits = is_whole(self.n) and self.n < 2**31  # what a scan can count
        self.require(fits, "n", "a whole number of at least 1, below 2^31")
        self.require(isinstance(self.shared, bool), "shared", "True or False")

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        inner = chain_shape(self.layers, shape)
        if inner != shape:
            raise ShapeError(
                f"Layer {self.label} repeats a block that turns shape {shape} into "
                f"shape {inner}: a repeated block must keep the shape."
            )
        return shape

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the stacked parameters, (n, ...) each, or one set if shared."""
        if self.shared:
            return chain_init(self.layers, key, shape)
        keys = jax.random.split(key, self.n)
        return jax.vmap(lambda k: chain_init(self.layers, k, shape))(keys)

    def init_state(self, shape: Shape) -> Variables:
        """Return the stacked running statistics, (n, ...) each."""
        one = chain_state(self.layers, shape)
        if one and self.shared:
            raise ShapeError(
                f"Layer {self.label} shares its parameters, and {', '.join(one)} keeps "
                f"running statistics, which differ from block to block: use LayerNorm."
            )
        return jax.tree.map(lambda a: jnp.broadcast_to(a, (self.n, *a.shape)), one)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return what comes out of the last block."""
        keys = None if scope.key is None else jax.random.split(scope.key, self.n)
        inside = f"{scope.path}/"
        probes = {k: v for k, v in scope.probes.items() if k.startswith(inside)}

        stacked = None if self.shared else variables

        def block(x: jax.Array, slices: tuple[Any, ...]) -> tuple[jax.Array, Any]:
            own, state, key, probes = slices
            own = variables if self.shared else own
            taps: dict[str, Any] | None = None if scope.taps is None else {}
            new_state = dict(cast(Tree, state))
            inner = dataclasses.replace(
                scope,
                key=key,
                state=state,
                taps=taps,
                probes=probes,
                new_state=new_state,
                penalties=[],
                seen=dict(scope.seen),
            )
            x = chain_apply(self.layers, own, x, inner)
            return x, (new_state, taps, inner.penalties)

        x, (new_state, taps, penalties) = lax.scan(
            block,
            x,
            (stacked, scope.state, keys, probes),
            length=self.n,
            unroll=self.n if self.n <= UNROLLED else 1,
        )
        scope.update(**new_state)
        for term in penalties:  # (n, batch)
            scope.penalize(term.sum(0))
        if scope.taps is not None:
            scope.taps.update(taps)
        return scope.tap("activation", x)

    def multiply_adds(self, shape: Shape) -> int:
        """Return n times the block's."""
        return self.n * chain_multiply_adds(self.layers, shape)


def as_branches(given: object) -> tuple[Any, ...]:
    """Return the branches of a `Concat` as a tuple."""
    if isinstance(given, (list, tuple)):
        return tuple(cast("Sequence[Any]", given))
    raise InputError(f"Expected a list of branches. Got {given!r} instead.")

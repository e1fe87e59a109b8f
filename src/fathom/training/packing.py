"""Small networks as one vector of numbers.

On the CPU a step of a small network is dominated by starting operations, and an
optimizer starts several for every array. With all parameters in one vector it starts
them once: 35 against 27 microseconds for a 30-64-64-2 network (see benchmarks). Large
networks gain nothing and would pay for copies, and an optimizer of the user's own may
look at the tree, so both keep the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

# Measured: above about this many parameters, copying costs more than starting.
PACK_LIMIT = 65_536


@dataclass(frozen=True)
class Packing:
    """How parameters are held during training.

    Attributes:
        pack: Tree of parameters -> what is trained.
        unpack: What is trained -> tree of parameters.
        decays: For what is trained, 1 where weight decay applies and 0 elsewhere.
        learns: For what is trained, 0 where it stays as it is and 1 elsewhere; None if
            all of it learns.
    """

    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]
    decays: Any
    learns: Any = None


def packing_for(
    parameters: Any, is_elementwise: bool, frozen: frozenset[str] = frozenset()
) -> Packing:
    """Choose one vector or the tree for a tree of arrays or of their shapes.

    Args:
        parameters: Tree of arrays, or of `jax.ShapeDtypeStruct`.
        is_elementwise: Whether the optimizer treats each number by itself, or through
            sums over all of them; only then may they share one vector.
        frozen: Addresses of layers that do not learn.
    """
    leaves = jax.tree.leaves(parameters)
    learns = learning_mask(parameters, frozen)
    mask = jax.tree.map(lambda a, b: a * b, decay_mask(parameters), learns)
    same_type = len({leaf.dtype for leaf in leaves}) == 1
    if not is_elementwise or not same_type or _size(leaves) > PACK_LIMIT:
        return Packing(_same, _same, mask, learns if frozen else None)
    unpack = partial(_unpack, jax.tree.map(_shape, parameters))
    flat = _flat_mask(learns, leaves) if frozen else None
    return Packing(_pack, unpack, _flat_mask(mask, leaves), flat)


def _flat_mask(mask: Any, leaves: list[Any]) -> np.ndarray:
    pairs = zip(leaves, jax.tree.leaves(mask), strict=True)
    return np.concatenate([np.full(leaf.size, m, np.float32) for leaf, m in pairs])


def _same(tree: Any) -> Any:
    return tree


def _pack(tree: Any) -> jax.Array:
    return jnp.concatenate([leaf.reshape(-1) for leaf in jax.tree.leaves(tree)])


def _unpack(shapes: Any, vector: Any) -> Any:
    leaves, structure = jax.tree.flatten(shapes)
    ends = np.cumsum([leaf.size for leaf in leaves])
    # The gradient of a split is one concatenation; that of slices is a sum of padded
    # vectors, which takes twice as long. On the host nothing needs compiling.
    split = np.split if isinstance(vector, np.ndarray) else jnp.split
    pieces = split(vector, ends[:-1].tolist())
    shaped = [p.reshape(leaf.shape) for p, leaf in zip(pieces, leaves, strict=True)]
    return jax.tree.unflatten(structure, shaped)


def _shape(leaf: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)


def decay_mask(parameters: Any) -> Any:
    """Return 1 for every weight and 0 for biases and normalization, as a tree.

    A leaf is a weight if its own name starts with "weight".
    """

    def decays(path: tuple[Any, ...], _: Any) -> float:
        return float(str(path[-1].key).startswith("weight"))

    return jax.tree_util.tree_map_with_path(decays, parameters)


def learning_mask(parameters: Any, frozen: frozenset[str]) -> Any:
    """Return 0 for the parameters of frozen layers and 1 for the others, as a tree."""

    def learns(path: tuple[Any, ...], _: Any) -> float:
        address = [str(part.key) for part in path]
        parts = range(1, len(address) + 1)
        return float(not any("/".join(address[:i]) in frozen for i in parts))

    return jax.tree_util.tree_map_with_path(learns, parameters)


def _size(leaves: list[Any]) -> int:
    return sum(leaf.size for leaf in leaves)

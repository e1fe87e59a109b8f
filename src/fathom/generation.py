"""Writing on: the chances of the next token, asked for again and again.

t_i ~ softmax(z_i / temperature),  z_i = the network's logits after t_0 ... t_(i-1)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from fathom.errors import InputError, is_number, is_whole, require
from fathom.layers.layer import Shapes
from fathom.model import Model
from fathom.network import Network


def generate(
    model: Model,
    start: Any,
    n_steps: int,
    *,
    beside: Mapping[str, Any] | None = None,
    temperature: float = 0.0,
    end: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return sequences of tokens that go on from a start.

    Args:
        model: Gives, at every step, the chances of the next token, (steps, tokens).
        start: (n, t) tokens to go on from, at least one each.
        n_steps: How many tokens to add. The network sees as many of the last tokens as
            its input is long.
        beside: The other inputs by name, (n, ...) each, of a network with named ones,
            such as {"source": tokens}.
        temperature: 0 takes the most probable token; 1 draws by the network's own
            chances, more is more daring.
        end: A token after which a sequence stays at that token.
        seed: Of the draws.

    Returns:
        (n, t + n_steps) int32 tokens.

    Raises:
        InputError: If the model does not give chances for every step, or a setting
            cannot be used.
    """
    network, others = model.network, dict(beside or {})
    name, length = _stream(network, others)
    shape = network.output_shape
    if len(shape) != 2 or shape[0] != length:
        raise InputError(
            f"generate needs a network that gives the chances of the next token for "
            f"each of its {length} steps. This one gives outputs of shape {shape}."
        )
    tokens = np.asarray(start)
    fits = tokens.ndim == 2 and tokens.shape[1] >= 1 and tokens.dtype.kind in "iu"
    require(fits, "generate", "start", "an array (n, t) of tokens", tokens.shape)
    require(is_whole(n_steps), "generate", "n_steps", "a whole number", n_steps)
    fits = is_number(temperature) and temperature >= 0
    require(fits, "generate", "temperature", "a number, 0 or more", temperature)
    total = max(tokens.shape[1] + n_steps, length)
    buffer = np.zeros((len(tokens), total), np.int32)
    buffer[:, : tokens.shape[1]] = tokens
    run = _program(_Task(network, name, tokens.shape[1], n_steps, end))
    arrays = {key: np.asarray(array) for key, array in others.items()}
    made = run(
        model.variables, buffer, arrays, jnp.float32(temperature), jax.random.key(seed)
    )
    return np.asarray(made)[:, : tokens.shape[1] + n_steps]


def _stream(network: Network, others: Mapping[str, Any]) -> tuple[str | None, int]:
    """Return the name of the input that is written on, and its length."""
    shape: Any = network.known_input_shape
    if not isinstance(shape, Shapes):
        return None, shape[0]
    left = [name for name in shape if name not in others]
    if len(left) != 1:
        raise InputError(
            f"generate writes on one input and needs the others in 'beside'. The "
            f"network has {', '.join(shape)}; 'beside' has "
            f"{', '.join(others) or 'none'}."
        )
    return left[0], shape[left[0]][0]


@dataclass(frozen=True)
class _Task:
    """What a program writes: tokens `begin` to `begin + n_steps` of one input."""

    network: Network
    name: str | None
    begin: int
    n_steps: int
    end: int | None


@lru_cache(maxsize=32)
def _program(task: _Task) -> Any:
    return jax.jit(partial(_write, task))


def _write(
    task: _Task,
    variables: Any,
    tokens: jax.Array,
    others: Any,
    temperature: jax.Array,
    key: jax.Array,
) -> jax.Array:
    network, name, end = task.network, task.name, task.end
    bare, activation = network.without_output_activation()
    length = network.output_shape[0]

    def step(tokens: jax.Array, i: jax.Array) -> tuple[jax.Array, None]:
        # The window of the last `length` tokens; what is behind i is not yet written.
        first = jnp.maximum(i - length, 0)
        window = lax.dynamic_slice_in_dim(tokens, first, length, axis=1)
        x = window if name is None else {**others, name: window}
        outputs = (bare if activation == "softmax" else network).apply(variables, x)
        logits = outputs[:, i - first - 1]
        noise = jax.random.gumbel(jax.random.fold_in(key, i), logits.shape)
        chosen = jnp.argmax(logits + temperature * noise, axis=-1).astype(jnp.int32)
        if end is not None:
            before = lax.dynamic_slice_in_dim(tokens, i - 1, 1, axis=1)[:, 0]
            chosen = jnp.where(before == end, end, chosen)
        return lax.dynamic_update_slice_in_dim(tokens, chosen[:, None], i, 1), None

    steps = jnp.arange(task.begin, task.begin + task.n_steps, dtype=jnp.int32)
    return lax.scan(step, tokens, steps)[0]

"""Transformers as networks: what they learn, and how they are built."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import lax

import fathom as fm
from fathom.models.transformer import transformer_block, transformer_language_model

N_TOKENS, LENGTH, PERIOD = 8, 16, 3


def copied(key: jax.Array, n: int) -> jax.Array:
    """Sequences (n, LENGTH + 1) in which every token is that of PERIOD steps before."""
    first = jax.random.randint(key, (n, PERIOD), 0, N_TOKENS)
    return jnp.tile(first, (1, LENGTH // PERIOD + 1))[:, : LENGTH + 1]


def cost(network: fm.Network, variables: Any, tokens: jax.Array) -> jax.Array:
    """Mean cross-entropy of the tokens that can be known."""
    logits = network.forward(variables, tokens[:, :-1], training=True).outputs
    chances = jax.nn.log_softmax(logits)
    right = jnp.take_along_axis(chances, tokens[:, 1:, None], -1)[..., 0]
    return -right[:, PERIOD - 1 :].mean()


@pytest.mark.parametrize(
    "positions", ["learned", pytest.param("rotary", marks=pytest.mark.slow)]
)
def test_a_language_model_learns_to_look_back(positions: str) -> None:
    network, _ = transformer_language_model(
        N_TOKENS, LENGTH, width=32, heads=2, n_blocks=2, positions=positions
    ).without_output_activation()
    optimizer = optax.adam(3e-3)

    def step(carry: Any, key: jax.Array) -> tuple[Any, None]:
        variables, state = carry
        tokens = copied(key, 32)
        gradient = jax.grad(lambda v: cost(network, v, tokens))(variables)
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(variables, updates), state), None

    @jax.jit
    def train(variables: Any) -> Any:
        keys = jax.random.split(jax.random.key(0), 300)
        start = (variables, optimizer.init(variables))
        return lax.scan(step, start, keys)[0][0]

    variables = network.init(0)
    tokens = copied(jax.random.key(1), 64)
    before = float(cost(network, variables, tokens))
    with jax.numpy_dtype_promotion("standard"):  # for optax
        trained = train(variables)
    after = float(cost(network, trained, tokens))
    assert before > 0.9 * np.log(N_TOKENS)
    assert after < 0.1


def test_a_block_with_memory_looks_at_itself_then_at_the_memory() -> None:
    block = transformer_block(8, 2, causal=True, memory="source", dropout=0.1)
    inner = [getattr(part, "layers", ()) for part in block]
    kinds = [[type(layer).__name__ for layer in layers] for layers in inner]
    assert kinds == [
        ["LayerNorm", "Attention", "Dropout"],
        ["LayerNorm", "Attention", "Dropout"],
        ["LayerNorm", "Dense", "Dense", "Dropout"],
    ]
    assert [layers[1].memory for layers in inner[:2]] == [None, "source"]
    assert [layers[1].causal for layers in inner[:2]] == [True, False]


def test_an_unknown_setting_of_a_block_is_refused() -> None:
    with pytest.raises(TypeError, match="dropot"):
        transformer_block(8, 2, dropot=0.1)  # pyright: ignore[reportCallIssue]


def test_a_language_model_is_written_and_read_as_json() -> None:
    network = transformer_language_model(5, 4, width=8, heads=2, n_blocks=2)
    assert fm.Network.from_json(network.to_json()) == network

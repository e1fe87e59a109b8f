"""Attention and normalizations agree with PyTorch's, numbers and gradients."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fathom as fm
from fathom.layers import Scope

torch = pytest.importorskip("torch")

BATCH, TIME, SOURCE, WIDTH, HEADS = 3, 70, 9, 12, 3
NAMES = ("query", "key", "value")
PADDED = np.ones((BATCH, TIME), np.float32)
PADDED[0, 40:] = PADDED[2, 5:] = 0


def close(ours: Any, theirs: Any) -> None:
    """Within 1e-5 of the largest value."""
    theirs = theirs.detach().numpy()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def made(layer: fm.Attention) -> tuple[Any, Any]:
    """Variables with biases, and PyTorch's layer with the same numbers."""
    drawn = layer.init(jax.random.key(0), (TIME, WIDTH))
    variables = {k: a + 0.1 * numbers(*a.shape, seed=3) for k, a in drawn.items()}
    other = torch.nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
    stack = {
        "in_proj_weight": [variables[f"weight_{name}"].T for name in NAMES],
        "in_proj_bias": [variables[f"bias_{name}"] for name in NAMES],
        "out_proj.weight": [variables["weight_output"].T],
        "out_proj.bias": [variables["bias_output"]],
    }
    state = {
        key: torch.tensor(np.concatenate([np.asarray(part) for part in parts]))
        for key, parts in stack.items()
    }
    other.load_state_dict(state)
    return variables, other


def compare(layer: fm.Attention, source: np.ndarray | None, is_padded: bool) -> None:
    """Hold outputs, and gradients of a mixed sum, against PyTorch's."""
    variables, other = made(layer)
    x, mix = numbers(BATCH, TIME, WIDTH, seed=1), numbers(BATCH, TIME, WIDTH, seed=2)
    memory = x if source is None else source
    steps = PADDED[:, : memory.shape[1]] if is_padded else None
    mask = None if steps is None else jnp.asarray(steps)

    def score(variables: Any, x: jax.Array, memory: jax.Array) -> Any:
        if source is None:
            scope = Scope(training=True, steps=mask)
        else:
            streams = {"source": memory}
            streams |= {} if mask is None else {"source.steps": mask}
            scope = Scope(training=True, streams=streams)
        z = layer.apply(variables, x, scope)
        return (z * mix).sum(), z

    grad = jax.value_and_grad(score, (0, 1, 2), has_aux=True)
    (_, z), (dw, dx, dm) = grad(variables, jnp.asarray(x), jnp.asarray(memory))

    x_other = torch.tensor(x, requires_grad=True)
    m_other = x_other if source is None else torch.tensor(source, requires_grad=True)
    hidden = torch.triu(torch.ones(TIME, TIME, dtype=torch.bool), 1)
    z_other, _ = other(
        x_other,
        m_other,
        m_other,
        key_padding_mask=None if steps is None else torch.tensor(steps == 0),
        attn_mask=hidden if layer.causal else None,
        need_weights=False,
    )
    (z_other * torch.tensor(mix)).sum().backward()
    close(z, z_other)
    close(dx, x_other.grad)
    if source is not None:
        close(dm, m_other.grad)
    inputs = [np.asarray(dw[f"weight_{name}"]).T for name in NAMES]
    close(np.concatenate(inputs), other.in_proj_weight.grad)
    biases = [np.asarray(dw[f"bias_{name}"]) for name in NAMES]
    close(np.concatenate(biases), other.in_proj_bias.grad)
    close(np.asarray(dw["weight_output"]).T, other.out_proj.weight.grad)
    close(dw["bias_output"], other.out_proj.bias.grad)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("is_padded", [False, True])
def test_self_attention_agrees_with_pytorch(causal: bool, is_padded: bool) -> None:
    compare(fm.Attention(HEADS, causal=causal), None, is_padded)


@pytest.mark.parametrize("is_padded", [False, True])
def test_cross_attention_agrees_with_pytorch(is_padded: bool) -> None:
    source = numbers(BATCH, SOURCE, WIDTH, seed=4)
    compare(fm.Attention(HEADS, memory="source"), source, is_padded)


NORMALIZATIONS = {
    "LayerNorm": (fm.LayerNorm(), lambda: torch.nn.LayerNorm(WIDTH)),
    "GroupNorm": (fm.GroupNorm(HEADS), lambda: torch.nn.GroupNorm(HEADS, WIDTH)),
    "RMSNorm": (fm.RMSNorm(), lambda: torch.nn.RMSNorm(WIDTH, eps=1e-6)),
}


@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_normalization_agrees_with_pytorch(name: str) -> None:
    layer, build = NORMALIZATIONS[name]
    drawn = layer.init(jax.random.key(0), (SOURCE, WIDTH))
    variables = {k: a + 0.1 * numbers(*a.shape) for k, a in drawn.items()}
    x, mix = numbers(BATCH, SOURCE, WIDTH, seed=1), numbers(BATCH, SOURCE, WIDTH)

    def score(variables: Any, x: jax.Array) -> Any:
        a = layer.apply(variables, x, Scope(training=True))
        return (a * mix).sum(), a

    grad = jax.value_and_grad(score, (0, 1), has_aux=True)
    (_, a), (dw, dx) = grad(variables, jnp.asarray(x))
    other = build()
    names = {"scale": "weight", "bias": "bias"}
    other.load_state_dict(
        {names[k]: torch.tensor(np.asarray(v)) for k, v in variables.items()}
    )
    x_other = torch.tensor(x, requires_grad=True)
    turn = (0, 2, 1) if name == "GroupNorm" else (0, 1, 2)  # PyTorch: channels first
    a_other = other(x_other.permute(turn)).permute(turn)
    (a_other * torch.tensor(mix)).sum().backward()
    close(a, a_other)
    close(dx, x_other.grad)
    for key, gradient in dw.items():
        close(gradient, getattr(other, names[key]).grad)

"""Recurrent layers agree with PyTorch's, numbers and gradients."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fathom as fm
from fathom.layers import Scope

torch = pytest.importorskip("torch")

BATCH, TIME, INPUTS, UNITS = 4, 12, 5, 6
LENGTHS = [12, 7, 1, 9]
STEPS = (np.arange(TIME) < np.array(LENGTHS)[:, None]).astype(np.float32)
FAMILIES = {"RNN": fm.RNN, "LSTM": fm.LSTM, "GRU": fm.GRU}
SUFFIXES = {"forward": "_l0", "backward": "_l0_reverse"}


def close(ours: Any, theirs: Any) -> None:
    """Within 1e-5 of the largest value."""
    theirs = theirs.detach().numpy()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def in_pytorch(own: Any, family: str) -> dict[str, np.ndarray]:
    """Parameters of one direction as the documentation of the layers maps them."""
    hidden = np.zeros_like(own["bias"])
    if family == "GRU":
        hidden[2 * UNITS :] = own["bias_recurrent"]
    return {
        "weight_ih": np.asarray(own["weight"]).T,
        "weight_hh": np.asarray(own["weight_recurrent"]).T,
        "bias_ih": np.asarray(own["bias"]),
        "bias_hh": hidden,
    }


def made(layer: Any, family: str) -> tuple[Any, Any]:
    """Variables with biases, and PyTorch's layer with the same numbers."""
    drawn = layer.init(jax.random.key(0), (TIME, INPUTS))
    variables = jax.tree.map(lambda a: a + 0.1 * numbers(*a.shape, seed=3), drawn)
    other = getattr(torch.nn, family)(
        INPUTS, UNITS, batch_first=True, bidirectional=layer.bidirectional
    )
    state = {
        name + suffix: torch.tensor(values)
        for own, suffix in directions(variables, layer)
        for name, values in in_pytorch(own, family).items()
    }
    other.load_state_dict(state)
    return variables, other


def directions(variables: Any, layer: Any) -> list[tuple[Any, str]]:
    if not layer.bidirectional:
        return [(variables, "_l0")]
    return [(variables[way], suffix) for way, suffix in SUFFIXES.items()]


def theirs(other: Any, x: Any, returns: str, is_padded: bool) -> Any:
    """What PyTorch's layer makes of x: all outputs, or h_n side by side."""
    if is_padded:
        pack = torch.nn.utils.rnn.pack_padded_sequence
        x = pack(x, LENGTHS, batch_first=True, enforce_sorted=False)
    a, last = other(x)
    if returns == "last":
        h = last[0] if isinstance(last, tuple) else last
        return torch.cat(list(h), -1)
    if is_padded:
        unpack = torch.nn.utils.rnn.pad_packed_sequence
        a, _ = unpack(a, batch_first=True, total_length=TIME)
    return a


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("is_padded", [False, True])
@pytest.mark.parametrize("returns", ["last", "sequence"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_recurrent_layer_agrees_with_pytorch(
    family: str, bidirectional: bool, returns: str, is_padded: bool, training: bool
) -> None:
    layer: Any = FAMILIES[family](UNITS, returns=returns, bidirectional=bidirectional)
    variables, other = made(layer, family)
    x = numbers(BATCH, TIME, INPUTS, seed=1)
    mix = numbers(BATCH, *layer.output_shape((TIME, INPUTS)), seed=2)
    steps = jnp.asarray(STEPS) if is_padded else None

    def score(variables: Any, x: jax.Array) -> Any:
        a = layer.apply(variables, x, Scope(training, steps=steps))
        return (a * mix).sum(), a

    grad = jax.jit(jax.value_and_grad(score, (0, 1), has_aux=True))
    (_, a), (dw, dx) = grad(variables, jnp.asarray(x))

    x_other = torch.tensor(x, requires_grad=True)
    a_other = theirs(other, x_other, returns, is_padded)
    (a_other * torch.tensor(mix)).sum().backward()
    close(a, a_other)
    close(dx, x_other.grad)
    for own, suffix in directions(dw, layer):
        of = {name: getattr(other, name + suffix).grad for name in NAMES}
        close(np.asarray(own["weight"]).T, of["weight_ih"])
        close(np.asarray(own["weight_recurrent"]).T, of["weight_hh"])
        close(own["bias"], of["bias_ih"])
        if family == "GRU":
            close(own["bias_recurrent"], of["bias_hh"][2 * UNITS :])


NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")

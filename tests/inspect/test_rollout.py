"""The rollout is a product of what the attentions mix, and sums to 1."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.inspect.rollout import attention_rollout

RNG = np.random.default_rng(0)


def model_of(layers: list[fm.Layer], shape: object) -> fm.Model:
    network = fm.Network(layers, shape)
    return fm.Model(network, network.init(1))


def weights_of(model: fm.Model, x: np.ndarray, path: str) -> np.ndarray:
    taps = model.network.forward(model.variables, x, listen=True).taps
    return np.asarray(taps[path]["weights"]).mean(-3)


def numbers() -> np.ndarray:
    return RNG.normal(size=(3, 5, 8)).astype(np.float32)


def test_one_attention_without_a_shortcut_is_its_own_rollout() -> None:
    model, x = model_of([fm.Attention(2)], (5, 8)), numbers()
    np.testing.assert_allclose(
        attention_rollout(model, x).weights,
        weights_of(model, x, "attention_1"),
        rtol=1e-5,
    )


def test_blocks_behind_shortcuts_are_multiplied_the_last_first() -> None:
    block = fm.Residual([fm.LayerNorm(), fm.Attention(2, causal=True)])
    model, x = model_of([fm.Repeat(block, 3), fm.Attention(2)], (5, 8)), numbers()
    found = attention_rollout(model, x)
    expected = np.eye(5)[None].repeat(3, 0)
    for own in weights_of(model, x, "repeat_1/residual_1/attention_1"):
        expected = (own + np.eye(5)) / 2 @ expected
    expected = weights_of(model, x, "attention_1") @ expected
    np.testing.assert_allclose(found.weights, expected, rtol=1e-4)
    np.testing.assert_allclose(found.weights.sum(-1), 1, rtol=1e-6)
    assert found.layers[0] == "repeat_1[0]/residual_1/attention_1"
    assert len(found.layers) == 4


def test_nothing_flows_back_from_later_tokens_of_a_causal_one() -> None:
    network = fm.models.transformer_language_model(9, 6, width=8, heads=2, n_blocks=2)
    model = fm.Model(network, network.init(0))
    found = attention_rollout(model, RNG.integers(0, 9, (2, 6))).weights
    assert (np.triu(found, 1) == 0).all()
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-6)


def test_padded_tokens_are_in_no_other_token() -> None:
    layers = [fm.Embedding(9, 8, padding=0), fm.Residual([fm.Attention(2)])]
    x = np.array([[3, 4, 5, 0, 0]])
    found = attention_rollout(model_of(layers, (5,)), x).weights[0]
    assert (found[:3, 3:] == 0).all()
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-6)


def test_one_of_several_arrays_is_followed() -> None:
    layers = [
        fm.On("left", [fm.Attention(2)]),
        fm.On("right", [fm.Residual([fm.Attention(2)])]),
        fm.Join(["left", "right"]),
    ]
    model = model_of(layers, {"left": (5, 8), "right": (5, 8)})
    x = {"left": numbers(), "right": numbers()}
    with pytest.raises(fm.InputError, match="Say which, stream='left'"):
        attention_rollout(model, x)
    found = attention_rollout(model, x, "right")
    assert found.layers == ("on_2/residual_1/attention_1",)


def test_without_attention_it_says_what_to_do() -> None:
    with pytest.raises(fm.InputError, match="no self-attention"):
        attention_rollout(model_of([fm.Dense(3)], (4,)), np.ones((1, 4)))

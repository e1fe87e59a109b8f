"""What attention, positions and padding promise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from tests.tolerances import CLOSE

import fathom as fm
from fathom.layers import Scope
from fathom.models.transformer import transformer_block, transformer_language_model

WIDTH = 8


def numbers(*shape: int, seed: int = 0) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), shape)


def made(layer: fm.Layer, time: int) -> Any:
    drawn = layer.init(jax.random.key(1), (time, WIDTH))
    return jax.tree.map(lambda a: a + 0.1 * numbers(*a.shape), drawn)


def padded(batch: int, time: int) -> jax.Array:
    """The first row padded at the end, the second at the start, the last all padded."""
    steps = jnp.ones((batch, time)).at[0, time // 2 :].set(0)
    return steps.at[1, : time // 3].set(0).at[-1].set(0)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
def test_a_later_token_changes_no_earlier_output(
    positions: str, training: bool
) -> None:
    network = transformer_language_model(
        5, 70, width=WIDTH, heads=2, n_blocks=2, positions=positions
    )
    variables = network.init(0)
    tokens = np.random.default_rng(0).integers(0, 5, (1, 70))
    changed = tokens.copy()
    changed[0, 40] = (changed[0, 40] + 1) % 5
    before, after = (
        network.forward(variables, t, training=training).outputs
        for t in (tokens, changed)
    )
    np.testing.assert_array_equal(before[0, :40], after[0, :40])
    assert np.abs(before[0, 40:] - after[0, 40:]).max(-1).min() > 1e-6


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_padded_tokens_change_no_real_output(causal: bool, training: bool) -> None:
    block = transformer_block(WIDTH, 2, causal=causal)
    layers = [fm.Embedding(5, WIDTH, padding=0), fm.Repeat(block, 2)]
    short = fm.Network(layers, input_shape=(6,))
    long = short.with_input_shape((9,))
    variables = short.init(0)
    tokens = np.random.default_rng(0).integers(1, 5, (3, 6))
    filled = np.pad(tokens, ((0, 0), (0, 3)))
    expected = short.forward(variables, tokens, training=training).outputs
    outputs = long.forward(variables, filled, training=training).outputs
    np.testing.assert_allclose(outputs[:, :6], expected, **CLOSE)


def test_rotary_scores_depend_on_the_distance_only() -> None:
    layer = fm.Attention(1, rotary=True)
    variables = made(layer, 6)
    # The same content everywhere: what differs between scores is the position.
    x = jnp.broadcast_to(numbers(WIDTH), (1, 6, WIDTH))
    variables["bias_key"] = variables["bias_query"] = numbers(WIDTH, seed=2)
    scope = Scope(taps={})
    layer.apply(variables, x, scope)
    assert scope.taps is not None
    scores = np.log(np.asarray(scope.taps[""]["weights"])[0, 0])
    scores -= np.diag(scores)[:, None]  # a softmax row is known up to a constant
    for distance in range(-5, 6):
        diagonal = np.diag(scores, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], rtol=0, atol=1e-5)
    assert np.ptp(scores[0]) > 0.1


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("is_padded", [False, True])
def test_fast_gradient_is_the_plain_one_inside_a_loop(
    causal: bool, dropout: float, is_padded: bool
) -> None:
    layer = fm.Attention(2, causal=causal, dropout=dropout)
    variables, x = made(layer, 70), numbers(3, 70, WIDTH)
    steps = padded(3, 70) if is_padded else None

    def gradients(is_watched: bool) -> Any:
        def score(variables: Any, x: jax.Array) -> jax.Array:
            taps: Any = {} if is_watched else None
            scope = Scope(True, jax.random.key(4), steps=steps, taps=taps)
            return (layer.apply(variables, x, scope) ** 2).sum()

        def step(x: jax.Array, _: None) -> tuple[jax.Array, Any]:
            dw, dx = jax.grad(score, (0, 1))(variables, x)
            return x - 0.01 * dx, dw

        return jax.jit(lambda x: lax.scan(step, x, length=2))(x)

    fast, plain = gradients(False), gradients(True)
    largest = max(float(jnp.abs(a).max()) for a in jax.tree.leaves(plain))
    for a, b in zip(jax.tree.leaves(fast), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6 * largest)


@pytest.mark.parametrize("is_watched", [False, True])
def test_a_row_without_a_key_to_look_at_has_finite_gradients(is_watched: bool) -> None:
    layer, x = fm.Attention(2, causal=True), numbers(3, 70, WIDTH)
    variables, steps = made(layer, 70), padded(3, 70)

    def score(variables: Any, x: jax.Array) -> jax.Array:
        scope = Scope(True, steps=steps, taps={} if is_watched else None)
        return (layer.apply(variables, x, scope) ** 2).sum()

    gradients = jax.grad(score, (0, 1))(variables, x)
    assert all(jnp.isfinite(g).all() for g in jax.tree.leaves(gradients))


@pytest.mark.parametrize("training", [False, True])
def test_a_query_without_a_key_gives_the_output_bias(training: bool) -> None:
    layer = fm.Attention(2)
    variables = made(layer, 4)
    scope = Scope(training, steps=jnp.zeros((2, 4)))
    outputs = layer.apply(variables, numbers(2, 4, WIDTH), scope)
    expected = jnp.broadcast_to(variables["bias_output"], outputs.shape)
    np.testing.assert_array_equal(outputs, expected)


def test_attention_weights_of_a_query_sum_to_one() -> None:
    layer, scope = fm.Attention(2, causal=True), Scope(taps={})
    layer.apply(made(layer, 5), numbers(3, 5, WIDTH), scope)
    assert scope.taps is not None
    weights = scope.taps[""]["weights"]
    np.testing.assert_allclose(weights.sum(-1), np.ones((3, 2, 5)), **CLOSE)


def test_dropped_weights_keep_their_mean() -> None:
    layer = fm.Attention(2, dropout=0.5)
    variables, x = made(layer, 6), numbers(1, 6, WIDTH)
    keys = jax.random.split(jax.random.key(0), 4000)
    one = jax.vmap(lambda key: layer.apply(variables, x, Scope(True, key)))
    drawn = np.asarray(jax.jit(one)(keys))
    error = drawn.std(0) / np.sqrt(len(keys))
    away = np.abs(drawn.mean(0) - layer.apply(variables, x, Scope()))
    assert error.max() > 0.001
    assert (away < 5 * error).all()


def test_cross_attention_looks_at_another_array_of_the_network() -> None:
    block = transformer_block(WIDTH, 2, memory="source")
    network = fm.Network(
        [
            fm.On("source", fm.Embedding(5, WIDTH, padding=0)),
            fm.On("target", [fm.Embedding(5, WIDTH), fm.Repeat(block, 2)]),
            fm.Join("target"),
        ],
        input_shape={"source": (7,), "target": (4,)},
    )
    variables = network.init(0)
    random = np.random.default_rng(0)
    source, target = random.integers(1, 5, (2, 7)), random.integers(0, 5, (2, 4))
    source[:, 5:] = 0
    outputs = network.apply(variables, {"source": source, "target": target})
    source[0, 0] = source[0, 0] % 4 + 1
    moved = np.abs(network.apply(variables, {"source": source, "target": target}))
    assert np.abs(moved[0] - np.abs(outputs[0])).max() > 1e-6
    # Padding at the end of the source is not looked at.
    shorter = network.with_input_shape({"source": (5,), "target": (4,)})
    cut = shorter.apply(variables, {"source": source[:, :5], "target": target})
    whole = network.apply(variables, {"source": source, "target": target})
    np.testing.assert_allclose(whole, cut, **CLOSE)


def test_features_of_the_padding_value_are_padded_steps() -> None:
    x = jnp.asarray([[[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]]])
    scope = Scope()
    fm.Masking().apply({}, x, scope)
    np.testing.assert_array_equal(scope.steps, [[1.0, 0.0, 1.0]])


def test_padding_of_a_token_adds_to_what_is_known() -> None:
    embedding = fm.Embedding(5, 2, padding=4)
    variables = embedding.init(jax.random.key(0), (3,))
    scope = Scope(steps=jnp.asarray([[1.0, 0.0, 1.0]]))
    embedding.apply(variables, jnp.asarray([[1, 2, 4]]), scope)
    np.testing.assert_array_equal(scope.steps, [[1.0, 0.0, 0.0]])


def test_multiply_adds_count_projections_and_both_products() -> None:
    # 3 x 5*4*6 into query, key, value; 5*6*4 out of them; two of 5*5*6.
    assert fm.Attention(2, 6).multiply_adds((5, 4)) == 3 * 120 + 120 + 2 * 150


@pytest.mark.parametrize("time", [3, 70])
def test_half_precision_is_near_full_precision(time: int) -> None:
    layer = fm.Attention(2, causal=True)
    variables, x = made(layer, time), numbers(2, time, WIDTH)
    exact = layer.apply(variables, x, Scope(True))
    rounded = layer.apply(variables, x, Scope(True, precision="bfloat16"))
    assert rounded.dtype == jnp.float32
    np.testing.assert_allclose(rounded, exact, rtol=0, atol=0.05)
    assert np.abs(rounded - exact).max() > 0


def shape_of(layer: fm.Layer, shape: tuple[int, ...]) -> Any:
    return lambda: layer.output_shape(shape)


def look(scope: Scope, **settings: Any) -> Any:
    layer = fm.Attention(2, memory="source", **settings)
    x = numbers(2, 3, WIDTH)
    variables = layer.init(jax.random.key(0), (3, WIDTH))
    return lambda: layer.apply(variables, x, scope)


MISTAKES = {
    "heads": (lambda: fm.Attention(0), "'heads' parameter of Attention"),
    "units": (lambda: fm.Attention(4, 6), "a multiple of the 4 heads.*Got 6"),
    "causal memory": (
        lambda: fm.Attention(2, causal=True, memory="source"),
        "'causal' parameter of Attention must be False with a memory",
    ),
    "width": (shape_of(fm.Attention(3), (5, 8)), "a width that its 3 heads divide"),
    "axes": (shape_of(fm.Attention(2), (8,)), r"it expects \(time, width\)"),
    "odd": (shape_of(fm.Attention(2, rotary=True), (5, 6)), "6 units / 2 heads = 3"),
    "no stream": (look(Scope(streams={"sorce": numbers(2, 3, 8)})), "are: sorce"),
    "stream's width": (
        look(Scope(streams={"source": numbers(2, 3, 5)})),
        r"\(batch, time, 8\). Got \(2, 3, 5\) instead: set `memory_width`",
    ),
    "long": (shape_of(fm.LearnedPositions(4), (5, 8)), "at most 4 steps"),
    "groups": (shape_of(fm.GroupNorm(3), (4,)), "channels a multiple of 3"),
    "padding": (lambda: fm.Embedding(5, 2, padding=5), "a token from 0 to 4"),
    "positions": (
        lambda: transformer_language_model(5, 4, positions="lerned"),
        "Unknown kind of positions 'lerned'. Did you mean 'learned'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_said_in_words(mistake: str) -> None:
    make, message = MISTAKES[mistake]
    with pytest.raises(fm.InputError, match=message):
        make()

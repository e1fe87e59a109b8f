"""Networks as data: names, edits, shapes, JSON, taps and probes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fathom as fm
from fathom.variables import join_state, parameter_count


@pytest.fixture
def deep() -> fm.Network:
    return fm.Network(
        [
            fm.Dense(6, "relu", name="first"),
            fm.Residual([fm.Dense(6, "tanh"), fm.BatchNorm(), fm.Dropout(0.2)]),
            fm.Repeat(fm.Residual([fm.Dense(6, "relu")]), 3),
            fm.Dense(2, "softmax"),
        ],
        input_shape=(4,),
    )


def test_unnamed_layers_are_numbered_by_kind() -> None:
    layers = [fm.Dense(2), fm.BatchNorm(), fm.Dense(2, name="mine"), fm.Dense(2)]
    names = [layer.name for layer in fm.Network(layers).layers]
    assert names == ["dense_1", "batch_norm_1", "mine", "dense_2"]


def test_a_number_that_is_taken_is_passed_over() -> None:
    layers = [fm.Dense(2), fm.Dense(2, name="dense_1")]
    assert [layer.name for layer in fm.Network(layers).layers] == ["dense_2", "dense_1"]


def test_two_layers_of_one_name_are_refused() -> None:
    with pytest.raises(fm.InputError, match="Two layers are named 'a'"):
        fm.Network([fm.Dense(2, name="a"), fm.Dense(2, name="a")])


@pytest.mark.parametrize("name", ["state", "a/b", "1st", "a:b", ""])
def test_a_name_that_would_break_addresses_is_refused(name: str) -> None:
    with pytest.raises(fm.InputError, match="'name' parameter of Dense"):
        fm.Dense(2, name=name)


def test_init_gives_a_named_tree_of_the_promised_shapes() -> None:
    network = fm.Network(
        [fm.Dense(64, "relu"), fm.Dense(3, "softmax")], input_shape=(4,)
    )
    shapes = jax.tree.map(lambda a: a.shape, network.init(0))
    assert shapes == {
        "dense_1": {"weight": (4, 64), "bias": (64,)},
        "dense_2": {"weight": (64, 3), "bias": (3,)},
    }


def test_a_seed_and_its_key_give_the_same_start(deep: fm.Network) -> None:
    by_seed, by_key = deep.init(3), deep.init(jax.random.key(3))
    jax.tree.map(np.testing.assert_array_equal, by_seed, by_key)


def test_start_values_differ_from_layer_to_layer_and_block_to_block() -> None:
    block = fm.Network([fm.Repeat(fm.Dense(5), 4)], input_shape=(5,))
    weights = np.asarray(block.init(0)["repeat_1"]["dense_1"]["weight"])
    assert len({w.tobytes() for w in weights}) == 4


def test_running_statistics_are_a_collection_of_their_own(deep: fm.Network) -> None:
    variables = deep.init(0)
    assert set(variables["state"]["residual_1"]["batch_norm_1"]) == {"mean", "variance"}
    assert parameter_count(variables) == deep.summary().parameters


def test_replacing_a_layer_keeps_every_address(deep: fm.Network) -> None:
    edited = deep.replace("residual_1/dense_1", fm.Dense(6, "gelu"))
    assert edited["residual_1/dense_1"] == fm.Dense(6, "gelu", name="dense_1")
    assert [a.name for a in edited.layers] == [a.name for a in deep.layers]


def test_inserting_a_layer_keeps_the_other_addresses(deep: fm.Network) -> None:
    edited = deep.insert(fm.Dense(6), after="first")
    assert [a.name for a in edited.layers] == [
        "first", "dense_2", "residual_1", "repeat_1", "dense_1",
    ]  # fmt: skip


def test_inserting_before_puts_it_before(deep: fm.Network) -> None:
    edited = deep.insert(fm.LayerNorm(), before="first")
    assert edited.layers[0].name == "layer_norm_1"


def test_removing_a_layer_takes_it_out(deep: fm.Network) -> None:
    edited = deep.remove("residual_1/dropout_1")
    inside = [layer.name for layer in edited["residual_1"].layers]  # pyright: ignore
    assert inside == ["dense_1", "batch_norm_1"]


def test_a_network_cut_short_keeps_its_parameters_by_address(deep: fm.Network) -> None:
    variables, x = deep.init(0), jnp.ones((2, 4))
    cut = deep.remove("repeat_1")
    kept = {name: own for name, own in variables.items() if name != "repeat_1"}
    assert cut.apply(kept, x).shape == (2, 2)


def test_an_unknown_address_says_what_is_there(deep: fm.Network) -> None:
    with pytest.raises(fm.InputError, match=r"no layer 'fist'. Did you mean 'first'"):
        deep.remove("fist")


@pytest.mark.parametrize(
    ("layers", "shape", "message"),
    [
        ([fm.Residual([fm.Dense(3)])], (4,), r"'residual_1'.*\(4,\).*\(3,\)"),
        ([fm.Repeat(fm.Dense(3), 2)], (4,), r"'repeat_1'.*\(4,\).*\(3,\)"),
        ([fm.Reshape((5, -1))], (4,), r"'reshape_1'.*\(4,\).*\(5, -1\)"),
        (
            [fm.Concat([[fm.Reshape((2, 2))], fm.Dense(2)])],
            (4,),
            r"'concat_1'.*\(2, 2\), \(2,\)",
        ),
        ([fm.Dense(2)], (), r"'dense_1'.*\(\).*at least one axis"),
    ],
)
def test_shapes_that_do_not_fit_name_the_layer_and_both_shapes(
    layers: list[fm.Layer], shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(fm.ShapeError, match=message):
        fm.Network(layers, input_shape=shape)


def test_inputs_of_another_shape_name_both(deep: fm.Network) -> None:
    with pytest.raises(fm.ShapeError, match=r"\(batch, 4\). Got \(2, 5\)"):
        deep.apply(deep.init(0), np.ones((2, 5), np.float32))


def test_an_open_input_shape_is_asked_for() -> None:
    network = fm.Network([fm.Dense(2)])
    with pytest.raises(fm.ShapeError, match="no input shape yet"):
        network.init(0)
    assert network.with_input_shape((3,)).init(0)["dense_1"]["weight"].shape == (3, 2)


def test_a_number_of_numpy_is_a_setting() -> None:
    layer = fm.Dense(np.arange(3).max() + 1)
    assert layer == fm.Dense(3)
    assert (
        fm.Network.from_json(fm.Network([layer], (2,)).to_json())["dense_1"].units == 3
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fm.Dense(0), "'units' parameter of Dense must be a whole number"),
        (lambda: fm.Dense(2.5), "Got 2.5"),  # type: ignore[arg-type]
        (lambda: fm.Dense(3, "rellu"), "Did you mean 'relu'"),
        (lambda: fm.Dense(3, weight_init="he"), "initializer"),
        (lambda: fm.Dropout(1.0), "'rate' parameter of Dropout"),
        (lambda: fm.BatchNorm(momentum=1.5), "'momentum' parameter of BatchNorm"),
        (lambda: fm.LayerNorm(epsilon=0), "'epsilon' parameter of LayerNorm"),
        (lambda: fm.Embedding(0, 2), "'n_tokens' parameter of Embedding"),
        (lambda: fm.Repeat(fm.Dense(2), 0), "'n' parameter of Repeat"),
        (lambda: fm.Repeat(fm.Dense(2), 2**31), "'n' parameter of Repeat"),
        (lambda: fm.Network([fm.Dense(2)], (2,)).init(1.5), "'seed_or_key'"),  # type: ignore[arg-type]
        (lambda: fm.Network([fm.Dense(2)], (2,)).init(2**70), "'seed_or_key'"),
        (lambda: fm.Reshape((-1, -1)), "'shape' parameter of Reshape"),
        (lambda: fm.Network([3]), "Expected a layer"),  # type: ignore[list-item]
        (lambda: fm.Network([], (0,)), "'input_shape' parameter of Network"),
    ],
)
def test_a_bad_setting_is_named(make: Any, message: str) -> None:
    with pytest.raises(fm.InputError, match=message):
        make()


def test_dropout_drops_in_training_only(deep: fm.Network) -> None:
    network = fm.Network([fm.Dropout(0.5)], input_shape=(1000,))
    x = np.ones((1, 1000), np.float32)
    trained = network.forward({}, x, training=True, key=jax.random.key(0)).outputs
    assert 400 < np.sum(trained == 0) < 600
    assert set(np.unique(trained)) == {0.0, 2.0}
    np.testing.assert_array_equal(network.apply({}, x), x)


def test_two_dropout_layers_drop_different_values() -> None:
    """If they dropped the same ones, half of the values would come through."""
    network = fm.Network([fm.Dropout(0.5), fm.Dropout(0.5)], input_shape=(1000,))
    x = np.ones((1, 1000), np.float32)
    outputs = network.forward({}, x, training=True, key=jax.random.key(0)).outputs
    assert 180 < np.sum(outputs > 0) < 320


def test_batch_norm_ignores_padding_rows() -> None:
    network = fm.Network([fm.BatchNorm()], input_shape=(3,))
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    padded = np.concatenate([x, np.full((2, 3), 9, np.float32)])
    mask = np.array([1, 1, 1, 1, 1, 0, 0], np.float32)
    variables = network.init(0)
    plain = network.forward(variables, x, training=True)
    masked = network.forward(variables, padded, training=True, mask=jnp.asarray(mask))
    np.testing.assert_allclose(masked.outputs[:5], plain.outputs, rtol=1e-5, atol=1e-6)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6),
        masked.state,
        plain.state,
    )


def test_running_statistics_reach_those_of_the_data() -> None:
    network = fm.Network([fm.BatchNorm(momentum=0.5)], input_shape=(2,))
    x = np.random.default_rng(0).normal(3, 2, size=(50, 2)).astype(np.float32)
    variables = network.init(0)
    for _ in range(30):
        state = network.forward(variables, x, training=True).state
        variables = join_state({"batch_norm_1": variables["batch_norm_1"]}, state)
    kept = variables["state"]["batch_norm_1"]
    np.testing.assert_allclose(kept["mean"], x.mean(0), rtol=1e-4)
    np.testing.assert_allclose(kept["variance"], x.var(0, ddof=1), rtol=1e-4)


@pytest.mark.parametrize("weights", [[1, 0, 0], [0, 0, 0]])
def test_a_batch_without_two_rows_leaves_the_running_variance(weights: Any) -> None:
    network = fm.Network([fm.BatchNorm()], (2,))
    x, mask = jnp.full((3, 2), 5.0), jnp.asarray(weights, float)
    after = network.forward(network.init(0), x, training=True, mask=mask).state
    assert after["batch_norm_1"]["variance"].tolist() == [1.0, 1.0]
    assert (after["batch_norm_1"]["mean"] > 0).any() == any(weights)


def test_every_layer_is_heard_under_its_address(deep: fm.Network) -> None:
    x = np.ones((2, 4), np.float32)
    taps = deep.forward(deep.init(0), x, listen=True).taps
    assert {"first", "residual_1/dense_1", "repeat_1/residual_1/dense_1"} <= set(taps)
    assert taps["first"]["weighted_sum"].shape == (2, 6)
    assert taps["repeat_1/residual_1/dense_1"]["weighted_sum"].shape == (3, 2, 6)


def test_a_probe_gives_the_gradient_of_what_it_is_added_to(deep: fm.Network) -> None:
    """d output / d z of one block of a Repeat, against moving z by hand."""
    network = fm.Network([fm.Repeat(fm.Dense(3, "tanh"), 2)], input_shape=(3,))
    variables, x = network.init(0), jnp.ones((1, 3))
    address = "repeat_1/dense_1"

    def score(probe: jax.Array) -> jax.Array:
        probes = {address: {"weighted_sum": probe}}
        return jnp.sum(network.forward(variables, x, probes=probes).outputs)

    zeros = jnp.zeros((2, 1, 3))
    gradient = jax.grad(score)(zeros)
    moved = zeros.at[0, 0, 1].set(1e-2)
    slope = (score(moved) - score(-moved)) / 2e-2
    assert gradient[0, 0, 1] == pytest.approx(float(slope), rel=1e-2)


def test_adding_a_layer_leaves_the_random_numbers_of_others() -> None:
    x, key = jnp.ones((1, 100)), jax.random.key(0)
    one = fm.Network([fm.Dropout(0.5, name="a")], input_shape=(100,))
    two = one.insert(fm.Dropout(0.0, name="b"), before="a")
    first = one.forward({}, x, training=True, key=key).outputs
    second = two.forward({}, x, training=True, key=key).outputs
    np.testing.assert_array_equal(first, second)


def test_the_final_softmax_can_be_taken_off(deep: fm.Network) -> None:
    bare, activation = deep.without_output_activation()
    variables, x = deep.init(0), np.ones((2, 4), np.float32)
    logits = bare.apply(variables, x)
    assert activation == "softmax"
    np.testing.assert_allclose(
        jax.nn.softmax(logits), deep.apply(variables, x), rtol=1e-6
    )


def test_a_network_with_a_function_for_a_setting_says_so() -> None:
    network = fm.Network([fm.Dense(2, jnp.sin)], input_shape=(2,))
    with pytest.raises(fm.InputError, match="cannot be written as JSON"):
        network.to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "Expected format 'fathom network'"),
        ({"layers": "x"}, "Expected a list"),
        ({"layers": [{"kind": "Danse"}]}, "Did you mean 'Dense'"),
        ({"layers": [{"kind": "Dense"}]}, "Dense cannot be made from"),
        ({"layers": [{"kind": "Dense", "units": "9"}]}, "'units' parameter of Dense"),
        ({"layers": [{"kind": "Dense", "units": 2, "x": 1}]}, "no setting 'x'"),
        ({"layers": [{"units": 2}]}, "layer with a 'kind'"),
        ({"input_shape": [-1]}, "'input_shape' parameter"),
    ],
)
def test_an_edited_file_is_refused_with_its_reason(
    deep: fm.Network, change: dict[str, Any], message: str
) -> None:
    text = json.dumps({**json.loads(deep.to_json()), **change})
    with pytest.raises(fm.InputError, match=message):
        fm.Network.from_json(text)


def test_start_values_take_one_visit_to_a_layer_however_deep_it_lies() -> None:
    visits = []

    class _Counting(fm.Dense):
        def init(self, key: jax.Array, shape: Any) -> Any:
            visits.append(shape)
            return super().init(key, shape)

    layer: fm.Layer = _Counting(2)
    for _ in range(5):
        layer = fm.Chain([layer])
    jax.eval_shape(fm.Network([layer], (2,)).draw, jax.random.key(0))
    assert len(visits) == 1


def test_a_file_nested_too_deep_is_refused() -> None:
    layer: Any = {"kind": "Dense", "units": 1}
    for _ in range(200):
        layer = {"kind": "Chain", "layers": [layer]}
    head = {"format": "fathom network", "version": 1, "input_shape": None}
    with pytest.raises(fm.InputError, match="nested more than"):
        fm.Network.from_json(json.dumps({**head, "layers": [layer]}))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "name", "units", "layers", "n", "rate", "shape"]),
            inner | st.sampled_from(["Dense", "Chain", "Repeat", "Reshape"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(layers=junk, shape=junk)
def test_junk_is_a_network_or_an_input_error(layers: Any, shape: Any) -> None:
    document = {"format": "fathom network", "version": 1}
    text = json.dumps({**document, "layers": layers, "input_shape": shape})
    with contextlib.suppress(fm.InputError):
        assert isinstance(fm.Network.from_json(text), fm.Network)


def test_padding_that_a_branch_finds_is_not_the_next_branchs() -> None:
    finds = [fm.Masking(0.0), fm.Dense(2)]
    recurrent = fm.LSTM(3, returns="sequence")
    both = fm.Network([fm.Concat([finds, recurrent])], (4, 2))
    variables = both.init(0)
    x = np.random.default_rng(0).normal(size=(2, 4, 2)).astype(np.float32)
    x[0, 2:] = 0
    alone = fm.Network([recurrent], (4, 2))
    own = {"lstm_1": variables["concat_1"]["lstm_1"]}
    np.testing.assert_array_equal(
        both.apply(variables, x)[..., 2:], alone.apply(own, x)
    )

"""The recorded numbers against the same ones computed the obvious way."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.tolerances import CLOSE

import fathom as fm
from fathom import losses
from fathom.record.recording import Recording

X = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
Y = (np.arange(40) % 3).astype(np.int32)
EVERY = Recording(every=1)


def network() -> fm.Network:
    layers = [fm.Dense(12, "relu"), fm.Dense(8, "tanh"), fm.Dense(3, "softmax")]
    return fm.Network(layers, (6,))


def train(net: fm.Network | None = None, x: Any = X, y: Any = Y, **changed: Any) -> Any:
    usual = {"epochs": 2, "batch_size": 40, "shuffle": False, "record": EVERY}
    return fm.train(net or network(), (x, y), **{**usual, **changed})


def gradient(net: fm.Network, variables: Any) -> Any:
    def cost(variables: Any) -> jax.Array:
        return jnp.mean(losses.cross_entropy(net.apply(variables, X), Y))

    return jax.grad(cost)(variables)


def norm(tree: Any) -> float:
    return float(np.sqrt(sum(np.square(a).sum() for a in jax.tree.leaves(tree))))


@pytest.mark.parametrize(
    "changed",
    [{"optimizer": "adam"}, {"optimizer": "sgd"}, {"gradient_clip": 0.01}],
    ids=["adam's memory", "computed again", "before clipping"],
)
def test_gradient_norms_are_those_of_the_gradient(changed: dict[str, Any]) -> None:
    net, history = network(), train(**changed).history
    expected = gradient(net, net.init(0))
    for name in ("dense_1", "dense_2", "dense_3"):
        recorded = history.layers[name]["gradient_norm"][0]
        assert recorded == pytest.approx(norm(expected[name]), rel=1e-4)


def test_update_norms_are_those_of_what_happened_to_the_weights() -> None:
    result = train(epochs=1, weight_decay=0.5, learning_rate=0.01)
    before, after = network().init(0), result.model.variables
    for name in before:
        change = jax.tree.map(lambda a, b: np.asarray(a) - b, before[name], after[name])
        recorded = result.history.layers[name]
        assert recorded["update_norm"][0] == pytest.approx(norm(change), rel=1e-4)
        size = norm(before[name])
        assert recorded["parameter_norm"][0] == pytest.approx(size, rel=1e-5)
        ratio = norm(change) / size
        assert recorded["update_ratio"][0] == pytest.approx(ratio, rel=1e-4)


def test_activations_are_summed_up_over_batch_and_units() -> None:
    history = train().history
    taps = network().forward(network().init(0), X, listen=True).taps
    for name in ("dense_1", "dense_2", "dense_3"):
        a = np.asarray(taps[name]["activation"])
        own = history.layers[name]
        expected = [a.mean(), a.std(), np.sqrt(a.var(0).mean())]
        names = ["mean", "spread", "variation"]
        recorded = [own[f"activation_{part}"][0] for part in names]
        np.testing.assert_allclose(recorded, expected, **CLOSE)


def test_the_loss_is_that_of_the_batch_before_the_update() -> None:
    history = train().history
    outputs = network().apply(network().init(0), X)
    expected = float(losses.cross_entropy(outputs, Y).mean())
    assert history.step_losses[0] == pytest.approx(expected, rel=1e-5)
    assert history.step_learning_rates.tolist() == pytest.approx([1e-3, 1e-3])


def start_with(**changed: Any) -> Any:
    variables = jax.tree.map(np.array, network().init(0))
    for name, bias in changed.items():
        variables[name]["bias"] += np.asarray(bias, np.float32)
    return variables


def test_dead_units_are_those_that_are_0_for_every_example() -> None:
    bias = np.where(np.arange(12) < 3, -100, 0)
    history = train(variables=start_with(dense_1=bias)).history
    assert history.layers["dense_1"]["dead_units"][0] == pytest.approx(3 / 12)


def test_sparse_units_are_not_dead() -> None:
    variables = start_with(dense_1=np.full(12, -2.0))
    a = network().forward(variables, X, listen=True).taps["dense_1"]["activation"]
    alive = np.asarray(a).max(0) > 0
    assert (np.asarray(a) == 0).mean() > 0.8
    history = train(variables=variables).history
    dead = history.layers["dense_1"]["dead_units"][0]
    assert dead == pytest.approx(1 - alive.mean())
    assert dead < 0.5


def test_saturated_units_are_those_without_a_slope() -> None:
    bias = np.where(np.arange(8) < 2, 50, 0)
    history = train(variables=start_with(dense_2=bias)).history
    assert history.layers["dense_2"]["saturated_units"][0] == pytest.approx(2 / 8)


def test_outputs_that_ignore_the_input_have_no_variation() -> None:
    variables = start_with()
    variables["dense_3"]["weight"][:] = 0
    history = train(variables=variables).history
    assert history.layers["dense_3"]["activation_variation"][0] == 0.0


def test_a_frozen_layer_has_no_gradient_and_no_update() -> None:
    own = train(freeze="dense_1").history.layers["dense_1"]
    assert own["gradient_norm"].tolist() == own["update_norm"].tolist() == [0.0, 0.0]


def test_rows_that_do_not_count_are_not_looked_at() -> None:
    wild = np.concatenate([X, np.full((3, 6), 1e9, np.float32)])
    weight = np.r_[np.ones(40), np.zeros(3)]
    y = np.r_[Y, 0, 0, 0]
    padded = train(x=wild, y=y, sample_weight=weight, batch_size=43).history
    plain = train().history
    for name in plain.layers:
        for statistic, values in plain.layers[name].items():
            recorded = padded.layers[name][statistic]
            np.testing.assert_allclose(recorded, values, rtol=1e-3, atol=1e-5)


def test_every_block_of_a_repeat_has_numbers_of_its_own() -> None:
    block = fm.Residual([fm.LayerNorm(), fm.Dense(6, "relu")])
    net = fm.Network([fm.Repeat(block, 9), fm.Dense(3, "softmax")], (6,))
    history = train(net).history
    expected = gradient(net, net.init(0))["repeat_1"]["residual_1"]["dense_1"]
    taps = net.forward(net.init(0), X, listen=True).taps
    for i in range(9):
        own = history.layers[f"repeat_1[{i}]/residual_1/dense_1"]
        slices = [a[i] for a in jax.tree.leaves(expected)]
        assert own["gradient_norm"][0] == pytest.approx(norm(slices), rel=1e-4)
        a = np.asarray(taps["repeat_1/residual_1/dense_1"]["activation"][i])
        assert own["activation_mean"][0] == pytest.approx(a.mean(), rel=1e-4)


def test_layers_come_in_the_order_in_which_data_flows() -> None:
    block = [fm.LayerNorm(), fm.Dense(6, "relu")]
    net = fm.Network([fm.Dense(6), fm.Repeat(block, 9), fm.Dense(3, "softmax")], (6,))
    names = list(train(net).history.layers)
    assert names[:4] == ["dense_1", "repeat_1[0]/layer_norm_1", "repeat_1[0]/dense_1",
                         "repeat_1[1]/layer_norm_1"]  # fmt: skip
    assert names[-2:] == ["repeat_1[8]/dense_1", "dense_2"]


def test_shared_blocks_have_one_gradient_and_activations_of_their_own() -> None:
    shared = fm.Repeat(fm.Dense(6, "relu"), 3, shared=True)
    net = fm.Network([shared, fm.Dense(3, "softmax")], (6,))
    layers = train(net).history.layers
    assert "gradient_norm" in layers["repeat_1/dense_1"]
    assert "dead_units" in layers["repeat_1[2]/dense_1"]
    assert "gradient_norm" not in layers["repeat_1[2]/dense_1"]


@pytest.mark.parametrize(
    ("layers", "shape", "addresses"),
    [
        ([fm.LSTM(4, bidirectional=True)], (5, 6), {"lstm_1/forward", "lstm_1"}),
        ([fm.Embedding(9, 4), fm.GRU(4)], (5,), {"embedding_1", "gru_1"}),
        ([fm.Conv(4, 3), fm.BatchNorm(), fm.Activation("relu"), fm.Flatten()],
         (6, 6, 1), {"conv_1", "batch_norm_1", "activation_1"}),
        ([fm.Attention(2), fm.Flatten()], (5, 4), {"attention_1"}),
    ],
    ids=["bidirectional", "embedding", "convolution", "attention"],
)  # fmt: skip
def test_families_are_recorded(layers: Any, shape: Any, addresses: Any) -> None:
    x = np.random.default_rng(0).integers(0, 9, (40, *shape))
    x = x if isinstance(layers[0], fm.Embedding) else x.astype(np.float32)
    net = fm.Network([*layers, fm.Dense(3, "softmax")], shape)
    recorded = train(net, x=x).history.layers
    assert addresses <= set(recorded)
    for own in recorded.values():
        assert all(np.isfinite(values).all() for values in own.values())


def test_named_inputs_are_recorded_by_input() -> None:
    layers = [fm.On(("left", "right"), fm.Dense(4, "relu")), fm.Join(("left", "right")),
              fm.Dense(3, "softmax")]  # fmt: skip
    net = fm.Network(layers, {"left": (6,), "right": (6,)})
    recorded = train(net, x={"left": X, "right": X[::-1]}).history.layers
    assert "dead_units" in recorded["on_1[left]/dense_1"]
    assert "gradient_norm" in recorded["on_1/dense_1"]

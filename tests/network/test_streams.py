"""Networks of several named inputs, shared layers and tied weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.tolerances import CLOSE, EXACT

import fathom as fm

TWO = {"left": (3,), "right": (3,)}
HEAD = (fm.Join(("left", "right"), "subtract"), fm.Dense(2, "softmax"))


def siamese(*layers: fm.Layer, **shapes: Any) -> fm.Network:
    return fm.Network([fm.On(("left", "right"), list(layers)), *HEAD], shapes or TWO)


def pairs(n: int = 40, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {name: random.normal(size=(n, 3)).astype(np.float32) for name in TWO}


def labels(x: dict[str, np.ndarray]) -> np.ndarray:
    return (x["left"][:, 0] > x["right"][:, 0]).astype(int)


@pytest.fixture(scope="module")
def trained() -> fm.TrainingResult:
    x = pairs()
    network = siamese(fm.Dense(4, "tanh"))
    return fm.train(network, (x, labels(x)), epochs=20, learning_rate=0.03, seed=1)


# ---------------------------------------------------------------- sharing


def test_the_gradient_of_shared_layers_is_the_sum_over_both_uses() -> None:
    shared = siamese(fm.Dense(4, "tanh"))
    apart = fm.Network(
        [
            fm.On("left", fm.Dense(4, "tanh"), name="a"),
            fm.On("right", fm.Dense(4, "tanh"), name="b"),
            *HEAD,
        ],
        TWO,
    )
    x, variables = pairs(), shared.init(0)
    encoder = variables["on_1"]
    twice = {"a": encoder, "b": encoder, "dense_1": variables["dense_1"]}

    def first(network: fm.Network) -> Any:
        return lambda v: network.apply(v, x)[:, 0].sum()

    one = jax.grad(first(shared))(variables)["on_1"]
    both = jax.grad(first(apart))(twice)
    total = jax.tree.map(jnp.add, both["a"], both["b"])
    jax.tree.map(lambda g, h: np.testing.assert_allclose(g, h, **CLOSE), one, total)


def test_swapping_the_inputs_of_a_difference_swaps_its_sign() -> None:
    network = fm.Network([fm.On(("left", "right"), fm.Dense(4)), HEAD[0]], TWO)
    x, variables = pairs(), network.init(0)
    swapped = {"left": x["right"], "right": x["left"]}
    np.testing.assert_allclose(
        network.apply(variables, swapped), -network.apply(variables, x), **CLOSE
    )


def test_shared_batch_norm_learns_the_statistics_of_every_array() -> None:
    network = siamese(fm.BatchNorm(momentum=0.5))
    x = {"left": jnp.full((4, 3), 8.0), "right": jnp.full((4, 3), 2.0)}
    state = network.forward(network.init(0), x, training=True).state
    mean = state["on_1"]["batch_norm_1"]["mean"]
    np.testing.assert_allclose(mean, (0.5 * 0 + 0.5 * 8) * 0.5 + 0.5 * 2, **CLOSE)


def test_frozen_shared_batch_norm_keeps_its_statistics() -> None:
    network = siamese(fm.BatchNorm())
    variables, frozen = network.init(0), frozenset({"on_1"})
    state = network.forward(variables, pairs(), training=True, frozen=frozen).state
    jax.tree.map(np.testing.assert_array_equal, state, variables["state"])


def test_shared_layers_draw_other_random_numbers_for_each_array() -> None:
    network = fm.Network([fm.On(("left", "right"), fm.Dropout(0.5)), HEAD[0]], TWO)
    ones = {name: jnp.ones((20, 3)) for name in TWO}
    forward = network.forward({}, ones, training=True, key=jax.random.key(0))
    assert np.abs(forward.outputs).max() > 0


def test_shared_layers_are_observed_once_for_each_array() -> None:
    network = siamese(fm.Dense(4))
    x, variables = pairs(), network.init(0)
    taps = network.forward(variables, x, listen=True).taps
    for name in TWO:
        np.testing.assert_allclose(
            taps[f"on_1[{name}]/dense_1"]["activation"],
            x[name] @ variables["on_1"]["dense_1"]["weight"],
            **CLOSE,
        )


def test_sharing_between_shapes_that_need_other_parameters_is_refused() -> None:
    with pytest.raises(fm.InputError, match=r"'on_1' .*parameters of different sizes"):
        siamese(fm.Flatten(), fm.Dense(2), left=(3, 2), right=(2, 2))


# ---------------------------------------------------------------- joining


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("concat", lambda a, b: np.concatenate([a, b], -1)),
        ("add", lambda a, b: a + b),
        ("subtract", lambda a, b: a - b),
        ("multiply", lambda a, b: a * b),
    ],
)
def test_join_makes_one_array(how: str, expected: Any) -> None:
    network, x = fm.Network([fm.Join(("left", "right"), how)], TWO), pairs()
    outputs = network.apply({}, x)
    np.testing.assert_allclose(outputs, expected(x["left"], x["right"]), **CLOSE)


def test_join_subtracts_all_further_arrays_from_the_first() -> None:
    network = fm.Network(
        [fm.Join(("a", "b", "c"), "subtract")], {"a": (1,), "b": (1,), "c": (1,)}
    )
    x = {name: jnp.full((1, 1), v) for name, v in (("a", 9.0), ("b", 3.0), ("c", 2.0))}
    assert float(network.apply({}, x)[0, 0]) == 4


# ---------------------------------------------------------------- padding


def test_a_mask_of_padded_steps_travels_with_its_own_array() -> None:
    """The left's padding counts for the left's mean, and not for the right's."""
    network = fm.Network(
        [
            fm.On("left", fm.Masking()),
            fm.On("right", fm.Dense(1)),
            fm.On("left", fm.GlobalAveragePool()),
            fm.On("right", fm.GlobalAveragePool()),
            fm.Join(("left", "right")),
        ],
        {"left": (4, 1), "right": (4, 1)},
    )
    steps = jnp.asarray([[2.0, 4.0, 0.0, 0.0]])[..., None]
    variables = {"on_2": {"dense_1": {"weight": jnp.ones((1, 1)), "bias": jnp.ones(1)}}}
    outputs = network.apply(variables, {"left": steps, "right": steps})
    np.testing.assert_allclose(outputs, [[3.0, 6 / 4 + 1]], **CLOSE)


def test_taking_one_array_takes_its_mask_along() -> None:
    network = fm.Network(
        [fm.On("left", fm.Masking()), fm.Join("left"), fm.GlobalAveragePool()],
        {"left": (3, 1), "right": (3, 1)},
    )
    steps = jnp.asarray([[5.0, 1.0, 0.0]])[..., None]
    outputs = network.apply({}, {"left": steps, "right": steps})
    np.testing.assert_allclose(outputs, [[3.0]], **CLOSE)


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([fm.On("lift", fm.Dense(3)), *HEAD], r"'on_1' \(On\) works on 'lift'"),
        (
            [fm.Join(("left", "rigt"))],
            r"'join_1' \(Join\) works on 'rigt'.*left, right",
        ),
        ([fm.On("left", fm.Dense(3))], "ends in several named arrays: left, right"),
        ([fm.Dense(3)], r"'dense_1' \(Dense\) takes one array, and 2 named ones"),
        ([fm.Residual(fm.On("left", fm.Dense(3)))], "'residual_1'.* takes one array"),
        ([fm.On("left", fm.Dense(2)), *HEAD], r"'join_1'.*join shapes \(2,\), \(3,\)"),
    ],
)
def test_a_network_that_does_not_fit_its_names_is_refused(
    layers: list[fm.Layer], message: str
) -> None:
    with pytest.raises(fm.InputError, match=message):
        fm.Network(layers, TWO)


def test_named_layers_on_one_array_are_refused() -> None:
    with pytest.raises(fm.InputError, match=r"'on_1'.* takes named arrays, and one of"):
        fm.Network([fm.On("left", fm.Dense(3))], (3,))


@pytest.mark.parametrize("names", [5, (), "a b", ("left", "left"), [3]])
def test_names_that_are_no_names_are_refused(names: Any) -> None:
    with pytest.raises(fm.InputError, match="The 'names' parameter of On must be"):
        fm.On(names, fm.Dense(3))


@pytest.mark.parametrize("shape", [{}, {"a b": (3,)}, {"a": {"b": (3,)}}, {"a": 3}])
def test_input_shapes_that_are_no_shapes_are_refused(shape: Any) -> None:
    with pytest.raises(fm.InputError, match="parameter of Network must be"):
        fm.Network([fm.Join("a")], shape)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x["left"], "a dict of arrays by name: left, right. Got ndarray"),
        (lambda x: {"left": x["left"]}, "Got the names left"),
        (lambda x: {**x, "right": x["right"][:, :2]}, r"Got X\['right'\] of shape"),
        (lambda x: {**x, "right": x["right"][:5]}, "as many rows each"),
        (lambda x: {**x, "right": x["right"] * np.nan}, r"X\['right'\] has .* NaN"),
    ],
)
def test_data_that_do_not_fit_the_names_are_refused(change: Any, message: str) -> None:
    x = pairs()
    with pytest.raises(fm.InputError, match=message):
        fm.train(siamese(fm.Dense(4, "tanh")), (change(x), labels(x)), epochs=1)


def test_apply_says_which_shapes_it_wants_by_name() -> None:
    network = siamese(fm.Dense(4))
    with pytest.raises(fm.InputError, match=r"'left': \(batch, 3\).* Got \(40, 3\)"):
        network.apply(network.init(0), pairs()["left"])


# ---------------------------------------------------------------- as networks


def test_a_siamese_network_learns_which_is_larger(trained: fm.TrainingResult) -> None:
    x = pairs(200, seed=5)
    assert trained.model.evaluate((x, labels(x)))["accuracy"] > 0.9


def test_a_saved_network_of_named_inputs_predicts_the_same(
    trained: fm.TrainingResult, tmp_path: Path
) -> None:
    trained.model.save(tmp_path / "model")
    loaded, x = fm.load(tmp_path / "model"), pairs(7, seed=2)
    assert loaded.network == trained.model.network
    expected = trained.model.predict_proba(x)
    np.testing.assert_array_equal(loaded.predict_proba(x), expected)


def test_validation_rows_of_named_inputs_are_taken_from_every_array() -> None:
    x = pairs()
    network = siamese(fm.Dense(4, "tanh"))
    result = fm.train(network, (x, labels(x)), epochs=1, validation=0.25, batch_size=8)
    assert result.model.about["training_examples"] == 30
    assert np.isfinite(result.history["validation_loss"]).all()


def test_own_objectives_get_the_named_inputs_with_and_without_targets() -> None:
    def distance(network: fm.Network, variables: Any, batch: Any, key: Any) -> Any:
        near = batch.x["left"] - batch.x["right"]
        return network.apply(variables, batch.x)[:, 0] * (near * near).sum(1)

    x, network = pairs(), siamese(fm.Dense(4, "tanh"))
    alone = fm.train(network, x, objective=distance, epochs=1)
    both = fm.train(network, (x, labels(x)), objective=distance, epochs=1)
    np.testing.assert_array_equal(alone.history["loss"], both.history["loss"])


def test_layers_inside_are_found_and_edited_by_address() -> None:
    network = siamese(fm.Dense(4, "tanh"))
    edited = network.replace("on_1/dense_1", fm.Dense(9, "relu"))
    assert edited["on_1/dense_1"] == fm.Dense(9, "relu", name="dense_1")
    assert edited.init(0)["dense_1"]["weight"].shape == (9, 2)
    longer = network.insert(fm.Dense(5), after="on_1/dense_1")
    assert longer.remove("on_1/dense_2") == network


def test_summary_counts_shared_parameters_once_and_their_work_twice() -> None:
    network = siamese(fm.Dense(4, "tanh"))
    row = next(line for line in str(network.summary()).splitlines() if "on_1" in line)
    assert row.split()[-2:] == ["16", "24"]  # 3 x 4 + 4, and 2 x 3 x 4


# ---------------------------------------------------------------- tying


@pytest.mark.usefixtures("float64")
def test_the_gradient_of_a_tied_weight_reaches_both_uses() -> None:
    network = fm.Network([fm.Dense(2, "tanh"), fm.Tied("dense_1", 3)], (3,))
    random = np.random.default_rng(0)
    x = jnp.asarray(random.normal(size=(5, 3)))
    variables = jax.tree.map(
        lambda a: jnp.asarray(random.normal(size=a.shape)), network.init(0)
    )

    def cost(weight: jax.Array) -> jax.Array:
        own = {**variables["dense_1"], "weight": weight}
        return (network.apply({**variables, "dense_1": own}, x) ** 2).sum()

    weight = variables["dense_1"]["weight"]
    x_numpy, bias = np.asarray(x), np.asarray(variables["dense_1"]["bias"])
    code = np.tanh(x_numpy @ np.asarray(weight) + bias)
    outputs = code @ np.asarray(weight).T + np.asarray(variables["tied_1"]["bias"])
    upper = (code.T @ (2 * outputs)).T  # through x W^T
    lower = x_numpy.T @ ((2 * outputs @ np.asarray(weight)) * (1 - code**2))
    np.testing.assert_allclose(jax.grad(cost)(weight), upper + lower, **EXACT)


@pytest.mark.parametrize("address", ["dens_1", "dense_2"])
def test_a_tied_weight_that_does_not_fit_is_named(address: str) -> None:
    layers = [fm.Dense(4), fm.Dense(5), fm.Tied(address, 7)]
    network = fm.Network(layers, (3,))
    with pytest.raises(fm.InputError, match=rf"'tied_1'.*weight of '{address}' once"):
        network.apply(network.init(0), jnp.ones((2, 3)))


def test_a_weight_shared_by_two_arrays_can_be_tied_by_its_address() -> None:
    network = fm.Network(
        [
            fm.On(("left", "right"), fm.Dense(4)),
            fm.On("left", fm.Tied("on_1/dense_1", 3)),
            fm.Join("left"),
        ],
        TWO,
    )
    x, variables = pairs(), network.init(0)
    weight = np.asarray(variables["on_1"]["dense_1"]["weight"])
    outputs = network.apply(variables, x)
    np.testing.assert_allclose(outputs, x["left"] @ weight @ weight.T, **CLOSE)


# ---------------------------------------------------------------- repeating


@pytest.mark.parametrize("n", [3, 12])
def test_a_shared_repeat_equals_a_loop_of_one_layer(n: int) -> None:
    network = fm.Network([fm.Repeat(fm.Dense(3, "tanh"), n, shared=True)], (3,))
    x, variables = pairs()["left"], network.init(0)
    dense, expected = variables["repeat_1"]["dense_1"], x
    for _ in range(n):
        expected = np.tanh(expected @ np.asarray(dense["weight"]) + dense["bias"][None])
    assert dense["weight"].shape == (3, 3)
    np.testing.assert_allclose(network.apply(variables, x), expected, **CLOSE)


def test_a_shared_repeat_refuses_running_statistics() -> None:
    network = fm.Network([fm.Repeat(fm.BatchNorm(), 2, shared=True)], (3,))
    with pytest.raises(fm.InputError, match=r"'repeat_1'.*batch_norm_1 keeps"):
        network.init(0)

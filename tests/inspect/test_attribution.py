"""Attributions add up to what they explain, over the families of layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fathom as fm
from fathom.data.target import TargetCoding
from fathom.inspect.attribution import attribute

RNG = np.random.default_rng(0)
TWO = TargetCoding("classification", ("y",), ("no", "yes"))
THREE = TargetCoding("classification", ("y",), ("a", "b", "c"))


def untrained(
    layers: list[fm.Layer], shape: Any, target: TargetCoding | None = THREE
) -> fm.Model:
    network = fm.Network(layers, shape)
    return fm.Model(network, network.init(3), target=target)


def numbers(*shape: int) -> np.ndarray:
    return RNG.normal(size=(4, *shape)).astype(np.float32)


def tokens(n_tokens: int, *shape: int) -> np.ndarray:
    return RNG.integers(1, n_tokens, (4, *shape))


END = fm.Dense(3, "softmax")
FAMILIES = {
    "dense": ([fm.Dense(32, "relu"), fm.Dense(16, "relu"), END], numbers(6)),
    "convolution": (
        [fm.Conv(8, 3, "relu"), fm.MaxPool(2), fm.Flatten(), END],
        numbers(8, 8, 2),
    ),
    "series": ([fm.Conv(8, 3, "gelu"), fm.GlobalAveragePool(), END], numbers(9, 2)),
    "normalized": (
        [fm.Dense(8), fm.BatchNorm(), fm.Activation("elu"), END],
        numbers(5),
    ),
    "recurrent": ([fm.LSTM(8, bidirectional=True), END], numbers(7, 3)),
    "gated": ([fm.Masking(), fm.GRU(8), END], numbers(7, 3)),
    "attention": (
        [
            fm.Residual([fm.LayerNorm(), fm.Attention(2)]),
            fm.Repeat(fm.Residual([fm.Dense(8, "relu"), fm.Dense(8)]), 2),
            fm.GlobalAveragePool(),
            END,
        ],
        numbers(6, 8),
    ),
    "embedding": (
        [fm.Embedding(11, 8, padding=0), fm.Attention(2), fm.GlobalAveragePool(), END],
        np.where(np.arange(6) < 4, tokens(11, 6), 0),
    ),
    "embedded in a block": (
        [fm.Chain([fm.Embedding(11, 4), fm.LSTM(5)]), END],
        tokens(11, 6),
    ),
    "named": (
        [
            fm.On("words", [fm.Embedding(9, 4), fm.GRU(4)]),
            fm.On("facts", [fm.Dense(4, "relu")]),
            fm.Join(["words", "facts"]),
            END,
        ],
        {"words": tokens(9, 5), "facts": numbers(3)},
    ),
    "shared": (
        [
            fm.On(("left", "right"), [fm.Embedding(9, 4), fm.GlobalMaxPool()]),
            fm.Join(["left", "right"]),
            END,
        ],
        {"left": tokens(9, 5), "right": tokens(9, 5)},
    ),
}


def model_of(family: str) -> tuple[fm.Model, Any]:
    layers, x = FAMILIES[family]
    if isinstance(x, dict):
        return untrained(layers, {name: own.shape[1:] for name, own in x.items()}), x
    return untrained(layers, x.shape[1:]), x


def sums(values: Any) -> np.ndarray:
    parts = values.values() if isinstance(values, dict) else [values]
    return sum(own.reshape(len(own), -1).sum(1) for own in parts)


@pytest.mark.parametrize("family", FAMILIES)
def test_integrated_gradients_sum_to_the_difference_of_outputs(family: str) -> None:
    model, x = model_of(family)
    found = attribute(model, x)
    gap = found.output_value - found.baseline_value
    np.testing.assert_allclose(sums(found.values), gap, rtol=1e-3, atol=1e-5)
    assert (found.relative_error < 1e-3).all()


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_the_output_explained_is_the_models_own(family: str) -> None:
    model, x = model_of(family)
    found = attribute(model, x, of="probability")
    assert found.output == tuple(model.predict(x))
    np.testing.assert_allclose(
        found.output_value, model.predict_proba(x).max(1), rtol=1e-5
    )


@pytest.mark.parametrize("family", ["dense", "embedding", "named"])
def test_values_have_the_shape_of_the_inputs(family: str) -> None:
    model, x = model_of(family)
    for method in ("integrated_gradients", "gradient_x_input", "occlusion"):
        values = attribute(model, x, method).values
        parts = values if isinstance(x, dict) else {"": values}
        inputs = x if isinstance(x, dict) else {"": x}
        assert {k: v.shape for k, v in parts.items()} == {
            k: v.shape for k, v in inputs.items()
        }


def linear(bias: bool = False) -> tuple[fm.Model, np.ndarray, np.ndarray]:
    model = untrained([fm.Dense(3, "softmax", use_bias=bias)], (5,))
    return model, numbers(5), np.asarray(model.variables["dense_1"]["weight"])


@pytest.mark.parametrize(
    "method", ["integrated_gradients", "gradient_x_input", "occlusion"]
)
def test_of_a_linear_network_every_method_gives_weight_times_input(method: str) -> None:
    model, x, weight = linear()
    found = attribute(model, x, method, output="b")
    np.testing.assert_allclose(found.values, x * weight[:, 1], rtol=1e-4, atol=1e-6)


def test_without_biases_and_kinks_both_gradient_methods_agree() -> None:
    layers = [fm.Dense(8, use_bias=False), fm.Dense(3, "softmax", use_bias=False)]
    model, x = untrained(layers, (5,)), numbers(5)
    one = attribute(model, x, "gradient_x_input").values
    np.testing.assert_allclose(attribute(model, x).values, one, rtol=1e-4, atol=1e-6)


def test_occlusion_compares_with_the_baseline_given() -> None:
    model, x, weight = linear(bias=True)
    found = attribute(model, x, "occlusion", output="a", baseline=x[0])
    np.testing.assert_allclose(
        found.values, (x - x[0]) * weight[:, 0], rtol=1e-4, atol=1e-6
    )


def test_parts_of_the_way_are_halved_until_the_sum_is_right() -> None:
    model, x = model_of("attention")
    found = attribute(model, x, steps=8)
    assert found.steps.max() > 8
    assert (found.relative_error < 1e-3).all()
    rough = attribute(model, x, steps=8, most_steps=8)
    assert rough.error.max() > found.error.max()
    assert (rough.steps == 8).all()


def test_more_rows_than_a_batch_are_explained_like_one() -> None:
    model, _ = model_of("dense")
    x = RNG.normal(size=(70, 6)).astype(np.float32)
    at_once = attribute(model, x, steps=32)
    one = attribute(model, x[50:51], steps=32)
    np.testing.assert_allclose(at_once.values[50], one.values[0], rtol=1e-3, atol=1e-5)


def test_a_single_sigmoid_explains_either_class() -> None:
    model = untrained([fm.Dense(8, "tanh"), fm.Dense(1, "sigmoid")], (5,), TWO)
    x = numbers(5)
    yes, no = (attribute(model, x, output=label) for label in ("yes", "no"))
    np.testing.assert_allclose(yes.values, -no.values, rtol=1e-5, atol=1e-7)
    logit = np.log(model.predict_proba(x)[:, 1] / model.predict_proba(x)[:, 0])
    np.testing.assert_allclose(yes.output_value, logit, rtol=1e-3, atol=1e-5)
    share = attribute(model, x, output="no", of="probability")
    np.testing.assert_allclose(
        share.output_value, model.predict_proba(x)[:, 0], rtol=1e-4
    )


def test_a_number_is_explained_in_the_targets_unit() -> None:
    target = TargetCoding("regression", ("pay", "age"), None, (100.0, 7.0), (50.0, 2.0))
    model = untrained([fm.Dense(4, "tanh"), fm.Dense(2)], (3,), target)
    x = numbers(3)
    found = attribute(model, x, output="age")
    np.testing.assert_allclose(found.output_value, model.predict(x)[:, 1], rtol=1e-5)
    assert (found.of, found.output) == ("value", ("age",) * 4)


def test_each_row_may_have_a_class_of_its_own() -> None:
    model, x = model_of("dense")
    found = attribute(model, x, "gradient_x_input", output=["a", "b", "c", "a"])
    alone = attribute(model, x[1:2], "gradient_x_input", output="b")
    np.testing.assert_allclose(found.values[1], alone.values[0], rtol=1e-5, atol=1e-7)


def test_a_step_of_a_sequence_of_answers_is_explained() -> None:
    target = TargetCoding("classification", ("y",), tuple(range(9)))
    layers = [
        fm.Embedding(9, 8),
        fm.Residual([fm.Attention(2, causal=True)]),
        fm.Dense(9, "softmax"),
    ]
    model, x = untrained(layers, (6,), target), tokens(9, 6)
    found = attribute(model, x, place=2)
    assert (found.values[:, 3:] == 0).all()
    assert (found.values[:, :3] != 0).all()
    assert found.output == tuple(model.predict(x)[:, 2])


def test_padding_takes_no_part() -> None:
    model, x = model_of("embedding")
    assert (attribute(model, x).values[:, 4:] == 0).all()


def test_an_occluded_token_is_replaced_by_the_one_stated() -> None:
    model, x = model_of("embedded in a block")
    found = attribute(model, x, "occlusion", baseline=5, output="a", of="probability")
    changed = x.copy()
    changed[:, 2] = 5
    drop = model.predict_proba(x)[:, 0] - model.predict_proba(changed)[:, 0]
    np.testing.assert_allclose(found.values[:, 2], drop, rtol=1e-3, atol=1e-6)


def test_windows_of_an_image_share_what_they_change() -> None:
    model = untrained([fm.Flatten(), fm.Dense(3, "softmax")], (4, 4, 1))
    x = numbers(4, 4, 1)
    found = attribute(model, x, "occlusion", size=2, stride=2)
    gap = found.output_value - found.baseline_value
    np.testing.assert_allclose(sums(found.values), gap, rtol=1e-4, atol=1e-5)
    block = found.values[0, :2, :2, 0]
    np.testing.assert_allclose(block, block[0, 0], rtol=1e-5)


@pytest.fixture(scope="module")
def table_model() -> fm.Model:
    rows = {
        "city": ["Oslo", "Rome", "Bonn", None] * 15,
        "age": [31.0, 44.0, None, 28.0] * 15,
        "seen": [f"2024-0{1 + i % 9}-11" for i in range(60)],
        "same": ["x"] * 60,
        "buys": ["yes", "no", "yes", "no"] * 15,
    }
    return fm.train("mlp", fm.read(rows, target="buys"), epochs=10).model


ROWS = {"city": ["Rome", "Oslo"], "age": [44, 31], "seen": ["2024-02-11"] * 2,
        "same": ["x", "x"]}  # fmt: skip


def test_encoded_inputs_sum_to_the_users_columns(table_model: fm.Model) -> None:
    found = attribute(table_model, ROWS)
    columns = found.by_column()
    assert list(columns) == ["city", "age", "seen", "same"]
    city = [i for i, name in enumerate(found.names) if name.startswith("city")]
    np.testing.assert_allclose(columns["city"], found.values[:, city].sum(1))
    assert (columns["same"] == 0).all()
    total = sum(columns.values())
    gap = found.output_value - found.baseline_value
    np.testing.assert_allclose(total, gap, rtol=1e-3)


def test_a_raw_row_can_be_the_baseline(table_model: fm.Model) -> None:
    other = {name: [values[1]] for name, values in ROWS.items()}
    found = attribute(table_model, ROWS, baseline=other)
    np.testing.assert_allclose(found.values[1], 0, atol=1e-7)
    np.testing.assert_allclose(found.baseline[0], found.inputs[1])


def test_a_column_is_occluded_as_a_whole(table_model: fm.Model) -> None:
    other = {name: [values[1]] for name, values in ROWS.items()}
    found = attribute(
        table_model, ROWS, "occlusion", "yes", baseline=other, of="probability"
    )
    changed = {**ROWS, "city": ["Oslo", "Oslo"]}
    drop = table_model.predict_proba(ROWS) - table_model.predict_proba(changed)
    np.testing.assert_allclose(
        found.by_column()["city"], drop[:, 1], rtol=1e-3, atol=1e-6
    )


def test_the_strongest_columns_come_first(table_model: fm.Model) -> None:
    found = attribute(table_model, ROWS)
    pairs = found.strongest(row=0, n=3)
    sizes = [abs(value) for _, value in pairs]
    assert sizes == sorted(sizes, reverse=True)
    assert pairs[0][1] == pytest.approx(float(found.by_column()[pairs[0][0]][0]))


BAD = {
    "Unknown method of attribution 'gradcam'": {"method": "gradcam"},
    "Unknown class 'd'": {"output": "d"},
    "Unknown quantity to explain 'logits'. Did you mean 'logit'": {"of": "logits"},
    "The baseline must be a number, an input of shape": {"baseline": np.ones(4)},
    "'steps' parameter of integrated_gradients must be": {"steps": 0},
    "'size' parameter of attribute must be one of": {"size": 2},
    "'place' must be one of the outputs' places": {"place": 1},
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_setting_is_named(message: str) -> None:
    model, x = model_of("dense")
    with pytest.raises(fm.InputError) as caught:
        attribute(model, x, **BAD[message])
    assert message in str(caught.value)


def test_arrays_have_no_columns() -> None:
    model, x = model_of("dense")
    with pytest.raises(fm.InputError, match="which have no columns"):
        attribute(model, x).by_column()


def test_several_targets_must_be_told_apart() -> None:
    target = TargetCoding("regression", ("a", "b"), None, (0.0, 0.0), (1.0, 1.0))
    model = untrained([fm.Dense(2)], (3,), target)
    with pytest.raises(fm.InputError, match="say which one"):
        attribute(model, numbers(3))


def test_equal_networks_share_compiled_programs() -> None:
    from fathom.inspect import paths

    layers, x = FAMILIES["normalized"]
    attribute(untrained(layers, x.shape[1:]), x, steps=8, most_steps=8)
    program = paths._program
    before = program.cache_info().currsize
    attribute(untrained(layers, x.shape[1:]), x, steps=8, most_steps=8)
    assert program.cache_info().currsize == before

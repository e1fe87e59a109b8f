"""The forward pass of an ejected file equals the network's, for every layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.catalogue import LAYERS
from tests.catalogue_functions import ACTIVATION_ROWS
from tests.catalogue_rows import LayerRow
from tests.conformance.test_layers import made
from tests.export.ejected import assert_same, bare, ejected

import fathom as fm
from fathom.errors import InputError
from fathom.export.eject import eject, source
from fathom.layers import Layer


def assert_forward(
    layers: Any, shape: Any, x: Any, folder: Path, seed: int = 0
) -> None:
    """Outputs of the written file and of the network are the same."""
    network = fm.Network(layers, input_shape=shape)
    random = np.random.default_rng(seed)
    variables = jax.tree.map(
        lambda a: a + jnp.asarray(0.3 * np.abs(random.normal(size=a.shape)), a.dtype),
        network.init(seed),
    )
    module = ejected(bare(network, variables), folder)
    assert_same(module.forward(x, module.WEIGHTS), network.apply(variables, x))


def kinds(layers: list[Layer]) -> str:
    return "-".join(layer.kind for layer in layers)


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def padded(batch: int = 4, time: int = 5, width: int = 3) -> np.ndarray:
    """Series of different lengths; the last has no real step at all."""
    x = normal(batch, time, width)
    for row in range(batch):
        x[row, time - 1 - row :] = 0
    x[-1] = 0
    return x


@pytest.mark.parametrize("row", LAYERS, ids=lambda row: row.id)
def test_every_layer_of_the_catalogue_gives_the_same(
    row: LayerRow, tmp_path: Path
) -> None:
    network, variables, x = made(row)
    module = ejected(bare(network, variables), tmp_path)
    assert_same(module.forward(x, module.WEIGHTS), network.apply(variables, x))


@pytest.mark.parametrize("name", [row.name for row in ACTIVATION_ROWS])
def test_every_activation_gives_the_same_far_out_too(name: str, tmp_path: Path) -> None:
    x = np.linspace(-100, 100, 402, dtype=np.float32).reshape(-1, 2)
    assert_forward([fm.Activation(name), fm.Dense(2)], (2,), x, tmp_path)


@pytest.mark.parametrize("name", ["identity", "relu"])
def test_a_recurrent_layer_takes_its_activation(name: str, tmp_path: Path) -> None:
    assert_forward([fm.RNN(3, name)], (5, 3), normal(4, 5, 3), tmp_path)


@pytest.mark.parametrize(
    "layers",
    [
        [fm.RNN(2)],
        [fm.LSTM(3, "sequence", bidirectional=True), fm.GRU(2, bidirectional=True)],
        [fm.GRU(3, "sequence"), fm.GlobalMaxPool(), fm.Dense(2)],
        [fm.LSTM(3, "sequence"), fm.GlobalAveragePool()],
        [fm.Attention(1), fm.Flatten()],
        [fm.Attention(3, causal=True), fm.GlobalAveragePool()],
        [fm.Residual([fm.Attention(1)]), fm.Dense(2), fm.LSTM(2)],
        [fm.Dense(4), fm.Masking(1.5), fm.RNN(2)],
        [fm.Repeat([fm.Residual([fm.Attention(1)])], 2), fm.GlobalAveragePool()],
        [fm.Concat([fm.RNN(2, returns="sequence"), []]), fm.GlobalAveragePool()],
        [fm.Reshape((3, 5)), fm.GlobalAveragePool()],
        [fm.Spiking(4, reset="zero"), fm.LeakyReadout(2, over="max")],
        [fm.Spiking(4), fm.LeakyReadout(2)],
        [fm.Flatten()],
    ],
    ids=kinds,
)
def test_padded_steps_are_left_out(layers: list[Layer], tmp_path: Path) -> None:
    x = padded()
    if any(isinstance(layer, fm.GlobalMaxPool) for layer in layers):
        x = x[:3]  # without a real step, a maximum is over nothing
    assert_forward([fm.Masking(), *layers], (5, 3), x, tmp_path)


def test_tokens_that_fill_up_are_left_out(tmp_path: Path) -> None:
    layers = [fm.Embedding(6, 4, padding=0), fm.Attention(2), fm.LSTM(3)]
    tokens = np.array([[1, 2, 3, 0], [5, 0, 0, 0], [4, 4, 4, 4]])
    assert_forward(layers, (4,), tokens, tmp_path)


@pytest.mark.parametrize(
    "layers",
    [
        [fm.Repeat([fm.Repeat(fm.Dense(3, "tanh"), 2), fm.BatchNorm()], 3)],
        [fm.Repeat([fm.Repeat(fm.Dense(3, "tanh"), 2, shared=True), fm.Dense(3)], 2)],
        [fm.Repeat([fm.Dropout(0.5)], 2), fm.Dense(2)],
        [fm.Residual([fm.Residual([fm.Dense(3, "relu")]), fm.Dense(3)])],
        [fm.Concat([fm.Concat([[], fm.Dense(2)]), [fm.Dense(1), fm.Dense(2)]])],
        [fm.Repeat([fm.Dense(3, name="a"), fm.Tied("repeat_1/a", 3)], 2)],
        [fm.Dense(4, name="with"), fm.Dense(3, name="forward"), fm.BatchNorm()],
        [fm.Repeat(fm.Concat([fm.Dense(1), fm.Dense(2)]), 9)],
        [fm.Reshape((3, 1)), fm.ConvTranspose(2, 5), fm.ConvTranspose(1, 4, stride=1)],
        [
            fm.Reshape((3, 1)),
            fm.Conv(4, 2, groups=1),
            fm.Conv(4, 2, groups=2, dilation=2),
        ],
    ],
    ids=kinds,
)
def test_blocks_inside_blocks_give_the_same(
    layers: list[Layer], tmp_path: Path
) -> None:
    assert_forward(layers, (3,), normal(4, 3), tmp_path)


@dataclass(frozen=True)
class Named:
    """Layers of a network with several inputs."""

    id: str
    layers: list[Layer]
    shape: dict[str, tuple[int, ...]]


SERIES = {"left": (4, 3), "right": (5, 3)}
NAMED = [
    Named(
        "cross-attention",
        [
            fm.On("right", [fm.Masking(), fm.Dense(3)]),
            fm.On("left", [fm.Attention(1, memory="right"), fm.LSTM(2)]),
            fm.Join("left"),
        ],
        SERIES,
    ),
    Named(
        "each-looks-at-left",
        [
            fm.On(("left", "right"), [fm.Dense(3), fm.Attention(1, memory="left")]),
            fm.On(("left", "right"), fm.GRU(2)),
            fm.Join(("left", "right"), "subtract"),
        ],
        SERIES,
    ),
    Named(
        "repeated",
        [
            fm.Repeat([fm.On("left", fm.Attention(1, memory="right"))], 3),
            fm.On(("left", "right"), [fm.Masking(), fm.GlobalAveragePool()]),
            fm.Join(("right", "left")),
        ],
        SERIES,
    ),
    Named(
        "statistics-and-a-tied-weight",
        [
            fm.On(("left", "right"), [fm.BatchNorm(), fm.Dense(4, name="in")]),
            fm.On("right", fm.GlobalMaxPool()),
            fm.On("left", [fm.Tied("on_1/in", 3), fm.GlobalMaxPool(), fm.Dense(4)]),
            fm.Join(("left", "right"), "multiply"),
        ],
        SERIES,
    ),
    Named(
        "names-of-the-file",
        [
            fm.On("dense", fm.Dense(2)),
            fm.On("range", fm.Flatten()),
            fm.Join(("dense", "x", "class", "len", "range"), "add"),
            fm.Repeat(fm.Dense(2), 2),
        ],
        {"dense": (3,), "x": (2,), "class": (2,), "len": (2,), "range": (2, 1)},
    ),
]


@pytest.mark.parametrize("case", NAMED, ids=lambda case: case.id)
def test_named_inputs_give_the_same(case: Named, tmp_path: Path) -> None:
    x = {name: normal(6, *shape) for name, shape in case.shape.items()}
    if "right" in x and x["right"].ndim == 3:
        x["right"][0, 2:] = 0
    assert_forward(case.layers, case.shape, x, tmp_path)


def test_the_file_has_only_the_functions_that_are_used() -> None:
    text = source(bare(fm.Network([fm.Dense(2, "tanh")], (3,))))
    assert "def tanh(" in text
    for other in ("relu", "conv", "lstm", "batch_norm", "as_number", "moment", "at"):
        assert f"def {other}(" not in text


def test_each_layer_has_its_address_and_shape_above_its_line() -> None:
    layers = [fm.Residual([fm.Dense(3, "relu")]), fm.Dropout(0.2), fm.Dense(2)]
    text = source(bare(fm.Network(layers, (3,))))
    expected = """\
    # residual_1: (batch, 3), the input is added at the end
    residual_1_input = x
    # residual_1/dense_1: (batch, 3)
    x = relu(dense(x, w["residual_1/dense_1/weight"], w["residual_1/dense_1/bias"]))
    x = residual_1_input + x
    # dropout_1: (batch, 3), acts in training only
    # dense_1: (batch, 2)
    x = dense(x, w["dense_1/weight"], w["dense_1/bias"])
    return x
"""
    assert expected in text


class _Own(Layer):
    """A layer that a user wrote."""

    def apply(self, variables: Any, x: jax.Array, scope: Any) -> jax.Array:
        return x


def test_a_layer_of_ones_own_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    network = fm.Network([fm.Residual([_Own(name="twice")])], (3,))
    with pytest.raises(
        InputError, match=r"'residual_1/twice'.*not this layer yet.*_Ow"
    ):
        eject(bare(network), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_activation_that_is_a_function_is_refused() -> None:
    network = fm.Network([fm.Dense(2, jnp.sin, name="wave")], (3,))
    with pytest.raises(InputError, match=r"'wave'.*function of one's own.*name an act"):
        source(bare(network))

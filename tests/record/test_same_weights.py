"""Recording changes no weight, to the bit, whatever the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import fathom as fm

pytestmark = pytest.mark.usefixtures("as_users_compile")

RANDOM = np.random.default_rng(0)
Layers = Callable[[], list[fm.Layer]]


def classes(n: int) -> np.ndarray:
    return np.arange(n) % 3


def head() -> fm.Layer:
    return fm.Dense(3, "softmax")


def block() -> list[fm.Layer]:
    return [fm.LayerNorm(), fm.Dense(6, "relu")]


def convolutional() -> list[fm.Layer]:
    return [fm.Conv(4, 3, "relu"), fm.MaxPool(2), fm.Conv(4, 3), fm.BatchNorm(),
            fm.Activation("relu"), fm.Flatten(), head()]  # fmt: skip


def attending() -> list[fm.Layer]:
    block = [fm.LayerNorm(), fm.Attention(2)]
    return [fm.Dense(6), fm.Residual(block), fm.GlobalAveragePool(), head()]


NETWORKS: dict[str, tuple[Layers, tuple[int, ...]]] = {
    "dense": (lambda: [fm.Dense(16, "relu"), fm.Dense(8, "tanh"), head()], (6,)),
    "wide": (lambda: [fm.Dense(400, "relu"), fm.Dense(200, "relu"), head()], (6,)),
    "normalized": (lambda: [fm.Dense(16), fm.BatchNorm(), head()], (6,)),
    "dropout": (lambda: [fm.Dense(16, "gelu"), fm.Dropout(0.4), head()], (6,)),
    "convolutional": (convolutional, (8, 8, 2)),
    "recurrent": (lambda: [fm.LSTM(5, bidirectional=True), head()], (7, 4)),
    "gated": (lambda: [fm.GRU(5), head()], (7, 4)),
    "attention": (attending, (5, 4)),
    "deep": (lambda: [fm.Repeat(fm.Residual(block()), 10), head()], (6,)),
}


def trained(name: str, record: Any, **changed: Any) -> fm.Model:
    layers, shape = NETWORKS[name]
    x = np.random.default_rng(1).normal(size=(150, *shape))
    network = fm.Network(layers(), shape)
    usual = {"epochs": 4, "batch_size": 16, "validation": 0.2}
    settings = {**usual, **changed}
    return fm.train(network, (x, classes(150)), record=record, **settings).model


def assert_same(one: fm.Model, other: fm.Model) -> None:
    jax.tree.map(np.testing.assert_array_equal, one.variables, other.variables)


SLOW = ("wide", "normalized", "gated", "deep", "recurrent")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name
        for name in NETWORKS
    ],
)
def test_weights_are_the_same_to_the_bit_with_and_without(name: str) -> None:
    assert_same(trained(name, record=True), trained(name, record=False))


@pytest.mark.parametrize(
    ("name", "batch_size"),
    [("dense", 120), ("dense", 40), ("convolutional", 60)],
)
def test_epochs_of_a_few_steps_are_the_same_too(name: str, batch_size: int) -> None:
    recorded, plain = (
        trained(name, record, batch_size=batch_size) for record in (True, False)
    )
    assert_same(recorded, plain)


@pytest.mark.parametrize(
    "changed",
    [
        {"accumulate": 2},
        {"weight_average": 0.9, "weight_decay": 0.1},
        {"optimizer": "sgd", "gradient_clip": 0.1, "freeze": "dense_1"},
        {"mix_up": 0.2},
        {"precision": "bfloat16"},
        {"early_stopping": 2, "epochs": 12},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_way_of_training_gives_the_same_weights(changed: dict[str, Any]) -> None:
    recorded, plain = (trained("dense", record, **changed) for record in (True, False))
    assert_same(recorded, plain)


def test_recording_every_step_gives_the_same_weights() -> None:
    assert_same(trained("dense", record="full"), trained("dense", record=False))


def test_another_seed_is_seen_to_give_other_weights() -> None:
    one, other = trained("dense", record=True), trained("dense", False, seed=1)
    weights = [model.variables["dense_1"]["weight"] for model in (one, other)]
    assert not np.array_equal(*weights)

"""NumPy twins of the layers of several named arrays, neuron by neuron."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.reference.layers import one_dense


def siamese(variables: Any, state: Any, x: Any) -> np.ndarray:
    dense = variables["on_1"]["dense_1"]
    return one_dense(dense, x["left"], "tanh") - one_dense(dense, x["right"], "tanh")


def one_branch(variables: Any, state: Any, x: Any) -> np.ndarray:
    inner = variables["on_1"]
    hidden = one_dense(inner["dense_1"], x["right"], "tanh")
    return x["left"] + one_dense(inner["dense_2"], hidden, "identity")


def take_left(variables: Any, state: Any, x: Any) -> np.ndarray:
    return x["left"]


def side_by_side(variables: Any, state: Any, x: Any) -> np.ndarray:
    places = [
        [*right, *left]
        for rights, lefts in zip(x["right"], x["left"], strict=True)
        for right, left in zip(rights, lefts, strict=True)
    ]
    return np.array(places).reshape(len(x["left"]), -1)


def product(variables: Any, state: Any, x: Any) -> np.ndarray:
    return x["left"] * x["right"]


def tied(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    code = one_dense(variables["code"], x, "identity")
    weight = variables["code"]["weight"].T
    back = {"weight": weight, "bias": variables["tied_1"]["bias"]}
    return one_dense(back, code, "tanh")


def shared_repeat(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
    for _ in range(3):
        x = one_dense(variables["dense_1"], x, "tanh")
    return x

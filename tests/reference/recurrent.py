"""NumPy twins of the recurrent layers, step by step and example by example.

Each returns a function (variables, state, x) -> outputs in prediction mode; `sequence`
asks for the outputs of all steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# (parameters, x_t, h, c) -> new h and c
OneStep = Callable[[Any, np.ndarray, np.ndarray, np.ndarray], Any]


def rnn(f: Callable[[np.ndarray], np.ndarray], sequence: bool = False) -> Any:
    def step(own: Any, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> Any:
        z = x @ own["weight"] + h @ own["weight_recurrent"] + own.get("bias", 0.0)
        return f(z), c

    return one_way(step, sequence)


def lstm(sequence: bool = False, both: bool = False) -> Any:
    def step(own: Any, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> Any:
        z = x @ own["weight"] + h @ own["weight_recurrent"] + own.get("bias", 0.0)
        write, keep, candidate, read = np.split(z, 4)
        c = sigmoid(keep) * c + sigmoid(write) * np.tanh(candidate)
        return sigmoid(read) * np.tanh(c), c

    return (two_ways if both else one_way)(step, sequence)


def gru(sequence: bool = False, both: bool = False) -> Any:
    def step(own: Any, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> Any:
        of_x = np.split(x @ own["weight"] + own.get("bias", 0.0), 3)
        of_h = np.split(h @ own["weight_recurrent"], 3)
        reset = sigmoid(of_x[0] + of_h[0])
        keep = sigmoid(of_x[1] + of_h[1])
        past = of_h[2] + own.get("bias_recurrent", 0.0)
        candidate = np.tanh(of_x[2] + reset * past)
        return (1 - keep) * candidate + keep * h, c

    return (two_ways if both else one_way)(step, sequence)


def one_way(step: OneStep, sequence: bool) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        outputs = np.array([states(step, variables, row) for row in x])
        return outputs if sequence else outputs[:, -1]

    return apply


def two_ways(step: OneStep, sequence: bool) -> Any:
    def apply(variables: Any, state: Any, x: np.ndarray) -> np.ndarray:
        there = one_way(step, sequence)(variables["forward"], state, x)
        back = one_way(step, sequence)(variables["backward"], state, x[:, ::-1])
        back = back[:, ::-1] if sequence else back
        return np.concatenate([there, back], axis=-1)

    return apply


def states(step: OneStep, own: Any, x: np.ndarray) -> np.ndarray:
    """The outputs of one sequence (time, inputs)."""
    own = {name: np.asarray(values) for name, values in own.items()}
    h = c = np.zeros(own["weight_recurrent"].shape[0])
    outputs = []
    for x_t in x:
        h, c = step(own, x_t, h, c)
        outputs.append(h)
    return np.array(outputs)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))

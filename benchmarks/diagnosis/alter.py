"""Changes of a setup that faults and look-alikes are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import fathom as fm
from benchmarks.diagnosis.setups import Setup
from fathom.layers.layer import Layer

Change = Callable[[Layer], Layer]
Values = Callable[[str, np.ndarray, np.random.Generator], np.ndarray]


def hidden(setup: Setup, change: Change, **settings: Any) -> Setup:
    """Change every hidden layer, also those inside others; not the output layer."""
    layers = setup.network.layers
    changed = [_changed(layer, change) for layer in layers[:-1]]
    return with_layers(setup.having(**settings), [*changed, layers[-1]])


def _changed(layer: Layer, change: Change) -> Layer:
    inside = getattr(layer, "layers", ())
    if inside:
        return replace(layer, layers=tuple(_changed(own, change) for own in inside))  # type: ignore[call-arg]
    return change(layer)


def with_layers(setup: Setup, layers: list[Layer]) -> Setup:
    """Return the same with other layers."""
    return replace(setup, network=fm.Network(layers, setup.network.input_shape))


def activated(name: str) -> Change:
    """Give a hidden layer another activation."""

    def change(layer: Layer) -> Layer:
        is_neural = isinstance(layer, (fm.Dense, fm.Conv, fm.Activation))
        if is_neural and layer.activation != "identity":
            return replace(layer, activation=name)
        return layer

    return change


def output(setup: Setup, **fields: Any) -> Setup:
    """Change the output layer."""
    *layers, last = setup.network.layers
    return with_layers(setup, [*layers, replace(last, **fields)])


def starting(setup: Setup, values: Values, outputs: bool = False) -> Setup:
    """Change the start values.

    Args:
        setup: Of which.
        values: (address of the parameter, its value, random numbers) -> new value.
        outputs: Whether those of the output layer change, too.
    """
    last = setup.network.layers[-1].name or ""

    def start(network: fm.Network, seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)

        def walk(tree: Any, path: str) -> Any:
            if isinstance(tree, dict):
                return {name: walk(own, f"{path}/{name}") for name, own in tree.items()}
            kept = "/state/" in path or (path.startswith(f"/{last}/") and not outputs)
            value = np.asarray(tree)
            new = value if kept else values(path, value, rng)
            return np.asarray(new, value.dtype)

        before = network.init(seed) if setup.start is None else setup.start(
            network, seed)  # fmt: skip
        return walk(dict(before), "")

    return replace(setup, start=start)


def is_weight(path: str) -> bool:
    """Say whether a parameter is a weight matrix, not a bias or a scale."""
    return path.rpartition("/")[2].startswith("weight")


def scaled(factor: float) -> Values:
    """Multiply all weights."""

    def values(path: str, value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return value * factor if is_weight(path) else value

    return values


def inputs(setup: Setup, change: Callable[[np.ndarray], np.ndarray]) -> Setup:
    """Change the inputs of training and test rows."""
    (X, y), (X_test, y_test) = setup.rows, setup.test
    rows = np.asarray(change(X), X.dtype), y
    return replace(setup, rows=rows, test=(np.asarray(change(X_test), X.dtype), y_test))


def targets(setup: Setup, change: Callable[[np.ndarray], np.ndarray]) -> Setup:
    """Change the targets of the training rows alone."""
    X, y = setup.rows
    return replace(setup, rows=(X, np.asarray(change(y), y.dtype)))


def steps_of(setup: Setup) -> int:
    """Return the steps of an epoch."""
    n = len(setup.rows[0]) * 3 // 4
    return -(-n // setup.settings.get("batch_size", 32))

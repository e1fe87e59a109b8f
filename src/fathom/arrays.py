"""Arrays as they are handed over -> the arrays that go into a network and a loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError
from fathom.examples import Examples
from fathom.layers import Chain, Embedding, Layer, On
from fathom.layers.layer import Shapes
from fathom.network import Network

if TYPE_CHECKING:
    from fathom.data.target import TargetCoding

# Whole numbers with more different values than this are amounts, not classes, where
# neither the network nor the loss says which.
MAX_CLASSES = 20
# Losses that compare numbers, so that whole ones are not taken for classes.
OF_NUMBERS = ("mean_squared_error", "mean_absolute_error", "huber", "mse", "mae")


def _as_array(values: Any, name: str) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"{name} must be an array, and its rows differ in length: {error}."
        ) from error


def array_inputs(X: Any, network: Network | None = None) -> Any:
    """Return X as what goes into a network, or say why it cannot.

    Args:
        X: (rows, ...) numbers; a dict of such where the network names its inputs.
        network: Says the shape wanted, and whether the numbers are tokens.

    Raises:
        InputError: If X has no rows, is not numeric, has NaN or infinite values, or
            does not have the network's input shape.
    """
    shape = None if network is None else network.input_shape
    if not isinstance(shape, Shapes):
        return _array_input(X, "X", shape, _embedding(network))
    given = dict(X) if isinstance(X, Mapping) else {}
    if given.keys() != shape.keys():
        came = f"the names {', '.join(given)}" if given else type(X).__name__
        raise InputError(
            f"The network takes a dict of arrays by name: {', '.join(shape)}. Got "
            f"{came}."
        )
    arrays = {
        name: _array_input(given[name], f"X[{name!r}]", own, _embedding(network, name))
        for name, own in shape.items()
    }
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"The inputs must have as many rows each. Got {lengths}.")
    return arrays


def _array_input(
    X: Any, name: str, shape: Any, embedding: Embedding | None
) -> np.ndarray:
    x = _as_array(X, name)
    if x.dtype.kind not in "biuf":
        raise InputError(
            f"{name} must be an array of numbers. Got an array of type {x.dtype}. For "
            f"a table with text or dates, hand over fathom.read(X, target=y)."
        )
    if x.ndim < 2 or not len(x):
        raise InputError(
            f"{name} must be an array (rows, features) with at least one row. Got "
            f"shape {x.shape}."
        )
    if shape is not None and x.shape[1:] != shape:
        raise InputError(
            f"The network takes inputs of shape {shape}. Got {name} of shape "
            f"{x.shape}, which is {x.shape[1:]} for each of {len(x)} rows."
        )
    if embedding is not None:
        return _tokens(x, embedding, name)
    with np.errstate(over="ignore"):
        single = x.astype(np.float32)
    require_finite(x if not np.isfinite(x).all() else single, name)
    return single


def _embedding(network: Network | None, name: str | None = None) -> Embedding | None:
    """Return the embedding that an input goes into first, if it does."""
    layers = [] if network is None else list(network.layers)
    if name is not None:
        layers = [layer for layer in layers if _works_on(layer, name)]
    while layers and isinstance(layers[0], (Chain, On)):
        layers = list(layers[0].layers)
    first = layers[0] if layers else None
    return first if isinstance(first, Embedding) else None


def _works_on(layer: Layer, name: str) -> bool:
    return isinstance(layer, On) and name in layer.names


def _tokens(x: np.ndarray, embedding: Embedding, name: str) -> np.ndarray:
    outside = (x < 0) | (x >= embedding.n_tokens) | (x != np.floor(x))
    if outside.any():
        raise InputError(
            f"Layer {embedding.label} takes whole numbers from 0 to "
            f"{embedding.n_tokens - 1}. Got {x[outside][0]} in {name}."
        )
    return x.astype(np.int32)


def require_finite(values: np.ndarray, name: str) -> None:
    """Raise InputError if a value is NaN or infinite, naming the first place."""
    finite = np.isfinite(values)
    if not finite.all():
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise InputError(
            f"{name} has {int((~finite).sum())} values that are NaN or infinite; the "
            f"first is {values[place]} at {list(place)}. Remove or replace them, or "
            f"hand over fathom.read(X, target=y), which fills in what is missing."
        )


def array_examples(
    X: Any, y: Any, network: Network | None, loss: str | Callable[..., Any] | None
) -> Examples:
    """Return examples made of arrays, which go in as they are.

    Raises:
        InputError: If X or y cannot be used, or they do not have as many rows.
    """
    x = array_inputs(X, network)
    examples = Examples(x, None, None)
    if y is None:
        return examples
    y = _as_array(y, "y")
    if len(y.shape) == 0 or len(examples) != len(y):
        shape = getattr(x, "shape", f"{len(examples)} rows")
        raise InputError(
            f"X and y must have as many rows. Got X of shape {shape} and y of shape "
            f"{y.shape}."
        )
    if network is not None and network.input_shape is None:
        network = network.with_input_shape(examples.input_shape)
    steps = _step_coding(y, network)
    if steps is not None:
        return Examples(x, y.astype(np.int32), steps)
    target = _array_target(y, network, loss)
    return Examples(x, array_targets(y, target), target)


def _step_coding(y: np.ndarray, network: Network | None) -> TargetCoding | None:
    """Return the classes if y is a class for every step of a sequence, else None."""
    from fathom.data.target import TargetCoding

    if network is None or y.ndim < 2 or y.dtype.kind not in "iu":
        return None
    shape = network.output_shape
    if network.without_output_activation()[1] != "softmax" or len(shape) != y.ndim:
        return None
    wrong = y[(y < -1) | (y >= shape[-1])]
    if y.shape[1:] != shape[:-1] or wrong.size:
        came = f"{wrong[0]}" if wrong.size else f"targets of shape {y.shape}"
        raise InputError(
            f"The network gives {shape[-1]} classes for each of {shape[:-1]} steps: "
            f"targets must be whole numbers from 0 to {shape[-1] - 1}, or -1 for a "
            f"step without one. Got {came}."
        )
    return TargetCoding("classification", ("target",), tuple(range(shape[-1])))


def array_targets(
    y: Any, target: TargetCoding | None, network: Network | None = None
) -> Any:
    """Return targets as the numbers a loss compares with.

    Args:
        y: As they were handed over.
        target: What they are, as the training examples say.
        network: Says whether there is a class for every step of a sequence.

    Raises:
        InputError: If a label is not one of the classes, or a number is not finite.
    """
    y = _as_array(y, "y")
    if _step_coding(y, network) is not None:
        return y.astype(np.int32)
    shares = y.ndim == 2 and y.shape[1] > 1  # one row of probabilities per example
    if target is not None and target.task == "classification" and not shares:
        positions = {label: i for i, label in enumerate(target.classes or ())}
        labels = y.reshape(len(y)).tolist()
        unknown = [label for label in labels if label not in positions]
        if unknown:
            raise InputError(
                f"The target has the label {unknown[0]!r}, which is not one of the "
                f"classes: {', '.join(map(repr, positions))}."
            )
        return np.array([positions[label] for label in labels], np.int32)
    if y.dtype.kind not in "biuf":
        raise InputError(f"Targets must be numbers here. Got type {y.dtype}.")
    require_finite(y, "y")
    if target is not None and set(target.std) - {1.0}:  # scaled, as a repair may have
        flat = y.reshape(len(y), -1)
        y = ((flat - np.array(target.mean)) / np.array(target.std)).reshape(y.shape)
    return y.astype(np.float32)


def _array_target(
    y: np.ndarray, network: Network | None, loss: str | Callable[..., Any] | None
) -> TargetCoding | None:
    """Tell from the target and the network's output what is to be predicted."""
    from fathom.data.target import TargetCoding

    activation = None if network is None else network.without_output_activation()[1]
    units = None
    if network is not None and network.input_shape is not None:
        units = network.output_shape[-1] if network.output_shape else None
    # One column of labels is a list of labels; a matrix under softmax is one-hot.
    single = y.ndim == 1 or y.shape[1:] == (1,)
    names_classes = activation == "softmax" or (
        activation == "sigmoid" and single and units in (1, None)
    )
    if loss == "cross_entropy":  # behind another activation, or one inside a Chain
        names_classes |= single and units is not None and units > 1
    if network is None:
        names_classes = y.dtype.kind in "OUSb" or loss == "cross_entropy"
        whole = y.dtype.kind in "iu" and y.ndim == 1 and loss not in OF_NUMBERS
        names_classes |= whole and len(np.unique(y)) <= MAX_CLASSES
    if names_classes and single:
        return _class_coding(y.reshape(len(y)), units)
    if names_classes and y.ndim == 2 and activation == "softmax":
        return TargetCoding("classification", ("target",), tuple(range(y.shape[1])))
    if activation in ("softmax", "sigmoid") or y.ndim > 2:
        return None
    n = 1 if y.ndim == 1 else y.shape[1]
    names = ("target",) if n == 1 else tuple(f"target_{i + 1}" for i in range(n))
    return TargetCoding("regression", names, None, (0.0,) * n, (1.0,) * n)


def _class_coding(y: np.ndarray, units: int | None) -> TargetCoding:
    from fathom.data.target import TargetCoding

    if y.dtype.kind == "f":
        require_finite(y, "y")
    for label in [] if y.dtype.kind in "biufU" else y.tolist():
        if not isinstance(label, (str, int, float)) or label != label:
            raise InputError(
                f"The labels of classes must be texts, numbers or booleans. Got "
                f"{label!r} instead."
            )
    try:
        labels = tuple(np.unique(y).tolist())
    except TypeError as error:
        raise InputError(f"The labels must be of one type: {error}.") from error
    n_classes = 2 if units == 1 else units
    whole = all(type(label) is int for label in labels)
    if n_classes == 2 and y.dtype.kind == "b":
        labels = (False, True)
    if n_classes and whole and labels[0] >= 0 and labels[-1] < n_classes:
        # The network says which classes there are; not all need to occur.
        labels = tuple(range(n_classes))
    if len(labels) == 1:
        raise InputError(
            f"The target has one class only ({labels[0]!r}): there is nothing to tell "
            f"apart. Add rows of another class."
        )
    if n_classes and len(labels) != n_classes:
        raise InputError(
            f"The target has {len(labels)} classes ({_few(labels)}), but the network's "
            f"output layer has {units} units. Give it {len(labels)}."
        )
    return TargetCoding("classification", ("target",), labels)


def _few(labels: tuple[Any, ...]) -> str:
    shown = ", ".join(map(repr, labels[:5]))
    return shown if len(labels) <= 5 else f"{shown}, ..."

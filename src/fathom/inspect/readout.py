"""Which number of a network's output is explained, one for each row.

    value = factor * outputs[index] + offset

For classes, the number is the logit by default: the softmax would mix the evidence
against the other classes into it, and the evidence for a class that is certain already
would hardly move it. For targets that are numbers, it is the prediction in the target's
own unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypedDict

import jax
import jax.numpy as jnp
import numpy as np

from fathom.errors import InputError, choose, did_you_mean, is_whole
from fathom.inspect.batches import outputs_of
from fathom.model import Model
from fathom.network import Network


class Asked(TypedDict, total=False):
    """What is asked about an output.

    Attributes:
        of: For classes, "logit" (before the softmax or sigmoid) or "probability".
        place: Which step, or place, of outputs that have one for each; the last by
            default.
    """

    of: str | None
    place: int | tuple[int, ...] | None


@dataclass(frozen=True, eq=False)
class Readout:
    """One number of the output for each row.

    Attributes:
        network: Gives the outputs: the model's, without the last activation for logits.
        index: (rows,) which of the outputs, all axes laid out as one.
        factor: (rows,) what it is multiplied by.
        offset: (rows,) what is added.
        names: (rows,) the class, target or unit.
        of: "logit", "probability", "value" (of a target) or "output" (as it is).
    """

    network: Network
    index: np.ndarray
    factor: np.ndarray
    offset: np.ndarray
    names: tuple[Any, ...]
    of: str

    def arrays(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return index, factor and offset of some rows, for `read`."""
        return self.index[rows], self.factor[rows], self.offset[rows]


def read(outputs: jax.Array, how: tuple[Any, Any, Any]) -> jax.Array:
    """Return the number (batch,) of each row, inside a compiled program."""
    index, factor, offset = how
    flat = outputs.reshape(outputs.shape[0], -1)
    chosen = jnp.take_along_axis(flat, index[:, None], axis=1)[:, 0]
    return factor * chosen + offset


def readout(model: Model, x: Any, output: Any = None, **asked: Any) -> Readout:
    """Return what is read of the outputs for inputs x.

    Args:
        model: Says what its outputs are.
        x: The network's inputs.
        output: A class, a target or a unit of the last layer; or a list of classes, one
            for each row. None: the class that is predicted for the row; the target, if
            there is one only.
        asked: See `Asked`.

    Raises:
        InputError: If there is no such output, or it must be said which.
    """
    unknown = [name for name in asked if name not in Asked.__annotations__]
    if unknown:
        raise InputError(
            f"Unknown setting {unknown[0]!r}.{did_you_mean(unknown[0], asked_names())} "
            f"Known: {', '.join(asked_names())}."
        )
    n = len(jax.tree.leaves(x)[0])
    of, place = asked.get("of"), asked.get("place")
    if model.task == "classification":
        return _of_classes(model, x, output, of or "logit", place)
    if of not in (None, "value", "output"):
        raise InputError(
            f"of={of!r} is for models that predict classes. This one's task is "
            f"{model.task}: leave it out."
        )
    if model.target is None:
        index = _unit(model.network, output, place)
        ones, zeros = np.ones(n, np.float32), np.zeros(n, np.float32)
        indices = np.full(n, index, np.int32)
        return Readout(
            model.network, indices, ones, zeros, (output or 0,) * n, "output"
        )
    return _of_target(model, n, output, place)


def asked_names() -> tuple[str, ...]:
    """Return the settings of `Asked`."""
    return tuple(Asked.__annotations__)


def _of_target(model: Model, n: int, output: Any, place: Any) -> Readout:
    assert model.target is not None
    names = list(model.target.names)
    if place is not None:
        raise InputError("'place' is for outputs with a step or place for each answer.")
    if output is None and len(names) > 1:
        raise InputError(
            f"The model predicts {len(names)} targets: say which one is to be "
            f"explained, output={names[0]!r}. Targets: {', '.join(names)}."
        )
    numbers: dict[str, int] = {name: i for i, name in enumerate(names)}
    number = choose(numbers, names[0] if output is None else output, "target")
    return Readout(
        model.network,
        np.full(n, number, np.int32),
        np.full(n, model.target.std[number], np.float32),
        np.full(n, model.target.mean[number], np.float32),
        (names[number],) * n,
        "value",
    )


def _of_classes(model: Model, x: Any, output: Any, of: str, place: Any) -> Readout:
    choose({"logit": 0, "probability": 0}, of, "quantity to explain")
    network, activation = model.network, None
    if of == "logit":
        network, activation = model.network.without_output_activation()
    shape: tuple[int, ...] = network.output_shape
    n_units = shape[-1] if shape else 1
    start = _start(shape, place) * n_units
    outputs = outputs_of(network, model.variables, x)
    outputs = outputs.reshape(len(outputs), -1)[:, start : start + n_units]
    one_for_two = n_units == 1
    # Where the single output of two classes turns from the one to the other.
    middle = 0.0 if activation == "sigmoid" else 0.5
    if output is None:
        found = (
            (outputs[:, 0] > middle).astype(int) if one_for_two else outputs.argmax(-1)
        )
    else:
        found = np.array(_class_numbers(model, output, len(outputs)))
    names = tuple(model.classes[i] for i in found)
    factor = np.ones(len(found), np.float32)
    offset = np.zeros(len(found), np.float32)
    if one_for_two:  # the other class has what is missing to 1, or minus the logit
        factor = np.where(found == 1, 1, -1).astype(np.float32)
        offset = np.where(found == 1, 0, 2 * middle).astype(np.float32)
        found = np.zeros_like(found)
    index = (start + found).astype(np.int32)
    of = "output" if of == "logit" and activation is None else of
    return Readout(network, index, factor, offset, names, of)


def _class_numbers(model: Model, output: Any, n: int) -> list[int]:
    several = isinstance(output, (list, tuple, np.ndarray)) and np.ndim(output) == 1
    wanted = list(output) if several else [output] * n
    if len(wanted) != n:
        raise InputError(
            f"'output' must be one class, or one for each of {n} rows. Got "
            f"{len(wanted)}."
        )
    known: dict[Any, int] = {str(label): i for i, label in enumerate(model.classes)}
    return [choose(known, str(label), "class") for label in wanted]


def _start(shape: tuple[int, ...], place: Any) -> int:
    """Return the number of a place among the outputs' places; the last by default."""
    places = shape[:-1]
    if place is None:
        return math.prod(places) - 1
    given = place if isinstance(place, tuple) else (place,)
    fits = len(given) == len(places) and all(
        is_whole(i, -n) and i < n for i, n in zip(given, places, strict=True)
    )
    if not fits:
        raise InputError(
            f"'place' must be one of the outputs' places, which have the shape "
            f"{places}. Got {place!r}."
        )
    inside = [i % n for i, n in zip(given, places, strict=True)]
    return int(np.ravel_multi_index(inside, places)) if places else 0


def _unit(network: Network, output: Any, place: Any) -> int:
    """Return the flat index of a unit of a network whose outputs have no meaning."""
    shape = network.output_shape
    n_units = shape[-1] if shape else 1
    if output is None and math.prod(shape) > 1:
        raise InputError(
            f"The outputs have the shape {shape}: say which is to be explained, "
            f"output=0 for the first unit of the last axis."
        )
    number = 0 if output is None else output
    if not is_whole(number, 0) or number >= n_units:
        raise InputError(
            f"'output' must be a unit from 0 to {n_units - 1}. Got {output!r}."
        )
    return _start(shape, place) * n_units + number

"""Edits applied: from a task and what a finding proposes to the task that is repaired.

The repaired network takes the same raw rows. A scaling of inputs becomes a layer in
front, one of targets part of the model's `TargetCoding`, and a column that is dropped
goes in as 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from fathom import losses
from fathom.agreement import taken_over
from fathom.diagnose.duplicates import is_shared
from fathom.diagnose.edit import Edit
from fathom.diagnose.robust import EVEN, PLAIN, ROBUST, fences, middle, way
from fathom.diagnose.task import Task
from fathom.errors import InputError
from fathom.layers import Activation, Chain, Concat, Layer, On, Standardize
from fathom.layers.layer import Shapes
from fathom.network import Network

FEWEST_HELD = 20
# Treatments of data that nobody but a person can give.
FOR_PEOPLE = {
    "join by a key": "takes a person who knows which row belongs to which target",
    "correct or drop": "takes a person who knows the right labels",
}


def apply(task: Task, edits: Edit | Iterable[Edit]) -> Task:
    """Return the task with all edits made, one after the other.

    Raises:
        InputError: If an edit takes a person, or does not fit the task.
    """
    for edit in (edits,) if isinstance(edits, Edit) else edits:
        task = _KINDS[edit.kind](task, edit)
    task.check()
    return task


def _setting(task: Task, edit: Edit) -> Task:
    if edit.at == "class_weight":
        return dataclasses.replace(task, class_weight=edit.value)
    if edit.at == "sample_weight":
        return dataclasses.replace(task, sample_weight=edit.value)
    if edit.at == "variables":
        return dataclasses.replace(task, given=edit.value)
    if edit.at != "loss":
        return task.with_settings(**{edit.at: edit.value})
    if edit.value == "negative":
        return task.with_settings(loss=_negative(task.settings.loss))
    scaled = _scaling(task)
    task = task.with_settings(loss=edit.value).encoded()
    return _scaled_again(task) if scaled else task


def _negative(loss: Any) -> Callable[..., Any]:
    function = losses.get(loss)

    def negative(outputs: Any, targets: Any) -> Any:
        return -function(outputs, targets)

    negative.__name__ = f"negative_{getattr(function, '__name__', 'loss')}"
    return negative


def _layer(task: Task, edit: Edit) -> Task:
    return _with_network(task, task.network.replace(edit.at, edit.value))


def _insert(task: Task, edit: Edit) -> Task:
    return _with_network(task, task.network.insert(edit.value, before=edit.at))


def _remove(task: Task, edit: Edit) -> Task:
    return _with_network(task, task.network.remove(edit.at))


def _with_network(task: Task, network: Network) -> Task:
    """Return the task with another network, whose ending may take other targets."""
    before, scaled = _ending(task.network), _scaling(task)
    given = task.given
    if given is not None:
        given = taken_over(network, given, task.settings.seed)
    task = dataclasses.replace(task.with_bare(network=network), given=given)
    if _ending(network) == before:
        return task
    task = task.encoded()
    return _scaled_again(task) if scaled else task


def _ending(network: Network) -> Any:
    return network.output_shape, network.without_output_activation()[1]


def _data(task: Task, edit: Edit) -> Task:
    if edit.at == "targets" and edit.value in (PLAIN, ROBUST):
        return _standardize_targets(task, edit.value)
    if edit.value == PLAIN:
        return _standardize_inputs(task, edit.at)
    if edit.value == EVEN:
        return _even_out(task, edit.at)
    if edit.value == "drop":
        return _without_column(task, edit.at)
    if edit.value == "drop duplicates":
        return _without_duplicates(task)
    why = FOR_PEOPLE.get(edit.value, "is no treatment that is known")
    raise InputError(f"{edit.value!r} of {edit.at} {why}.")


def _standardize_inputs(task: Task, name: str) -> Task:
    x = task.bare.training.x
    if isinstance(task.network.input_shape, Shapes):
        return _in_front(task, On(name, (Standardize.fit(x[name]),)))
    return _in_front(task, Standardize.fit(x))


def _even_out(task: Task, name: str) -> Task:
    """Let every value go in as tanh((x - low) / size), for a small and a large size.

    So values next to each other are told apart, and those far off are no more than 1.
    """
    own: Any = task.bare.training.x
    streams = isinstance(task.network.input_shape, Shapes)
    x = own[name] if streams else own
    low, sizes = fences(x)
    each = [
        Chain((Standardize(tuple(low.tolist()), tuple(size.tolist())),
               Activation("tanh")))
        for size in sizes
    ]  # fmt: skip
    made = np.concatenate(
        [np.tanh(np.divide(x - low, s, out=np.zeros_like(x - low), where=s > 0))
         for s in sizes], axis=-1)  # fmt: skip
    layers = (Concat(tuple(each)), Standardize.fit(made))
    first = task.network.layers[0].name or ""
    for layer in (On(name, layers),) if streams else layers:
        task = _in_front(task, layer, first)
    return task


def _in_front(task: Task, layer: Layer, of: str = "") -> Task:
    first = of or task.network.layers[0].name or ""
    return _with_network(task, task.network.insert(layer, before=first))


def _without_column(task: Task, name: str) -> Task:
    """Let a column of a table, or `X[:, 3]`, go in as 0."""
    coding, shape = task.bare.examples.preprocessing, task.network.input_shape
    if not isinstance(shape, tuple) or len(shape) != 1:
        raise InputError(f"{name} is a column, and the inputs are not columns.")
    spread = np.ones(shape[0])
    if coding is not None:
        names = coding.feature_names
        whole = coding.inputs_by_column.get(name, ())
        spread[[names.index(name)] if name in names else list(whole)] = 0
    else:
        spread[int(name[5:-1])] = 0
    return _in_front(task, Standardize(0.0, tuple(spread.tolist())))


def _without_duplicates(task: Task) -> Task:
    """Take validation rows that are training rows, too, out of validation."""
    bare = task.bare
    if bare.validation is None or not isinstance(bare.validation.x, np.ndarray):
        raise InputError("There is no array of validation rows.")
    own = ~is_shared(bare.training, bare.validation)
    if own.sum() < FEWEST_HELD:
        raise InputError(f"Only {own.sum()} validation rows would remain.")
    if bare.held is not None:
        held = bare.held[own]
        batch = bare.examples.batch(held, bare.weight)
        return task.with_bare(held=held, validation=batch)
    rows = [None if a is None else a[own] for a in bare.validation]
    return task.with_bare(validation=type(bare.validation)(*rows))


def _scaling(task: Task) -> bool:
    """Say whether targets given as arrays are standardized."""
    examples = task.bare.examples
    coding = examples.target
    arrays = examples.preprocessing is None and coding is not None
    return arrays and coding is not None and set(coding.std) - {1.0} != set()


def _scaled_again(task: Task) -> Task:
    """Standardize targets that were read anew."""
    y = task.bare.training.y
    return _standardize_targets(task, way(y)) if _scalable(task) else task


def _scalable(task: Task) -> bool:
    target = task.bare.examples.target
    return target is not None and target.task == "regression"


def _standardize_targets(task: Task, how: str = PLAIN) -> Task:
    """Let the network learn z = (y - mean) / spread; predictions are turned back."""
    bare, coding = task.bare, task.bare.examples.target
    if not _scalable(task) or coding is None or bare.examples.y is None:
        raise InputError("Only plain numbers as targets can be standardized.")
    y = bare.examples.y
    flat = y[bare.rows].reshape(len(bare.rows), -1).astype(np.float64)
    mean, spread = (flat.mean(0), flat.std(0)) if how == PLAIN else middle(flat)
    spread = np.where(spread > 0, spread, 1.0)

    def scaled(values: np.ndarray) -> np.ndarray:
        z = (values.reshape(len(values), -1) - mean) / spread
        return z.astype(np.float32).reshape(values.shape)

    old_mean, old_std = np.array(coding.mean), np.array(coding.std)
    coding = dataclasses.replace(
        coding,
        mean=tuple((old_mean + old_std * mean).tolist()),
        std=tuple((old_std * spread).tolist()),
    )
    held = bare.validation
    if held is not None:
        held = held._replace(y=scaled(held.y))
    examples = dataclasses.replace(bare.examples, y=scaled(y), target=coding)
    return task.with_bare(examples=examples, validation=held)


_KINDS: dict[str, Callable[[Task, Edit], Task]] = {
    "setting": _setting,
    "layer": _layer,
    "insert": _insert,
    "remove": _remove,
    "data": _data,
}

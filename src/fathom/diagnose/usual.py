"""What is unusual put back to what is usual: strong repairs that need no cause.

    usual_recipe    settings: Adam at a usual rate that falls, no decay, even weights
    usual_network   layers: usual activations, start values, ending and loss, no noise
    usual_data      inputs and targets of mean 0 and spread 1

What is usual already stays as it is, so that each is as small a change as it can be.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from fathom import optimizers
from fathom.agreement import usual_loss
from fathom.diagnose.edit import Edit
from fathom.diagnose.layer_changes import Candidate, hidden, scaled, widens
from fathom.diagnose.places import Place, places
from fathom.diagnose.robust import ROBUST, way
from fathom.diagnose.task import Task
from fathom.layers import BatchNorm, Dense, Dropout
from fathom.layers.augmentation import Noise
from fathom.layers.structure import Activation

# A usual rate of Adam for small networks, and the rates that are taken as they are.
RATE, RATES = 0.003, (5e-4, 0.012)
# Schedules under which a run settles.
FALLS = ("cosine", "warmup_cosine")
ADAPTIVE = ("adam", "adamw", "nadam", "radam")
# Usual sizes of a batch: at least so many rows, and so many batches in an epoch.
LEAST_BATCH, BATCHES = 8, 8
BATCH = 32
# Decay and dropout up to which nobody would wonder.
DECAY, DROPOUT = 0.05, 0.3
MOMENTUM = 0.99
FEWEST_UNITS, UNITS = 8, 32
BEND = "gelu"
ODD = ("step", "softmax", "sigmoid")


def everything_usual(task: Task) -> Candidate:
    """Return the edits of all three together."""
    return (*usual_network(task), *usual_recipe(task), *usual_data(task))


def usual_recipe(task: Task) -> Candidate:
    """Return the settings that are unusual, put back."""
    own, found = task.settings, dict[str, Any]()
    optimizer = optimizers.build(own.optimizer)
    adapts = optimizer.name in ADAPTIVE
    if not adapts:
        found["optimizer"] = "adam"
    given = own.learning_rate or optimizer.default_learning_rate or 0.0
    if not adapts or not RATES[0] <= given <= RATES[1]:
        found["learning_rate"] = RATE
    n = len(task.bare.rows)
    if not LEAST_BATCH <= own.batch_size <= max(n // BATCHES, BATCH):
        found["batch_size"] = BATCH
    if own.decay() > DECAY:
        found["weight_decay"] = 0.0
    if own.gradient_clip is not None and own.gradient_clip < 1:
        found["gradient_clip"] = 1.0
    plain = {"freeze": (), "mix_up": None, "shuffle": True,
             "accumulate": 1}  # fmt: skip
    found |= {n: v for n, v in plain.items() if getattr(own, n) != v}
    if own.schedule not in FALLS and (found or own.schedule != "constant"):
        found["schedule"] = FALLS[0]
    edits = [Edit("setting", n, v, getattr(own, n)) for n, v in found.items()]
    for name in ("class_weight", "sample_weight"):
        before = getattr(task, name)
        if before is not None and not isinstance(before, str):
            edits.append(Edit("setting", name, None, before))
    return tuple(edits)


def usual_network(task: Task) -> Candidate:
    """Return the layers that are unusual, put back, with the loss that fits them."""
    network = task.network
    last = network.layers[-1]
    edits = list(_removed(task))
    gone = {edit.at for edit in edits}
    bends = any(_bends(place) for place in hidden(network))
    for place in places(network):
        if place.address not in gone and place.layer is not last:
            better = _usual(place, bends, widens(network, place))
            if better != place.layer:
                edits.append(Edit("layer", place.address, better, place.layer))
    ending = _ending(last, task)
    if ending != last:
        edits.append(Edit("layer", str(last.name), ending, last))
    if task.given is not None:
        edits.append(Edit("setting", "variables", None, "start values handed over"))
    is_labels = task.evidence().labels is not None
    loss = "cross_entropy" if is_labels else usual_loss(network)
    if isinstance(ending, Dense) and ending.activation == "sigmoid":
        loss = "binary_cross_entropy"
    if task.evidence().values is not None:
        loss = "huber" if has_outliers(task) else "mean_squared_error"
    if task.settings.loss != loss and task.evidence().loss_name != loss:
        edits.append(Edit("setting", "loss", loss, task.settings.loss))
    return tuple(edits)


def _bends(place: Place) -> bool:
    return getattr(place.layer, "activation", "identity") != "identity"


def _removed(task: Task) -> Iterator[Edit]:
    for place in places(task.network):
        layer: Any = place.layer
        noisy = isinstance(layer, Noise)
        drops = isinstance(layer, Dropout) and layer.rate > DROPOUT
        odd = isinstance(layer, Activation) and (
            callable(layer.activation) or layer.activation in ODD
        )
        if (noisy or drops or odd) and layer is not task.network.layers[-1]:
            yield Edit("remove", place.address, None, layer)


def _usual(place: Place, bends: bool, may_widen: bool) -> Any:
    layer: Any = place.layer
    new: dict[str, Any] = {}
    known = {field.name: field.default for field in dataclasses.fields(layer)}
    for name in ("weight_init", "recurrent_init"):
        if name in known and getattr(layer, name) != known[name]:
            new[name] = known[name]
    activation = getattr(layer, "activation", None)
    if isinstance(layer, Dense) and (
        callable(activation)
        or activation in ODD
        or (activation == "identity" and not bends and not place.chain)
    ):
        new["activation"] = BEND
    if may_widen and layer.units < FEWEST_UNITS:
        new["units"] = UNITS
    if isinstance(layer, BatchNorm) and layer.momentum > MOMENTUM:
        new["momentum"] = known["momentum"]
    return dataclasses.replace(layer, **new) if new else layer


def _ending(last: Any, task: Task) -> Any:
    if not isinstance(last, Dense):
        return last
    if task.evidence().labels is not None:
        one = last.units == 1
        return dataclasses.replace(last, activation="sigmoid" if one else "softmax")
    if task.evidence().values is not None:
        return dataclasses.replace(last, activation="identity")
    return last


def usual_data(task: Task) -> Candidate:
    """Return the scaling of inputs and targets that are not of mean 0 and spread 1."""
    edits = list(scaled(task))
    if task.evidence().values is not None:
        edits.append(Edit("data", "targets", way(task.bare.training.y)))
    return tuple(edits)


def has_outliers(task: Task) -> bool:
    """Say whether a few of the targets are far off the others."""
    y = task.evidence().values
    return y is not None and way(y) == ROBUST

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

import numpy as np

from fathom import optimizers
from fathom.agreement import usual_loss
from fathom.diagnose.edit import Edit
from fathom.diagnose.layer_changes import Candidate, hidden, is_usual, scaled, widens
from fathom.diagnose.places import Place, places
from fathom.diagnose.robust import PLAIN, ROBUST, way
from fathom.diagnose.scale import scale_of
from fathom.diagnose.task import Task
from fathom.layers import BatchNorm, Dense, Dropout
from fathom.layers.augmentation import Noise
from fathom.layers.structure import Activation

# A usual rate of Adam for small networks, and the rates that are taken as they are.
RATE, SMALL, LARGE = 0.003, (5e-4, 0.012), (0.005, 0.12)
RATES = {
    **dict.fromkeys(("adam", "adamw", "nadam", "radam", "rmsprop"), SMALL),
    **dict.fromkeys(("momentum", "nesterov"), LARGE),
}
# Schedules under which a run settles.
FALLS = ("cosine", "warmup_cosine")
# Usual sizes of a batch: at least so many rows, and so many batches in an epoch.
LEAST_BATCH, BATCHES = 8, 8
BATCH = 32
# Decay and dropout up to which nobody would wonder.
DECAY, DROPOUT = 0.05, 0.3
MOMENTUM = 0.99
FEWEST_UNITS, UNITS = 8, 32
BEND = "gelu"
# As many changes have a name together.
FEW_CHANGES = 3
# One layer of sigmoids is usual, several are not.
ODD = ("step", "softmax")


def everything_usual(task: Task) -> Candidate:
    """Return the edits of all three together."""
    found = (*usual_network(task), *usual_recipe(task), *usual_data(task))
    before = task.settings.schedule
    if not found or before in FALLS or any(e.at == "schedule" for e in found):
        return found
    return (*found, Edit("setting", "schedule", FALLS[0], before))


def called(edits: Candidate, task: Task) -> str:
    """Return the name of several changes that put back what is unusual."""
    if len(edits) < FEW_CHANGES:
        return ""
    kinds = {"everything usual": everything_usual, "usual settings": usual_recipe,
             "usual network": usual_network}  # fmt: skip
    for name, kind in kinds.items():
        own = kind(task)
        if len(own) >= FEW_CHANGES and all(edit in edits for edit in own):
            return name
    return ""


def usual_recipe(task: Task) -> Candidate:
    """Return the settings that are unusual, put back."""
    own, found = task.settings, dict[str, Any]()
    optimizer = optimizers.build(own.optimizer)
    kind = optimizer.name
    least, most = RATES.get(kind, (0.0, 0.0))
    given = own.learning_rate or optimizer.default_learning_rate or 1.0
    if not least <= given <= most:  # one after the other: each must be accepted
        found |= {} if RATES.get(kind) == SMALL else {"optimizer": "adam"}
        found["learning_rate"] = RATE
    plain = {"accumulate": 1, "freeze": (), "mix_up": None, "shuffle": True}
    found |= {n: v for n, v in plain.items() if getattr(own, n) != v}
    n = len(task.bare.rows)
    if not LEAST_BATCH <= own.batch_size <= max(n // BATCHES, BATCH):
        found["batch_size"] = BATCH
    if own.decay() > DECAY:
        found["weight_decay"] = 0.0
    if own.gradient_clip is not None and own.gradient_clip < 1:
        found["gradient_clip"] = 1.0
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
    bends = any(_bends(p) for p in hidden(network) if p.address not in gone)
    fading = sum(_activation(place) == "sigmoid" for place in hidden(network))
    odd = (*ODD, "sigmoid") if fading > 1 else ODD
    for place in places(network):
        if place.address not in gone and place.layer is not last:
            better = _usual(
                place, odd if bends else (*odd, "identity"), widens(network, place)
            )
            if better != place.layer:
                edits.append(Edit("layer", place.address, better, place.layer))
    ending = _ending(last, task)
    if ending != last:
        edits.append(Edit("layer", str(last.name), ending, last))
    if task.given is not None:
        edits.append(Edit("setting", "variables", None, "start values handed over"))
    loss = _loss(ending, task)
    if loss not in (task.settings.loss, task.evidence().loss_name):
        edits.append(Edit("setting", "loss", loss, task.settings.loss))
    return tuple(edits)


def _loss(ending: Any, task: Task) -> str:
    """Return the loss that fits an ending and the targets."""
    evidence = task.evidence()
    if evidence.labels is not None:
        one = getattr(ending, "activation", "") == "sigmoid"
        return "binary_cross_entropy" if one else "cross_entropy"
    y = _numbers(task)
    if y is not None:
        return "huber" if way(y) == ROBUST else "mean_squared_error"
    return usual_loss(task.network)


def _activation(place: Place) -> Any:
    return getattr(place.layer, "activation", "identity")


def _bends(place: Place) -> bool:
    return _activation(place) != "identity"


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


def _usual(place: Place, odd: tuple[str, ...], may_widen: bool) -> Any:
    layer: Any = place.layer
    new: dict[str, Any] = {}
    known = {field.name: field.default for field in dataclasses.fields(layer)}
    for name in ("weight_init", "recurrent_init"):
        if name in known and getattr(layer, name) != known[name]:
            new[name] = known[name]
    activation = getattr(layer, "activation", None)
    straight = activation == "identity" and place.chain  # a block adds its input
    bent = callable(activation) or (activation in odd and not straight)
    if hasattr(layer, "activation") and "recurrent_init" not in known and bent:
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
    if _numbers(task) is not None:
        return dataclasses.replace(last, activation="identity")
    return last


def _numbers(task: Task) -> np.ndarray | None:
    """Return targets that are numbers of any size, not answers of 0 and 1."""
    y = task.bare.training.y
    if y is None or task.evidence().values is None or np.isin(y, (0, 1)).all():
        return None
    return y


def usual_data(task: Task) -> Candidate:
    """Return the scaling of inputs and targets that are not of mean 0 and spread 1."""
    edits = list(scaled(task))
    y = _numbers(task)
    if y is not None and not (
        is_usual(scale_of(y.reshape(len(y), -1))) and way(y) == PLAIN
    ):
        edits.append(Edit("data", "targets", way(y)))
    return tuple(edits)

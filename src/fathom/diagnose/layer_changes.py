"""Changes of a network that repair it: lists of edits, made of the layers it has."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.places import Place, places
from fathom.diagnose.robust import EVEN, PLAIN, share_far
from fathom.diagnose.rules.unscaled_inputs import NORMALIZES
from fathom.diagnose.scale import Scale
from fathom.diagnose.start_values import drawn_as_usual
from fathom.diagnose.task import Task
from fathom.layers import BatchNorm, Dense, LayerNorm, Residual
from fathom.network import Network

Candidate = tuple[Edit, ...]
FADING = ("sigmoid", "tanh", "softplus", "step")
# What a network that is too small gets: so many times the units, and at least these.
WIDER, LEAST_UNITS = 4, 32
# A batch of fewer rows has no statistics of its own.
FEWEST_ROWS = 8
USUAL_DROPOUT = 0.2
# A mean and spreads that are as good as 0 and 1.
NEAR_ZERO, SPREADS = 0.03, (0.97, 1.03)


def hidden(network: Network) -> list[Place]:
    """Return the layers with an activation, without the last layer."""
    last = network.layers[-1].name
    return [
        place
        for place in places(network)
        if hasattr(place.layer, "activation") and place.address != last
    ]


def changed(
    network: Network, which: Callable[[Any], bool], everywhere: bool = False, **new: Any
) -> Candidate:
    """Return the edits that give all layers of some kind other settings."""
    found = places(network) if everywhere else hidden(network)
    return tuple(
        Edit("layer", p.address, dataclasses.replace(p.layer, **new), p.layer)
        for p in found
        if which(p.layer)
    )


def drawn(task: Task) -> Candidate:
    """Return the edits that let every layer draw start values that fit it."""
    edits = [
        Edit("layer", place.address, layer, place.layer)
        for place, layer in drawn_as_usual(task.network)
    ]
    if task.given is not None:
        edits.append(Edit("setting", "variables", None, "start values handed over"))
    return tuple(edits)


def relu(task: Task) -> Candidate:
    """Return the edits from activations that fade to relu."""

    def fades(layer: Any) -> bool:
        return layer.activation in FADING and not _is_recurrent(layer)

    return changed(task.network, fades, activation="relu", **_auto(task))


def _auto(task: Task) -> dict[str, Any]:
    own = [p.layer for p in hidden(task.network) if not _is_recurrent(p.layer)]
    return {"weight_init": "auto"} if all(map(_has_init, own)) else {}


def _has_init(layer: Any) -> bool:
    return hasattr(layer, "weight_init")


def _is_recurrent(layer: Any) -> bool:
    return hasattr(layer, "recurrent_init")


def normalized(task: Task) -> Candidate:
    """Return the insertion of a normalization behind every hidden layer."""
    layers = task.network.layers
    if any(isinstance(p.layer, NORMALIZES[:-1]) for p in places(task.network)):
        return ()
    norm = BatchNorm() if task.settings.batch_size >= FEWEST_ROWS else LayerNorm()
    return tuple(
        Edit("insert", str(after.name), norm)
        for layer, after in pairwise(layers)
        if hasattr(layer, "activation") and hasattr(layer, "weight_init")
    )


def residual(task: Task) -> Candidate:
    """Return residual blocks around the hidden layers that keep their width."""
    layers, edits = task.network.layers, []
    for before, layer in pairwise(layers[:-1]):
        wide = getattr(before, "units", None), getattr(layer, "units", None)
        if type(before) is type(layer) is Dense and wide[0] == wide[1]:
            block = Residual((dataclasses.replace(layer, name=None),), name=layer.name)
            edits.append(Edit("layer", str(layer.name), block, layer))
    return tuple(edits)


def scaled(task: Task) -> Candidate:
    """Return the standardization of inputs that are numbers and not in scale."""
    evidence = task.evidence()
    if isinstance(task.network.layers[0], NORMALIZES):
        return ()
    x = evidence.training.x
    far = not isinstance(x, Mapping) and bool((share_far(x) > 0).any())
    return tuple(
        Edit("data", name, EVEN if far else PLAIN)
        for name, scale in evidence.scales.items()
        if far or not is_usual(scale)
    )


def is_usual(scale: Scale) -> bool:
    """Say whether nothing is won by a mean of 0 and a spread of 1."""
    near = np.abs(scale.mean).max() <= NEAR_ZERO
    return bool(near and scale.spread.min() >= SPREADS[0]) and bool(
        scale.spread.max() <= SPREADS[1]
    )


def widens(network: Network, place: Place) -> bool:
    """Say whether a layer may get another width: a dense one that no block follows."""
    if type(place.layer) is not Dense or place.chain:
        return False
    layers = network.layers
    after = layers[layers.index(place.layer) + 1 :]
    return not (after and getattr(after[0], "layers", ()))


def less_dropped(task: Task) -> Candidate:
    """Return the edits that lower the rates of dropout."""

    def drops(layer: Any) -> bool:
        is_dropout = type(layer).__name__.endswith("Dropout")
        return is_dropout and layer.rate > USUAL_DROPOUT

    return changed(task.network, drops, everywhere=True, rate=USUAL_DROPOUT)


def wider(task: Task) -> Candidate:
    """Return the edits that give every hidden layer more units, or add one."""
    found = [p for p in hidden(task.network) if widens(task.network, p)]
    if not found:
        last = str(task.network.layers[-1].name)
        return (Edit("insert", last, Dense(2 * LEAST_UNITS, "relu")),)
    edits = []
    for place in found:
        layer: Any = place.layer
        units = max(WIDER * layer.units, LEAST_UNITS)
        ending = "relu" if layer.activation == "identity" else layer.activation
        better = dataclasses.replace(layer, units=units, activation=ending)
        edits.append(Edit("layer", place.address, better, layer))
    return tuple(edits)

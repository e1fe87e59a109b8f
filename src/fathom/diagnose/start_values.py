"""Start values beside those that the layers would have drawn by themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from fathom.diagnose.evidence import Evidence
from fathom.diagnose.places import Place, places
from fathom.layers import Embedding, LearnedPositions
from fathom.layers.layer import Layer
from fathom.network import Network
from fathom.weights import flatten

DRAWN = ("weight_init", "recurrent_init")
# No unit sums what is looked up in a table, so that no size of it is the usual one.
TABLES = (Embedding, LearnedPositions)


def drawn_as_usual(network: Network) -> Iterator[tuple[Place, Layer]]:
    """Yield the layers that draw start values of their own kind, and what is usual."""
    for place in places(network):
        if isinstance(place.layer, TABLES):
            continue
        known = {field.name: field.default for field in dataclasses.fields(place.layer)}
        new = {
            name: known[name]
            for name in DRAWN
            if name in known and getattr(place.layer, name) != known[name]
        }
        if new:
            yield place, dataclasses.replace(place.layer, **new)


def start_ratios(evidence: Evidence) -> dict[str, float]:
    """Return the norm of every weight at the start over its layer's usual one.

    Embeddings and positions are left out. Empty where all layers drew their values as
    they do by themselves.
    """
    network = evidence.network
    own = list(drawn_as_usual(network))
    if evidence.given is None and not own:
        return {}
    for place, layer in own:
        network = network.replace(place.address, layer)
    usual = {n: _norm(v) for n, v in flatten(network.init(0)).items()}
    tables = {p.address for p in places(network) if isinstance(p.layer, TABLES)}
    return {
        name: _norm(value) / usual[name]
        for name, value in flatten(evidence.variables).items()
        if name.rpartition("/")[2].startswith("weight")
        and name.rpartition("/")[0] not in tables
        and usual.get(name)
    }


def start_biases(evidence: Evidence) -> dict[str, float]:
    """Return how far the biases of every hidden layer are from 0 at the start.

    That is the largest mean size over the units of a gate, or of the layer.
    """
    last = evidence.network.layers[-1].name
    found: dict[str, float] = {}
    for name, value in flatten(evidence.variables).items():
        *layer, own = name.split("/")
        if own.startswith("bias") and layer[:1] != [last]:
            address, bias = "/".join(layer), np.asarray(value, np.float64).reshape(-1)
            found[address] = max(found.get(address, 0.0), _size(bias))
    return found


def _size(bias: np.ndarray) -> float:
    """Return the largest mean size of four parts, which gates are, or of all."""
    parts = [bias, *(bias.reshape(4, -1) if len(bias) % 4 == 0 else ()),
             *(bias.reshape(3, -1) if len(bias) % 3 == 0 else ())]  # fmt: skip
    return max(float(np.abs(part).mean()) for part in parts)


def _norm(value: object) -> float:
    return float(np.linalg.norm(np.asarray(value, np.float64)))

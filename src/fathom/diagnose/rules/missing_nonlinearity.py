"""Layers in a row with nothing between them but sums.

## What it sees
A dense or convolutional layer with the activation "identity", or a function of the
user's own that is a straight line between -3 and 3, behind which the next
such layer follows with nothing but linear things in between (Flatten, BatchNorm,
average pooling, dropout), and which is no bottleneck: its units are at least as many as
the inputs or the outputs of the pair.

## Why it hurts
Two linear layers in a row are one: W2 (W1 x + b1) + b2 = W x + b. The network can do no
more than without the first, and takes longer. The usual reason is a forgotten
activation: `Dense(64)` for `Dense(64, "relu")`.

## What to do
Give the first layer an activation.

## When it is wrong
On purpose: a bottleneck makes a matrix of low rank, separable convolutions make a
kernel of two, a linear autoencoder is principal components. Bottlenecks, grouped
convolutions and kernels of different shape are left alone. It is a note until a run
makes poor progress.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.functions import is_affine, mean_slope, of_ones_own
from fathom.diagnose.places import Place
from fathom.diagnose.rule import SYMPTOM, Rule, Symptom
from fathom.diagnose.thresholds import WEAK_SLOPE
from fathom.layers import (
    Activation,
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Reshape,
)
from fathom.layers.chain import Chain, chain_shape

LINEAR = (AveragePool, BatchNorm, Dropout, Flatten, GlobalAveragePool, Reshape)


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom for every layer that lacks an activation."""
    for first, second, shape in _pairs(evidence):
        inputs = int(shape[-1]) * _window(first.layer)
        units, outputs = _units(first.layer), _units(second.layer)
        if units < min(inputs, outputs) or _factors(first.layer, second.layer):
            continue
        repaired = dataclasses.replace(first.layer, activation="relu")  # pyright: ignore
        yield Symptom(
            cause=f"{first.address} has no activation, and {second.address} behind it "
            f"sums its outputs: together they are one linear layer.",
            repair="Give the first one an activation.",
            evidence={"units between": Measurement(units, min(inputs, outputs),
                                                   "fewer would be a bottleneck")},
            kind=SYMPTOM,
            layer=first.address,
            action=f'network.replace("{first.address}", '
            f'fm.{type(first.layer).__name__}({units}, ..., "relu"))'
            if isinstance(first.layer, Conv)
            else f'network.replace("{first.address}", fm.Dense({units}, "relu"))',
            edit=Edit("layer", first.address, repaired, first.layer),
            score=0.6,
        )  # fmt: skip


def _pairs(evidence: Evidence) -> Iterator[tuple[Place, Place, Any]]:
    """Yield (layer, next such layer, shape before the first) with sums between only."""
    chains: dict[str, list[Place]] = {}
    for place in evidence.places:
        chains.setdefault(place.chain, []).append(place)
    shapes = _shapes(evidence, chains)
    for own in chains.values():
        first: Place | None = None
        for place in own:
            if _is_affine(place.layer):
                if first is not None and first.address in shapes:
                    yield first, place, shapes[first.address]
                first = place if _is_bare(place.layer) else None
            elif not _is_linear(place.layer):
                first = None


def _shapes(evidence: Evidence, chains: dict[str, list[Place]]) -> dict[str, Any]:
    """Return the shape before every layer of the network's own chain and of Chains."""
    shapes: dict[str, Any] = {}

    def walk(chain: str, shape: Any) -> None:
        for place in chains.get(chain, []):
            shapes[place.address] = shape
            if isinstance(place.layer, Chain) and isinstance(shape, tuple):
                walk(place.address, shape)
            shape = chain_shape([place.layer], shape)

    walk("", evidence.network.known_input_shape)
    return {a: s for a, s in shapes.items() if isinstance(s, tuple) and s}


def _is_affine(layer: Any) -> bool:
    return isinstance(layer, (Dense, Conv))


def _is_bare(layer: Any) -> bool:
    own = of_ones_own(layer.activation)
    if own is None:
        return bool(layer.activation == "identity")
    return is_affine(own) and mean_slope(own) > WEAK_SLOPE.value


def _is_linear(layer: Any) -> bool:
    if isinstance(layer, Activation):
        return _is_bare(layer)
    return isinstance(layer, LINEAR)


def _units(layer: Any) -> int:
    return int(layer.units)


def _window(layer: Any) -> int:
    kernel = getattr(layer, "kernel", 1)
    if isinstance(kernel, int):
        return kernel if isinstance(layer, Conv) else 1
    size = 1
    for n in kernel:
        size *= n
    return size


def _factors(first: Any, second: Any) -> bool:
    """Say whether two convolutions are one kernel, written as two on purpose."""
    grouped = any(getattr(layer, "groups", 1) != 1 for layer in (first, second))
    both = isinstance(first, Conv) and isinstance(second, Conv)
    return grouped or (both and first.kernel != second.kernel)


RULE = Rule("S004", "missing-nonlinearity", __doc__ or "", {"network": look})

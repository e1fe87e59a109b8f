"""A softmax of a softmax.

## What it sees
A softmax at the end of the network behind another one, with nothing between that has
weights; or a hidden layer with a softmax. With a loss of your own: whether it takes
logits, which shows in that it stays the same when all outputs grow by the same amount,
while the network ends in a softmax; or, behind a sigmoid, in that outputs beyond 0 and
1 make it smaller still.

## Why it hurts
Numbers between 0 and 1 are almost equal to a softmax: with k classes no probability
gets above e / (e + k - 1), which is 0.23 for ten. The loss stops far above 0, and the
gradient is small everywhere.

## What to do
One of the two goes. The named losses take the logits of a final softmax by themselves,
so leave the softmax in the network and use loss="cross_entropy".

## When it is wrong
Accuracy often suffers little, because the order of the classes stays. A loss of your
own that happens not to change with a shift (one on differences) looks like one on
logits.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fathom.diagnose.edit import Edit, written
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import CERTAIN, Rule, Symptom
from fathom.diagnose.thresholds import ALMOST_ALL
from fathom.layers import Activation, Conv, Dense, Dropout, Flatten, Reshape
from fathom.layers.chain import Chain
from fathom.layers.layer import Layer

BETWEEN = (Flatten, Reshape, Dropout)
SHIFT, CLOSE = 3.0, 1e-4


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a second softmax, in the network or in the loss."""
    twice = _in_network(evidence)
    if twice is not None:
        yield twice
    elif (hidden := _hidden(evidence)) is not None:
        yield hidden
    elif callable(evidence.loss) and evidence.settings.objective is None:
        yield from _in_loss(evidence, evidence.loss)


def _in_network(evidence: Evidence) -> Symptom | None:
    ends = [p for p in _unfolded(evidence) if not isinstance(p[1], BETWEEN)][-2:]
    if len(ends) < 2 or any(_activation(layer) != "softmax" for _, layer in ends):
        return None
    address, last = ends[1]
    if not isinstance(last, Activation):
        return None
    k = evidence.network.output_shape[-1]
    most = math.e / (math.e + k - 1)
    return Symptom(
        cause=f"{address} takes the softmax of probabilities, so that none can get "
        f"above {most:.2g}.",
        repair=f"Take {address} out.",
        evidence={
            "largest probability possible": Measurement(most, 1.0, "e / (e + k - 1)"),
            "smallest loss possible": Measurement(
                -math.log(most), 0.0, "its logarithm"
            ),
        },
        kind=CERTAIN,
        layer=address,
        action=f'network.remove("{address}")',
        edit=Edit("remove", address, None, last),
        score=0.9,
    )


def _hidden(evidence: Evidence) -> Symptom | None:
    """Return a symptom of a softmax between layers with weights."""
    for address, layer in _unfolded(evidence)[:-1]:
        if isinstance(layer, Dense | Conv) and _activation(layer) == "softmax":
            better = dataclasses.replace(layer, activation="relu")
            return Symptom(
                cause=f"{address} is a hidden layer with a softmax: its units share a "
                f"sum of 1, so that little of the inputs gets through.",
                repair='Use "relu" inside, and the softmax for the outputs alone.',
                evidence={"units that share a sum of 1": Measurement(layer.units)},
                layer=address,
                action=f'network.replace("{address}", fm.{written(better)})',
                edit=Edit("layer", address, better, layer),
                score=0.985,
                below=ALMOST_ALL,
            )
    return None


def _unfolded(evidence: Evidence) -> list[tuple[str, Layer]]:
    """Return the layers one after the other, those of a Chain in its place."""
    chains = {p.address for p in evidence.places if type(p.layer) is Chain}
    return [
        (p.address, p.layer)
        for p in evidence.places
        if p.address not in chains and (not p.chain or p.chain in chains)
    ]


def _activation(layer: Any) -> Any:
    return getattr(layer, "activation", None)


def _in_loss(evidence: Evidence, loss: Callable[..., Any]) -> Iterator[Symptom]:
    activation = evidence.output_activation
    if activation not in ("softmax", "sigmoid") or not _takes_logits(
        evidence, loss, activation
    ):
        return
    name = getattr(loss, "__name__", "The loss")
    usual = "cross_entropy" if activation == "softmax" else "binary_cross_entropy"
    yield Symptom(
        cause=f"{name} takes logits, and the network ends in a {activation}: the "
        f"{activation} is taken twice.",
        repair=f'Use loss="{usual}", which takes the logits by itself.',
        evidence={},
        kind=CERTAIN,
        layer=evidence.network.layers[-1].name,
        action=f'fm.train(network, data, loss="{usual}")',
        edit=Edit("setting", "loss", usual, loss),
        score=0.9,
    )


def _takes_logits(
    evidence: Evidence, loss: Callable[..., Any], activation: str
) -> bool:
    """Say whether a loss computes the activation by itself.

    A softmax does not see a shift of all logits. Behind a sigmoid, logits of +-20 are
    better answers than 1 and 0, which a loss of probabilities would not say.
    """
    y = evidence.probe.y
    shape = (len(evidence.probe.weight), *evidence.network.output_shape)
    if y is None:
        return False
    if activation == "softmax":
        rng = np.random.default_rng(0)
        outputs = rng.dirichlet(np.ones(shape[-1]), shape[:-1]).astype(np.float32)
        plain, shifted = (_mean(loss, o, y) for o in (outputs, outputs + SHIFT))
        near = CLOSE * max(abs(plain), 1.0)
        return math.isfinite(plain) and abs(plain - shifted) <= near
    if int(np.prod(shape)) != y.size:
        return False
    right = np.clip(y.reshape(shape).astype(np.float32), 0, 1)
    plain, far = (_mean(loss, o, y) for o in (right, 40 * right - 20))
    return plain - far > 0.1 and far >= -CLOSE


def _mean(loss: Callable[..., Any], outputs: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(np.asarray(loss(outputs, y))))


RULE = Rule("O002", "double-softmax", __doc__ or "", {"network": look})

"""What the rivals look at: weights, gradients and activations at the end of epochs.

The rivals were written for Keras, PyTorch or TensorFlow 1 and read tensors while a
network trains. Here the weights of six moments (the start, and five epochs spread over
the run) are kept, and one program works out on the first 96 training rows what the
rules ask for. So a rule that looks at every batch or epoch looks less often here; rules
on curves see every epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from benchmarks.diagnosis.setups import Setup
from benchmarks.diagnosis.trial import Snapshots
from fathom.compilation import quick_compilation
from fathom.diagnose.places import places, plain_address
from fathom.trained import TrainingResult
from fathom.training.objective import Batch, Objective, over_steps, weighted
from fathom.variables import join_state, split_state

ROWS = 96


@dataclass(frozen=True)
class Seen:
    """A run as the rivals see it.

    Attributes:
        setup: What was trained.
        result: What came out; its history has the curves.
        epochs: (moments,) epochs of the snapshots, 0 for the start.
        weights: By statistic, (moments, parameters): of the weight matrices in order.
        units: By statistic, (moments, layers): of the layers with weighted sums.
        outputs: By statistic, (moments,).
        activations: Names of the activations of these layers.
    """

    setup: Setup
    result: TrainingResult
    epochs: np.ndarray
    weights: Mapping[str, np.ndarray]
    units: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    activations: tuple[str, ...]

    def curve(self, name: str) -> np.ndarray:
        """Return a curve of the history; empty if there is none."""
        history = self.result.history
        return history[name] if name in history.names else np.zeros(0)

    @property
    def X(self) -> np.ndarray:  # noqa: N802
        """The training inputs, or those of the test where the former are a table."""
        rows: Any = self.setup.rows
        return rows[0] if isinstance(rows, tuple) else self.setup.test[0]

    @property
    def labels(self) -> np.ndarray | None:
        """(rows,) classes, or None."""
        if self.setup.is_numbers:
            return None
        return np.asarray(self.setup.rows[1]).reshape(-1)

    @property
    def loss_name(self) -> str:
        """Name of the loss."""
        return self.result.model.loss

    @property
    def output_activation(self) -> str:
        """Name of the activation that ends the network."""
        return self.setup.network.without_output_activation()[1] or "identity"

    @property
    def is_finite(self) -> bool:
        """Whether the run did not end in NaN."""
        return self.result.stopped != "non_finite"


def observed(setup: Setup, result: TrainingResult, kept: Snapshots) -> Seen:
    """Return what the rivals see of a run."""
    model = result.model
    objective = Objective(model.network, setup.settings.get("loss") or model.loss)
    order = {place.address: i for i, place in enumerate(places(model.network))}
    batch, run = _batch(setup, result), _program(objective)
    moments = []
    for epoch in sorted(kept):
        found = jax.tree.map(np.asarray, run(*split_state(kept[epoch]), batch))
        with np.errstate(all="ignore"):
            moments.append(_moment(kept[epoch], found, order))
    activations = tuple(_activation(order, model.network, a) for a in moments[0][3])
    weights, units, outputs = (_stacked([m[i] for m in moments]) for i in range(3))
    epochs = np.array(sorted(kept))
    return Seen(setup, result, epochs, weights, units, outputs, activations)


Numbers = dict[str, Any]


def _moment(
    variables: Mapping[str, Any], found: Any, order: Mapping[str, int]
) -> tuple[Numbers, Numbers, Numbers, list[str]]:
    """Return statistics of weights, of units and of outputs, and the units' layers."""
    loss, outputs, taps, gradient = found

    def place(address: str) -> tuple[int, str]:
        return order.get(_known(address, order), -1), address

    own, slopes = dict(_weights(variables)), dict(_weights(gradient))
    weights = [_of_weight(own[at], slopes[at]) for at in sorted(slopes, key=place)]
    layers = sorted(taps, key=place)
    units = [_of_units(*taps[address]) for address in layers]
    last = {**_of_outputs(outputs), "loss": loss}
    return _columns(weights), _columns(units), last, layers


def _columns(rows: list[Numbers]) -> Numbers:
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _stacked(rows: list[Numbers]) -> Numbers:
    return {name: np.stack([np.asarray(row[name]) for row in rows]) for name in rows[0]}


def _known(address: str, order: Mapping[str, int]) -> str:
    """Return the address of the layer that a tap or a parameter is in."""
    address = plain_address(address)
    while address not in order and "/" in address:
        address = address.rpartition("/")[0]
    return address


def _batch(setup: Setup, result: TrainingResult) -> Batch:
    rows: Any = setup.rows
    if isinstance(rows, tuple):
        X, y = rows
    else:
        X, y = setup.test
    shape = result.model.network.output_shape
    y = y[:ROWS]
    if setup.is_numbers:
        y = y.reshape(len(y), *shape).astype(np.float32)
    else:
        y = y.astype(np.int32)
    X = X[:ROWS]
    return Batch(X, y, np.ones(len(X), np.float32))


def _activation(order: Mapping[str, int], network: Any, address: str) -> str:
    known = _known(address, order)
    if known not in order:
        return "identity"
    return str(getattr(places(network)[order[known]].layer, "activation", "identity"))


@lru_cache(maxsize=256)
def _program(objective: Objective) -> Any:
    network, loss, activation = objective.pieces()

    def cost(parameters: Any, state: Any, batch: Batch) -> Any:
        forward = network.forward(join_state(parameters, state), batch.x, listen=True)
        losses = over_steps(loss, forward.outputs, batch.y)
        mean = weighted(losses, batch) / batch.weight.sum()
        return mean, (activation(forward.outputs), forward.taps)

    def run(parameters: Any, state: Any, batch: Batch) -> Any:
        both = jax.value_and_grad(cost, has_aux=True)
        (value, (outputs, taps)), gradient = both(parameters, state, batch)
        pairs = {
            address: (own["weighted_sum"], own["activation"])
            for address, own in taps.items()
            if "weighted_sum" in own and "activation" in own
        }
        return value, outputs, pairs, gradient

    return jax.jit(run, compiler_options=quick_compilation())


def _weights(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every weight matrix with its address."""
    for name, own in tree.items():
        if name == "state" and not path:
            continue
        at = f"{path}/{name}" if path else name
        if isinstance(own, Mapping):
            yield from _weights(own, at)
        elif name.startswith("weight"):
            yield at, np.asarray(own, np.float64)


def _of_weight(w: np.ndarray, g: np.ndarray) -> Numbers:
    low, high = np.quantile(g, (0.05, 0.95))
    return {
        "norm": np.sqrt(np.square(w).sum()),
        "variance": w.var(),
        "mean_size": np.abs(w).mean(),
        "p95": np.quantile(np.abs(w), 0.95),
        "gradient_norm": np.sqrt(np.square(g).sum()),
        "gradient_size": np.abs(g).mean(),
        "gradient_spread": high - low,
        "gradient_zeros": (g == 0).sum(),
        "entries": np.float64(g.size),
        "fan": np.float64(w[..., 0].size),
        "is_finite": np.float64(np.isfinite(w).all() and np.isfinite(g).all()),
    }


def _of_units(z: np.ndarray, a: np.ndarray) -> Numbers:
    """Return statistics; blocks of a `Repeat` count as more rows of the same units."""
    z, a = z.reshape(-1, z.shape[-1]), a.reshape(-1, a.shape[-1])
    z, a = z.astype(np.float64), a.astype(np.float64)
    return {
        "not_positive": (a <= 0).mean(),
        "rarely_active": ((a > 0).mean(0) < 0.01).mean(),
        "p95_small": (np.quantile(np.abs(a), 0.95, axis=0) < 1e-5).mean(),
        "beyond_5": (np.abs(z) >= 5).mean(),
        "tanh_flat": ((np.abs(z) > 9.4999).mean(0) > 0.5).mean(),
        "sigmoid_flat": (((z > 16.99999) | (z < -23)).mean(0) > 0.5).mean(),
        "rho": (np.abs(a).mean(0) > 0.85).mean(),
        "size": np.abs(a).mean(),
        "spread": a.std(),
        "sum_variance": z.var(),
    }


def _of_outputs(outputs: np.ndarray) -> Numbers:
    rows = outputs.reshape(-1, outputs.shape[-1]).astype(np.float64)
    return {
        "row_sum": np.abs(rows).sum(1).max(),
        "range": rows.max() - rows.min(),
        "is_finite": np.isfinite(rows).all(),
    }

"""What a run minimizes: a network, its loss, and the metrics shown beside it.

    cost = sum_i weight_i loss(network(x_i), y_i) / sum_i weight_i

A cross-entropy behind a final softmax or sigmoid is taken on the logits, which is
stable where the probabilities would round to 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom import activations, losses, metrics
from fathom.errors import InputError
from fathom.network import Forward, Network

Loss = Callable[[jax.Array, jax.Array], jax.Array]


class Sums(NamedTuple):
    """Weighted sums over examples, from which costs and metrics are means.

    Attributes:
        weight: Sum of the example weights.
        loss: Weighted sum of the losses.
        metrics: Weighted sum of each metric's value, () or (outputs,) each.
    """

    weight: jax.Array
    loss: jax.Array
    metrics: dict[str, jax.Array]


class Batch(NamedTuple):
    """Some examples: x (batch, ...), y (batch, ...), weight (batch,)."""

    x: Any
    y: Any
    weight: Any


@dataclass(frozen=True)
class Objective:
    """A network, the loss on its outputs, and metrics; hashable, without arrays.

    Attributes:
        network: The network as the user wrote it.
        loss: Name of a loss, or a function (outputs, targets) -> (batch,).
        metrics: Names of metrics.
    """

    network: Network
    loss: str | Loss
    metrics: tuple[str, ...] = ()

    def measure(
        self,
        variables: Mapping[str, Any],
        batch: Batch,
        *,
        training: bool = False,
        key: jax.Array | None = None,
    ) -> tuple[Sums, Forward]:
        """Run the batch forward and return its sums and the forward pass."""
        network, loss, activation = self._pieces()
        mask = (batch.weight > 0).astype(batch.weight.dtype)
        forward = network.forward(
            dict(variables), batch.x, training=training, key=key, mask=mask
        )
        per_example = loss(forward.outputs, batch.y)
        _require_one_each(per_example, batch)
        outputs = activation(forward.outputs)
        sums = {
            name: _weighted(metrics.get(name).per_example(outputs, batch.y), batch)
            for name in self.metrics
        }
        return Sums(batch.weight.sum(), _weighted(per_example, batch), sums), forward

    def _pieces(self) -> tuple[Network, Loss, Callable[[jax.Array], jax.Array]]:
        if isinstance(self.loss, str):
            bare, activation = self.network.without_output_activation()
            fused = activation and losses.from_logits(self.loss, activation)
            if fused:
                return bare, fused, activations.get(activation)
        return self.network, losses.get(self.loss), activations.get("identity")


def _require_one_each(per_example: Any, batch: Batch) -> None:
    """Raise InputError unless a loss gives one number for each example."""
    shape, expected = jnp.shape(per_example), jnp.shape(batch.weight)
    if shape != expected:
        raise InputError(
            f"A loss must return one number for each example, of shape {expected} "
            f"for a batch of {expected[0]}. Got shape {shape}: average over the other "
            f"axes and leave the batch axis, because the examples are weighted."
        )


def _weighted(values: jax.Array, batch: Batch) -> jax.Array:
    """Sum values (batch,) or (batch, outputs) over the batch, by weight."""
    return jnp.tensordot(batch.weight, values, axes=1)

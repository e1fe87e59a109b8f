"""What a run minimizes: a network, its loss, and the metrics shown beside it.

    cost = sum_i weight_i loss(network(x_i), y_i) / sum_i weight_i

A cross-entropy behind a final softmax or sigmoid is taken on the logits, which is
stable where the probabilities would round to 0 or 1. What layers add to the loss (the
divergence of a variational autoencoder) counts with it.

Targets of a sequence are (batch, time) classes for outputs (batch, time, classes). A
class of -1 is a step without a target; the loss of an example is the mean over the
steps that have one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom import activations, losses, metrics
from fathom.errors import InputError
from fathom.network import Network
from fathom.variables import Variables

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
    """Some examples: x (batch, ...), y (batch, ...), weight (batch,).

    Networks of several named inputs have a dict of arrays as x. Some objectives have
    no targets, and None as y.
    """

    x: Any
    y: Any
    weight: Any


class Measured(NamedTuple):
    """What an objective gives for a batch.

    Attributes:
        sums: Of losses and metrics.
        state: Running statistics after the pass.
    """

    sums: Sums
    state: Variables


@dataclass(frozen=True)
class Objective:
    """A network, the loss on its outputs, and metrics; hashable, without arrays.

    Attributes:
        network: The network as the user wrote it.
        loss: Name of a loss, or a function (outputs, targets) -> (batch,).
        metrics: Names of metrics.
        precision: "float32", or "bfloat16" for the factors of matrix products in
            training.
        mix_up: Concentration of the share by which two examples are mixed; 0 for none.
        frozen: Addresses of layers that do not learn.
    """

    network: Network
    loss: str | Loss
    metrics: tuple[str, ...] = ()
    precision: str = "float32"
    mix_up: float = 0.0
    frozen: frozenset[str] = frozenset()

    @property
    def is_random(self) -> bool:
        """Whether training draws random numbers."""
        return self.network.is_random or self.mix_up > 0

    def measure(
        self,
        variables: Mapping[str, Any],
        batch: Batch,
        *,
        training: bool = False,
        key: jax.Array | None = None,
    ) -> Measured:
        """Run the batch forward and return its sums and the running statistics."""
        network, loss, activation = self.pieces()
        mixes = training and self.mix_up > 0 and key is not None
        x, mixed = _mixed(batch, self.mix_up, key) if mixes else (batch.x, _alone)
        forward = network.forward(
            dict(variables),
            x,
            training=training,
            key=key,
            mask=(batch.weight > 0).astype(batch.weight.dtype),
            precision=self.precision if training else "float32",
            frozen=self.frozen,
        )
        per_example = mixed(
            lambda y: over_steps(loss, forward.outputs, y), targets_of(batch)
        )
        require_one_each(per_example, batch)
        if forward.penalty is not None:
            per_example = per_example + forward.penalty
        outputs = activation(forward.outputs)
        metric_sums = {
            name: weighted(
                over_steps(metrics.get(name).per_example, outputs, targets_of(batch)),
                batch,
            )
            for name in self.metrics
        }
        sums = Sums(batch.weight.sum(), weighted(per_example, batch), metric_sums)
        return Measured(sums, forward.state)

    def finish(self, name: str, mean: Any, variance: Any) -> float:
        """Return the value of a metric from its mean over the examples."""
        return float(metrics.get(name).finish(mean, variance))

    def pieces(self) -> tuple[Network, Loss, Callable[[jax.Array], jax.Array]]:
        """Return the network that is run, the loss of what it gives, and the rest.

        A cross-entropy behind a final softmax or sigmoid is taken on the logits: then
        the network ends without the activation, which is the third of the three.
        """
        if isinstance(self.loss, str):
            bare, activation = self.network.without_output_activation()
            fused = activation and losses.from_logits(self.loss, activation)
            if fused:
                return bare, fused, activations.get(activation)
        return self.network, losses.get(self.loss), activations.get("identity")


def targets_of(batch: Batch) -> Any:
    """Return the targets; the inputs themselves where there are none."""
    return batch.x if batch.y is None else batch.y


def over_steps(function: Loss, outputs: jax.Array, y: jax.Array) -> jax.Array:
    """Apply a loss or metric to every step of a sequence that has a target.

    Args:
        function: (rows, classes), (rows,) -> (rows,).
        outputs: (batch, time, classes).
        y: (batch, time) classes, -1 for none; anything else goes to `function` as is.

    Returns:
        (batch,) the mean over the steps with a target, 0 if there are none.
    """
    steps = jnp.issubdtype(y.dtype, jnp.integer) and y.ndim == outputs.ndim - 1 > 1
    if not steps:
        return function(outputs, y)
    flat = outputs.reshape(-1, outputs.shape[-1])
    values = function(flat, jnp.maximum(y, 0).reshape(-1)).reshape(len(y), -1)
    counts = (y >= 0).reshape(len(y), -1).astype(values.dtype)
    return (values * counts).sum(1) / jnp.maximum(counts.sum(1), 1)


def _alone(loss: Callable[[Any], jax.Array], y: Any) -> jax.Array:
    return loss(y)


def _mixed(batch: Batch, concentration: float, key: Any) -> Any:
    """Return mixed inputs, and how a loss is mixed likewise.

    x = s x_i + (1 - s) x_j and loss = s loss(y_i) + (1 - s) loss(y_j), with s drawn
    from Beta(c, c) for each batch, and j the example before i, which in a shuffled
    batch is any. Source: Zhang et al., "mixup" (2018).
    """
    if any(jnp.issubdtype(a.dtype, jnp.integer) for a in jax.tree.leaves(batch.x)):
        raise InputError(
            "mix_up mixes numbers, and the inputs are tokens, of which there is no "
            "mixture. Leave it out for networks that begin with an Embedding."
        )
    c = jnp.float32(concentration)
    share = jax.random.beta(jax.random.fold_in(key, 0), c, c)

    def mix(array: jax.Array) -> jax.Array:
        return share * array + (1 - share) * jnp.roll(array, 1, axis=0)

    def mixed(loss: Callable[[Any], jax.Array], y: Any) -> jax.Array:
        before = jax.tree.map(lambda array: jnp.roll(array, 1, axis=0), y)
        return share * loss(y) + (1 - share) * loss(before)

    return jax.tree.map(mix, batch.x), mixed


def require_one_each(per_example: Any, batch: Batch, what: str = "loss") -> None:
    """Raise InputError unless a loss gives one number for each example."""
    shape, expected = jnp.shape(per_example), jnp.shape(batch.weight)
    if shape != expected:
        raise InputError(
            f"A {what} must return one number for each example, of shape {expected} "
            f"for a batch of {expected[0]}. Got shape {shape}: average over the other "
            f"axes and leave the batch axis, because the examples are weighted."
        )


def weighted(values: jax.Array, batch: Batch) -> jax.Array:
    """Sum values (batch,) or (batch, outputs) over the batch, by weight."""
    return jnp.tensordot(batch.weight, values, axes=1)

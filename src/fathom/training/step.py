"""One update of the parameters.

    g = d cost / d parameters            (mean over the batch, by example weight)
    u = direction(g)                     (the optimizer: momentum, Adam, ...)
    p <- p - learning_rate * (u + weight_decay * p)     (decay on weights only)

Decoupled weight decay follows Loshchilov and Hutter, "Decoupled weight decay
regularization" (2019).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.optimizers import Optimizer
from fathom.training.objective import Batch, Objective, Sums
from fathom.training.packing import Packing
from fathom.variables import join_state


class Weights(NamedTuple):
    """What changes from step to step.

    Attributes:
        parameters: As the run's packing holds them.
        state: Running statistics.
        optimizer: The optimizer's own memory.
    """

    parameters: Any
    state: Any
    optimizer: Any


class Numbers(NamedTuple):
    """Settings that are arrays, so that changing them compiles nothing anew.

    Attributes:
        weight_decay: () factor of the decay.
        gradient_clip: () largest global norm of the gradient.
        key: Random key of the run.
    """

    weight_decay: Any
    gradient_clip: Any
    key: Any


@dataclass(frozen=True)
class Rule:
    """How one step updates; fixed before compilation.

    Attributes:
        objective: What is minimized.
        optimizer: Which direction a gradient gives.
        clips: Whether the gradient's norm is bounded.
    """

    objective: Objective
    optimizer: Optimizer
    clips: bool = False


def make_step(
    rule: Rule, packing: Packing, numbers: Numbers
) -> Callable[[Weights, Batch, jax.Array, jax.Array], tuple[Weights, Sums]]:
    """Return the function (weights, batch, learning_rate, step number) -> both."""

    def cost(parameters: Any, state: Any, batch: Batch, number: jax.Array) -> Any:
        variables = join_state(packing.unpack(parameters), state)
        key = None
        if rule.objective.network.is_random:
            key = jax.random.fold_in(numbers.key, number)
        sums, forward = rule.objective.measure(variables, batch, training=True, key=key)
        # A batch whose rows all have weight 0 has no gradient rather than 0 / 0.
        mean = sums.loss / jnp.maximum(sums.weight, jnp.finfo(jnp.float32).tiny)
        return mean, (sums, forward.state)

    def step(
        weights: Weights, batch: Batch, learning_rate: jax.Array, number: jax.Array
    ) -> tuple[Weights, Sums]:
        gradient, (sums, state) = jax.grad(cost, has_aux=True)(
            weights.parameters, weights.state, batch, number
        )
        if rule.clips:
            gradient = clip_by_global_norm(gradient, numbers.gradient_clip)
        direction, memory = rule.optimizer.direction.update(
            gradient, weights.optimizer, weights.parameters
        )
        if rule.optimizer.default_learning_rate is None:
            # An optax optimizer of the user's own brings its learning rate and sign.
            parameters = jax.tree.map(jnp.add, weights.parameters, direction)
        else:
            decay = learning_rate * numbers.weight_decay
            parameters = jax.tree.map(
                lambda p, u, mask: p - learning_rate * u - decay * mask * p,
                weights.parameters,
                direction,
                packing.decays,
            )
        return Weights(parameters, state, memory), sums

    return step


def clip_by_global_norm(gradient: Any, largest: Any) -> Any:
    """Scale the gradient down so that its norm over all parameters is bounded.

    g <- g * min(1, largest / |g|). Source: Pascanu, Mikolov and Bengio, "On the
    difficulty of training recurrent neural networks" (2013).
    """
    leaves = jax.tree.leaves(gradient)
    norm = jnp.sqrt(sum(jnp.sum(jnp.square(g)) for g in leaves))
    scale = jnp.minimum(1.0, largest / jnp.maximum(norm, jnp.finfo(norm.dtype).tiny))
    return jax.tree.map(lambda g: g * scale, gradient)

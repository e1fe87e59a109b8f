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
from jax import lax

from fathom.optimizers import Optimizer
from fathom.training.objective import Batch, Objective, Sums
from fathom.training.own_objective import OwnObjective
from fathom.training.packing import Packing, learning_mask
from fathom.training.private_gradient import PrivateNumbers, clipped_sum, with_noise
from fathom.training.row_norms import is_dense, sum_by_norms
from fathom.variables import join_state


class Weights(NamedTuple):
    """What changes from step to step.

    Attributes:
        parameters: As the run's packing holds them.
        state: Running statistics.
        optimizer: The optimizer's own memory.
        average: Exponential moving average of the parameters, or None.
    """

    parameters: Any
    state: Any
    optimizer: Any
    average: Any = None

    @property
    def to_use(self) -> Any:
        """The parameters to validate and to return."""
        return self.parameters if self.average is None else self.average


class Numbers(NamedTuple):
    """Settings that are arrays, so that changing them compiles nothing anew.

    Attributes:
        weight_decay: () factor of the decay.
        gradient_clip: () largest global norm of the gradient.
        key: Random key of the run.
        weight_average: () share that the average of the weights keeps at each step.
        privacy: Of a private run, else None.
    """

    weight_decay: Any
    gradient_clip: Any
    key: Any
    weight_average: Any = None
    privacy: PrivateNumbers | None = None


@dataclass(frozen=True)
class Rule:
    """How one step updates; fixed before compilation.

    Attributes:
        objective: What is minimized.
        optimizer: Which direction a gradient gives.
        clips: Whether the gradient's norm is bounded.
        averages: Whether a moving average of the weights is kept.
        accumulate: Parts in which a batch is computed, one after the other.
    """

    objective: Objective | OwnObjective
    optimizer: Optimizer
    clips: bool = False
    averages: bool = False
    accumulate: int = 1


def make_step(
    rule: Rule, packing: Packing, numbers: Numbers
) -> Callable[[Weights, Batch, jax.Array, jax.Array], tuple[Weights, Sums]]:
    """Return the function (weights, batch, learning_rate, step number) -> both."""
    gradient_of = make_gradient(rule, packing, numbers)

    def step(
        weights: Weights, batch: Batch, learning_rate: jax.Array, number: jax.Array
    ) -> tuple[Weights, Sums]:
        gradient, sums, state = gradient_of(weights, batch, number)
        if rule.clips:
            gradient = clip_by_global_norm(gradient, numbers.gradient_clip)
        direction, memory = rule.optimizer.direction.update(
            gradient, weights.optimizer, weights.parameters
        )
        if packing.learns is not None:
            direction = jax.tree.map(jnp.multiply, direction, packing.learns)
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
        average = weights.average
        if rule.averages:
            average = moved(average, parameters, numbers.weight_average, number)
        return Weights(parameters, state, memory, average), sums

    return step


def make_gradient(
    rule: Rule, packing: Packing, numbers: Numbers
) -> Callable[[Weights, Batch, jax.Array], tuple[Any, Sums, Any]]:
    """Return (weights, batch, step number) -> gradient of the cost, sums, state."""
    objective = rule.objective

    def total(parameters: Any, state: Any, batch: Batch, key: Any) -> Any:
        tree = packing.unpack(parameters)
        if objective.frozen:
            tree = _without_gradient(tree, objective.frozen)
        variables = join_state(tree, state)
        sums, state = objective.measure(variables, batch, training=True, key=key)
        return sums.loss, (sums, state)

    def mean(parameters: Any, state: Any, batch: Batch, key: Any) -> Any:
        loss, (sums, state) = total(parameters, state, batch, key)
        return loss / _count(sums), (sums, state)

    def at_once(weights: Weights, batch: Batch, key: Any) -> tuple[Any, Sums, Any]:
        gradient, (sums, state) = jax.grad(mean, has_aux=True)(
            weights.parameters, weights.state, batch, key
        )
        return gradient, sums, state

    def in_parts(weights: Weights, batch: Batch, key: Any) -> tuple[Any, Sums, Any]:
        n = rule.accumulate
        parts = jax.tree.map(lambda a: a.reshape(n, -1, *a.shape[1:]), batch)

        def add(carry: Any, this: Any) -> tuple[Any, Sums]:
            gradient, state = carry
            part, i = this
            own = None if key is None else jax.random.fold_in(key, i)
            new, (sums, state) = jax.grad(total, has_aux=True)(
                weights.parameters, state, part, own
            )
            return (jax.tree.map(jnp.add, gradient, new), state), sums

        zero = jax.tree.map(jnp.zeros_like, weights.parameters)
        (gradient, state), sums = lax.scan(
            add, (zero, weights.state), (parts, jnp.arange(n, dtype=jnp.int32))
        )
        sums = jax.tree.map(lambda s: s.sum(0), sums)
        return jax.tree.map(lambda g: g / _count(sums), gradient), sums, state

    def gradient(weights: Weights, batch: Batch, number: jax.Array) -> Any:
        key = jax.random.fold_in(numbers.key, number) if objective.is_random else None
        if numbers.privacy is not None:
            summed = _clipped(objective, packing, total, (weights, batch, key, numbers))
            return *with_noise(summed, numbers.privacy, number), weights.state
        return (at_once if rule.accumulate == 1 else in_parts)(weights, batch, key)

    return gradient


def _clipped(
    objective: Objective | OwnObjective,
    packing: Packing,
    total: Callable[..., Any],
    given: tuple[Weights, Batch, Any, Numbers],
) -> tuple[Any, Sums]:
    """Return the sum of the clipped gradients of all rows, and the sums."""
    weights, batch, key, numbers = given
    assert numbers.privacy is not None
    assert isinstance(objective, Objective)

    def one(parameters: Any, rows: Batch, own: Any) -> tuple[jax.Array, Sums]:
        loss, (sums, _) = total(parameters, weights.state, rows, own)
        return loss, sums

    clipping = weights.parameters, batch, key, numbers.privacy.clip
    if is_dense(objective.network):
        return sum_by_norms(objective, packing.unpack, one, clipping)
    return clipped_sum(one, clipping, objective.network.has_convolutions)


def _count(sums: Sums) -> jax.Array:
    # A batch whose rows all have weight 0 has no gradient rather than 0 / 0.
    return jnp.maximum(sums.weight, jnp.finfo(jnp.float32).tiny)


def _without_gradient(tree: Any, frozen: frozenset[str]) -> Any:
    """Cut the frozen parameters off, so that nothing is computed for them."""
    return jax.tree.map(
        lambda leaf, learns: leaf if learns else lax.stop_gradient(leaf),
        tree,
        learning_mask(tree, frozen),
    )


def moved(average: Any, parameters: Any, keep: Any, number: jax.Array) -> Any:
    """Return the moving average of the weights after one more step.

    m <- m + (1 - k) (p - m), with k the smaller of `keep` and (1 + n) / (10 + n) at
    step n, so that the start values are soon forgotten. Written so, weights that stay
    are their own average to the bit. Source: Polyak and Juditsky, "Acceleration of
    stochastic approximation by averaging" (1992); the warm-up is TensorFlow's.
    """
    n = number.astype(jnp.float32)
    k = jnp.minimum(keep, (1 + n) / (10 + n))
    return jax.tree.map(lambda m, p: m + (1 - k) * (p - m), average, parameters)


def clip_by_global_norm(gradient: Any, largest: Any) -> Any:
    """Scale the gradient down so that its norm over all parameters is bounded.

    g <- g * min(1, largest / |g|). Source: Pascanu, Mikolov and Bengio, "On the
    difficulty of training recurrent neural networks" (2013).
    """
    leaves = jax.tree.leaves(gradient)
    norm = jnp.sqrt(sum(jnp.sum(jnp.square(g)) for g in leaves))
    scale = jnp.minimum(1.0, largest / jnp.maximum(norm, jnp.finfo(norm.dtype).tiny))
    return jax.tree.map(lambda g: g * scale, gradient)

"""The program that goes forward, back and one step of an optimizer at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom import losses
from fathom.compilation import quick_compilation
from fathom.optimizers import Optimizer
from fathom.training.objective import Objective, over_steps
from fathom.training.packing import decay_mask
from fathom.variables import join_state, split_state


@lru_cache(maxsize=32)
def backward_program(objective: Objective, rule: Optimizer) -> Any:
    """Return the program from variables, rows and targets to all numbers.

    (variables, x, targets, learning rate, weight decay) -> losses, gradients,
    derivatives of what the layers report, parameters after the update.
    """
    network, loss, _ = objective.pieces()

    def cost(parameters: Any, probes: Any, state: Any, x: Any, y: Any) -> Any:
        variables = join_state(parameters, state)
        forward = network.forward(variables, x, probes=probes)
        values = over_steps(loss, forward.outputs, y)
        values = values if forward.penalty is None else values + forward.penalty
        return values.mean(), values

    def run(variables: Any, x: Any, y: Any, rate: Any, decay: Any) -> Any:
        parameters, state = split_state(variables)
        taps = jax.eval_shape(
            lambda v, x: network.forward(v, x, listen=True).taps, variables, x
        )
        zeros = {path: _zeros(own) for path, own in taps.items()}
        (_, values), (gradients, probes) = jax.value_and_grad(
            cost, argnums=(0, 1), has_aux=True
        )(parameters, zeros, state, x, y)
        after = _updated(rule, parameters, gradients, (rate, decay))
        return values, gradients, probes, after

    return jax.jit(run, compiler_options=quick_compilation())


def _updated(rule: Optimizer, parameters: Any, gradients: Any, numbers: Any) -> Any:
    """Return the parameters after the optimizer's first step."""
    rate, decay = numbers
    start = rule.direction.init(parameters)
    direction, _ = rule.direction.update(gradients, start, parameters)
    if rule.default_learning_rate is None:  # the user's own, complete in itself
        return jax.tree.map(jnp.add, parameters, direction)
    return jax.tree.map(
        lambda p, u, mask: p - rate * u - rate * decay * mask * p,
        parameters,
        direction,
        decay_mask(parameters),
    )


def _zeros(taps: Mapping[str, Any]) -> dict[str, jax.Array]:
    """Return a probe for every array of numbers that a layer reports."""
    return {
        name: jnp.zeros(like.shape, like.dtype)
        for name, like in taps.items()
        if name != "steps"
        and isinstance(like, jax.ShapeDtypeStruct)
        and jnp.issubdtype(like.dtype, jnp.floating)
    }


def with_last_activation(
    objective: Objective, outputs: np.ndarray, targets: Any, probes: dict[str, Any]
) -> dict[str, Any]:
    """Put dL/da of the last layer where the loss was taken on its logits.

    The derivative of the loss as its formula has it, with respect to the outputs; what
    was found there belongs to the logits.
    """
    network, _, _ = objective.pieces()
    last = str(objective.network.layers[-1].name)
    if network is objective.network or last not in probes:
        return probes
    plain = losses.get(objective.loss)
    slope = jax.grad(lambda a: over_steps(plain, a, targets).mean())(
        jnp.asarray(outputs)
    )
    own = {**probes[last], "output": np.asarray(slope), "activation": np.asarray(slope)}
    return {**probes, last: own}

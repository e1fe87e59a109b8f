"""How much each neuron matters: the cost without it, for all neurons at once.

    importance_j = L(network with a_j = 0) - L(network)

Every neuron's ablation is one entry of a vectorized program; what the layers before it
compute stays the same, so its own activation is simply taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from fathom.compilation import compiler_options
from fathom.errors import InputError
from fathom.inspect.sites import Site, site_at, sites
from fathom.inspect.trace import trace
from fathom.training.objective import Objective, over_steps

if TYPE_CHECKING:
    from fathom.model import Model

# Neurons whose ablations are computed side by side.
AT_ONCE = 16


@dataclass(frozen=True)
class UnitImportance:
    """What the cost gains by silencing each neuron.

    Attributes:
        addresses: Of the neurons.
        increases: (neurons,) cost without the neuron minus the cost with it; below 0,
            the network does better without.
        changed: (neurons,) share of the rows whose most probable class changes; None if
            the outputs are no classes.
        cost: With all neurons.
        n_rows: How many rows it is the mean of.
    """

    addresses: tuple[str, ...]
    increases: np.ndarray
    changed: np.ndarray | None
    cost: float
    n_rows: int

    def ranked(self, n: int | None = None) -> list[tuple[str, float]]:
        """Return addresses and increases, the most important neuron first."""
        order = np.argsort(-self.increases, kind="stable")[:n]
        return [(self.addresses[i], float(self.increases[i])) for i in order]

    def __str__(self) -> str:
        """Write the ten most important ones."""
        lines = [f"cost {self.cost:.6g} on {self.n_rows} rows; without the neuron:"]
        lines += [f"  {name:30} {more:+.6g}" for name, more in self.ranked(10)]
        return "\n".join(lines)


def unit_importance(
    model: Model, data: Any, layer: str | None = None, most_rows: int = 500
) -> UnitImportance:
    """Silence every neuron by itself, and return what that does to the cost.

    Args:
        model: A model.
        data: Rows with answers, as `model.evaluate` takes them.
        layer: Address of one layer; None: all hidden layers with parameters.
        most_rows: Only so many rows, the first, are used.

    Raises:
        InputError: If there is no such layer, or the model has no target.
    """
    if model.target is None:
        raise InputError("This model has no target to compare with.")
    rows, targets = model.with_answers(data)
    x = model.inputs(rows)
    x = jax.tree.map(lambda array: array[:most_rows], x)
    targets = targets[:most_rows]
    found = sites(model.network, model.variables)
    chosen = [site_at(found, layer)] if layer else _hidden(model, found)
    objective = Objective(model.network, model.loss)
    raw = trace(model_of_arrays(model), x)
    cost, best = _whole(objective, model, x, targets)
    addresses: list[str] = []
    increases, changed = [], []
    for site in chosen:
        output = raw.taps[site.tapped]["output"]
        if isinstance(output, Mapping):
            continue
        values, classes = _without_each(objective)(
            model.variables, x, targets, site.tapped, site.blocks, output
        )
        units = output.shape[-1]
        addresses += [f"{site.address}:{unit}" for unit in range(units)]
        increases.append(np.asarray(values, float) - cost)
        changed.append((np.asarray(classes) != best).reshape(units, -1).mean(1))
    if not addresses:
        raise InputError("The network has no hidden layer with neurons to silence.")
    is_classes = model.task == "classification" and best.ndim > 0
    return UnitImportance(
        tuple(addresses),
        np.concatenate(increases),
        np.concatenate(changed) if is_classes else None,
        cost,
        len(targets),
    )


def model_of_arrays(model: Model) -> Model:
    """Return the model for inputs that are prepared already."""
    import dataclasses

    return dataclasses.replace(model, preprocessing=None)


def _hidden(model: Model, found: Mapping[str, Site]) -> list[Site]:
    """Return the innermost layers with parameters, without the output layer."""
    last = model.network.layers[-1].name
    return [
        site
        for site in found.values()
        if site.parameters and not site.inner and site.address != last
    ]


def _whole(
    objective: Objective, model: Model, x: Any, targets: Any
) -> tuple[float, np.ndarray]:
    network, loss, _ = objective.pieces()
    outputs = network.compiled_apply(model.variables, x)
    return float(over_steps(loss, outputs, targets).mean()), _answer(outputs)


def _answer(outputs: Any) -> Any:
    """Return the most probable class of each row, from logits or probabilities."""
    if outputs.shape[-1] == 1:
        return np.asarray(outputs[..., 0] > 0)
    return np.asarray(outputs.argmax(-1))


@lru_cache(maxsize=32)
def _without_each(objective: Objective) -> Any:
    """Return (variables, x, targets, path, blocks, outputs) -> cost without each unit.

    And the most probable classes without it, (units, rows).
    """
    network, loss, _ = objective.pieces()

    def run(variables: Any, x: Any, y: Any, path: str, blocks: Any, output: Any) -> Any:
        own = jnp.zeros(output.shape, output.dtype).at[blocks].set(1.0) * output

        def without(unit: jax.Array) -> Any:
            quiet = (jnp.arange(output.shape[-1]) == unit).astype(own.dtype)
            quiet = quiet.reshape((1,) * (own.ndim - 1) + (-1,))
            probe = {path: {"output": -own * quiet}}
            outputs = network.forward(variables, x, probes=probe).outputs
            most = outputs[..., 0] > 0
            if outputs.shape[-1] > 1:
                most = outputs.argmax(-1)
            return over_steps(loss, outputs, y).mean(), most

        units = jnp.arange(output.shape[-1])
        return lax.map(without, units, batch_size=AT_ONCE)

    options = compiler_options(network.has_convolutions)
    return jax.jit(run, static_argnums=3, compiler_options=options)

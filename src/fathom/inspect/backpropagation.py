"""One step of learning, number by number: backpropagation and the update.

    dL/dz = dL/da f'(z),  dL/dw_i = sum_rows x_i dL/dz,  dL/db = sum_rows dL/dz
    w <- w - learning_rate * (direction + weight_decay * w)

L is the cost, the mean of the rows' losses. The derivatives with respect to what flows
between the layers come from the same pass as those of the weights: zeros are added to
every such number, and the cost is differentiated with respect to the zeros.
Source: Rumelhart, Hinton and Williams, "Learning representations by back-propagating
errors" (1986).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom import losses, optimizers
from fathom.errors import InputError, is_number, require
from fathom.inspect.addresses import Address
from fathom.inspect.backward_program import backward_program, with_last_activation
from fathom.inspect.sites import Site, site_at, sites
from fathom.inspect.trace import Trace, trace
from fathom.training.objective import Objective
from fathom.variables import join_state, split_state

if TYPE_CHECKING:
    from fathom.inspect.chain_rule import NeuronGradient
    from fathom.model import Model


@dataclass(frozen=True)
class LayerGradient:
    """What backpropagation finds in one layer.

    Attributes:
        address: Of the layer.
        layer: Its settings.
        d_output: (rows, *shape) dL/d(output).
        d_activation: (rows, *shape) dL/da, where it has an activation.
        d_weighted_sum: (rows, *shape) dL/dz, where it has weighted sums.
        d_input: (rows, *shape) dL/d(input), which goes on to the layer before; None
            for tokens and for several named inputs.
        gradients: dL/d(parameter) by name: dL/dw and dL/db.
        before: The parameters by name.
        after: The same after the update.
    """

    address: str
    layer: Any
    d_output: Any
    d_activation: np.ndarray | None
    d_weighted_sum: np.ndarray | None
    d_input: Any
    gradients: Mapping[str, Any] = field(repr=False)
    before: Mapping[str, Any] = field(repr=False)
    after: Mapping[str, Any] = field(repr=False)

    @property
    def gradient_norm(self) -> float:
        """The length of all its gradients as one vector."""
        return _length(self.gradients)

    @property
    def update_ratio(self) -> float:
        """The length of its update, relative to that of its parameters."""
        update = jax.tree.map(np.subtract, dict(self.after), dict(self.before))
        smallest = float(np.finfo(np.float32).tiny)
        return _length(update) / max(_length(self.before), smallest)


@dataclass(frozen=True)
class Backpropagation:
    """The derivatives of the cost with respect to everything, and the update.

    Attributes:
        trace: The forward pass.
        targets: What the outputs are compared with, as the loss takes them.
        loss: The cost L: the mean of `losses`, weighted if weights were given.
        losses: (rows,) the loss of each row.
        loss_name: Of the loss.
        optimizer: Name of the optimizer.
        learning_rate: What its direction is multiplied by.
        gradients: dL/d(parameter), a tree like the model's variables.
        updated: The variables after the update.
        probes: {path: {name: array}} dL/d(what a layer reported).
    """

    trace: Trace
    targets: np.ndarray
    loss: float
    losses: np.ndarray
    loss_name: str
    optimizer: str
    learning_rate: float
    gradients: Mapping[str, Any] = field(repr=False)
    updated: Mapping[str, Any] = field(repr=False)
    probes: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @property
    def layers(self) -> tuple[LayerGradient, ...]:
        """The layers from the last to the first, the order of backpropagation."""
        return tuple(self)

    def __iter__(self) -> Iterator[LayerGradient]:
        """Go over the layers from the last to the first."""
        return (self.layer(address) for address in reversed(self.trace.addresses))

    def __getitem__(self, address: str) -> Any:
        """Return a `LayerGradient`, or a neuron's `NeuronGradient` in row 0.

        Raises:
            InputError: If there is no such layer or neuron; says what there is.
        """
        found = Address.parse(address)
        return self.layer(found.layer) if found.unit is None else self.neuron(address)

    def layer(self, address: str) -> LayerGradient:
        """Return what backpropagation found in a layer."""
        site = site_at(self.trace.sites, address)
        found = self.derivatives(site)
        return LayerGradient(
            address,
            site.layer,
            found.get("output"),
            found.get("activation"),
            found.get("weighted_sum"),
            found.get("input"),
            self._gradient_sites[address].parameters,
            site.parameters,
            self._updated_sites[address].parameters,
        )

    def neuron(self, address: str, row: int = 0) -> NeuronGradient:
        """Return the chain rule written out for one neuron in one row.

        Raises:
            InputError: If there is no such neuron or row; says what there is.
        """
        from fathom.inspect.chain_rule import neuron_gradient

        return neuron_gradient(self, address, row)

    def derivatives(self, site: Site, below: str = "") -> dict[str, Any]:
        """Return dL/d(what a layer, or a part of it, reported) by name."""
        path = f"{site.tapped}/{below}" if below else site.tapped
        return {n: a[site.blocks] for n, a in self.probes.get(path, {}).items()}

    @property
    def model(self) -> Model:
        """The model after the update."""
        import dataclasses

        return dataclasses.replace(self.trace.model, variables=dict(self.updated))

    @cached_property
    def _gradient_sites(self) -> dict[str, Site]:
        return sites(self.trace.model.network, self.gradients)

    @cached_property
    def _updated_sites(self) -> dict[str, Site]:
        return sites(self.trace.model.network, self.updated)

    def __repr__(self) -> str:
        """List the layers from the last to the first with the size of the gradient."""
        lines = [
            f"Backpropagation of {len(self.losses)} rows: {self.loss_name} "
            f"{self.loss:.6g}, {self.optimizer} with learning rate "
            f"{self.learning_rate:g}",
            f"  {'layer':30} {'|gradient|':>12} {'|update| / |weights|':>22}",
        ]
        lines += [
            f"  {one.address:30} {one.gradient_norm:12.4g} {one.update_ratio:22.4g}"
            for one in self
            if jax.tree.leaves(one.gradients)
        ]
        return "\n".join(lines)


def backpropagate(
    model: Model,
    data: Any,
    y: Any = None,
    *,
    optimizer: Any = "sgd",
    learning_rate: float | None = None,
    weight_decay: float | None = None,
) -> Backpropagation:
    """Go forward, back, and one step of the optimizer, and keep every number.

    In prediction mode, so that nothing is dropped and batch normalization uses its
    running statistics. The optimizer is at its start, as in the first step of a
    training.

    Args:
        model: A model with a loss.
        data: Raw rows, or a table with the target if `y` is None.
        y: The answers.
        optimizer: A name, such as "sgd" or "adam", or an optax transformation.
        learning_rate: Of the update; None: the optimizer's usual one.
        weight_decay: Decoupled; None: the optimizer's usual one.

    Raises:
        InputError: If rows and answers do not fit the model.
    """
    for name, value in (
        ("learning_rate", learning_rate),
        ("weight_decay", weight_decay),
    ):
        fits = value is None or (is_number(value) and value >= 0)
        require(fits, "backpropagate", name, "a number, 0 or more, or None", value)
    rows, targets = _examples(model, data, y)
    forward = trace(model, rows)
    rule = optimizers.build(optimizer)
    rate = learning_rate if learning_rate is not None else rule.default_learning_rate
    decay = rule.default_weight_decay if weight_decay is None else weight_decay
    objective = Objective(model.network, model.loss)
    numbers = jnp.float32(rate or 0.0), jnp.float32(decay)
    run = backward_program(objective, rule)
    found = run(model.variables, forward.x, targets, *numbers)
    per_row, gradients, probes, after = jax.tree.map(np.asarray, found)
    probes = with_last_activation(objective, forward.outputs, targets, probes)
    return Backpropagation(
        forward,
        targets,
        float(per_row.mean()),
        per_row,
        losses.canonical(model.loss) if isinstance(model.loss, str) else "the loss",
        rule.name,
        float(rate) if rate is not None else 1.0,
        gradients,
        join_state(after, split_state(model.variables)[1]),
        probes,
    )


def _examples(model: Model, data: Any, y: Any) -> tuple[Any, Any]:
    """Return raw rows, and the answers as the loss takes them."""
    if model.target is not None:
        return model.with_answers(data if y is None else (data, y))
    if y is None:
        raise InputError(
            "backpropagate compares with answers: give model.backpropagate(x, y)."
        )
    y = np.asarray(y)
    if y.dtype.kind not in "biuf":
        raise InputError(f"Targets must be numbers here. Got type {y.dtype}.")
    return data, y.astype(np.int32 if y.dtype.kind in "iu" else np.float32)


def _length(tree: Any) -> float:
    leaves = [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(tree)]
    return float(np.sqrt(sum((leaf * leaf).sum() for leaf in leaves)))

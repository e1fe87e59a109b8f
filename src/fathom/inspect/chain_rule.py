"""The chain rule of one neuron, with the numbers of one example.

dL/da_j = sum_k w_jk dL/dz_k,  dL/dz_j = dL/da_j f'(z_j),  dL/dw_ij = x_i dL/dz_j
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom import layers
from fathom.inspect.addresses import Address, at_index
from fathom.inspect.names import Index
from fathom.inspect.seen import slope
from fathom.inspect.sites import Site, site_at
from fathom.inspect.sums import Neuron, Term, weighted_sum
from fathom.layers.recurrent import DIRECTIONS

if TYPE_CHECKING:
    from fathom.inspect.backpropagation import Backpropagation


@dataclass(frozen=True)
class WeightGradient:
    """One weight, its derivative and its update.

    Attributes:
        name: What it multiplies, or where it stands in the layer's parameters.
        before: Its value.
        gradient: dL/dw over all rows.
        after: Its value after the update.
    """

    name: str
    before: float
    gradient: float
    after: float


@dataclass(frozen=True)
class NeuronGradient:
    """The chain rule of one neuron for one example.

    Attributes:
        address: `hidden_1:17`.
        row: Which row.
        n_rows: How many rows the cost is the mean of.
        neuron: What it did on the way forward.
        downstream: Where dL/da comes from: the neurons of the next layer, dL/dz of
            each and the weight to it; empty where the next layer is not dense.
        d_activation: dL/da in this row.
        d_weighted_sums: dL/dz in this row, one for each of its sums; empty if it has
            no weighted sum.
        weights: dL/dw over all rows, the largest first, with the weight before and
            after the update; the bias too.
        how: The chain rule in lines.
    """

    address: str
    row: int
    n_rows: int
    neuron: Neuron
    downstream: tuple[Term, ...]
    d_activation: float
    d_weighted_sums: tuple[float, ...]
    weights: tuple[WeightGradient, ...]
    how: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "address": self.address,
            "row": self.row,
            "forward": self.neuron.to_dict(),
            "downstream": [
                {"name": t.name, "d_weighted_sum": t.input, "weight": t.weight,
                 "product": t.product}
                for t in self.downstream
            ],
            "d_activation": self.d_activation,
            "d_weighted_sums": list(self.d_weighted_sums),
            "weights": [vars(one) for one in self.weights],
            "how": list(self.how),
        }  # fmt: skip

    def __str__(self) -> str:
        """Write it out, the largest derivatives first."""
        from fathom.inspect.writing import gradient_text

        return gradient_text(self)


def neuron_gradient(found: Backpropagation, address: str, row: int) -> NeuronGradient:
    """Return the chain rule of a neuron in a row; see `Backpropagation.neuron`."""
    neuron = found.trace.neuron(address, row)
    where = Address.parse(neuron.address)
    site = site_at(found.trace.sites, where.layer)
    index = (*where.place, int(where.unit or 0))
    own = found.derivatives(site)
    name = "activation" if "activation" in own else "output"
    inside = index
    if isinstance(site.layer, (layers.RNN, layers.LSTM, layers.GRU)):
        own, inside = _of_step(found, site, index, row)
        name = "activation"
    da = float(own[name][(row, *inside)])
    dz = _d_sums(site, own, inside, row)
    downstream = _downstream(found, site, index, row)
    return NeuronGradient(
        neuron.address,
        row,
        len(found.losses),
        neuron,
        downstream,
        da,
        dz,
        _weights(found, site, index),
        _lines(found, site, neuron, downstream, (da, dz)),
    )


def _of_step(
    found: Backpropagation, site: Site, index: Index, row: int
) -> tuple[dict[str, Any], Index]:
    """Return the derivatives of a recurrent neuron's direction, and its index there."""
    layer, unit = site.layer, index[-1]
    assert isinstance(layer, (layers.RNN, layers.LSTM, layers.GRU))
    backward = layer.bidirectional and unit >= layer.units
    own = found.derivatives(site)
    if layer.bidirectional:
        own = found.derivatives(site, DIRECTIONS[backward])
        unit -= layer.units if backward else 0
    time = own["activation"].shape[1]
    last = 0 if backward else _last_step(found, site, row, time)
    return own, (index[0] if len(index) > 1 else last, unit)


def _last_step(found: Backpropagation, site: Site, row: int, time: int) -> int:
    steps = found.trace.layer(site.address).taps.get("steps")
    if steps is None or not steps[row].any():
        return time - 1
    return int(np.flatnonzero(steps[row])[-1])


def _d_sums(site: Site, own: Any, index: Index, row: int) -> tuple[float, ...]:
    """Return dL/dz of every sum of a neuron."""
    sums = own.get("readout", own.get("weighted_sum"))
    if sums is None:
        return ()
    units = own["activation"].shape[-1]
    gates = sums.shape[-1] // units
    columns = [gate * units + index[-1] for gate in range(gates)]
    return tuple(float(sums[(row, *index[:-1], column)]) for column in columns)


def _downstream(
    found: Backpropagation, site: Site, index: Index, row: int
) -> tuple[Term, ...]:
    """Return what the next layer sends back, if it is the only one and dense."""
    after = [
        one
        for one in found.trace.sites.values()
        if any(source.partition(" ")[0] == site.address for source in one.sources)
    ]
    inside = len(index) > np.ndim(found.trace.layer(site.address).output) - 1
    if inside or len(after) != 1 or type(after[0].layer) is not layers.Dense:
        return ()
    (next_one,) = after
    deltas = found.derivatives(next_one)["weighted_sum"][row][index[:-1]]
    weight = np.asarray(next_one.parameters["weight"])[index[-1]]
    names = [at_index(next_one.address, (*index[:-1], k)) for k in range(len(deltas))]
    return weighted_sum("", names, deltas, weight, (0.0, 0.0)).terms


def _weights(
    found: Backpropagation, site: Site, index: Index
) -> tuple[WeightGradient, ...]:
    """Return the parameters of a neuron with their derivatives, the largest first."""
    layer = found.layer(site.address)
    units = np.asarray(found.trace.layer(site.address).output).shape[-1]
    before, after = _flat(layer.before), _flat(layer.after)
    rows = [
        WeightGradient(
            _weight_name(found, site, name, at),
            float(before[name][at]),
            float(gradient[at]),
            float(after[name][at]),
        )
        for name, gradient in _flat(layer.gradients).items()
        for at in _columns(gradient, site, name, index[-1], units)
    ]
    return tuple(sorted(rows, key=lambda one: -abs(one.gradient)))


def _columns(
    array: np.ndarray, site: Site, name: str, unit: int, units: int
) -> list[Index]:
    """Return the indices of a parameter that belong to one unit."""
    layer = site.layer
    if isinstance(layer, (layers.RNN, layers.LSTM, layers.GRU)):
        way = name.partition("/")[0] if layer.bidirectional else ""
        unit -= layer.units if way == DIRECTIONS[1] else 0
        units = layer.units
    if not 0 <= unit < units:
        return []
    own = isinstance(layer, (layers.Residual, layers.Concat, layers.Repeat))
    of_others = own or name in ("weight_query", "weight_key", "weight_value")
    of_others |= name in ("bias_query", "bias_key", "bias_value")
    if of_others or array.shape[-1] % units:
        return []
    return [at for at in np.ndindex(array.shape) if at[-1] % units == unit]


def _weight_name(found: Backpropagation, site: Site, name: str, at: Index) -> str:
    where = f"{name}[{','.join(map(str, at))}]"
    if type(site.layer) is not layers.Dense or name != "weight":
        return where
    shape = np.shape(found.trace.layer(site.address).input)
    first = (0,) * (len(shape) - 2)  # the same weights at every place
    return f"{where} of {found.trace.names.of(site.sources[0], (*first, at[0]))}"


def _flat(tree: Any, prefix: str = "") -> dict[str, np.ndarray]:
    """Return the arrays of a tree by names with slashes between."""
    if not isinstance(tree, dict):
        return {prefix: np.asarray(tree)}
    parts = [_flat(v, f"{prefix}/{k}" if prefix else k) for k, v in tree.items()]
    return {name: array for part in parts for name, array in part.items()}


def _lines(
    found: Backpropagation,
    site: Site,
    neuron: Neuron,
    downstream: tuple[Term, ...],
    derivatives: tuple[float, tuple[float, ...]],
) -> tuple[str, ...]:
    da, dz = derivatives
    lines = [f"dL/da = {da:.6g}"]
    if downstream:
        total = sum(term.product for term in downstream)
        n = len(downstream)
        lines[0] += (
            f" = the sum of dL/dz times weight over the {n} neurons after it = "
            f"{total:.6g}"
        )
    elif site.address == str(found.trace.model.network.layers[-1].name):
        lines[0] += f", the derivative of the {found.loss_name} itself"
    activation = getattr(site.layer, "activation", None)
    if len(dz) == 1 and activation == "softmax":
        lines.append(
            f"dL/dz = {dz[0]:.6g} = the sum over the units k of dL/da_k times "
            f"da_k/dz = a_k ((1 if k is this unit else 0) - a)"
        )
    elif len(dz) == 1 and activation is not None:
        steep = slope(activation, float(neuron.weighted_sum or 0.0))
        lines.append(f"f'(z) = {steep:.6g}")
        lines.append(f"dL/dz = dL/da * f'(z) = {da:.6g} * {steep:.6g} = {dz[0]:.6g}")
    elif dz:
        gates = zip(neuron.sums, dz, strict=False)
        lines += [f"dL/dz of the {one.name} = {value:.6g}" for one, value in gates]
    if dz and neuron.terms:
        term = neuron.terms[0]
        lines.append(
            f"this row's part of dL/dw for {term.name}: input * dL/dz = "
            f"{term.input:.6g} * {dz[0]:.6g} = {term.input * dz[0]:.6g}"
        )
    return tuple(lines)

"""What if: a model with a neuron edited or silenced, and what that changes.

A model is never changed; every function returns a new one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from fathom.errors import InputError, did_you_mean, is_number
from fathom.inspect.addresses import Address
from fathom.inspect.names import columns_of
from fathom.inspect.sites import INPUT, Site, site_at, sites
from fathom.layers import Concat, Repeat, Silence
from fathom.layers.editing import find
from fathom.network import Network

if TYPE_CHECKING:
    from fathom.model import Model


def edit(
    model: Model, address: str, *, weight: Any = None, bias: float | None = None
) -> Model:
    """Return the model with another weight or bias of one neuron.

    Args:
        model: A model; it stays as it is.
        address: Of a neuron, `hidden_1:17`.
        weight: All its weights, an array of their shape; or some of them, a dict from
            the index or name of an input to the new number.
        bias: Its new bias.

    Raises:
        InputError: If there is no such neuron or input, or the neuron has no bias.

    Example:
        >>> import fathom as fm
        >>> network = fm.Network([fm.Dense(2, name="out")], (3,))
        >>> model = fm.Model(network, network.init(0))
        >>> changed = edit(model, "out:1", weight={0: 5.0}, bias=-1.0)
        >>> float(changed.variables["out"]["weight"][0, 1])
        5.0
    """
    site, unit = _neuron(model, address)
    if weight is None and bias is None:
        raise InputError("edit needs weight=..., bias=..., or both.")
    new: dict[str, np.ndarray] = {}
    for name, value in (("weight", weight), ("bias", bias)):
        if value is None:
            continue
        if name not in site.parameters:
            own = ", ".join(site.parameters) or "none"
            raise InputError(
                f"Layer '{site.address}' has no parameter '{name}' to edit. Its "
                f"parameters: {own}."
            )
        array = np.array(site.parameters[name])
        if unit >= array.shape[-1]:
            raise InputError(
                f"Layer '{site.address}' has the units from 0 to "
                f"{array.shape[-1] - 1}. Got {address!r}."
            )
        array[..., unit] = _edited(model, site, array[..., unit], value)
        new[name] = array
    return _with_parameters(model, site, new)


def _edited(model: Model, site: Site, old: np.ndarray, value: Any) -> Any:
    """Return one neuron's numbers after an edit."""
    if not isinstance(value, Mapping):
        array = np.asarray(value)
        fits = array.shape == old.shape and array.dtype.kind in "biuf"
        if not fits or not np.isfinite(array).all():
            raise InputError(
                f"The neuron has numbers of shape {old.shape} here, and all must be "
                f"finite. Got {value!r}."
            )
        return array.astype(old.dtype)
    changed = old.copy()
    columns = columns_of(model) if site.sources == (INPUT,) else ()
    for key, number in value.items():
        index = list(columns).index(key) if key in columns else key
        if isinstance(index, str):
            known = ", ".join(columns) or "numbers from 0"
            raise InputError(
                f"There is no input {index!r}.{did_you_mean(index, columns)} "
                f"Inputs: {known}."
            )
        if not is_number(number):
            raise InputError(f"A weight is a number. Got {number!r} for {key!r}.")
        try:
            changed[index] = number
        except IndexError:
            raise InputError(
                f"There is no input {key!r}: the weights have the shape {old.shape}."
            ) from None
    return changed


def _with_parameters(model: Model, site: Site, new: dict[str, np.ndarray]) -> Model:
    """Return the model with some arrays of one layer replaced."""
    variables = jax.tree.map(np.asarray, dict(model.variables))
    names, blocks = _path(model.network, site)
    own = variables
    for name in names:
        own[name] = dict(own[name])
        own = own[name]
    for name, array in new.items():
        whole = np.array(own[name])
        whole[blocks] = array
        own[name] = whole
    # The scores of `calibrate` are those of the model before.
    return dataclasses.replace(model, variables=variables, conformal=None)


def _path(network: Network, site: Site) -> tuple[list[str], tuple[int, ...]]:
    """Return the names to a layer's parameters, and which entry is its own."""
    names: list[str] = []
    blocks: list[int] = []
    numbers = iter(site.blocks)
    for part in site.address.split("/"):
        names.append(part.partition("[")[0])
        layer = find(network.layers, "/".join(names))
        is_inside = len(names) < site.address.count("/") + 1
        if isinstance(layer, Repeat) and is_inside:
            i = next(numbers)
            blocks += [] if layer.shared else [i]
    return names, tuple(blocks)


def ablate(model: Model, *addresses: str) -> Model:
    """Return the model with neurons silenced: their activation is 0 for every input.

    No weight changes; a `Silence` is put behind the layer, under the layer's name with
    `_silenced` behind it.

    Args:
        model: A model; it stays as it is.
        addresses: Of neurons, `hidden_1:17`; of a convolution, whole feature maps.

    Raises:
        InputError: If there is no such neuron, or it is one of the outputs.
    """
    if not addresses:
        raise InputError("ablate needs the address of a neuron, such as hidden_1:17.")
    network = model.network
    for address in addresses:
        network = _silenced(model, network, address)
    return dataclasses.replace(model, network=network, conformal=None)


def _silenced(model: Model, network: Network, address: str) -> Network:
    site, unit = _neuron(model, address)
    within = site.address.rpartition("/")[0]
    parent = find(network.layers, within) if within else None
    last = model.network.layers[-1].name
    if site.address == last:
        raise InputError(
            f"'{address}' is an output of the network, which cannot be silenced."
        )
    if site.blocks or "[" in site.address or isinstance(parent, Concat):
        holder = within.partition("[")[0]
        raise InputError(
            f"'{address}' is inside '{holder}', where a layer put behind it would "
            f"stand in every block or be a branch of its own. Set its weights to 0 "
            f"with edit, or silence a unit of '{holder}'."
        )
    name = f"{site.address.rpartition('/')[2]}_silenced"
    where = f"{within}/{name}" if within else name
    known = [layer.name for layer in getattr(parent or network, "layers", ())]
    units = (unit,)
    if name in known:
        before = network[where]
        assert isinstance(before, Silence)
        assert isinstance(before.units, tuple)
        return network.replace(where, Silence((*before.units, unit), name=name))
    try:
        return network.insert(Silence(units, name=name), after=site.address)
    except InputError as error:
        raise InputError(
            f"There is no neuron '{address}' to silence: layer '{site.address}' has "
            f"fewer units, or none."
        ) from error


def _neuron(model: Model, address: str) -> tuple[Site, int]:
    """Return a neuron's layer and unit."""
    found = Address.parse(address)
    site = site_at(sites(model.network, model.variables), found.layer)
    if found.unit is None or found.place:
        raise InputError(
            f"Give a neuron without a place, such as {found.layer}:0: its weights are "
            f"the same at every place. Got {address!r}."
        )
    return site, found.unit


@dataclass(frozen=True)
class Comparison:
    """The metrics of two models on the same rows.

    Attributes:
        before: Of the first model.
        after: Of the second.
        n_rows: How many rows.
        n_changed: In how many of them the answer differs.
    """

    before: Mapping[str, float]
    after: Mapping[str, float]
    n_rows: int
    n_changed: int

    @property
    def change(self) -> dict[str, float]:
        """After minus before, by metric."""
        return {name: self.after[name] - self.before[name] for name in self.after}

    def __str__(self) -> str:
        """Write it as a table."""
        lines = [f"{'metric':<26} {'before':>10} {'after':>10} {'change':>10}"]
        lines += [
            f"{name:<26} {self.before[name]:10.4f} {self.after[name]:10.4f} "
            f"{change:+10.4f}"
            for name, change in self.change.items()
        ]
        share = f"{self.n_changed} of {self.n_rows}"
        return "\n".join([*lines, f"The answer differs in {share} rows."])


def compare(model: Model, other: Model, data: Any) -> Comparison:
    """Return what another model, such as an edited one, makes of the same rows.

    Args:
        model: The first model.
        other: The second.
        data: Rows with answers, as `model.evaluate` takes them.
    """
    before, after = model.evaluate(data), other.evaluate(data)
    rows, _ = model.with_answers(data)
    first, second = model.predict(rows), other.predict(rows)
    differs = first != second
    if first.dtype.kind == "f":
        differs = ~np.isclose(first, second, rtol=1e-5, atol=1e-8)
    n = int(differs.reshape(len(first), -1).any(1).sum())
    shared = {name: value for name, value in before.items() if name in after}
    return Comparison(shared, {name: after[name] for name in shared}, len(first), n)

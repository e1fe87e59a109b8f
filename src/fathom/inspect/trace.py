"""The forward pass of a real model on real rows, every number of it kept.

trace = model.trace(rows)
trace["hidden_1"].activation        # (rows, units)
print(trace["hidden_1:17"])         # one neuron: inputs, weights, products, sum
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from fathom.compilation import quick_compilation
from fathom.errors import InputError
from fathom.inspect.addresses import Address, at_index
from fathom.inspect.explain import explain
from fathom.inspect.names import Index, Names, columns_of, meaning_of
from fathom.inspect.seen import Seen
from fathom.inspect.sites import Site, site_at, sites
from fathom.inspect.sums import Neuron
from fathom.inspect.tokens import token_streams, with_tokens
from fathom.layers import GRU, LSTM, RNN
from fathom.network import Network

if TYPE_CHECKING:
    from fathom.model import Model


@dataclass(frozen=True)
class LayerTrace:
    """What one layer did.

    Attributes:
        address: Of the layer.
        layer: Its settings.
        input: (rows, *shape) what went in, or a dict of such by name.
        output: (rows, *shape) what came out, or a dict of such by name.
        taps: All that it reported by name: "weighted_sum", "activation", an
            attention's "weights" (rows, heads, queries, keys), an LSTM's "cell".
    """

    address: str
    layer: Any
    input: Any
    output: Any
    taps: Mapping[str, np.ndarray] = field(repr=False)

    @property
    def weighted_sum(self) -> np.ndarray | None:
        """(rows, *shape) before the activation, where the layer has such sums."""
        return self.taps.get("weighted_sum")

    @property
    def activation(self) -> Any:
        """(rows, *shape) behind the activation: the output where nothing else is."""
        return self.taps.get("activation", self.output)


@dataclass(frozen=True)
class Trace:
    """A forward pass: everything that every layer computed, by address.

    Attributes:
        model: What was run.
        x: The network's inputs (rows, *input_shape), after preprocessing.
        outputs: (rows, *output_shape).
        taps: {path: {name: array}} as the layers reported.
    """

    model: Model
    x: Any
    outputs: np.ndarray
    taps: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @cached_property
    def sites(self) -> dict[str, Site]:
        """Every layer by address, in the order data flows."""
        return sites(self.model.network, self.model.variables)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of all layers."""
        return tuple(self.sites)

    @property
    def n_rows(self) -> int:
        """How many rows were traced."""
        return len(self.outputs)

    def __iter__(self) -> Iterator[LayerTrace]:
        """Go over the layers in the order data flows."""
        return (self.layer(address) for address in self.sites)

    def __getitem__(self, address: str) -> Any:
        """Return a `LayerTrace`, or for a neuron's address its `Neuron` in row 0.

        Raises:
            InputError: If there is no such layer or neuron; says what there is.
        """
        found = Address.parse(address)
        return self.layer(found.layer) if found.unit is None else self.neuron(address)

    def layer(self, address: str) -> LayerTrace:
        """Return what a layer did in all rows."""
        site = site_at(self.sites, address)
        taps = self._taps(site)
        return LayerTrace(
            address, site.layer, taps.get("input"), taps.get("output"), taps
        )

    def neuron(self, address: str, row: int = 0) -> Neuron:
        """Return one neuron's arithmetic in one row.

        Args:
            address: `hidden_1:17`, or with its place `conv_2:5@3,4`. Without a place,
                the place with the largest activation is taken.
            row: Which of the traced rows, from 0.

        Raises:
            InputError: If there is no such neuron or row; says what there is.
        """
        self._require_row(row)
        wanted = Address.parse(address)
        site = site_at(self.sites, wanted.layer)
        seen = self._seen(site, int(row))
        index = _index(wanted, seen)
        found = explain(seen, index)
        exact = at_index(site.address, index)
        kind = type(site.layer).__name__
        meaning = ""
        if site.address == self.addresses[-1]:
            meaning = meaning_of(self.model, index[-1], seen.output.shape[-1])
        sums = with_tokens(found.sums, self._tokens, self.x, int(row))
        return Neuron(exact, kind, int(row), sums, found.activation, found.how, meaning)

    def strongest(self, address: str, row: int = 0, n: int = 5) -> list[Neuron]:
        """Return the neurons of a layer with the largest activations in a row."""
        self._require_row(row)
        output = self._seen(site_at(self.sites, address), row).output
        order = np.argsort(-np.abs(output), axis=None, kind="stable")[:n]
        indices = [np.unravel_index(i, output.shape) for i in order]
        return [
            self.neuron(at_index(address, tuple(map(int, i))), row) for i in indices
        ]

    def _require_row(self, row: Any) -> None:
        fits = isinstance(row, (int, np.integer)) and 0 <= row < self.n_rows
        if not fits:
            raise InputError(
                f"row must be from 0 to {self.n_rows - 1}, one of the rows that were "
                f"traced. Got {row!r} instead."
            )

    @cached_property
    def names(self) -> Names:
        """What the numbers that flow through the network are called."""
        shapes = {}
        for address, site in self.sites.items():
            given = self._taps(site).get("input")
            if not isinstance(given, Mapping) and given is not None:
                shapes[address] = given.shape[1:]
        return Names(self.sites, shapes, columns_of(self.model))

    @cached_property
    def _tokens(self) -> dict[str, str]:
        return token_streams(self.sites)

    def _taps(self, site: Site, below: str = "") -> dict[str, Any]:
        """Return what a layer, or a part of it, reported in all rows."""
        path = f"{site.tapped}/{below}" if below else site.tapped
        found = self.taps.get(path, {})
        return {
            name: jax.tree.map(lambda a: a[site.blocks], value)
            for name, value in found.items()
        }

    def _seen(self, site: Site, row: int) -> Seen:
        def of_row(taps: dict[str, Any]) -> dict[str, Any]:
            return jax.tree.map(lambda a: a[row], taps)

        return Seen(
            site,
            of_row(self._taps(site)),
            self.names,
            others=lambda address: self._seen(site_at(self.sites, address), row),
            below=lambda part: of_row(self._taps(site, part)),
        )

    def __repr__(self) -> str:
        """List the layers with the shapes of what they computed."""
        lines = [f"Trace of {self.n_rows} rows"]
        for one in self:
            shape = getattr(one.output, "shape", "named arrays")
            lines.append(f"  {one.address:30} {type(one.layer).__name__:14} {shape}")
        return "\n".join(lines)


def _index(wanted: Address, seen: Seen) -> Index:
    """Return the index in a layer's output that an address means."""
    output, address = seen.output, seen.site.address
    if isinstance(output, Mapping):
        names = ", ".join(output)
        raise InputError(
            f"Layer '{address}' gives several named arrays ({names}), and no neuron "
            f"has its address. Take one of a layer inside it."
        )
    shape = output.shape
    if wanted.unit is None or not shape or wanted.unit >= shape[-1]:
        last = f"from 0 to {shape[-1] - 1}" if shape else "none"
        raise InputError(
            f"Layer '{address}' has the units {last}. Got {wanted.unit!r} in "
            f"'{wanted}'."
        )
    places = shape[:-1]
    recurrent = isinstance(seen.layer, (RNN, LSTM, GRU)) and not places
    if recurrent and wanted.place:
        places = seen.input.shape[:1]
    if not wanted.place and places:
        found = np.unravel_index(int(output[..., wanted.unit].argmax()), places)
        return (*map(int, found), wanted.unit)
    if wanted.place and not places:
        raise InputError(
            f"A neuron of layer '{address}' has no place: write "
            f"'{address}:{wanted.unit}'. Got '{wanted}'."
        )
    fits = len(wanted.place) == len(places)
    if not fits or any(p >= n for p, n in zip(wanted.place, places, strict=True)):
        raise InputError(
            f"A neuron of layer '{address}' has a place within {places}, written "
            f"'{at_index(address, (*[0] * len(places), wanted.unit))}'. Got '{wanted}'."
        )
    return (*wanted.place, wanted.unit)


def trace(model: Model, data: Any) -> Trace:
    """Run a model forward, in prediction mode, and keep every number.

    Args:
        model: A trained model.
        data: Raw rows, as `model.predict` takes them.

    Raises:
        InputError: If the rows do not fit the model.
    """
    x = model.inputs(data)
    if not len(jax.tree.leaves(x)[0]):
        raise InputError("There are no rows to trace.")
    outputs, taps = listening(model.network)(model.variables, x)
    return Trace(model, x, np.asarray(outputs), jax.tree.map(np.asarray, taps))


@lru_cache(maxsize=32)
def listening(network: Network) -> Any:
    """Return the program (variables, x) -> outputs and taps."""

    def run(variables: Any, x: Any) -> Any:
        forward = network.forward(variables, x, listen=True)
        return forward.outputs, forward.taps

    return jax.jit(run, compiler_options=quick_compilation())

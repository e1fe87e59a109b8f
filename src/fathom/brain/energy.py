"""A model beside the brain: neurons, synapses, and an estimate of one answer's energy.

    E = multiply-adds x 4.6 pJ + parameters x energy of reading one from memory

Every number about energy is an **estimate**: what the operations cost in a chip of a
known technology, without control, clock, idling or cooling, which multiply it by ten
and more. The energies are of a 45 nm chip at 0.9 V (Horowitz, "Computing's energy
problem (and what we can do about it)", 2014). The brain has about 86 billion neurons
(Azevedo et al., "Equal numbers of neuronal and nonneuronal cells make the human brain
an isometrically scaled-up primate brain", 2009), some 10^14 synapses (the neocortex
alone: 1.5 x 10^14, Pakkenberg et al. 2003) and runs on about 20 W (a fifth of the
body's rest, Clarke and Sokoloff 1999).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import jax
import numpy as np

from fathom import layers
from fathom.errors import InputError, require
from fathom.inspect.sites import Site, sites
from fathom.inspect.trace import listening
from fathom.model import Model

BRAIN_NEURONS = 86e9
BRAIN_SYNAPSES = 1e14
BRAIN_WATTS = 20.0

# Picojoules in 45 nm for float32: 3.7 for a product and 0.9 for a sum; 32 bits from
# 1 MB on the chip (100 per 64 bits) or from memory beside it (the least, 1300 per 64).
MULTIPLY_ADD, ADD = 4.6, 0.9
FROM_CACHE, FROM_MEMORY = 50.0, 650.0
CACHE_BYTES = 2**20
PICO = 1e-12

SPIKING = (layers.Spiking, layers.LeakyReadout)
# One neuron serves all steps of time, and so do its synapses.
IN_TIME = (*SPIKING, layers.RNN, layers.LSTM, layers.GRU)
MOST_ROWS = 256


@dataclass(frozen=True)
class BrainComparison:
    """A model beside the brain; `print` shows it. Energies are estimates.

    Attributes:
        neurons: Units that sum weighted inputs; of a feature map, every place has its
            own, as in the visual cortex, where no weights are shared.
        synapses: Connections to them; of a neuron in time, once for all steps.
        parameters: Numbers that were learned.
        multiply_adds: Of one answer.
        joules_computing: Of the multiply-adds.
        joules_memory: Of reading every parameter once.
        steps: Steps of time of a spiking network's answer, else None.
        spikes: That its neurons sent for one answer, the mean of the rows shown.
        synaptic_operations: Sums that those spikes caused: one for each spike and
            connection behind it.
        joules_spiking: Of one answer on a chip that computes at spikes only: a sum, and
            a weight read from beside it, for each synaptic operation.
    """

    neurons: int
    synapses: int
    parameters: int
    multiply_adds: int
    joules_computing: float
    joules_memory: float
    steps: int | None = None
    spikes: float | None = None
    synaptic_operations: float | None = None
    joules_spiking: float | None = None

    @property
    def joules(self) -> float:
        """The estimate for one answer on a chip that computes everything."""
        return self.joules_computing + self.joules_memory

    @property
    def brain_seconds(self) -> float:
        """For how long 20 W last with that energy."""
        return self.joules / BRAIN_WATTS

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, with the constants of the estimate."""
        own = {**asdict(self), "joules": self.joules}
        brain = {"neurons": BRAIN_NEURONS, "synapses": BRAIN_SYNAPSES,
                 "watts": BRAIN_WATTS, "seconds_for_joules": self.brain_seconds,
                 "sources": ["Azevedo et al. 2009", "Pakkenberg et al. 2003",
                             "Clarke and Sokoloff 1999"]}  # fmt: skip
        energies = {"multiply_add": MULTIPLY_ADD, "add": ADD,
                    "read_from_cache": FROM_CACHE, "read_from_memory": FROM_MEMORY,
                    "source": "Horowitz 2014, 45 nm, 0.9 V, float32"}  # fmt: skip
        return {
            "model": own,
            "brain": brain,
            "picojoules": energies,
            "is_estimate": True,
        }

    def __str__(self) -> str:
        """Return the comparison as lines."""
        share = BRAIN_NEURONS / max(self.neurons, 1)
        wires = BRAIN_SYNAPSES / max(self.synapses, 1)
        where = "on the chip" if self._fits else "beside it"
        told = (
            ("neurons", self.neurons, f"the brain has {_many(BRAIN_NEURONS)}, "
             f"{_many(share)} times as many"),
            ("synapses", self.synapses, f"the brain has about {_many(BRAIN_SYNAPSES)}, "
             f"{_many(wires)} times as many"),
            ("parameters", self.parameters, ""),
            ("multiply-adds", self.multiply_adds, "for one answer"),
            ("energy", _joules(self.joules), "for one answer, an estimate: "
             f"{_joules(self.joules_computing)} computing, "
             f"{_joules(self.joules_memory)} reading parameters from memory {where}"),
            ("", "", f"the brain's {BRAIN_WATTS:.0f} W use as much in "
             f"{self.brain_seconds:.2g} s"),
            *self._told_of_spikes(),
        )  # fmt: skip
        return "\n".join(_line(*one).rstrip() for one in told)

    def _told_of_spikes(self) -> tuple[tuple[str, Any, str], ...]:
        if self.joules_spiking is None:
            return ()
        steps = f"for one answer, in {self.steps} steps (measured)"
        return (
            ("spikes", self.spikes, steps),
            ("synaptic sums", self.synaptic_operations, "that they caused"),
            ("energy", _joules(self.joules_spiking), "for one answer on a chip that "
             "computes at spikes only, an estimate"),
        )  # fmt: skip

    @property
    def _fits(self) -> bool:
        return 4 * self.parameters <= CACHE_BYTES


def compare_with_brain(model: Model, data: Any = None) -> BrainComparison:
    """Set a model beside the human brain.

    Args:
        model: A trained model.
        data: Raw rows, as `model.predict` takes them, for counting spikes; the first
            256 are shown. Only a spiking network needs them.

    Raises:
        InputError: If the network spikes and there are no rows.
    """
    expected = "a trained model, such as result.model"
    require(hasattr(model, "network"), "compare_with_brain", "model", expected, model)
    network = model.network
    taps = _shapes(model)
    found = [site for site in _leaves(model) if _connections(site, taps)]
    parameters = network.summary().parameters
    read = FROM_CACHE if 4 * parameters <= CACHE_BYTES else FROM_MEMORY
    own = BrainComparison(
        neurons=sum(_neurons(site, taps) for site in found),
        synapses=sum(_connections(site, taps) for site in found),
        parameters=parameters,
        multiply_adds=network.multiply_adds(),
        joules_computing=network.multiply_adds() * MULTIPLY_ADD * PICO,
        joules_memory=parameters * read * PICO,
    )
    spiking = [site for site in found if isinstance(site.layer, SPIKING)]
    return _with_spikes(own, model, data, spiking) if is_spiking(model) else own


def is_spiking(model: Model) -> bool:
    """Say whether a layer of the model spikes."""
    return any(isinstance(site.layer, layers.Spiking) for site in _leaves(model))


def _leaves(model: Model) -> Iterator[Site]:
    """Go over the layers that take weighted sums."""
    for site in sites(model.network, model.variables).values():
        own = any(name.startswith("weight") for name in _names(site))
        if own or isinstance(site.layer, layers.Tied):
            yield site


def _names(site: Site) -> set[str]:
    """Return the names of a layer's parameters; those of one direction, if of two."""
    ways = [v for v in site.parameters.values() if isinstance(v, Mapping)]
    two = isinstance(site.layer, IN_TIME) and ways
    return set(ways[0]) if two else {n for n in site.parameters if n not in ways}


def _shapes(model: Model) -> Mapping[str, Any]:
    """Return the shapes of everything that layers report of one row."""

    def one(shape: tuple[int, ...]) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct((1, *shape), np.float32)

    shape = model.network.input_shape
    is_named = isinstance(shape, Mapping)
    row = {k: one(v) for k, v in shape.items()} if is_named else one(shape)
    return jax.eval_shape(
        lambda v, x: model.network.forward(v, x, listen=True).taps, model.variables, row
    )


def _shape(site: Site, taps: Mapping[str, Any], name: str) -> Any:
    shape = taps[site.tapped][name]
    skip = len(site.blocks) + 1  # the axes of repeated blocks, and of rows
    return jax.tree.map(lambda one: one.shape[skip:], shape)


def _neurons(site: Site, taps: Mapping[str, Any]) -> int:
    shape = _shape(site, taps, "output")
    return int(shape[-1] if isinstance(site.layer, IN_TIME) else math.prod(shape))


def _connections(site: Site, taps: Mapping[str, Any]) -> int:
    shape = _shape(site, taps, "input")
    if isinstance(site.layer, SPIKING):
        return shape[-1] * site.layer.units
    operations = site.layer.multiply_adds(shape)
    return operations // shape[0] if isinstance(site.layer, IN_TIME) else operations


def _with_spikes(
    own: BrainComparison, model: Model, data: Any, spiking: list[Site]
) -> BrainComparison:
    """Return the comparison with what is measured of spikes."""
    if data is None:
        raise InputError(
            "The network spikes, and how often depends on what it is shown: give rows "
            "to count its spikes on, as data."
        )
    x = jax.tree.map(lambda rows: rows[:MOST_ROWS], model.inputs(data))
    n = len(jax.tree.leaves(x)[0])
    if not n:
        raise InputError("There are no rows to count spikes on.")
    _, taps = listening(model.network)(model.variables, x)
    time = 0
    spikes = sums = products = 0.0
    for site in spiking:
        units = _shape(site, taps, "output")[-1]
        seen = taps[site.tapped]
        came = np.asarray(seen["input"][site.blocks])
        time, inputs = came.shape[1:]
        events = float(np.count_nonzero(came)) / n
        is_spikes = bool(np.isin(came, (0, 1)).all())
        sums += events * units if is_spikes else 0.0
        products += time * units  # the leak
        products += 0 if is_spikes else time * inputs * units
        if isinstance(site.layer, layers.Spiking):
            spikes += float(seen["output"][site.blocks].sum()) / n
    joules = PICO * (sums * (ADD + FROM_CACHE) + products * MULTIPLY_ADD)
    return BrainComparison(
        **{**asdict(own), "steps": time, "spikes": spikes, "synaptic_operations": sums,
           "joules_spiking": joules}
    )  # fmt: skip


def _line(name: str, value: Any, about: str) -> str:
    shown = value if isinstance(value, str) else f"{value:,.0f}"
    return f"{name:14}{shown:>15}   {about}"


def _many(n: float) -> str:
    """Return a large number in words, with two digits that count.

    Example:
        >>> _many(86e9), _many(1e14), _many(123)
        ('86 billion', '100 trillion', '120')
    """
    sizes = ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"), (0, ""))
    least, word = next(one for one in sizes if n >= one[0])
    size = least or 1.0
    return f"{float(f'{n / size:.2g}'):,.10g}{word}"


def _joules(value: float) -> str:
    """Return an energy with a unit that fits it."""
    for factor, unit in ((1.0, "J"), (1e-3, "mJ"), (1e-6, "uJ"), (1e-9, "nJ")):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value / PICO:.3g} pJ"

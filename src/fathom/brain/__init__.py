"""The brain beside the machine: spiking neurons, plasticity, vision, encoding models.

Everything here is a pure function of explicit state, time axis first, in physical units
(milliseconds, millivolts). Names are imported when they are first used.
"""

from importlib import import_module
from typing import Any

# Where each public name lives: a module of this folder, and the name in it.
_WHERE: dict[str, tuple[str, str]] = {
    "decode_count": ("fathom.brain.decoding", "decode_count"),
    "decode_delta": ("fathom.brain.decoding", "decode_delta"),
    "decode_first_spike": ("fathom.brain.decoding", "decode_first_spike"),
    "decode_population": ("fathom.brain.decoding", "decode_population"),
    "decode_rate": ("fathom.brain.decoding", "decode_rate"),
    "delta": ("fathom.brain.coding", "delta"),
    "first_spike": ("fathom.brain.decoding", "first_spike"),
    "latency": ("fathom.brain.coding", "latency"),
    "mutual_information": ("fathom.brain.decoding", "mutual_information"),
    "one_hot": ("fathom.brain.coding", "one_hot"),
    "poisson_rate": ("fathom.brain.coding", "poisson_rate"),
    "population": ("fathom.brain.coding", "population"),
    "Dense": ("fathom.brain.synapses", "Dense"),
    "NetworkRun": ("fathom.brain.spiking_network", "NetworkRun"),
    "NetworkState": ("fathom.brain.spiking_network", "NetworkState"),
    "Sparse": ("fathom.brain.synapses", "Sparse"),
    "simulate_network": ("fathom.brain.spiking_network", "simulate_network"),
    "BCM": ("fathom.brain.plasticity", "BCM"),
    "Hebbian": ("fathom.brain.plasticity", "Hebbian"),
    "Homeostasis": ("fathom.brain.plasticity", "Homeostasis"),
    "Oja": ("fathom.brain.plasticity", "Oja"),
    "PairSTDP": ("fathom.brain.stdp", "PairSTDP"),
    "TraceRule": ("fathom.brain.stdp", "TraceRule"),
    "Traces": ("fathom.brain.stdp", "Traces"),
    "TripletSTDP": ("fathom.brain.stdp", "TripletSTDP"),
    "WeightDependentSTDP": ("fathom.brain.stdp", "WeightDependentSTDP"),
    "learn": ("fathom.brain.plasticity", "learn"),
    "AdaptiveLIF": ("fathom.brain.neurons", "AdaptiveLIF"),
    "Dendrite": ("fathom.brain.dendrites", "Dendrite"),
    "Izhikevich": ("fathom.brain.izhikevich", "Izhikevich"),
    "LIF": ("fathom.brain.neurons", "LIF"),
    "LIFState": ("fathom.brain.membrane", "LIFState"),
    "LeakyIntegrator": ("fathom.brain.membrane", "LeakyIntegrator"),
    "Simulation": ("fathom.brain.simulation", "Simulation"),
    "simulate": ("fathom.brain.simulation", "simulate"),
    "BrainComparison": ("fathom.brain.energy", "BrainComparison"),
    "DiehlCook": ("fathom.brain.diehl_cook", "DiehlCook"),
    "compare_with_brain": ("fathom.brain.energy", "compare_with_brain"),
    "spike": ("fathom.surrogates", "spike"),
    "SURROGATES": ("fathom.surrogates", "SURROGATES"),
    # Encoding models.
    "RidgeCV": ("fathom.brain.ridge", "RidgeCV"),
    "KernelRidgeCV": ("fathom.brain.kernel_ridge", "KernelRidgeCV"),
    "BandedRidgeCV": ("fathom.brain.banded_ridge", "BandedRidgeCV"),
    "TemporalResponseFunction": (
        "fathom.brain.temporal_response",
        "TemporalResponseFunction",
    ),
    "Delayer": ("fathom.brain.delayer", "Delayer"),
    "explainable_variance": ("fathom.brain.ceiling", "explainable_variance"),
    "noise_ceiling": ("fathom.brain.ceiling", "noise_ceiling"),
    "r2_split": ("fathom.brain.ceiling", "r2_split"),
    "hemodynamic_response": ("fathom.brain.simulated", "hemodynamic_response"),
    "simulate_responses": ("fathom.brain.simulated", "simulate_responses"),
    # The visual cortex.
    "grating": ("fathom.brain.gratings", "grating"),
    "drifting_grating": ("fathom.brain.gratings", "drifting_grating"),
    "gabor": ("fathom.brain.gabor_filters", "gabor"),
    "gabor_bank": ("fathom.brain.gabor_filters", "gabor_bank"),
    "GaborBank": ("fathom.brain.gabor_filters", "GaborBank"),
    "SimpleCell": ("fathom.brain.cells", "SimpleCell"),
    "ComplexCell": ("fathom.brain.cells", "ComplexCell"),
    "simple_cells": ("fathom.brain.cells", "simple_cells"),
    "complex_cells": ("fathom.brain.cells", "complex_cells"),
    "motion_energy": ("fathom.brain.motion", "motion_energy"),
    "modulation_ratio": ("fathom.brain.tuning", "modulation_ratio"),
    "selectivity_index": ("fathom.brain.tuning", "selectivity_index"),
    "orientation_tuning": ("fathom.brain.tuning", "orientation_tuning"),
    "neocognitron": ("fathom.brain.self_organizing", "neocognitron"),
    "learn_simple_cells": ("fathom.brain.self_organizing", "learn_simple_cells"),
    "learn_without_teacher": ("fathom.brain.self_organizing", "learn_without_teacher"),
}

__all__ = [*_WHERE]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module 'fathom.brain' has no attribute {name!r}")
    module, attribute = _WHERE[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(_WHERE)

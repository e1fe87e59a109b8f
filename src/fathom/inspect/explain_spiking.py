"""One step of a spiking neuron, and what a readout sums of all steps.

The equations are in `fathom.layers.spiking`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fathom.inspect.names import Index
from fathom.inspect.seen import Seen, how_activated
from fathom.inspect.sums import WeightedSum, weighted_sum


def spiking(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    """Return a neuron's sum at one step, its membrane potential, and its spike."""
    step, unit = index
    steps, layer = seen.taps.get("steps"), seen.layer
    if steps is not None and not steps[step]:
        return [], [f"step {step} is padding: the neuron keeps its membrane potential"]
    one = _sum_at(seen, step, unit)
    u, z = seen.taps["membrane"][: step + 1, unit], float(one.value)
    s = float(seen.taps["activation"][step, unit])
    sign, what = (">=", "a spike") if s else ("<", "no spike")
    return [one], [
        f"u = {_left(layer, u[:-1])} + {z:.6g} = {u[-1]:.6g}, the membrane potential "
        f"at step {step}",
        f"a = {s:.0f}: {u[-1]:.6g} {sign} {layer.threshold:.6g}, the threshold, so "
        f"there is {what}",
    ]


def _left(layer: Any, before: np.ndarray) -> str:
    """Return how much is left of the membrane potential of the step before."""
    if not len(before):
        return "0 (the start)"
    old, told = float(before[-1]), f"{layer.threshold:.6g}"
    left = f"{layer.decay:.6g} * {old:.6g}"
    if old < layer.threshold:
        return left
    return "0 (after a spike)" if layer.reset == "zero" else f"{left} - {told} (reset)"


def _sum_at(seen: Seen, step: int, unit: int) -> WeightedSum:
    own, x = seen.site.parameters, seen.input[step]
    names = [seen.input_name((step, i)) for i in range(len(x))]
    bias = float(np.asarray(own["bias"])[unit]) if "bias" in own else 0.0
    weights, z = np.asarray(own["weight"])[:, unit], seen.taps["weighted_sum"]
    return weighted_sum("weighted sum", names, x, weights, (bias, z[step, unit]))


def encoded(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    """Return the input that a current or a spike stands for."""
    step, unit = index
    x, a, layer = seen.input[unit], float(seen.output[index]), seen.layer
    name = seen.input_name((unit,))
    one = weighted_sum("input", [name], x[None], np.ones(1), (0.0, x))
    if layer.code == "constant":
        return [one], [f"a = x = {a:.6g} at every step"]
    what = "a spike" if a else "no spike"
    rule = f"{100 * min(max(float(x), 0.0), 1.0):.3g} % of the steps, evenly spaced"
    if layer.code == "latency":
        rule = "one spike, the sooner the larger x is (none at 0)"
    return [one], [f"a = {a:.0f}: {what} at step {step}; {layer.code} code: {rule}"]


def readout(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    """Return the sum of a readout: its inputs, added up over time with the leak."""
    unit, layer, own = index[-1], seen.layer, seen.site.parameters
    z, a = seen.taps["readout"], float(seen.taps["activation"][unit])
    how = [how_activated(layer.activation, z, unit, a)]
    if seen.taps.get("steps") is not None:
        return [], [f"z = the {layer.over} of u over the real steps", *how]
    x, u = seen.input, seen.taps["membrane"]
    share = layer.shares(len(x))
    if layer.over == "max":  # the membrane at its highest: the last of fewer steps
        step = int(u[:, unit].argmax())
        x, share = x[: step + 1], layer.shares(step + 1)
        how.insert(0, f"z = u at step {step}, where it is highest")
    names = [f"{seen.input_name((0, i))} over time" for i in range(x.shape[1])]
    names = [name.replace("@0 over", " over") for name in names]
    bias = float(np.asarray(own["bias"])[unit]) if "bias" in own else 0.0
    weights, given = np.asarray(own["weight"])[:, unit], float(share.sum()) * bias
    one = weighted_sum("weighted sum", names, share @ x, weights, (given, z[unit]))
    return [one], how

"""One step of a recurrent neuron: its inputs, its own past, and its gates.

The equations are in `fathom.layers.cells`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom import layers
from fathom.inspect.addresses import at_index
from fathom.inspect.names import Index
from fathom.inspect.seen import Seen, how_activated
from fathom.inspect.sums import WeightedSum, weighted_sum
from fathom.layers.recurrent import DIRECTIONS

LSTM_GATES = ("write gate i", "keep gate f", "candidate g", "read gate o")
GRU_GATES = ("reset gate r", "keep gate u", "candidate n")


@dataclass(frozen=True)
class _Moment:
    """One neuron at one step.

    Attributes:
        seen: The layer.
        taps: What the direction that it belongs to reported.
        own: The parameters of that direction.
        first: Where the outputs of that direction begin.
        unit: Of the direction.
        step: Which step.
        past: (units,) the outputs at the step before, in the order of computing.
        before: Which step that was, or None at the start.
    """

    seen: Seen
    taps: Mapping[str, Any]
    own: Mapping[str, np.ndarray]
    first: int
    unit: int
    step: int
    past: np.ndarray
    before: int | None

    def sum_of(self, gate: int, name: str, factor: float = 1.0) -> WeightedSum:
        """Return one gate's sum; `factor` is what the past is multiplied by."""
        units = self.seen.layer.units
        column = gate * units + self.unit
        x = self.seen.input[self.step]
        names = [self.seen.input_name((self.step, i)) for i in range(len(x))]
        address, when = self.seen.site.address, self.before
        first = self.first
        if when is None:
            names += [f"past {first + i} (0 at the start)" for i in range(units)]
        else:
            names += [at_index(address, (when, first + i)) for i in range(units)]
        weight = self.own["weight"][:, column]
        recurrent = self.own["weight_recurrent"][:, column] * factor
        bias = float(self.own["bias"][column]) if "bias" in self.own else 0.0
        if "bias_recurrent" in self.own and gate == 2:
            bias += float(self.own["bias_recurrent"][self.unit]) * factor
        return weighted_sum(
            name,
            names,
            np.concatenate([x, self.past]),
            np.concatenate([weight, recurrent]),
            (bias, self.taps["weighted_sum"][self.step, column]),
        )

    def state(self, name: str, step: int | None) -> float:
        """Return one reported state of this neuron; 0 before the start."""
        return 0.0 if step is None else float(self.taps[name][step, self.unit])


def recurrent(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    """Return the sums of a neuron's gates at one step, and what they do."""
    now = _moment(seen, index)
    steps = seen.taps.get("steps")
    if steps is not None and not steps[now.step]:
        return [], [f"step {now.step} is padding: the neuron keeps its state"]
    if isinstance(seen.layer, layers.LSTM):
        return _lstm(now)
    if isinstance(seen.layer, layers.GRU):
        return _gru(now)
    z = now.taps["weighted_sum"][now.step]
    a = now.state("activation", now.step)
    how = how_activated(seen.layer.activation, z, now.unit, a)
    return [now.sum_of(0, f"weighted sum at step {now.step}")], [how]


def step_state(seen: Seen, index: Index) -> float:
    """Return the output of a neuron at any step, also where only the last goes on."""
    now = _moment(seen, index)
    return now.state("activation", now.step)


def _moment(seen: Seen, index: Index) -> _Moment:
    layer, unit = seen.layer, index[-1]
    backward = layer.bidirectional and unit >= layer.units
    taps, own = seen.taps, seen.site.parameters
    if layer.bidirectional:
        way = DIRECTIONS[backward]
        taps, own = seen.below(way), own[way]
    own = {name: np.asarray(array) for name, array in own.items()}
    step = index[0] if len(index) > 1 else _last(seen, backward)
    outputs = taps["activation"]
    earlier = step + (1 if backward else -1)
    before = earlier if 0 <= earlier < len(outputs) else None
    past = np.zeros(layer.units) if before is None else outputs[before]
    first = layer.units if backward else 0
    return _Moment(seen, taps, own, first, unit - first, step, past, before)


def _last(seen: Seen, backward: bool) -> int:
    """Return the step behind which the state is that of a whole sequence."""
    if backward:
        return 0
    steps = seen.taps.get("steps")
    real = np.ones(len(seen.input)) if steps is None else np.asarray(steps)
    return int(np.flatnonzero(real)[-1]) if real.any() else len(real) - 1


def _lstm(now: _Moment) -> tuple[list[WeightedSum], list[str]]:
    sums = [now.sum_of(k, name) for k, name in enumerate(LSTM_GATES)]
    i, f, o = (_sigmoid(sums[k].value) for k in (0, 1, 3))
    g = np.tanh(sums[2].value)
    old, new = now.state("cell", now.before), now.state("cell", now.step)
    a = now.state("activation", now.step)
    return sums, [
        f"i = {i:.4g}, f = {f:.4g}, g = {g:.4g}, o = {o:.4g} at step {now.step}",
        f"c = f * old c + i * g = {f:.4g} * {old:.4g} + {i:.4g} * {g:.4g} = {new:.6g}",
        f"a = o * tanh(c) = {o:.4g} * {np.tanh(new):.4g} = {a:.6g}",
    ]


def _gru(now: _Moment) -> tuple[list[WeightedSum], list[str]]:
    sums = [now.sum_of(0, GRU_GATES[0]), now.sum_of(1, GRU_GATES[1])]
    r, u = (_sigmoid(one.value) for one in sums)
    sums.append(now.sum_of(2, GRU_GATES[2], factor=r))
    n, old = np.tanh(sums[2].value), now.state("activation", now.before)
    a = now.state("activation", now.step)
    return sums, [
        f"r = {r:.4g}, u = {u:.4g}, n = {n:.4g} at step {now.step}",
        f"a = (1 - u) * n + u * old a = {1 - u:.4g} * {n:.4g} + {u:.4g} * {old:.4g} "
        f"= {a:.6g}",
    ]


def _sigmoid(z: float) -> float:
    return float(1 / (1 + np.exp(-z)))

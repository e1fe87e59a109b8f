"""Networks of spiking cells: delays, events, and the same learning on every way."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import fathom as fm
from fathom.brain.stdp import TraceRule, Traces
from fathom.errors import InputError

CELLS, STEPS = 40, 130
RNG = np.random.default_rng(0)
DRIVE = RNG.uniform(0, 8, (STEPS, CELLS))
THERE = RNG.random((CELLS, CELLS)) < 0.2
WEIGHT = np.where(THERE, RNG.uniform(0, 3, THERE.shape), 0)
CELL = fm.brain.LIF.biological()
PAIRS = fm.brain.PairSTDP(0.15, 0.12, time_plus=18.0, time_minus=25.0, maximum=3.0)
FADING = fm.brain.WeightDependentSTDP(0.15, 0.12, maximum=3.0)


def slowly(rule: TraceRule, delay: int) -> tuple[np.ndarray, np.ndarray, Traces]:
    """The network as a loop over steps, on a matrix whose missing entries stay 0."""
    state, traces = CELL.init_state((CELLS,)), rule.init_state(CELLS, CELLS)
    weight, spikes = jnp.asarray(WEIGHT, jnp.float32), []
    coming = [np.zeros(CELLS, np.float32)] * delay
    for now in DRIVE.astype(np.float32):
        jump = coming.pop(0) if delay else 0.0
        state, fired = CELL.step(state, now, jump=jump)
        sums = np.asarray(fired, np.float32) @ np.asarray(weight)
        if delay:
            coming.append(sums)
        else:
            heard = np.where(state.refractory == 0, sums, 0)
            state = state._replace(voltage=state.voltage + heard)
        traces, weight = rule.step(traces, weight, fired, fired)
        weight = jnp.where(THERE, weight, 0.0)
        spikes.append(np.asarray(fired))
    return np.array(spikes), np.asarray(weight), traces


@pytest.mark.parametrize(("rule", "delay"), [(PAIRS, 0), (PAIRS, 3), (FADING, 1)])
def test_sparse_synapses_learn_as_a_loop_over_a_matrix_does(
    rule: TraceRule, delay: int
) -> None:
    synapses = fm.brain.Sparse.from_matrix(WEIGHT, THERE, delay=delay)
    run = fm.brain.simulate_network(CELL, synapses, DRIVE, rule=rule)
    spikes, weight, traces = slowly(rule, delay)
    assert spikes.sum() > 200
    np.testing.assert_array_equal(run.spikes, spikes)
    np.testing.assert_allclose(run.synapses.to_matrix(), weight, atol=2e-5)
    assert np.abs(weight - WEIGHT).max() > 0.5
    for ours, theirs in zip(run.state.traces, traces, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_network_goes_on_from_its_state() -> None:
    synapses = fm.brain.Sparse.from_matrix(WEIGHT, THERE, delay=2)

    def go(drive: np.ndarray, synapses: Any, state: Any = None) -> Any:
        return fm.brain.simulate_network(CELL, synapses, drive, rule=PAIRS, state=state)

    whole = go(DRIVE, synapses)
    first = go(DRIVE[:65], synapses)
    second = go(DRIVE[65:], first.synapses, first.state)
    spikes = np.concatenate([first.spikes, second.spikes])
    np.testing.assert_array_equal(whole.spikes, spikes)
    np.testing.assert_allclose(
        whole.synapses.values(), second.synapses.values(), atol=2e-5
    )


def test_dense_and_sparse_synapses_do_the_same() -> None:
    matrix = RNG.uniform(0.1, 1.0, (CELLS, CELLS))
    dense = fm.brain.Dense(jnp.asarray(matrix, jnp.float32))
    runs = [
        fm.brain.simulate_network(CELL, synapses, DRIVE, rule=PAIRS)
        for synapses in (dense, fm.brain.Sparse.from_matrix(matrix))
    ]
    np.testing.assert_array_equal(runs[0].spikes, runs[1].spikes)
    np.testing.assert_allclose(
        runs[0].synapses.to_matrix(), runs[1].synapses.to_matrix(), atol=2e-5
    )


@pytest.mark.parametrize(("delay", "fires"), [(1, True), (0, False)])
def test_three_synapses_of_5_mv_fire_a_cell_unless_they_leak_first(
    delay: int, fires: bool
) -> None:
    matrix = np.zeros((4, 4))
    matrix[:3, 3] = 5.0
    drive = np.zeros((4, 4))
    drive[1, :3] = 15.0
    synapses = fm.brain.Sparse.from_matrix(matrix, delay=delay)
    run = fm.brain.simulate_network(CELL, synapses, drive)
    assert bool(run.spikes[:, 3].any()) == fires


def test_sums_of_events_are_those_of_the_matrix() -> None:
    synapses = fm.brain.Sparse.from_matrix(WEIGHT)
    spikes = jnp.asarray(RNG.random(CELLS) < 0.3)
    expected = np.asarray(spikes, np.float32) @ WEIGHT
    np.testing.assert_allclose(synapses.arriving(spikes), expected, rtol=1e-5)
    np.testing.assert_array_equal(synapses.arriving(jnp.zeros(CELLS, bool)), 0)
    np.testing.assert_allclose(synapses.to_matrix(), WEIGHT, rtol=1e-6)


def test_random_synapses_have_their_share_and_none_onto_themselves() -> None:
    synapses = fm.brain.Sparse.random(200, 0.1, largest=0.3, seed=1)
    matrix = synapses.to_matrix()
    assert np.diag(matrix).sum() == 0
    assert len(synapses.values()) == pytest.approx(0.1 * 200 * 199, rel=0.05)
    assert synapses.values().mean() == pytest.approx(0.15, rel=0.05)


def test_synapses_that_do_not_fit_are_said() -> None:
    synapses = fm.brain.Sparse.from_matrix(WEIGHT)
    with pytest.raises(InputError, match=r"Got a drive \(5, 3\), and synapses from 40"):
        fm.brain.simulate_network(CELL, synapses, np.zeros((5, 3)))
    with pytest.raises(InputError, match="must be a whole number of at least 0"):
        fm.brain.Sparse.from_matrix(WEIGHT, delay=-1)

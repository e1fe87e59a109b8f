"""Spiking neurons: the order of a step, the comparison, refractoriness, the rate."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError

CELL = fm.brain.LIF.biological()


def jumps(times: dict[int, float], steps: int = 20) -> np.ndarray:
    """Inputs in mV at some steps."""
    inputs = np.zeros(steps, np.float32)
    for time, size in times.items():
        inputs[time] = size
    return inputs


@pytest.mark.parametrize(
    ("times", "spikes"),
    [
        ({5: 15.0}, 1),
        ({5: 10.0}, 0),
        ({0: 5.0, 5: 5.0, 10: 5.0}, 0),
        ({5: 15.0, 6: 15.0}, 1),
        ({5: 15.0, 7: 15.0}, 2),
    ],
    ids=["three together", "two", "three apart", "refractory", "after it"],
)
def test_the_textbook_neuron_fires_when_it_should(
    times: dict[int, float], spikes: int
) -> None:
    assert fm.brain.simulate(CELL, jumps(times)).spikes.sum() == spikes


@pytest.mark.parametrize("dt", [1.0, 0.5, 0.1])
def test_three_inputs_at_once_fire_at_any_step_length(dt: float) -> None:
    assert fm.brain.simulate(CELL, jumps({5: 15.0}), dt=dt).spikes.sum() == 1


def test_the_voltage_decays_before_the_input_is_added() -> None:
    voltage = fm.brain.simulate(CELL, jumps({0: 5.0, 1: 5.0})).voltage
    np.testing.assert_allclose(voltage[0], -65.0)
    np.testing.assert_allclose(voltage[1], -70 + 5 * np.exp(-1 / 20) + 5, rtol=1e-6)


def test_no_spike_falls_within_the_refractory_period() -> None:
    inputs = np.full(400, 30.0, np.float32)
    spikes = fm.brain.simulate(CELL, inputs, dt=0.1).spikes
    assert np.diff(np.flatnonzero(spikes)).min() == 20


def test_a_refractory_cell_ignores_its_input() -> None:
    cell = fm.brain.LIF.biological(refractory=5.0)
    with_input = fm.brain.simulate(cell, jumps({2: 15.0, 4: 9.0, 6: 9.0})).voltage
    np.testing.assert_array_equal(with_input[2:7], -70.0)


def test_the_rate_follows_the_formula_within_a_percent() -> None:
    cell = fm.brain.LIF()
    currents = np.linspace(1.55, 4.0, 12, dtype=np.float32)
    inputs = np.broadcast_to(currents, (20_000, 12))
    spikes = np.asarray(fm.brain.simulate(cell, inputs, dt=0.1).spikes)
    times = [np.flatnonzero(spikes[:, i]) for i in range(12)]
    measured = [1e4 * (len(t) - 1) / (t[-1] - t[0]) for t in times]
    np.testing.assert_allclose(measured, cell.firing_rate(currents), rtol=0.01)
    assert cell.firing_rate(1.5) == 0


def test_a_simulation_continues_from_its_state() -> None:
    inputs = np.full((60, 3), [14.0, 3.0, 8.0], np.float32)
    whole = fm.brain.simulate(CELL, inputs)
    first = fm.brain.simulate(CELL, inputs[:30])
    second = fm.brain.simulate(CELL, inputs[30:], state=first.state)
    np.testing.assert_array_equal(whole.voltage[30:], second.voltage)


def test_noise_makes_trials_of_the_same_input_differ() -> None:
    cell = fm.brain.LIF(noise=2.0)
    inputs = jnp.full(300, 1.45)
    keys = jax.random.split(jax.random.key(0), 8)
    trials = jax.vmap(lambda key: fm.brain.simulate(cell, inputs, key=key))(keys)
    assert len(np.unique(np.asarray(trials.spikes), axis=0)) == 8
    alone = fm.brain.simulate(cell, inputs, key=keys[3])
    np.testing.assert_array_equal(trials.spikes[3], alone.spikes)


@pytest.mark.parametrize("dt", [1.0, 0.25])
def test_noise_has_its_standard_deviation_whatever_the_step(dt: float) -> None:
    cell = fm.brain.LeakyIntegrator(noise=2.0)
    inputs = jnp.zeros((int(200 / dt), 2000))
    voltage = fm.brain.simulate(cell, inputs, dt=dt, key=jax.random.key(1)).voltage
    np.testing.assert_allclose(voltage[-1].std(), 2.0, rtol=0.05)


def test_an_adaptive_neuron_slows_down() -> None:
    inputs = np.full(500, 2.5, np.float32)
    spikes = fm.brain.simulate(fm.brain.AdaptiveLIF(), inputs).spikes
    intervals = np.diff(np.flatnonzero(spikes))
    assert intervals[-1] > 1.5 * intervals[0]
    assert (np.diff(intervals) >= -1).all()


def test_a_leaky_integrator_goes_to_its_equilibrium_and_never_fires() -> None:
    done = fm.brain.simulate(fm.brain.LeakyIntegrator(), np.full(300, 5.0))
    np.testing.assert_allclose(done.voltage[-1], -70 + 50.0, rtol=1e-4)
    assert not done.spikes.any()


def test_izhikevichs_cells_fire_as_in_the_paper() -> None:
    inputs = np.full(1000, 10.0, np.float32)

    def intervals(cell: fm.brain.Izhikevich) -> np.ndarray:
        return np.diff(np.flatnonzero(fm.brain.simulate(cell, inputs, dt=0.5).spikes))

    regular = intervals(fm.brain.Izhikevich.regular_spiking())
    fast = intervals(fm.brain.Izhikevich.fast_spiking())
    bursts = intervals(fm.brain.Izhikevich.bursting())
    assert regular[0] < regular[-1]
    assert fast[-5:].mean() < 0.6 * regular[-3:].mean()
    assert bursts.max() > 4 * bursts.min()


def test_a_saturating_dendrite_tells_together_from_apart() -> None:
    branches = fm.brain.Dendrite("saturating", scale=10.0)
    cell = fm.brain.LIF.biological(dendrite=branches)
    inputs = np.zeros((5, 2, 3), np.float32)
    inputs[1, 0] = [17.0, 0.0, 0.0]
    inputs[1, 1] = [6.0, 6.0, 5.0]
    done = fm.brain.simulate(cell, inputs)
    lift = 10 * np.tanh(np.array([17, 0, 0]) / 10).sum()
    np.testing.assert_allclose(done.voltage[1, 0], -70 + lift, rtol=1e-5)
    assert done.spikes.sum(0).tolist() == [0, 1]
    plain = fm.brain.simulate(fm.brain.LIF.biological(dendrite="linear"), inputs)
    assert plain.spikes.sum(0).tolist() == [1, 1]


def test_a_spiking_branch_prefers_inputs_together() -> None:
    branches = fm.brain.Dendrite("spiking", scale=10.0)
    together, apart = branches(jnp.array([[15.0, 0.0, 0.0], [5.0, 5.0, 5.0]]))
    assert together > 5 * apart
    assert branches(jnp.zeros(3)) == pytest.approx(0, abs=1e-6)


def test_the_order_of_steps_survives_a_dendrite_of_ones_own() -> None:
    cell = fm.brain.LIF.biological(dendrite=lambda inputs: inputs.max(-1))
    inputs = np.zeros((3, 4), np.float32)
    inputs[1] = [15.0, 5.0, 5.0, 5.0]
    assert fm.brain.simulate(cell, inputs).spikes.tolist() == [False, True, False]


def test_noise_without_a_key_is_said() -> None:
    with pytest.raises(InputError, match=r"Give one, for example key=jax\.random\.key"):
        fm.brain.simulate(fm.brain.LIF(noise=1.0), np.ones(3))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"time_constant": 0}, "'time_constant' parameter of LIF must be a number ab"),
        ({"reset": -50.0}, "'reset' parameter of LIF must be below the threshold"),
        ({"refractory": -1}, "'refractory' parameter of LIF must be a time of at le"),
        ({"inputs": "jump"}, "must be 'current' or 'jumps'. Got 'jump'"),
    ],
)
def test_bad_settings_are_said(settings: dict[str, float], text: str) -> None:
    with pytest.raises(InputError, match=text):
        fm.brain.LIF(**settings)  # pyright: ignore[reportArgumentType]


def test_inputs_without_time_are_said() -> None:
    with pytest.raises(InputError, match=r"takes inputs \(time, ...\). Got an array"):
        fm.brain.simulate(CELL, 15.0)


def test_what_is_no_neuron_is_refused() -> None:
    with pytest.raises(InputError, match=r"must be a neuron .* such as LIF\(\)"):
        fm.brain.simulate("lif", np.zeros(5))

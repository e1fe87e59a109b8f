"""Codes and decoders: what goes in comes out, as well as the code allows."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError

KEY = jax.random.key(0)
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dt", [1.0, 0.1])
def test_a_poisson_rate_is_the_rate_and_its_counts_scatter_as_poissons(
    dt: float,
) -> None:
    spikes = fm.brain.poisson_rate(KEY, np.full(2000, 40.0), round(500 / dt), dt)
    counts = np.asarray(spikes).sum(0)
    # Within a step of 1 ms two spikes are one, which takes a share of 2 % away.
    assert counts.mean() == pytest.approx(20, rel=0.03)
    assert counts.var() / counts.mean() == pytest.approx(1 - 0.04 * dt, abs=0.1)


def test_latency_is_earlier_for_larger_values_and_comes_back() -> None:
    values = np.linspace(0.01, 1, 50)
    times = fm.brain.first_spike(fm.brain.latency(values, 101))
    assert (np.diff(times) <= 0).all()
    np.testing.assert_allclose(1 - np.asarray(times) / 100, values, atol=0.0051)


def test_latency_of_nothing_is_no_spike() -> None:
    assert not fm.brain.latency(np.zeros(3), 10).any()


def test_delta_follows_a_slow_signal_within_one_threshold() -> None:
    signal = np.sin(np.linspace(0, 7, 400)) + 0.3
    spikes = fm.brain.delta(signal, 0.05)
    back = fm.brain.decode_delta(spikes, 0.05, start=0.3)
    assert np.abs(np.asarray(back) - signal).max() <= 0.05 + 1e-4
    assert not (spikes[:, 0] & spikes[:, 1]).any()


def test_a_population_is_read_back() -> None:
    values = np.array([0.2, 0.5, 0.75])
    answers = fm.brain.population(values, cells=21)
    back = fm.brain.decode_population(answers[None])
    np.testing.assert_allclose(back, values, atol=0.01)
    spikes = fm.brain.poisson_rate(KEY, 200 * answers, 100)
    np.testing.assert_allclose(fm.brain.decode_population(spikes), values, atol=0.05)


def test_decoders_agree_on_one_hot_cells() -> None:
    labels = RNG.integers(0, 7, 30)
    spikes = fm.brain.one_hot(labels, 7)
    np.testing.assert_array_equal(fm.brain.decode_count(spikes), labels)
    np.testing.assert_array_equal(fm.brain.decode_first_spike(spikes), labels)


def test_decoders_read_number_and_time_and_say_when_nobody_fired() -> None:
    spikes = np.zeros((6, 2, 3), bool)
    spikes[1, 0, 2] = spikes[3:, 0, 1] = True
    assert fm.brain.decode_count(spikes).tolist() == [1, -1]
    assert fm.brain.decode_first_spike(spikes).tolist() == [2, -1]


def test_mutual_information_is_the_channels() -> None:
    values = RNG.integers(0, 2, 40_000)
    noisy = values ^ (RNG.random(40_000) < 0.1)
    capacity = 1 + 0.1 * np.log2(0.1) + 0.9 * np.log2(0.9)
    measured = fm.brain.mutual_information(values, noisy)
    assert measured == pytest.approx(capacity, abs=0.01)
    other = RNG.integers(0, 8, 2000), RNG.integers(0, 8, 2000)
    assert fm.brain.mutual_information(*other) == pytest.approx(0, abs=0.01)


def test_values_outside_of_a_code_are_said() -> None:
    with pytest.raises(InputError, match=r"latency takes values from 0 to 1. Got 1\.5"):
        fm.brain.latency([0.5, 1.5], 10)
    with pytest.raises(InputError, match=r"takes rates of at least 0 Hz\. Got -3"):
        fm.brain.poisson_rate(KEY, [-3.0], 10)
    with pytest.raises(InputError, match="'steps' parameter of latency must be a who"):
        fm.brain.latency([0.5], 0)
    with pytest.raises(InputError, match=r"labels from 0 to 2\. Got 3"):
        fm.brain.one_hot([3], 3)

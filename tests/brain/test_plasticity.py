"""Rules of plasticity against what is known of them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError

RNG = np.random.default_rng(0)
STEPS = 120


def run(rule: fm.brain.PairSTDP, pre: np.ndarray, post: np.ndarray, w: float) -> float:
    """The weight after spikes (time,) before and after one synapse."""

    @jax.jit
    def through(pre: jax.Array, post: jax.Array) -> jax.Array:
        def step(carry, now):
            return rule.step(*carry, now[0][None], now[1][None]), None

        start = rule.init_state(1, 1), jnp.full((1, 1), w)
        return jax.lax.scan(step, start, (pre, post))[0][1][0, 0]

    return float(through(pre, post))


def test_hebbs_rule_is_the_product() -> None:
    x, y = RNG.normal(size=4).astype(np.float32), RNG.normal(size=3).astype(np.float32)
    _, weight = fm.brain.Hebbian(0.5).step((), jnp.ones((4, 3)), x, y)
    np.testing.assert_allclose(weight, 1 + 0.5 * np.outer(x, y), rtol=1e-6)


def test_ojas_rule_finds_the_first_principal_component() -> None:
    turned = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
    inputs = RNG.normal(size=(20_000, 5)) * [2.0, 1.0, 0.8, 0.5, 0.3] @ turned
    first = np.linalg.eigh(np.cov(inputs.T))[1][:, -1]
    start = RNG.normal(size=(5, 2)) * 0.1
    _, weight = fm.brain.learn(fm.brain.Oja(0.001), start, inputs)
    np.testing.assert_allclose(np.linalg.norm(weight, axis=0), 1.0, atol=0.02)
    np.testing.assert_allclose(np.abs(first @ weight), 1.0, atol=0.02)


def test_bcm_selects_one_pattern_and_answers_it_with_its_rarity() -> None:
    patterns = np.array([[1.0, 0.2], [0.2, 1.0]])
    inputs = patterns[RNG.integers(0, 2, 60_000)]
    start = np.array([[0.5, 0.4], [0.4, 0.5]])
    rule = fm.brain.BCM(rate=0.002, memory=50)
    _, weight = fm.brain.learn(rule, start, inputs)
    answers = patterns @ np.asarray(weight)
    np.testing.assert_allclose(answers, [[2.0, 0.0], [0.0, 2.0]], atol=0.15)


@pytest.mark.parametrize("delay", [-40, -7, -1, 0, 1, 7, 40])
def test_the_window_of_pairs_is_the_formula(delay: int) -> None:
    rule = fm.brain.PairSTDP(0.02, 0.025, time_plus=17.0, time_minus=34.0)
    pre, post = np.zeros(STEPS, bool), np.zeros(STEPS, bool)
    pre[60], post[60 + delay] = True, True
    change = run(rule, pre, post, 0.5) - 0.5
    sign = 0.02 * np.exp(-delay / 17) if delay >= 0 else -0.025 * np.exp(delay / 34)
    assert change == pytest.approx(sign, abs=1e-6)
    assert rule.window(delay) == pytest.approx(sign, abs=1e-7)


def test_all_pairs_of_spikes_count() -> None:
    pre, post = RNG.random((2, STEPS)) < 0.1
    rule = fm.brain.PairSTDP(0.001, 0.0012)
    delays = np.flatnonzero(post)[None] - np.flatnonzero(pre)[:, None]
    expected = 0.5 + np.asarray(rule.window(delays)).sum()
    assert run(rule, pre, post, 0.5) == pytest.approx(expected, abs=1e-5)


def test_weights_stay_within_their_bounds() -> None:
    pre, post = np.tile([True, False, False], 40), np.tile([False, True, False], 40)
    assert run(fm.brain.PairSTDP(0.2, 0.0), pre, post, 0.5) == 1
    assert run(fm.brain.PairSTDP(0.0, 0.2), pre, post, 0.5) == 0


def test_triplets_are_the_papers_sums() -> None:
    rule = fm.brain.TripletSTDP(potentiation=1e-3)
    pre, post = RNG.random((2, STEPS)) < 0.1
    before, after = np.flatnonzero(pre), np.flatnonzero(post)

    def trace(spikes: np.ndarray, now: int, time: float, same: bool) -> float:
        ago = now - spikes[spikes <= now if same else spikes < now]
        return float(np.exp(-ago / time).sum())

    change = 0.0
    for t in before:
        size = 7e-3 + 2.3e-4 * trace(before, t, 101.0, same=False)
        change -= trace(after, t, 33.7, same=False) * size
    for t in after:
        size = 1e-3 + 6.2e-3 * trace(after, t, 125.0, same=False)
        change += trace(before, t, 16.8, same=True) * size
    assert run(rule, pre, post, 0.5) == pytest.approx(0.5 + change, abs=1e-5)


@pytest.mark.parametrize(("weight", "up", "down"), [(0.5, 0.5, 0.5), (2.0, 0.0, 1.0)])
def test_weight_dependence_fades_towards_the_bound(
    weight: float, up: float, down: float
) -> None:
    rule = fm.brain.WeightDependentSTDP(0.01, 0.02, maximum=2.0 if weight > 1 else 1.0)
    one = jnp.ones((1, 1))
    stronger = rule.on_post(jnp.array(weight), one, one) - weight
    weaker = rule.on_pre(jnp.array(weight), one, one) - weight
    assert float(stronger[0]) == pytest.approx(0.01 * up, abs=1e-6)
    assert float(weaker[0]) == pytest.approx(-0.02 * down, abs=1e-6)


def test_weight_dependence_with_exponent_0_is_the_pair_rule() -> None:
    pre, post = RNG.random((2, STEPS)) < 0.1
    additive = run(fm.brain.PairSTDP(), pre, post, 0.5)
    faded = run(fm.brain.WeightDependentSTDP(exponent=0.0), pre, post, 0.5)
    assert faded == pytest.approx(additive, abs=1e-6)


def test_homeostasis_brings_a_cell_to_its_rate() -> None:
    cell, rule = fm.brain.LIF(), fm.brain.Homeostasis(target=20.0, speed=0.3)

    @jax.jit
    def live() -> tuple[jax.Array, jax.Array]:
        def step(carry, _):
            state, offset = carry
            current = jnp.array([2.0, 3.0]) - offset / cell.resistance
            state, spikes = cell.step(state, current)
            return (state, rule.step(offset, spikes)), spikes

        start = cell.init_state((2,)), rule.init_state(2)
        (_, offset), spikes = jax.lax.scan(step, start, length=8000)
        return offset, spikes.astype(jnp.float32)

    offset, spikes = live()
    np.testing.assert_allclose(spikes[-4000:].sum(0) / 4, 20.0, atol=1)
    identity = 0.3 * (spikes.sum(0) - 20.0 * 8)
    np.testing.assert_allclose(offset, identity, atol=0.01)


def test_bad_settings_are_said() -> None:
    with pytest.raises(InputError, match="must be a time above 0 ms"):
        fm.brain.PairSTDP(time_plus=0)
    with pytest.raises(InputError, match="must be above the minimum"):
        fm.brain.PairSTDP(maximum=-1)
    with pytest.raises(InputError, match=r"Got \(3, 1\) and \(10, 2\)"):
        fm.brain.learn(fm.brain.Oja(), np.ones((3, 1)), np.ones((10, 2)))

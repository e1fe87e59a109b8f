"""The biological neuron beside the artificial one.

Both add up weighted inputs. The artificial one then says a number, at once, and the
same one each time. The biological one says spikes over time: inputs count only if they
arrive together, it pauses after a spike, where on its branches they arrive matters, and
with noise the same input gives another answer each time.

Run with `python examples/two_neurons.py [FOLDER]`; with a folder, pictures go there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import numpy as np

import fathom as fm
from fathom.report import brain_dynamics


def inputs(*times: int) -> np.ndarray:
    """Three inputs of 5 mV, each at its time, over 40 ms."""
    arriving = np.zeros(40, np.float32)
    np.add.at(arriving, list(times), 5.0)
    return arriving


def main() -> None:
    artificial = fm.Neuron([5, 5, 5], bias=-15, activation="step")
    biological = fm.brain.LIF.biological()
    print("Three inputs of weight 5, threshold 15 above rest:")
    print(f"  artificial: {[int(artificial([1, 1, 1])) for _ in range(5)]}, each time")
    for name, times in (("together", (10, 10, 10)), ("spread", (5, 10, 15))):
        run = fm.brain.simulate(biological, inputs(*times))
        print(f"  biological, {name}: {int(run.spikes.sum())} spike(s)")
    twice = inputs(10, 10, 10, 11, 11, 11)
    spikes = int(fm.brain.simulate(biological, twice).spikes.sum())
    print(f"  biological, together, and again 1 ms later: {spikes} (it is refractory)")

    branches = fm.brain.Dendrite("saturating", scale=8.0)
    cell = fm.brain.LIF.biological(dendrite=branches)
    places = np.zeros((2, 2, 3), np.float32)
    places[0] = [[18, 0, 0], [6, 6, 6]]
    one, three = fm.brain.simulate(cell, places).spikes.sum(0)
    print(f"18 mV on one branch: {int(one)} spike(s); on three: {int(three)}")

    steady = np.full(1000, 1.45, np.float32)
    noisy = fm.brain.LIF(noise=2.0)
    keys = jax.random.split(jax.random.key(0), 20)
    trials = jax.vmap(lambda key: fm.brain.simulate(noisy, steady, key=key))(keys)
    counts = np.asarray(trials.spikes).sum(1)
    quiet = int(fm.brain.simulate(fm.brain.LIF(), steady).spikes.sum())
    print(f"The same current for 1 s, without noise: {quiet} spikes, always")
    print(f"  with noise of 2 mV, in 20 trials: {counts.tolist()}")
    print(f"  mean {counts.mean():.1f}, Fano factor {counts.var() / counts.mean():.2f}")
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        folder.mkdir(parents=True, exist_ok=True)
        pictures = {
            "voltage": brain_dynamics.membrane_potential(
                fm.brain.simulate(noisy, steady[:200], key=keys[0]), noisy
            ),
            "trials": brain_dynamics.spike_raster(np.asarray(trials.spikes).T),
        }
        for name, picture in pictures.items():
            picture.chart.write_html(folder / f"{name}.html")


if __name__ == "__main__":
    main()

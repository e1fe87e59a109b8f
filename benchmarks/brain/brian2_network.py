"""Brian2's side of `benchmarks.brain.dynamics`; runs in Brian2's own environment.

    python brian2_network.py NETWORKS.npz DT FOLDER

Every network of the file is run as Cython code, for its rate and weights. The first is
also built as a C++ program in FOLDER, which the caller then runs. Prints one JSON line.
"""

from __future__ import annotations

import json
import sys
import time

import brian2 as b
import numpy as np
from brian2 import ms


def network(arrays: dict[str, np.ndarray], dt: float) -> tuple[b.Network, list]:
    b.start_scope()
    b.defaultclock.dt = dt * ms
    largest = float(arrays["largest"])
    cells = b.NeuronGroup(
        len(arrays["drive"]),
        """dv/dt = (-70 - v + drive) / (20*ms) : 1 (unless refractory)
        drive : 1 (constant)""",
        threshold="v >= -55",
        reset="v = -70",
        refractory=2 * ms,
        method="exact",
    )
    synapses = b.Synapses(
        cells,
        cells,
        """w : 1
        dpre/dt = -pre / (20*ms) : 1 (event-driven)
        dpost/dt = -post / (20*ms) : 1 (event-driven)""",
        on_pre="""v_post += w
        pre += 0.01*largest
        w = clip(w + post, 0, largest)""",
        on_post="""post -= 0.0105*largest
        w = clip(w + pre, 0, largest)""",
        namespace={"largest": largest},
    )
    synapses.connect(i=arrays["source"], j=arrays["target"])
    synapses.w = arrays["weight"]
    cells.drive = arrays["drive"]
    cells.v = arrays["voltage"]
    monitor = b.SpikeMonitor(cells)
    return b.Network(cells, synapses, monitor), [synapses, monitor]


def main() -> None:
    path, dt, folder = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    file = np.load(path)
    seeds = sorted({int(name.split("/")[0]) for name in file})
    nets = [
        {n.split("/")[1]: file[n] for n in file if n.startswith(f"{seed}/")}
        for seed in seeds
    ]
    b.prefs.codegen.target = "cython"
    found = []
    for arrays in nets:
        net, (synapses, monitor) = network(arrays, dt)
        net.store()
        seconds = []
        for _ in range(2):
            net.restore()
            start = time.perf_counter()
            net.run(1000 * ms)
            seconds.append(time.perf_counter() - start)
        rate = monitor.num_spikes / len(arrays["drive"])
        found.append({"rate": rate, "weight": float(np.mean(synapses.w[:]))})
        found[-1]["seconds"] = min(seconds)
    b.set_device("cpp_standalone", directory=folder, build_on_run=False)
    net, (synapses, monitor) = network(nets[0], dt)
    net.run(1000 * ms)
    start = time.perf_counter()
    b.device.build(directory=folder, compile=True, run=True, debug=False)
    built = time.perf_counter() - start
    rate = monitor.num_spikes / len(nets[0]["drive"])
    print(json.dumps({"cython": found, "cpp_rate": rate, "cpp_build": built}))


main()

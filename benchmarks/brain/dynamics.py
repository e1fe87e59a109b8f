"""1,000 cells with 10 % synapses that learn by STDP: Fathom beside Brian2.

    taskset -c 1 python -m benchmarks.brain.dynamics --peers ENVIRONMENT --folder BUILT

Both sides get the same networks: synapses, weights, drive and voltages at the start are
drawn once by NumPy. Five of them are run on each side, and rates and weights compared;
then the first one's second of simulated time is measured in alternating rounds, warm:
Brian2 as its C++ program reports it (`last_run_time`), Fathom as the call. What Brian2
built and answered stays in the folder, so that a second call only measures.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom import brain

CELLS, LARGEST, SEEDS = 1000, 0.1, 5
CELL = brain.LIF(time_constant=20, refractory=2, resistance=1)
RULE = brain.PairSTDP(0.01 * LARGEST, 0.0105 * LARGEST, maximum=LARGEST)
RESULTS = Path(__file__).parents[1] / "results" / "brain-dynamics.md"
TEXT = """One core, both sides in turns, warm; medians of the rounds. Wall time is that
of the simulation: Brian2 as its program reports it, Fathom as the call. CPU time of
Brian2 is that of the whole program, start and files with it. Compiling comes apart:
some 4 s for Fathom, some 30 s for Brian2's C++."""
PEER = Path(__file__).with_name("brian2_network.py")


def draw(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    exists = rng.random((CELLS, CELLS)) < 0.1
    np.fill_diagonal(exists, False)
    source, target = np.nonzero(exists)
    return {
        "source": source,
        "target": target,
        "weight": rng.uniform(0, LARGEST, len(source)).astype(np.float32),
        "drive": rng.uniform(12, 24, CELLS).astype(np.float32),
        "voltage": rng.uniform(-70, -55, CELLS).astype(np.float32),
        "largest": np.array(LARGEST),
    }


def ready(arrays: dict[str, np.ndarray], dt: float) -> Any:
    """Return a call that simulates one second."""
    matrix, exists = np.zeros((CELLS, CELLS)), np.zeros((CELLS, CELLS), bool)
    matrix[arrays["source"], arrays["target"]] = arrays["weight"]
    exists[arrays["source"], arrays["target"]] = True
    synapses = brain.Sparse.from_matrix(matrix, exists, delay=0)
    drive = jnp.tile(jnp.asarray(arrays["drive"]), (round(1000 / dt), 1))
    cells = CELL.init_state((CELLS,))._replace(voltage=jnp.asarray(arrays["voltage"]))
    state = brain.NetworkState(
        cells, jnp.zeros((0, CELLS)), RULE.init_state(CELLS, CELLS)
    )
    return lambda: jax.block_until_ready(
        brain.simulate_network(CELL, synapses, drive, dt=dt, rule=RULE, state=state)
    )


def timed(call: Any) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def program(folder: str) -> tuple[float, float]:
    """Run Brian2's C++ program; wall time of its loop, processor time of all of it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(["./main"], cwd=folder, check=True, capture_output=True)
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    info = Path(folder, "results", "last_run_info.txt").read_text("utf-8")
    return float(info.split()[0]), cpu


def compare(dt: float, folder: Path, peers: Path, rounds: int) -> dict[str, Any]:
    nets = [draw(seed) for seed in range(SEEDS)]
    flat = {f"{i}/{k}": v for i, net in enumerate(nets) for k, v in net.items()}
    np.savez(folder / "networks.npz", **flat)
    built = folder / f"cpp_{dt}"
    command = [peers / "bin" / "python", PEER, folder / "networks.npz", str(dt), built]
    answers = folder / f"answers_{dt}.json"
    if not answers.exists():
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        answers.write_text(done.stdout.splitlines()[-1], "utf-8")
    theirs = json.loads(answers.read_text("utf-8"))
    ours, calls = [], [ready(net, dt) for net in nets]
    for call in calls:
        run = call()
        weight = float(run.synapses.values().mean())
        ours.append({"rate": float(run.spikes.sum()) / CELLS, "weight": weight})
    start = [float(net["weight"].mean()) for net in nets]
    found = {"dt": dt, "start": start, "fathom": ours, "brian2": theirs}
    return {**found, "folder": str(built), "call": calls[0], "rounds": rounds}


def race(found: dict[str, Any]) -> None:
    """Measure both sides in alternating rounds."""
    call, folder = found.pop("call"), found.pop("folder")
    call()
    pairs = [(timed(call), program(folder)) for _ in range(found["rounds"])]
    for side, name in enumerate(("fathom", "brian2_cpp")):
        for kind, what in enumerate(("wall", "cpu")):
            values = [pair[side][kind] for pair in pairs]
            found[f"{name}_{what}"] = [statistics.median(values), min(values)]


def table(found: dict[str, Any]) -> list[str]:
    """Return the lines of one step length."""
    theirs, ours = found["brian2"]["cython"], found["fathom"]
    lines = [f"\n## Steps of {found['dt']:g} ms\n"]
    lines += [
        "| | Brian2, 5 networks | Fathom, 5 networks | same network, at most apart |"
    ]
    lines += ["|---|---|---|---|"]
    for name, unit, digits in (("rate", "Hz", 2), ("weight", "mV", 5)):
        sides = [[r[name] for r in side] for side in (theirs, ours)]
        apart = max(abs(a - b) for a, b in zip(*sides, strict=True))
        spans = [f"{min(v):.{digits}f} to {max(v):.{digits}f} {unit}" for v in sides]
        lines += [
            f"| {name} | {spans[0]} | {spans[1]} | {apart:.{digits + 1}f} {unit} |"
        ]
    lines += [
        "",
        "| one second of the first network | wall, s | least | CPU, s | least |",
    ]
    lines += ["|---|---|---|---|---|"]
    for key, name in (("fathom", "Fathom"), ("brian2_cpp", "Brian2, C++")):
        values = [*found[f"{key}_wall"], *found[f"{key}_cpu"]]
        cells = " | ".join(f"{v:.4f}" for v in values)
        lines += [f"| {name} | {cells} |"]
    ratio = found["brian2_cpp_wall"][0] / found["fathom_wall"][0]
    cython = min(r["seconds"] for r in theirs)
    lines += [
        "",
        f"Brian2's C++ program takes {ratio:.2f} times as long as Fathom; its Cython "
        f"code took {cython:.2f} s at least (measured earlier, so no ratio).",
    ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    places = options.folder.resolve(), options.peers
    lines = [f"# {__doc__.splitlines()[0]}\n", TEXT]
    for one in [compare(dt, *places, options.rounds) for dt in (0.1, 1.0)]:
        race(one)
        lines += table(one)
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

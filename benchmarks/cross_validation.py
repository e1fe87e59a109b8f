"""Cross-validation of a small network: 5 folds x 20 weight decays, beside its peers.

    python -m benchmarks.cross_validation [--rounds 3]

breast_cancer (569 x 30, standardized beforehand), a network 30-64-64-2, Adam, batches
of 32, 50 epochs: 100 runs of 750 steps. Every contestant is one fresh process from its
start to its end, imports and compilation included, and reads the same arrays:

- Fathom, with an empty cache of programs, and again with the cache of that run;
- scikit-learn's GridSearchCV over MLPClassifier with n_jobs=2 (its penalty is not
  decoupled, so that its scores differ);
- a loop over folds and decays in PyTorch with AdamW, with one thread, which is faster
  than two for a network of this size.

Wall time, processor time, which says more where others use the machine, and the memory
of the process with those that it starts, at most.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.environment import peers_python

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "cross_validation.json"
PARTS = HERE / "cross_validation_parts"
WANTED = 20.0


def main() -> None:
    """Run every contestant in its own processes, write and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-rounds", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = write_data(Path(folder))
        found = measure(data, args.rounds, args.peer_rounds)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    show(found)


def write_data(folder: Path) -> Path:
    """Write rows, classes and decays as arrays, and return the file."""
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)
    path = folder / "data.npz"
    np.savez(path, X=X, y=y, decays=np.geomspace(1e-3, 10, 20))
    return path


def measure(data: Path, rounds: int, peer_rounds: int) -> dict[str, Any]:
    """Return the figures of all contestants."""
    own, peers = sys.executable, str(peers_python())
    cold, warm = [], []
    for number in range(rounds):
        cache = str(data.parent / f"cache_{number}")
        cold.append(run(own, "fathom_part.py", data, FATHOM_CACHE_DIR=cache))
        warm.append(run(own, "fathom_part.py", data, FATHOM_CACHE_DIR=cache))
    return {
        "cores": os.cpu_count(),
        "fathom, nothing cached": cold,
        "fathom, programs cached": warm,
        "scikit-learn GridSearchCV n_jobs=2": [
            run(own, "sklearn_part.py", data) for _ in range(peer_rounds)
        ],
        "PyTorch loop": [run(peers, "torch_part.py", data) for _ in range(peer_rounds)],
    }


def run(python: str, part: str, data: Path, **more: str) -> dict[str, Any]:
    """Return wall seconds, memory and what a process says."""
    begin, before = time.perf_counter(), spent()
    path = os.pathsep.join([str(HERE.parent / "src"), str(HERE.parent)])
    process = subprocess.Popen(
        [python, str(PARTS / part), str(data)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **more},
    )
    most = 0.0
    while process.poll() is None:
        most = max(most, memory(process.pid))
        time.sleep(0.02)
    seconds = time.perf_counter() - begin
    assert process.stdout is not None
    said = json.loads(process.stdout.read().splitlines()[-1])
    cpu = round(spent() - before, 2)
    most = round(most)
    return {"seconds": round(seconds, 2), "cpu_seconds": cpu, "memory_mb": most, **said}


def spent() -> float:
    """Return the processor time of all processes that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def memory(pid: int) -> float:
    """Return the resident megabytes of a process and those it started (Linux)."""
    total = 0.0
    try:
        status = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")
        total += int(status[1].split()[0]) / 1024 if len(status) > 1 else 0
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return total
    return total + sum(memory(int(child)) for child in children)


def show(found: dict[str, Any]) -> None:
    """Print one line for each contestant, as a table for a page."""
    base = statistics.median(r["seconds"] for r in found["fathom, nothing cached"])
    print("| | seconds | against Fathom | processor seconds | MB | best accuracy |")
    print("|---|---|---|---|---|---|")
    for name, rounds in found.items():
        if name != "cores":
            seconds = statistics.median(r["seconds"] for r in rounds)
            cpu = statistics.median(r["cpu_seconds"] for r in rounds)
            most = max(r["memory_mb"] for r in rounds)
            print(
                f"| {name} | {seconds:.1f} | {seconds / base:.1f} | {cpu:.1f} | "
                f"{most:.0f} | "
                f"{rounds[-1]['accuracy']:.4f} |"
            )
    print(f"Wanted: {WANTED:.0f} times as fast as either.")


if __name__ == "__main__":
    main()

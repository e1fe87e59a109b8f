"""The time of an ensemble beside that of single runs.

    python -m benchmarks.ensembles [--rounds 3] [--only digits]

Five members by `fathom.train_ensemble`, five runs of `fathom.train` one after the other
with the same seeds, and one run. Every measurement is a process of its own without a
compilation cache on disk: "fresh" is from its start to the first trained result, with
import and compilation, and "warm" the median of further calls with other seeds. Ratios
are of one round, and the table has their median.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
KINDS = ("ensemble", "five", "one")
TASKS = ("breast_cancer", "digits", "middle")
MEMBERS, WARM_CALLS = 5, 2


def task(name: str) -> tuple[Any, Any, int]:
    """Return network, data and epochs."""
    import numpy as np

    import fathom as fm

    if name != "middle":
        return "mlp", fm.datasets.load(name), 50
    layers = [fm.Dense(512, "relu"), fm.Dense(512, "relu"), fm.Dense(10, "softmax")]
    rng = np.random.default_rng(0)
    y = rng.integers(10, size=12_800)
    X = rng.normal(size=(len(y), 784)) + rng.normal(size=(10, 784))[y]
    return fm.Network(layers, (784,)), (X.astype(np.float32), y), 2


def trainer(kind: str, name: str) -> Callable[[int], Any]:
    """Return what trains from a seed on."""
    import fathom as fm

    network, data, epochs = task(name)
    how: dict[str, Any] = {"epochs": epochs, "batch_size": 128 if name == "middle"
                           else 32}  # fmt: skip

    def train(seed: int) -> None:
        if kind == "ensemble":
            fm.train_ensemble(network, data, n_members=MEMBERS, seed=seed, **how)
            return
        for i in range(MEMBERS if kind == "five" else 1):
            fm.train(network, data, seed=seed + i, record=False, **how)

    return train


def child(kind: str, name: str, started: float) -> None:
    """Print the seconds of a fresh process and of warm calls."""
    train = trainer(kind, name)
    train(0)
    fresh, warm = time.time() - started, []
    for call in range(1, 1 + WARM_CALLS):
        begin = time.perf_counter()
        train(call * MEMBERS)
        warm.append(time.perf_counter() - begin)
    print(json.dumps({"fresh": fresh, "warm": statistics.median(warm)}))


def measured(kind: str, name: str) -> dict[str, float]:
    """Return the seconds of one kind of training, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ensembles", "--child", kind, name]
    own = {**os.environ, "FATHOM_CACHE_DIR": ""}
    done = subprocess.run([*command, str(time.time())], capture_output=True, text=True,
                          check=True, env=own)  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def table(found: list[dict[str, Any]]) -> str:
    """Return medians, and ratios of the same round, as Markdown."""
    heads = ("network, data", "process", "one run", "five runs", "ensemble of five",
             "ensemble / five runs", "ensemble / one run")  # fmt: skip
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for name in dict.fromkeys(one["task"] for one in found):
        own = [one for one in found if one["task"] == name]
        for when in ("fresh", "warm"):
            seconds = {k: statistics.median(one[k][when] for one in own) for k in KINDS}
            ratios = [
                statistics.median(one["ensemble"][when] / one[k][when] for one in own)
                for k in ("five", "one")
            ]
            cells = [f"{seconds[k]:.2f} s" for k in ("one", "five", "ensemble")]
            cells += [f"{ratio:.2f}" for ratio in ratios]
            lines.append(f"| {name} | {when} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure in rounds, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--child", nargs=3)
    asked = parser.parse_args()
    if asked.child:
        kind, name, started = asked.child
        child(kind, name, float(started))
        return
    found = []
    for number in range(asked.rounds):
        order = KINDS if number % 2 == 0 else KINDS[::-1]
        for name in asked.only:
            own = {kind: measured(kind, name) for kind in order}
            found.append({"task": name, **own})
        write(found, number + 1)
    print(table(found))


def write(found: list[dict[str, Any]], rounds: int) -> None:
    """Write the results of so many rounds."""
    (RESULTS / "ensembles.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "ensembles.md").write_text(
        f"# The time of an ensemble\n\n`python -m benchmarks.ensembles` on "
        f"{os.cpu_count()} cores, medians of {rounds} rounds.\n\n{table(found)}"
    )


if __name__ == "__main__":
    main()

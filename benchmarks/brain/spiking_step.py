"""The training step of a spiking network, beside snnTorch, spyx and Norse.

    SPIKING_PEERS=/path/to/python taskset -c 1 python -m benchmarks.brain.spiking_step

The peers run in an environment of their own (snntorch 1.0.0, spyx 1.0.0, norse 1.1.0),
each side in a process of its own, by turns, in rounds; warm, compiling apart. Before
timing, every side computes the first batch with the same weights: spikes, logits and
gradient are compared with Fathom's, and the table says what agrees and what differs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SIDES = {"fathom": "spiking_fathom.py", "snntorch": "spiking_peers.py",
         "spyx": "spiking_peers.py", "norse": "spiking_peers.py"}  # fmt: skip
DIFFERENCES = {
    "snntorch": "",
    "spyx": "spikes one step later, gradient through the reset, decays learn",
    "norse": "resets to 0, other gradient",
}
HEADS = ("batch", "side", "wall, ms", "least wall, ms", "CPU, ms", "CPU / Fathom's",
         "spikes", "logits", "gradient")  # fmt: skip


def run_side(side: str, batch: int, rounds: int) -> tuple[dict[str, float], Any]:
    """Return the times of a side, and what it computes of the first batch."""
    python = sys.executable
    if side != "fathom":
        python = os.environ["SPIKING_PEERS"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.npz"
        words = [python, str(HERE / SIDES[side]), side, str(batch), str(rounds), out]
        done = subprocess.run(
            list(map(str, words)), cwd=ROOT, capture_output=True, text=True,
            check=False, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{side} failed:\n{done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1]), dict(np.load(out))


def agreement(side: str, own: Any, theirs: Any) -> tuple[str, str, str]:
    """Return how spikes, logits and gradients compare with Fathom's."""
    ours, other = own["spikes"], theirs["spikes"]
    if side == "spyx":
        ours, other = ours[:, :-1], other[:, 1:]
    equal = float((ours == other).mean())
    gaps = [float(np.abs(own[k] - theirs[k]).max() / np.abs(own[k]).max())
            for k in ("logits", "gradient")]  # fmt: skip
    return f"{100 * equal:.2f} % equal", f"{gaps[0]:.1e}", f"{gaps[1]:.1e}"


def rows(batch: int, turns: int, rounds: int) -> list[tuple[str, ...]]:
    """Return the rows of the table for one batch size."""
    times: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    found: dict[str, Any] = {}
    for _ in range(turns):
        for side in SIDES:
            measured, found[side] = run_side(side, batch, rounds)
            times[side].append(measured)
    middle = {
        side: {k: statistics.median(one[k] for one in all_of) for k in all_of[0]}
        for side, all_of in times.items()
    }
    table = []
    for side, own in middle.items():
        told = ("", "", "")
        if side != "fathom":
            told = agreement(side, found["fathom"], found[side])
        ratio = own["cpu_ms"] / middle["fathom"]["cpu_ms"]
        table.append((
            str(batch), side, f"{own['wall_ms']:.2f}", f"{own['least_wall_ms']:.2f}",
            f"{own['cpu_ms']:.2f}", f"{ratio:.1f}", *told,
        ))  # fmt: skip
    return table


def main() -> None:
    """Measure and print the table, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--batches", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    for batch in asked.batches:
        measured = rows(batch, asked.turns, asked.rounds)
        lines += ["| " + " | ".join(row) + " |" for row in measured]
    notes = [f"- {side}: {how}." for side, how in DIFFERENCES.items() if how]
    text = "\n".join([*lines, "", "Known differences from Fathom's step:", *notes])
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()

"""Encoding models beside himalaya and MNE: the same penalties, predictions, and time.

    python -m benchmarks.brain.encoding PEERS_PYTHON [ROUNDS]

Both sides run in turns on one core. Needs an environment with himalaya, mne and torch.
Writes benchmarks/results/brain-encoding.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.brain.encoding_tasks import LAGS, N_TEST, TASKS, banded

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "brain-encoding.md"
PEERS = {
    "ridge": "himalaya KernelRidgeCV",
    "ridge with intercept": "himalaya KernelRidgeCV",
    "banded": "himalaya random search",
    "temporal": "MNE TimeDelayingRidge",
    "temporal, all lags held": "MNE with scikit-learn's Ridge",
}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run(command: list[str], folder: str, side: str) -> dict[str, Any]:
    """Run one side on the core that this process is on, and return its times."""
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    subprocess.run([*command, folder], check=True, env=environment)
    return json.loads((Path(folder) / f"{side}.json").read_text("utf-8"))


def r2(y: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    missed = ((y - predictions) ** 2).sum(axis=0)
    return 1 - missed / ((y - y.mean(axis=0)) ** 2).sum(axis=0)


def agreement(folder: str) -> dict[str, str]:
    """Say for each task how far both sides computed the same."""
    said = {}
    for task in TASKS:
        ours, theirs = (
            np.load(Path(folder) / f"{side}-{task}.npz") for side in ("ours", "peers")
        )
        apart = np.abs(ours["predictions"] - theirs["predictions"])
        # MNE takes what lies before the recording as 0, not as the mean of it.
        apart = apart[LAGS:].max() if "temporal" in task else apart.max()
        if "alphas" in ours:
            same = np.isclose(ours["alphas"], theirs["alphas"], rtol=1e-3).mean()
            said[task] = f"{same:.2%} same penalties, predictions within {apart:.1e}"
        elif "temporal" in task:
            coef = np.abs(ours["coef"] - theirs["coef"]).max()
            said[task] = f"coefficients within {coef:.1e}, predictions {apart:.1e}"
        else:
            y = banded()["y"][-N_TEST:]
            both, plain = r2(y, ours["predictions"]), r2(y, ours["plain"])
            other = r2(y, theirs["predictions"])
            unused = ours["bands"].copy()
            unused[np.arange(len(both)) % 3, np.arange(len(both))] = 0
            said[task] = (
                f"R2 {both.mean():.4f} and {other.mean():.4f} (plain ridge "
                f"{plain.mean():.4f}; unused bands {unused.sum(0).mean() / 2:+.4f})"
            )
    return said


def main() -> None:
    peers_python, rounds = sys.argv[1], int((sys.argv[2:] or ["3"])[0])
    ours = [sys.executable, "-m", "benchmarks.brain.encoding_ours"]
    peers = [peers_python, str(HERE / "encoding_peers.py")]
    times: dict[str, list[dict[str, Any]]] = {"ours": [], "peers": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            times["ours"].append(run(ours, folder, "ours"))
            times["peers"].append(run(peers, folder, "peers"))
        said = agreement(folder)
    lines = [
        "| task | Fathom wall / CPU s | peer wall / CPU s | peer | ratio of CPU | both compute the same? |",  # noqa: E501
        "|---|---|---|---|---|---|",
    ]
    for task in TASKS:
        middle = {
            (side, what): float(np.median([r[task][what] for r in times[side]]))
            for side in times
            for what in ("wall", "processor")
        }
        ratios = [
            b[task]["processor"] / a[task]["processor"]
            for a, b in zip(times["ours"], times["peers"], strict=True)
        ]
        lines.append(
            f"| {task} | {middle['ours', 'wall']:.3f} / "
            f"{middle['ours', 'processor']:.3f} | {middle['peers', 'wall']:.3f} / "
            f"{middle['peers', 'processor']:.3f} | {PEERS[task]} | "
            f"{np.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | "
            f"{said[task]} |"
        )
    table = "\n".join(lines)
    print(table)
    RESULTS.write_text(HEAD + table + "\n", "utf-8")


HEAD = """# Encoding models beside himalaya and MNE

One core, one thread, both sides in turns, each warm, float32 (MNE's own solver
computes in float64); the median of the rounds, in brackets the range of the ratios.
himalaya 0.4.11 with PyTorch 2.15.0, MNE 1.13.2 with numba 0.68.1.

- ridge: 1,000 rows, 500 features at 4 delays, 2,000 targets, 5 folds, 20 penalties;
  himalaya on PyTorch, its fastest back end, with its kernel solver, faster than its
  other one here.
- banded: 600 training rows, bands of 20, 200 and 800 features, 500 targets, each driven
  by one band, the same 20 weights of the bands, 20 penalties, 5 folds. R2 on 200 new
  rows; at most 0.5. Simulated.
- temporal: 10 minutes at 64 Hz, 16 bands, 33 lags, 128 channels, one penalty. MNE does
  it in two ways: from correlations in float64, and with all delayed features held.

`python -m benchmarks.brain.encoding PEERS_PYTHON`

"""

if __name__ == "__main__":
    main()

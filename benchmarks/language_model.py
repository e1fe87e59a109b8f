"""Bits per character of a transformer after equal steps: Fathom beside PyTorch.

    FATHOM_PEERS=FOLDER python -m benchmarks.language_model [--seeds 3] [--steps 600]

Both learn from the same batches of Python's standard library in the same order, with
the same architecture (4 blocks of width 128), learning rates, weight decay and
clipping; each starts from its own usual values, PyTorch also from GPT-2's.
"""

from __future__ import annotations

import argparse
import os
import runpy
import subprocess
import tempfile
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from fathom.training.plan import Plan
from fathom.training.settings import Settings

EXAMPLE = Path(__file__).parents[1] / "examples" / "language_model.py"
RATE, DECAY, BATCH = 1e-3, 0.01, 16


def export(functions: dict, seed: int, n_steps: int, path: Path) -> None:
    """Write the batches, their order and the learning rates of the example's run."""
    training, held = functions["sources"](2_000_000)
    x, y = functions["windows"](training, BATCH * n_steps, seed)
    held_x, held_y = functions["windows"](held, 256, seed=1)
    settings = Settings(
        "cross_entropy", learning_rate=RATE, schedule="warmup_cosine", epochs=1
    )
    np.savez(
        path, x=x, y=y, held_x=held_x, held_y=held_y, weight_decay=DECAY,
        order=Plan(len(x), BATCH).order(seed, 0),
        rates=settings.learning_rates(n_steps)[0],
    )  # fmt: skip


def peer(path: Path, seed: int, init: str) -> float:
    python = Path(os.environ["FATHOM_PEERS"]) / "bin" / "python"
    words = ["-m", "benchmarks.peers.torch_language_model", path, "--init", init]
    done = subprocess.run(
        [python, *words, "--seed", str(seed)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=600)
    arguments = parser.parse_args()
    functions = runpy.run_path(str(EXAMPLE))
    found: dict[str, list[float]] = {"Fathom": [], "default": [], "gpt": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batches.npz"
        for seed in range(arguments.seeds):
            export(functions, seed, arguments.steps, path)
            scores = functions["run"](seed=seed, n_steps=arguments.steps)
            found["Fathom"].append(float(scores["bits_per_character"]))
            for init in ("default", "gpt"):
                found[init].append(peer(path, seed, init))
    print(f"bits per character after {arguments.steps} steps, held-out files")
    names = {"default": "PyTorch", "gpt": "PyTorch, GPT-2's start values"}
    for key, values in found.items():
        spread = stdev(values) if len(values) > 1 else 0.0
        print(f"{names.get(key, key):30} {mean(values):.3f} +- {spread:.3f}")


if __name__ == "__main__":
    main()

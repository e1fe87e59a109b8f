"""What privacy costs: the time of a step, private and not, beside Opacus.

    python -m benchmarks.privacy [--peers PYTHON] [--keep]

Rows and labels are random: only the time counts. Rounds alternate between Fathom and,
where PYTHON has it, Opacus on PyTorch; medians. `--keep` writes results/privacy.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

import fathom as fm

ROUNDS = 3
HERE = Path(__file__).resolve().parent
TASKS = {
    "64-64-64-10, batch 32": {
        "kind": "mlp", "inputs": 64, "hidden": [64, 64], "rows": 1437,
        "batch_size": 32, "epochs": 8},
    "64-64-64-10, batch 256": {
        "kind": "mlp", "inputs": 64, "hidden": [64, 64], "rows": 1437,
        "batch_size": 256, "epochs": 20},
    "784-512-512-10, batch 128": {
        "kind": "mlp", "inputs": 784, "hidden": [512, 512], "rows": 2048,
        "batch_size": 128, "epochs": 1},
    "CNN 28x28 16-32 + 64, batch 64": {
        "kind": "cnn", "rows": 1024, "batch_size": 64, "epochs": 1},
}  # fmt: skip


def network(task: dict[str, Any]) -> fm.Network:
    """Return the network of a task."""
    if task["kind"] == "cnn":
        layers = [
            fm.Conv(16, 3, activation="relu"), fm.MaxPool(2),
            fm.Conv(32, 3, activation="relu"), fm.MaxPool(2),
            fm.Flatten(), fm.Dense(64, "relu"), fm.Dense(10, "softmax"),
        ]  # fmt: skip
        return fm.Network(layers, (28, 28, 1))
    hidden = [fm.Dense(units, "relu") for units in task["hidden"]]
    return fm.Network([*hidden, fm.Dense(10, "softmax")], (task["inputs"],))


def seconds(task: dict[str, Any], privacy: fm.DifferentialPrivacy | None) -> float:
    """Return the seconds per step over some epochs, after one to warm up."""
    random, made = np.random.default_rng(0), network(task)
    x = random.normal(size=(task["rows"], *made.known_input_shape))
    y = random.integers(0, 10, task["rows"])
    result = fm.train(
        made, (x.astype(np.float32), y), privacy=privacy, record=False,
        batch_size=task["batch_size"], epochs=1 + task["epochs"],
    )  # fmt: skip
    steps = task["epochs"] * -(-task["rows"] // task["batch_size"])
    return float(result.history["seconds"][1:].sum()) / steps


def measured(task: dict[str, Any], peers: str | None) -> dict[str, float]:
    """Return the medians over the rounds, in milliseconds."""
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        setting = fm.DifferentialPrivacy(1.0, 1.0)
        found.setdefault("usual", []).append(seconds(task, None))
        found.setdefault("private", []).append(seconds(task, setting))
        if peers is not None:
            script = HERE / "peers" / "opacus_steps.py"
            command = [peers, str(script), json.dumps(task)]
            said = subprocess.run(command, capture_output=True, text=True, check=True)
            own = json.loads(said.stdout.splitlines()[-1])
            for name, value in own.items():
                found.setdefault(f"peer {name}", []).append(value)
    return {name: 1000 * statistics.median(each) for name, each in found.items()}


def table(rows: dict[str, dict[str, float]]) -> str:
    """Return the results as Markdown."""
    lines = ["| ms a step | usual | private | ratio | PyTorch | Opacus | ratio | "
             "Fathom / Opacus |", "|" + " --- |" * 8]  # fmt: skip
    for name, own in rows.items():
        cells = [own["usual"], own["private"]]
        text = [f"{own['private'] / own['usual']:.1f}"]
        if "peer private" in own:
            usual, private = own["peer usual"], own["peer private"]
            text += [f"{usual:.3g}", f"{private:.3g}", f"{private / usual:.1f}",
                     f"{own['private'] / private:.2f}"]  # fmt: skip
        else:
            text += ["", "", "", ""]
        cells_text = [f"{cell:.3g}" for cell in cells]
        lines.append("| " + " | ".join([name, *cells_text, *text]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure all tasks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", help="a Python that has torch and opacus")
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    rows = {name: measured(task, given.peers) for name, task in TASKS.items()}
    print(table(rows))
    if given.keep:
        head = (__doc__ or "").split("\n", 1)[0]
        text = f"# {head}\n\n`python -m benchmarks.privacy`, medians of {ROUNDS}.\n\n"
        path = HERE / "results" / "privacy.md"
        path.write_text(text + table(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()

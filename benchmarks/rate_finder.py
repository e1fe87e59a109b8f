"""How stable the learning rate finder is, and how good what it suggests.

    python -m benchmarks.rate_finder [--repeats 5] [--only digits gru]

Every repeat has a seed of its own, for the split of the rows, the start values and the
order of the rows. In each, the finder and a classic exponential sweep suggest a rate
from the training and validation rows; then the network is trained in full, with early
stopping, at the suggested rates and at Adam's usual 0.001, and measured on the same
test rows, which nobody has seen.

The sweep is the usual one (Smith 2017, in the form of PyTorch Lightning's finder): one
run of 100 steps from 1e-8 to 1, the loss smoothed by an exponential mean of 0.98, the
first 10 steps and the last left out, and the rate where the loss falls most steeply,
before it is 4 times the lowest.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import fathom as fm
from fathom import optimizers
from fathom.agreement import usual_loss
from fathom.experiment import ExperimentSettings, split_rows
from fathom.models.recipes import Recipe
from fathom.preparation import Held, prepare
from fathom.training.objective import Objective
from fathom.training.packing import packing_for
from fathom.training.plan import Plan, with_padding_row
from fathom.training.step import Numbers, Rule, Weights, make_step
from fathom.variables import split_state

FIRST_SEED = 5000  # the rule was chosen on seeds below
USUAL = 1e-3
STEPS, LOWEST, HIGHEST, SMOOTHING, SKIPPED = 100, 1e-8, 1.0, 0.98, 10
RESULTS = Path(__file__).parent / "results" / "rate_finder.json"


def small_cnn(shape: Any, outputs: int, activation: str) -> fm.Network:
    """Return two convolutions and a dense layer."""
    layers = [fm.Conv(8, 3, "relu"), fm.MaxPool(2), fm.Conv(16, 3, "relu"),
              fm.Flatten(), fm.Dense(outputs, activation)]  # fmt: skip
    return fm.Network(layers, shape)


def small_gru(shape: Any, outputs: int, activation: str) -> fm.Network:
    """Return a GRU of 24 units and a dense layer."""
    return fm.Network([fm.GRU(24), fm.Dense(outputs, activation)], shape)


TASKS: dict[str, tuple[Any, str]] = {
    "iris": ("mlp", "iris"),
    "wine": ("mlp", "wine"),
    "breast_cancer": ("mlp", "breast_cancer"),
    "diabetes": ("mlp", "diabetes"),
    "digits": ("mlp", "digits"),
    "digits, CNN": (Recipe(small_cnn, "image"), "digits"),
    "digits, GRU": (Recipe(small_gru, "sequence"), "digits"),
}


def sweep(network: Any, rows: Any, held: Any, seed: int) -> float:
    """Return the rate at which the loss of a growing rate falls most steeply."""
    prepared = prepare(network, rows, None, Held(held, seed))
    network, training = prepared.network, prepared.training
    rule = Rule(Objective(network, usual_loss(network)), optimizers.adam())
    tree, state = split_state(network.init(seed))
    packing = packing_for(tree, True)
    plan = Plan(len(training.weight), 32)
    epochs = range(-(-STEPS // plan.n_steps))
    orders = np.concatenate([plan.order(seed, epoch) for epoch in epochs])[:STEPS]
    rates = np.geomspace(LOWEST, HIGHEST, STEPS).astype(np.float32)
    numbers = Numbers(jnp.float32(0), jnp.float32(0), jax.random.key(seed))

    @jax.jit
    def run(weights: Weights, batches: Any, data: Any) -> jax.Array:
        step = make_step(rule, packing, numbers)

        def body(weights: Weights, this: Any) -> Any:
            rows, rate, number = this
            batch = jax.tree.map(lambda array: array[rows], data)
            weights, sums = step(weights, batch, rate, number)
            return weights, sums.loss / sums.weight

        return lax.scan(body, weights, batches)[1]

    packed = packing.pack(tree)
    start = Weights(packed, state, rule.optimizer.direction.init(packed))
    batches = orders, rates, np.arange(STEPS, dtype=np.int32)
    losses = np.asarray(run(start, batches, with_padding_row(training)), float)
    return float(rates[steepest(losses)])


def steepest(losses: np.ndarray) -> int:
    """Return the step at which the smoothed loss falls most steeply.

    The sweep ends where it is 4 times the lowest so far.
    """
    smooth: list[float] = []
    mean = 0.0
    for i, value in enumerate(losses):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        smooth.append(mean / (1 - SMOOTHING ** (i + 1)))
        if not np.isfinite(mean) or smooth[-1] > 4 * min(smooth):
            break
    return SKIPPED + int(np.argmin(np.gradient(smooth[SKIPPED:-1])))


def full(network: Any, parts: Any, rate: float, seed: int) -> float:
    """Return accuracy or R2 on the test rows after a full training."""
    table, split = parts
    settings = ExperimentSettings(seed=seed).resolved(table)
    short = not isinstance(network, str)
    model = fm.train(
        network,
        table.rows(split.training),
        learning_rate=rate,
        epochs=100 if short else settings.training().epochs,
        validation=table.rows(split.validation),
        early_stopping=10 if short else settings.training().early_stopping,
        seed=seed,
        record=False,
    ).model
    values = model.evaluate(table.rows(split.test))
    return values["accuracy"] if "accuracy" in values else values["r2"]


def measure(name: str, repeats: int) -> dict[str, Any]:
    """Return what the suggestions are, and what comes of them, in every repeat."""
    network, data = TASKS[name]
    table = fm.datasets.load(data)
    rows = []
    for repeat in range(repeats):
        seed = FIRST_SEED + 100 * repeat
        split = split_rows(table, ExperimentSettings(seed=seed))
        training, held = table.rows(split.training), table.rows(split.validation)
        begin = time.perf_counter()
        found = fm.find_learning_rate(network, training, validation=held, seed=seed)
        seconds = time.perf_counter() - begin
        rates = {"finder": found.best, "sweep": sweep(network, training, held, seed)}
        rates["usual"] = USUAL
        scores = {
            which: full(network, (table, split), float(rate or USUAL), seed)
            for which, rate in rates.items()
        }
        rows.append({"seed": seed, "low": found.low, "high": found.high,
                     "rates": rates, "scores": scores, "seconds": seconds})  # fmt: skip
    return {"task": name, "repeats": rows}


def line(result: dict[str, Any]) -> str:
    """Return a row of the table: medians, spreads in powers of ten, mean scores."""
    rows = result["repeats"]
    cells = [result["task"]]
    for which in ("finder", "sweep"):
        rates = [row["rates"][which] for row in rows]
        cells += [f"{np.median(rates):.1e}", f"{np.ptp(np.log10(rates)):.2f}"]
    for which in ("finder", "usual", "sweep"):
        cells.append(f"{np.mean([row['scores'][which] for row in rows]):.3f}")
    first, then = rows[0]["seconds"], np.median([r["seconds"] for r in rows[1:]])
    return f"| {' | '.join(cells)} | {first:.1f}, then {then:.1f} |"


def main() -> None:
    """Measure every task, print the table and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(TASKS), choices=list(TASKS))
    given = parser.parse_args()
    results = []
    print("| | finder | spread | sweep | spread | finder | usual | sweep | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in given.only:
        results.append(measure(name, given.repeats))
        print(line(results[-1]), flush=True)
    if given.only == list(TASKS):
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

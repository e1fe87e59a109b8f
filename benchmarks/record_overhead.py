"""What recording costs: the same epochs with and without it, in turns.

    python -m benchmarks.record_overhead            # all, about 3 minutes
    python -m benchmarks.record_overhead small lstm

For each network: the time of a step in later epochs (where one step in 100 is
recorded), the cost of one recorded step, of a run's first 50 steps, and compiling.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ["FATHOM_CACHE_DIR"] = ""  # compile times are those of a first run

import jax
import jax.numpy as jnp
import numpy as np

import fathom as fm
from benchmarks.workloads import RESIDUAL_STD
from fathom.models.transformer import transformer_language_model
from fathom.training.loop import Run
from fathom.training.objective import Batch
from fathom.training.plan import in_blocks, with_padding_row
from fathom.training.progress import Data, Epoch
from fathom.training.settings import Settings
from fathom.training.step import Numbers

RESULTS = Path(__file__).parent / "results" / "record_overhead.json"
ROUNDS = 7, 60
SECONDS_A_TURN = 0.05
SECONDS = 60.0
VALIDATION = 0.2
# An epoch behind the first steps.
LATER = 7


def small() -> tuple[fm.Network, int, int, int]:
    layers = [fm.Dense(64, "relu"), fm.Dense(64, "relu"), fm.Dense(2, "softmax")]
    return fm.Network(layers, (30,)), 2, 16_000, 32


def middle() -> tuple[fm.Network, int, int, int]:
    layers = [fm.Dense(512, "relu"), fm.Dense(512, "relu"), fm.Dense(10, "softmax")]
    return fm.Network(layers, (784,)), 10, 12_800, 128


def cnn() -> tuple[fm.Network, int, int, int]:
    layers = [fm.Conv(6, 5, "relu"), fm.MaxPool(2), fm.Conv(16, 5, "relu"),
              fm.MaxPool(2), fm.Flatten(), fm.Dense(120, "relu"),
              fm.Dense(10, "softmax")]  # fmt: skip
    return fm.Network(layers, (28, 28, 1)), 10, 6_400, 64


def lstm() -> tuple[fm.Network, int, int, int]:
    return fm.Network([fm.LSTM(128), fm.Dense(10, "softmax")], (64, 32)), 10, 3_200, 32


def transformer() -> tuple[fm.Network, int, int, int]:
    network = transformer_language_model(65, 64, width=64, heads=4, n_blocks=2)
    return network, 65, 1_600, 16


def residual_300() -> tuple[fm.Network, int, int, int]:
    branch = fm.Dense(64, "relu", weight_init=f"normal({RESIDUAL_STD})")
    layers = [fm.Dense(64, "relu"), fm.Repeat(fm.Residual([branch]), 300)]
    return fm.Network([*layers, fm.Dense(2, "softmax")], (30,)), 2, 3_200, 32


NETWORKS = {
    function.__name__: function
    for function in (small, middle, cnn, lstm, transformer, residual_300)
}


class Side:
    """One way to train: its compiled epoch, and the arrays it works on."""

    def __init__(self, run: Run) -> None:
        self.run, self.n_steps = run, run.plan.n_steps
        key = jax.random.key(0)
        zero = jnp.float32(0)
        self.numbers = Numbers(zero, zero, key, zero)
        self.rates = np.full(self.n_steps, 1e-3, np.float32)
        recorder = run.recorder
        blocks = run.validation and jax.device_put(in_blocks(run.validation))
        judged = recorder and jax.device_put(recorder.judged)
        training = jax.device_put(with_padding_row(run.training))
        self.data = Data(training, blocks, judged)
        self.start = run.program.start(key, None)
        first = self.epoch(0)
        self.compiled = run.program.compile(self.start, first, self.data, self.numbers)

    def epoch(self, number: int) -> Epoch:
        """Return what drives an epoch."""
        recorder = self.run.recorder
        watch = recorder and recorder.watch(number)
        return Epoch(self.run.plan.order(0, number), self.rates, watch)

    def go(self, epoch: Epoch) -> Any:
        """Run one epoch and wait for what it reports."""
        progress, report = self.compiled.epoch(
            self.start, epoch, self.data, self.numbers
        )
        report()
        return progress


def sides(name: str) -> tuple[Side, Side]:
    """Return training without and with recording."""
    network, n_classes, n, batch_size = NETWORKS[name]()
    random = np.random.default_rng(0)
    shape = network.known_input_shape
    is_text = isinstance(network.layers[0], fm.Embedding)
    n_all = round(n * (1 + VALIDATION))
    if is_text:
        x = random.integers(0, n_classes, (n_all, *shape)).astype(np.int32)
        y = np.roll(x, -1, axis=1)
    else:
        x = random.normal(size=(n_all, *shape)).astype(np.float32)
        y = random.integers(0, n_classes, n_all).astype(np.int32)
    parts = slice(0, n), slice(n, n_all)
    training, validation = (
        Batch(x[p], y[p], np.ones(len(y[p]), np.float32)) for p in parts
    )
    settings = Settings("cross_entropy", batch_size=batch_size, metrics=("accuracy",))
    runs = (
        Run(network, replace(settings, record=record), training, validation)
        for record in (False, True)
    )
    plain, recorded = runs
    return Side(plain), Side(recorded)


def turns(ways: dict[str, Callable[[], Any]]) -> dict[str, np.ndarray]:
    """Return the seconds of each way in every round, taken in short turns."""
    for way in ways.values():
        way()
    begin = time.perf_counter()
    next(iter(ways.values()))()
    once = time.perf_counter() - begin
    times = max(1, round(SECONDS_A_TURN / once))
    rounds = int(np.clip(SECONDS / (len(ways) * times * once), *ROUNDS))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        order = list(ways) if turn % 2 else list(ways)[::-1]
        for name in order:
            begin = time.perf_counter()
            for _ in range(times):
                ways[name]()
            seconds[name].append((time.perf_counter() - begin) / times)
    return {name: np.array(each) for name, each in seconds.items()}


def middle_of(values: np.ndarray, digits: int) -> float:
    """Return the median, rounded."""
    return round(float(np.median(values)), digits)


def measure(name: str) -> dict[str, Any]:
    """Return the figures of one network."""
    plain, recorded = sides(name)
    recorder = recorded.run.recorder
    assert recorder is not None
    steps = recorder.recording.steps(LATER, plain.n_steps)
    watched = recorded.epoch(LATER)
    ways = {
        "plain": plain.epoch(LATER),
        "nothing": watched._replace(watch=recorder.watching([])),
        "later": watched._replace(watch=recorder.watching(steps)),
        "judged": watched._replace(watch=recorder.watching([], judges=True)),
        "first": recorded.epoch(0)._replace(
            watch=recorder.watching(recorder.recording.steps(0, plain.n_steps))
        ),
    }
    seconds = turns(
        {
            name: partial((plain if name == "plain" else recorded).go, epoch)
            for name, epoch in ways.items()
        }
    )
    plain_seconds, nothing = seconds["plain"], seconds["nothing"]
    step = plain_seconds / plain.n_steps
    n_first = len(recorder.recording.steps(0, plain.n_steps))
    judging = seconds["judged"] - nothing
    judged = sum(recorder.judges(epoch) for epoch in range(1, 50)) / 49
    steady = seconds["later"] + judged * np.median(judging)
    return {
        "step_microseconds": middle_of(step * 1e6, 1),
        "rounds": len(step),
        "steps_an_epoch": plain.n_steps,
        "records_in_a_later_epoch": len(steps),
        "later_epochs": middle_of(steady / plain_seconds, 4),
        "loops_alone": middle_of(nothing / plain_seconds, 4),
        "record_in_steps": middle_of((seconds["first"] - nothing) / n_first / step, 2),
        "classes_in_steps": middle_of(judging / step, 2),
        "share_of_epochs_with_classes": round(judged, 2),
        "first_50_steps_extra_milliseconds": middle_of(
            (seconds["first"] - plain_seconds) * 1e3, 2
        ),
        "compile_seconds": [
            round(side.compiled.seconds, 2) for side in (plain, recorded)
        ],
    }


def main() -> None:
    """Measure the networks named on the command line, or all."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in sys.argv[1:] or NETWORKS:
        known[name] = measure(name)
        print(name, json.dumps(known[name]), flush=True)
    RESULTS.write_text(json.dumps(known, indent=2) + "\n")


if __name__ == "__main__":
    main()

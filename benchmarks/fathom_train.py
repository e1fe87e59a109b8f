"""Fathom on the three workloads, through its public interface only."""

from __future__ import annotations

import json
import time
from typing import Any

import jax

import fathom as fm
from benchmarks.workloads import (
    DEPTH,
    RESIDUAL_STD,
    WIDTH,
    WORKLOADS,
    Workload,
    cross_entropy,
    milliseconds_per_step,
    parse,
)


class EpochClock:
    """Listener that keeps the time between epochs: all the work, not only the device's.

    `result.history["seconds"]` would leave out what the loop does around an epoch.
    """

    def __init__(self):
        self.seconds: list[float] = []
        self.last = 0.0

    def __call__(self, event: str, **_content: Any) -> None:
        """Take the time of an event."""
        now = time.perf_counter()
        if event == "epoch":
            self.seconds.append(now - self.last)
        self.last = now


def network(workload: Workload) -> fm.Network:
    inputs = (workload.n_features,)
    last = fm.Dense(workload.n_classes, "softmax")
    if workload.name == "residual":
        branch = fm.Dense(WIDTH, "relu", weight_init=f"normal({RESIDUAL_STD})")
        blocks = fm.Repeat(fm.Residual([branch]), DEPTH)
        return fm.Network([fm.Dense(WIDTH, "relu"), blocks, last], inputs)
    hidden = [fm.Dense(units, "relu") for units in workload.hidden_units]
    return fm.Network([*hidden, last], inputs)


def main() -> None:
    arguments = parse("Fathom")
    workload = WORKLOADS[arguments.workload]
    X, y = workload.rows()
    clock = EpochClock()
    start = time.perf_counter()
    result = fm.train(
        network(workload),
        (X, y),
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=workload.learning_rate,
        epochs=arguments.epochs,
        batch_size=workload.batch_size,
        listeners=(clock,),
    )
    seconds_inside = time.perf_counter() - start
    trained_at = time.time()
    report = {
        "peer": "fathom",
        "workload": workload.name,
        "ms_per_step": milliseconds_per_step(clock.seconds, workload),
        "seconds_inside": seconds_inside,
        "compile_seconds": result.compile_seconds,
        "trained_at": trained_at,
        "final_loss": cross_entropy(result.model.predict_proba(X), y),
        "versions": {"fathom": fm.__version__, "jax": jax.__version__},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()

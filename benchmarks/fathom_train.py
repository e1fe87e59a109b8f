"""Fathom on the workloads, through its public interface only."""

from __future__ import annotations

import json
import time
from typing import Any

import jax

import fathom as fm
from benchmarks.fathom_networks import network, players
from benchmarks.workloads import (
    GAN_ADAM,
    WORKLOADS,
    Workload,
    cross_entropy,
    milliseconds_per_step,
    parse,
    pixel_cross_entropy,
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


def train(workload: Workload, epochs: int, clock: EpochClock) -> Any:
    """Return the training's result, or the trained pair of players."""
    X, y = workload.rows()
    settings: dict[str, Any] = {
        "learning_rate": workload.learning_rate,
        "epochs": epochs,
        "batch_size": workload.batch_size,
        "record": False,  # no peer records its layers
        "listeners": (clock,),
    }
    if workload.name == "gan":
        b1, b2 = GAN_ADAM
        settings["optimizer"] = fm.optimizers.adam(b1=b1, b2=b2)
        return fm.train_gan(*players(workload.n_features), X, **settings)
    is_pixels = workload.kind == "pixels"
    settings["loss"] = "binary_cross_entropy" if is_pixels else "cross_entropy"
    return fm.train(network(workload), (X, y), optimizer="adam", **settings)


def cost(trained: Any, workload: Workload) -> float:
    """Return the cost on all rows."""
    X, y = workload.rows()
    if workload.name == "gan":
        return float(trained.history["discriminator_loss"][-1])
    if workload.kind == "pixels":
        return pixel_cross_entropy(trained.model.outputs(X), y)
    return cross_entropy(trained.model.predict_proba(X), y)


def main() -> None:
    arguments = parse("Fathom")
    workload = WORKLOADS[arguments.workload]
    clock = EpochClock()
    start = time.perf_counter()
    trained = train(workload, arguments.epochs, clock)
    seconds_inside = time.perf_counter() - start
    trained_at = time.time()
    report = {
        "peer": "fathom",
        "workload": workload.name,
        "ms_per_step": milliseconds_per_step(clock.seconds, workload),
        "seconds_inside": seconds_inside,
        "compile_seconds": getattr(trained, "result", trained).compile_seconds,
        "trained_at": trained_at,
        "final_loss": cost(trained, workload),
        "versions": {"fathom": fm.__version__, "jax": jax.__version__},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()

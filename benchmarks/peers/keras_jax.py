"""Keras 3 on JAX: `model.fit`, with its own settings for speed as variants."""

from __future__ import annotations

import json
import os
import time

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import keras

from benchmarks.peers import keras_game
from benchmarks.peers.keras_networks import network
from benchmarks.workloads import (
    WORKLOADS,
    Workload,
    cross_entropy,
    milliseconds_per_step,
    parse,
    pixel_cross_entropy,
)

# Updates in one compiled call: 1 is Keras' default.
STEPS_PER_EXECUTION = {"default": 1, "steps_5": 5, "steps_20": 20}


class EpochTimer(keras.callbacks.Callback):
    """Wall time of each epoch."""

    def __init__(self):
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Keep the time."""
        self.seconds.append(time.perf_counter() - self.start)


def compiled(workload: Workload, variant: str) -> keras.Model:
    """Return the model with its optimizer and loss."""
    how = {"steps_per_execution": STEPS_PER_EXECUTION[variant], "jit_compile": True}
    if workload.name == "gan":
        return keras_game.game(workload, **how)
    is_pixels = workload.kind == "pixels"
    model = network(workload)
    model.compile(
        optimizer=keras.optimizers.Adam(workload.learning_rate),
        loss="binary_crossentropy" if is_pixels else "sparse_categorical_crossentropy",
        **how,
    )
    return model


def cost(model: keras.Model, workload: Workload) -> float:
    """Return the cost on all rows."""
    X, y = workload.rows()
    if workload.name == "gan":
        return keras_game.cost(model, X)
    measure = pixel_cross_entropy if workload.kind == "pixels" else cross_entropy
    return measure(model.predict(X, verbose=0), y)


def train(workload: Workload, epochs: int, variant: str) -> tuple[keras.Model, list]:
    X, y = workload.rows()
    model = compiled(workload, variant or "default")
    timer = EpochTimer()
    model.fit(
        X,
        y,
        batch_size=workload.batch_size,
        epochs=epochs,
        verbose=0,
        callbacks=[timer],
    )
    return model, timer.seconds


def main() -> None:
    arguments = parse("Keras on JAX", tuple(STEPS_PER_EXECUTION))
    keras.utils.set_random_seed(0)
    workload = WORKLOADS[arguments.workload]
    start = time.perf_counter()
    model, seconds = train(workload, arguments.epochs, arguments.variant)
    seconds_inside = time.perf_counter() - start
    trained_at = time.time()
    report = {
        "peer": "keras",
        "workload": workload.name,
        "ms_per_step": milliseconds_per_step(seconds, workload),
        "seconds_inside": seconds_inside,
        "first_epoch_seconds": seconds[0],
        "trained_at": trained_at,
        "final_loss": cost(model, workload),
        "versions": {"keras": keras.__version__, "jax": jax.__version__},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()

"""Keras 3 on JAX: `model.fit`, with its own settings for speed as variants."""

from __future__ import annotations

import json
import os
import time

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import keras

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


def network(workload: Workload) -> keras.Model:
    inputs = keras.Input((workload.n_features,))
    x = inputs
    for units in workload.hidden_units:
        x = keras.layers.Dense(units, activation="relu")(x)
    if workload.name == "residual":
        small = keras.initializers.RandomNormal(stddev=RESIDUAL_STD, seed=0)
        x = keras.layers.Dense(WIDTH, activation="relu")(x)
        for _ in range(DEPTH):
            branch = keras.layers.Dense(WIDTH, "relu", kernel_initializer=small)(x)
            x = keras.layers.add([x, branch])
    outputs = keras.layers.Dense(workload.n_classes, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def train(workload: Workload, epochs: int, variant: str) -> tuple[keras.Model, list]:
    X, y = workload.rows()
    model = network(workload)
    model.compile(
        optimizer=keras.optimizers.Adam(workload.learning_rate),
        loss="sparse_categorical_crossentropy",
        steps_per_execution=STEPS_PER_EXECUTION[variant or "default"],
        jit_compile=True,
    )
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
    X, y = workload.rows()
    report = {
        "peer": "keras",
        "workload": workload.name,
        "ms_per_step": milliseconds_per_step(seconds, workload),
        "seconds_inside": seconds_inside,
        "first_epoch_seconds": seconds[0],
        "trained_at": trained_at,
        "final_loss": cross_entropy(model.predict(X, verbose=0), y),
        "versions": {"keras": keras.__version__, "jax": jax.__version__},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()

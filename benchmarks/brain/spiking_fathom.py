"""Fathom's side of the spiking step, through its public interface."""

from __future__ import annotations

import time
from typing import Any

import jax
import numpy as np

import fathom as fm
from benchmarks.brain import spiking_problem as p


def fathom(given: dict[str, np.ndarray], batch: int, rounds: int) -> Any:
    """Train with `fathom.train`, which runs an epoch as one program."""
    network = fm.Network(
        [
            fm.Spiking(p.HIDDEN, p.DECAY, slope=p.SLOPE, name="hidden"),
            fm.LeakyReadout(p.CLASSES, "softmax", p.DECAY, name="out"),
        ],
        (p.TIME, p.INPUTS),
    )
    variables = {
        name: {"weight": given[name], "bias": np.zeros(len(given[name].T), "f")}
        for name in ("hidden", "out")
    }
    clock = Clock()
    fm.train(
        network, (given["x"], given["y"]), loss="cross_entropy", optimizer="adam",
        learning_rate=p.LEARNING_RATE, batch_size=batch, epochs=rounds + 2,
        validation=None, record=False, variables=variables, listeners=(clock,),
    )  # fmt: skip
    return clock.times(), found(network, variables, given, batch)


def found(network: Any, variables: Any, given: Any, batch: int) -> dict[str, Any]:
    """Return what the first batch gives: spikes, logits and the hidden gradient."""
    x, y = given["x"][:batch], given["y"][:batch]
    bare = network.without_output_activation()[0]

    def cost(variables: Any) -> Any:
        logits = bare.forward(variables, x, training=True).outputs
        return fm.losses.get("cross_entropy")(jax.nn.softmax(logits), y).mean()

    heard = bare.forward(variables, x, listen=True)
    return {
        "spikes": heard.taps["hidden"]["activation"],
        "logits": heard.outputs,
        "gradient": jax.grad(cost)(variables)["hidden"]["weight"],
    }


class Clock:
    """Listener that keeps wall and processor time between epochs."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.marks: list[tuple[float, float]] = []

    def __call__(self, event: str, **_content: Any) -> None:
        """Take the times of an event."""
        if event == "epoch":
            self.marks.append((time.perf_counter(), time.process_time()))

    def times(self) -> dict[str, float]:
        """Return milliseconds per step."""
        wall, own = (
            np.diff(times)[1:] / p.BATCHES * 1e3
            for times in zip(*self.marks, strict=True)
        )
        return {
            "wall_ms": float(np.median(wall)),
            "least_wall_ms": float(wall.min()),
            "cpu_ms": float(np.median(own)),
        }


if __name__ == "__main__":
    p.main({"fathom": fathom})

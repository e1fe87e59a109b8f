"""Random edits with the budget of a repair: what a repair must beat.

A tenth of the epochs as given, three random edits for as many, and the best of the four
on the validation rows from the start to its end: 1.4 times the work of the run, the
same shape as `fm.train(..., repair=True)`, without any diagnosis.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import fathom as fm
from benchmarks.diagnosis import alter
from benchmarks.diagnosis.setups import Setup
from benchmarks.diagnosis.trial import HELD
from fathom.layers.layer import Layer
from fathom.trained import TrainingResult

FORKS, SHARE = 3, 0.1
OPTIMIZERS = ("adam", "sgd", "momentum", "rmsprop")
BATCHES = (16, 32, 64)
ACTIVATIONS = ("relu", "tanh", "gelu", "elu")
STARTS = ("he_normal", "glorot_uniform", "lecun_normal", "orthogonal")


def searched(setup: Setup, seed: int) -> tuple[TrainingResult, int]:
    """Return the best run of a random search, and the epochs of all runs."""
    rng = np.random.default_rng([seed, len(setup.id)])
    epochs = setup.settings["epochs"]
    short = max(round(SHARE * epochs), 1)
    forks = [setup, *(edited(setup, rng) for _ in range(FORKS))]
    visited, scores = 0, []
    for fork in forks:
        result = run(fork.having(epochs=short), seed)
        visited += result.history.n_epochs
        scores.append(held_score(result))
    best = forks[int(np.argmax(scores))]
    result = run(best, seed)
    return result, visited + result.history.n_epochs


def run(setup: Setup, seed: int, **more: Any) -> TrainingResult:
    """Train a setup, as its settings say."""
    settings = {**setup.settings, **more}
    if setup.start is not None:
        settings["variables"] = setup.start(setup.network, seed)
    return fm.train(setup.network, setup.rows, validation=HELD, seed=seed, **settings)


def held_score(result: TrainingResult) -> float:
    """Return accuracy or R2 of the validation rows at the last epoch."""
    for name in ("validation_accuracy", "validation_r2"):
        if name in result.history.names and result.history.n_epochs:
            value = float(result.history[name][-1])
            return value if np.isfinite(value) else -np.inf
    return -np.inf


def edited(setup: Setup, rng: np.random.Generator) -> Setup:
    """Change one or two of rate, optimizer, batch, activation, start and clipping."""
    kinds = rng.choice(6, rng.integers(1, 3), replace=False)
    for kind in kinds:
        setup = _one(setup, int(kind), rng)
    return setup


def _one(setup: Setup, kind: int, rng: np.random.Generator) -> Setup:
    if kind == 0:
        return setup.having(learning_rate=float(10 ** rng.uniform(-4, -1)))
    if kind == 1:
        return setup.having(optimizer=str(rng.choice(OPTIMIZERS)))
    if kind == 2:
        return setup.having(batch_size=int(rng.choice(BATCHES)))
    if kind == 3:
        name = str(rng.choice(ACTIVATIONS))
        return alter.hidden(setup, alter.activated(name))
    if kind == 4:
        return replace(_started(setup, str(rng.choice(STARTS))), start=None)
    return setup.having(gradient_clip=1.0)


def _started(setup: Setup, name: str) -> Setup:
    def change(layer: Layer) -> Layer:
        return (
            replace(layer, weight_init=name) if isinstance(layer, fm.Dense) else layer
        )

    return alter.hidden(setup, change)

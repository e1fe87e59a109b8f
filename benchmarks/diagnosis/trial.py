"""One run of a setup with a seed: its score on test rows, and what everybody says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import fathom as fm
from benchmarks.diagnosis.setups import Setup
from fathom import trained
from fathom.trained import TrainingResult
from fathom.training.loop import Run

HELD = 0.25
# Weights that a run had at the end of so many of its epochs are kept for the rivals.
SNAPSHOTS = 6
# What a score is when answers are not finite: the worst that still can be averaged.
WORST = {"numbers": -1.0, "steps": -5.0, "classes": 0.0}

Snapshots = dict[int, dict[str, Any]]


def trial(setup: Setup, seed: int, **more: Any) -> tuple[TrainingResult, Snapshots]:
    """Train, and return the result and the weights at the end of some epochs.

    Args:
        setup: What is trained.
        seed: Of the run.
        more: Further settings of `fathom.train`.
    """
    settings = {**setup.settings, **more}
    if setup.start is not None:
        settings["variables"] = setup.start(setup.network, seed)
    with watched(settings["epochs"]) as kept:
        result = fm.train(
            setup.network, setup.rows, validation=HELD, seed=seed, **settings
        )
    return result, kept


@contextmanager
def watched(epochs: int) -> Iterator[Snapshots]:
    """Keep the weights at the end of some epochs of what is trained meanwhile.

    A run has no hook for this, because Fathom's own rules read only its record; the
    rivals read weights. Epoch 0 is the start.
    """
    kept: Snapshots = {}
    wanted = set(np.linspace(1, epochs, SNAPSHOTS - 1).round().astype(int).tolist())

    class Watched(Run):
        def _epochs(self, progress: Any, one: Any, *rest: Any) -> Any:
            kept[0] = self.program.variables(progress)

            def seen(progress: Any, number: int, watch: Any = None) -> Any:
                new, report = one(progress, number, watch)
                if number + 1 in wanted:
                    kept[number + 1] = self.program.variables(new)
                return new, report

            return super()._epochs(progress, seen, *rest)

    own, trained.Run = trained.Run, Watched
    try:
        yield kept
    finally:
        trained.Run = own


def score(setup: Setup, result: TrainingResult) -> float:
    """Return accuracy, R2, or minus the cross-entropy of a step, on the test rows."""
    X, y = setup.test
    network, variables = result.model.network, result.model.variables
    outputs = np.asarray(network.compiled_apply(variables, X), np.float64)
    if setup.is_numbers:
        residual = np.square(outputs.reshape(-1) - y).mean() / np.var(y)
        value = 1 - residual
    elif "steps" in setup.kinds:
        right = np.take_along_axis(outputs, y[..., None], -1)
        value = np.log(right.clip(1e-30)).mean()
    else:
        value = np.where(np.isfinite(outputs).all(), (outputs.argmax(1) == y).mean(), 0)
    worst = WORST[next(kind for kind in WORST if kind in setup.kinds)]
    return float(max(value, worst)) if np.isfinite(value) else worst


def needed(setup: Setup) -> float:
    """Return by how much a fault must lower the score to count as one.

    3 points of accuracy, 0.05 of R2, or 5 % of perplexity.
    """
    if setup.is_numbers:
        return 0.05
    return float(np.log(1.05)) if "steps" in setup.kinds else 0.03


def classical(setup: Setup) -> float | None:
    """Return what the better of two classical models reaches; None for steps."""
    from sklearn import ensemble, linear_model
    from threadpoolctl import threadpool_limits

    if "steps" in setup.kinds:
        return None
    (X, y), (X_test, y_test) = setup.rows, setup.test
    flat, flat_test = X.reshape(len(X), -1), X_test.reshape(len(X_test), -1)
    models: tuple[Any, Any] = (
        (linear_model.Ridge(), ensemble.HistGradientBoostingRegressor())
        if setup.is_numbers
        else (linear_model.LogisticRegression(max_iter=300),
              ensemble.HistGradientBoostingClassifier(max_iter=50))
    )  # fmt: skip
    with threadpool_limits(1):  # its threads wait for each other on a busy machine
        return max(float(m.fit(flat, y).score(flat_test, y_test)) for m in models)


def chance(setup: Setup) -> float:
    """Return the score of the trivial answer on the test rows."""
    if setup.is_numbers:
        return 0.0
    counts = np.bincount(setup.test[1].reshape(-1))
    shares = counts[counts > 0] / counts.sum()
    if "steps" in setup.kinds:
        return float((shares * np.log(shares)).sum())
    return float(shares.max())

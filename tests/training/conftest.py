"""Small runs that several tests share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fathom as fm
from fathom.training.loop import Run
from fathom.training.objective import Batch
from fathom.training.settings import Settings


def blobs(n: int, seed: int = 0) -> Batch:
    """Two overlapping clouds of points in four dimensions, classes 0 and 1."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, n).astype(np.int32)
    x = random.normal(size=(n, 4)) + 1.5 * y[:, None]
    return Batch(x.astype(np.float32), y, np.ones(n, np.float32))


def network() -> fm.Network:
    return fm.Network([fm.Dense(8, "tanh"), fm.Dense(2, "softmax")], input_shape=(4,))


def settings(**changed: Any) -> Settings:
    usual = {"loss": "cross_entropy", "epochs": 6, "metrics": ("accuracy",)}
    return Settings(**{**usual, **changed})


@pytest.fixture
def training() -> Batch:
    """37 examples: batches of 8 leave one of 5."""
    return blobs(37)


@pytest.fixture
def run(training: Batch) -> Any:
    """Make a run of the usual network with changed settings."""

    def make(
        *, validation: Batch | None = None, data: Batch | None = None, **changed: Any
    ) -> Run:
        extra = {
            name: changed.pop(name)
            for name in ("variables", "checkpoints", "resume", "listeners", "network")
            if name in changed
        }
        changed.setdefault("batch_size", 8)
        made = extra.pop("network", network())
        return Run(made, settings(**changed), data or training, validation, **extra)

    return make

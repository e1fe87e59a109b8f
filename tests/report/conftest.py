"""Small runs of every kind, whose reports are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fathom.experiment import ExperimentSettings
from fathom.experiment import run as experiment

HOSTILE = "</script><script>alert(1)</script>"


def settings(**given: Any) -> ExperimentSettings:
    return ExperimentSettings(**{"hidden": (4,), "epochs": 3, "seed": 0, **given})


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the runs of a test session."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def two_classes(runs: Path) -> Path:
    path = runs / "two_classes"
    experiment("breast_cancer", settings(epochs=5), out=path)
    return path


@pytest.fixture(scope="session")
def three_classes(runs: Path) -> Path:
    path = runs / "three_classes"
    experiment("iris", settings(baselines=False, schedule="cosine"), out=path)
    return path


@pytest.fixture(scope="session")
def numbers(runs: Path) -> Path:
    path = runs / "numbers"
    experiment("diabetes", settings(baselines=False), out=path)
    return path


@pytest.fixture(scope="session")
def images(runs: Path) -> Path:
    path = runs / "images"
    experiment("digits", settings(baselines=False, epochs=1), out=path)
    return path


@pytest.fixture(scope="session")
def untested(runs: Path) -> Path:
    """A run that held no rows back for a test."""
    path = runs / "untested"
    experiment("iris", settings(test=None, baselines=False), out=path)
    return path


@pytest.fixture(scope="session")
def hostile(runs: Path) -> Path:
    """A run on a file whose names and values are markup."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(2, size=60)
    frame = pl.DataFrame(
        {
            HOSTILE: rng.normal(size=60) + kinds,
            "<img src=x onerror=alert(2)>": [f"<b>{k}</b>{HOSTILE}" for k in
                                             rng.integers(3, size=60)],
            "'\"&": rng.normal(size=60),
            "<i>target</i>": [f"{HOSTILE}{kind}" for kind in kinds],
        }
    )  # fmt: skip
    source, path = runs / "hostile.csv", runs / "hostile"
    frame.write_csv(source)
    experiment(source, settings(target="<i>target</i>", baselines=False), out=path)
    return path

"""Flags of `fathom train` that decide how a step is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
from tests.cli.conftest import QUICKEST, Cli, assert_refused

import fathom as fm
from fathom.experiment import ExperimentSettings
from fathom.experiment.source import read_source
from fathom.experiment.split import split_rows
from fathom.export.run_config import read_config

FLAGS = ("--mix-up", "0.3", "--weight-average", "0.9", "--accumulate", "2",
         "--precision", "bfloat16")  # fmt: skip


def test_the_run_is_that_of_fathom_train_with_these_settings(
    cli: Cli, flowers: Path
) -> None:
    given = ("--target", "kind", "--early-stopping", "0", "--out", "run")
    result = cli("train", flowers, *given, *QUICKEST, *FLAGS)
    assert result.code == 0, result.err
    config = read_config(flowers.parent / "run")
    source = config.pop("data")
    settings = ExperimentSettings.from_dict(config)
    table: Any = read_source(source, settings)
    split = split_rows(table, settings)
    held: Any = table.rows(split.validation)
    alone = fm.train(
        settings.recipe(), table.rows(split.training), epochs=3, batch_size=32,
        validation=held, mix_up=0.3, weight_average=0.9,
        accumulate=2, precision="bfloat16",
    )  # fmt: skip
    own = fm.load(flowers.parent / "run").variables
    jax.tree.map(np.testing.assert_array_equal, own, alone.model.variables)


def test_an_unknown_precision_is_refused(cli: Cli) -> None:
    said = "Unknown precision 'bfloat'. Did you mean 'bfloat16'?"
    assert_refused(cli("train", "iris", "--precision", "bfloat"), said)

"""The weight decay of an estimator, chosen by cross-validation in one program.

Scale, classes and network of each fold are learned from its training rows alone, as a
fit on these rows would.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fathom.cross_validation import CrossValidation
from fathom.cross_validation.decay import FOLDS, chosen, decays
from fathom.cross_validation.folds import folds_of
from fathom.cross_validation.grid import Candidate
from fathom.cross_validation.validation import runs_of
from fathom.estimators.inputs import rows_of
from fathom.estimators.learning import Taught
from fathom.estimators.rows import Rows
from fathom.training.parts import Part, alike


def choose_decay(
    rows: Rows,
    taught: Callable[[Rows, Rows], Taught],
    strata: np.ndarray | None,
    seed: int,
) -> tuple[CrossValidation, float]:
    """Return the cross-validation over decays, and the decay to take.

    Args:
        rows: All rows.
        taught: A function (training rows, rows held out) -> what is learned and scored.
        strata: (rows,) class of every row, or None.
        seed: Decides on the folds, and is the seed of all runs.

    Raises:
        InputError: If there are fewer rows than folds.
    """
    begin = time.perf_counter()
    folds = [
        taught(_at(rows, training), _at(rows, held))
        for training, held in folds_of(FOLDS, len(rows.y), seed, strata)
    ]
    parts = [
        Part(one.network, one.lesson.training, one.lesson.validation, one.test, seed, i)
        for i, one in enumerate(folds)
    ]
    common = folds[0].settings
    grid = decays(common.optimizer, common.learning_rate)
    settings = [replace(common, weight_decay=decay, seed=seed) for decay in grid]
    runs = [
        run
        for network, numbers in alike(parts, common)
        for run in runs_of(network, settings, [parts[i] for i in numbers], False)
    ]
    found = CrossValidation(
        tuple(
            Candidate({"weight_decay": decay}, folds[0].network, own)
            for decay, own in zip(grid, settings, strict=True)
        ),
        tuple(sorted(runs, key=lambda run: (run.candidate, run.fold))),
        "loss",
        None,
        seed,
        time.perf_counter() - begin,
    )
    return found, float(chosen(found).setting["weight_decay"])


def _at(rows: Rows, numbers: np.ndarray) -> Rows:
    return Rows(rows_of(rows.X, numbers), rows.y[numbers], rows.weight[numbers])

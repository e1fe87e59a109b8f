"""Runs beside each other: `fathom compare RUN RUN ...`.

Where all were made with the same data, their models answer the rows that were test rows
in every one of them; differences from the best are then tested row by row, as
`fathom.verdict` does. Else each keeps the result that it noted, on its own rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np

from fathom.comparison.run_comparison import RunComparison, RunSummary
from fathom.errors import InputError
from fathom.experiment.baselines import known_answers
from fathom.export.model_folder import load
from fathom.export.run_config import read_config
from fathom.export.run_folder import METRICS, SCHEMA, find_run, read_run
from fathom.files import read_json
from fathom.intervals import Estimate, estimates, wilson
from fathom.model import Model
from fathom.report.run_record import find_table, read_record
from fathom.verdict import Score, is_chance, main_metric

# Below so many rows in common a comparison says nothing.
FEWEST_ROWS = 10


@dataclass(frozen=True)
class _Run:
    """What a run left."""

    name: str
    path: Path
    facts: Mapping[str, Any]
    config: Mapping[str, Any]
    schema: Mapping[str, Any]
    metrics: Mapping[str, Any]
    model: Model = field(repr=False)


def compare_runs(paths: Sequence[str | Path], data: Any = None) -> RunComparison:
    """Compare runs on the same test rows.

    Args:
        paths: Folders of at least two runs with the same target.
        data: Where the data are now; None takes what the first run noted.

    Raises:
        InputError: If there are fewer than two, one is none or left no model, or they
            predict different things.
    """
    if len(paths) < 2:
        raise InputError(f"Comparing takes at least two runs. Got {len(paths)}.")
    runs = [_read(path) for path in paths]
    names = [run.name for run in runs]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name} is named twice: compare it with another run.")
    _require_one_task(runs)
    rows, why_not = _common_rows(runs)
    scores: list[Score] = []
    measured = [_noted(run) for run in runs]
    if not why_not:
        try:
            table = find_table(read_record(runs[0].path), data)
        except InputError as error:
            why_not = str(error)
        else:
            scores, measured = _measured(runs, table.rows(rows))
    task = str(runs[0].model.task)
    summaries = [
        _summary(run, values) for run, values in zip(runs, measured, strict=True)
    ]
    return RunComparison(
        task,
        tuple(summaries),
        0 if why_not else len(rows),
        _differing([run.config for run in runs]),
        _chances(summaries, scores, task),
        why_not,
    )


def _read(path: str | Path) -> _Run:
    folder = find_run(path)
    facts = read_run(folder)
    if not (folder / "model").is_dir():
        raise InputError(
            f"The run in {folder} is {facts['status']} and left no model, so there is "
            f"nothing to compare. Leave it out, or finish it with --resume."
        )
    metrics = folder / METRICS
    return _Run(
        str(folder),
        folder,
        facts,
        read_config(folder),
        read_json(folder / SCHEMA, "the columns of a run"),
        read_json(metrics, "the results of a run") if metrics.is_file() else {},
        load(folder / "model"),
    )


def _require_one_task(runs: Sequence[_Run]) -> None:
    first = runs[0]
    for run in runs[1:]:
        same = run.model.task == first.model.task
        if not same or run.schema["target"] != first.schema["target"]:
            raise InputError(
                f"The runs predict different things: {first.name} "
                f"{', '.join(first.schema['target'])} ({first.model.task}), {run.name} "
                f"{', '.join(run.schema['target'])} ({run.model.task}). Compare runs "
                f"of one target."
            )


def _common_rows(runs: Sequence[_Run]) -> tuple[np.ndarray, str]:
    """Return the rows that were for the test in all runs, or why there are none."""
    none = np.zeros(0, np.int64)
    digests = {run.facts.get("data", {}).get("digest") for run in runs}
    if len(digests) > 1:
        return none, "The runs were made with different data."
    rows = set(runs[0].schema["split"]["test"])
    for run in runs[1:]:
        rows &= set(run.schema["split"]["test"])
    if len(rows) < FEWEST_ROWS:
        return none, (
            f"Only {len(rows)} rows were for the test in all runs: they were split "
            f"differently. Train with the same --seed and --test to compare."
        )
    return np.array(sorted(rows), np.int64), ""


def _measured(
    runs: Sequence[_Run], table: Any
) -> tuple[list[Score], list[dict[str, Estimate]]]:
    """Return the scores of every run on the same rows, and metrics with intervals."""
    scores, measured = [], []
    for run in runs:
        coding = run.model.target
        assert coding is not None
        is_class = coding.task == "classification"
        given = run.model.predict_proba(table) if is_class else run.model.predict(table)
        answers = known_answers(table, coding)
        scores.append(answers.score(run.name, "network", given))
        given = np.asarray(given, float).reshape(len(table), -1)
        measured.append(estimates(coding.task, answers.known, given))
    return scores, measured


def _noted(run: _Run) -> dict[str, Estimate]:
    """Return what a run noted of its own test rows; of accuracy with the interval."""
    n, found = run.metrics.get("test_rows", 0), {}
    for name, value in run.metrics.get("network", {}).items():
        if not isinstance(value, float):
            continue
        low, high = value, value
        if name == "accuracy" and n:
            low, high = wilson(round(value * n), n)
        found[name] = Estimate(value, low, high, n, is_share=name == "accuracy")
    return found


def _summary(run: _Run, measured: dict[str, Estimate]) -> RunSummary:
    variables = run.model.variables
    own = {name: part for name, part in variables.items() if name != "state"}
    return RunSummary(
        run.name,
        str(run.facts["status"]),
        measured,
        sum(np.size(leaf) for leaf in jax.tree.leaves(own)),
        sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(variables)),
        run.facts.get("epochs"),
        run.facts.get("seconds"),
    )


def _differing(configs: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the settings in which runs differ: name -> the value in every run."""
    names = dict.fromkeys(name for config in configs for name in config)
    values = {name: [config.get(name) for config in configs] for name in names}
    return {
        name: own for name, own in values.items() if any(v != own[0] for v in own[1:])
    }


def _chances(
    runs: Sequence[RunSummary], scores: Sequence[Score], task: str
) -> dict[str, tuple[bool, str]]:
    """Say for every run but the best whether chance gives its distance to the best."""
    if not scores:
        return {}
    metric = main_metric(task, scores[0].values)
    sign = -1.0 if metric == "root_mean_squared_error" else 1.0
    best = max(scores, key=lambda one: sign * one.values[metric])
    return {
        run.name: is_chance(best.errors, score.errors, task)
        for run, score in zip(runs, scores, strict=True)
        if score is not best
    }

"""The units of the held-out benchmark: a configuration with all of its seeds."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.diagnosis.alike import healthy
from benchmarks.diagnosis.faults import faulty
from benchmarks.diagnosis.observe import observed
from benchmarks.diagnosis.rivals import RIVALS
from benchmarks.diagnosis.setups import Setup, setups
from benchmarks.diagnosis.trial import chance, classical, needed, score, trial
from fathom.errors import InputError

# What a unit says of itself beside its runs.
Row = dict[str, Any]


@dataclass(frozen=True)
class Unit:
    """A configuration.

    Attributes:
        setup: What is trained.
        about: Plain data: "kind" ("clean", "healthy" or "faulty"), "twin", and of a
            fault "operators", "family", "accepted", "each" and "is_new".
    """

    setup: Setup
    about: Row


def units() -> list[Unit]:
    """Return all units: the clean twins, and the others in a random, fixed order.

    An interrupted benchmark so has a random sample of all configurations.
    """
    clean: list[Unit] = []
    others: list[Unit] = []
    for turn, setup in enumerate(setups()):
        for unit in _of_setup(setup, turn):
            (clean if unit.about["kind"] == "clean" else others).append(unit)
    order = np.random.default_rng(0).permutation(len(others))
    return clean + [others[i] for i in order]


def small_units() -> list[Unit]:
    """Return some units of setups that compile quickly, every operator once."""
    names = ("spirals", "friedman", "exclusive")
    found = [unit for unit in units() if unit.about["twin"] in names]
    chosen = [unit for unit in found if unit.about["kind"] == "clean"]
    seen: set[str] = set()
    for unit in found:
        name = unit.about["operators"][0] if unit.about["operators"] else (
            unit.about["name"])  # fmt: skip
        kind = unit.about["kind"]
        n = sum(own.about["kind"] == kind for own in chosen)
        if kind != "clean" and name not in seen and n < 28:
            seen.add(name)
            chosen.append(unit)
    return chosen


def _of_setup(setup: Setup, turn: int) -> Iterator[Unit]:
    empty = {"operators": [], "family": "", "accepted": [], "each": [], "is_new": False}
    for one in healthy(setup):
        kind = "clean" if one.name == "clean" else "healthy"
        about = {"kind": kind, "name": one.name, "twin": one.twin, **empty}
        yield Unit(one.setup, about)
    for ill in faulty(setup, turn):
        about = {
            "kind": "faulty",
            "name": " + ".join(ill.operators),
            "twin": ill.twin,
            "operators": list(ill.operators),
            "family": ill.family,
            "accepted": list(ill.accepted),
            "each": [list(names) for names in ill.each],
            "is_new": ill.is_new,
        }
        yield Unit(ill.setup, about)


def row_of(unit: Unit, seeds: int) -> Row:
    """Train a unit with every seed, and return what everybody says."""
    setup = unit.setup
    judged = unit.about["kind"] == "clean" or setup.own_test
    row: Row = {
        "id": setup.id,
        **unit.about,
        "own_test": setup.own_test,
        "needed": needed(setup),
        "chance": chance(setup),
        "classical": classical(setup) if judged else None,
    }
    try:
        return {**row, "runs": [_run(setup, seed) for seed in range(seeds)]}
    except InputError as error:
        return {**row, "runs": [], "refused": str(error)}
    except Exception as error:  # one that fails must not end a benchmark of an hour
        return {**row, "runs": [], "refused": f"{type(error).__name__}: {error}"}


def _run(setup: Setup, seed: int) -> Row:
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some faults warn before they train
        result, kept = trial(setup, seed)
        findings = result.findings
        seen = observed(setup, result, kept)
        rivals = {rival.name: rival.look(seen) for rival in RIVALS}
    epochs = max(result.history.n_epochs, 1)
    at = [f.epoch for f in findings.alarms if f.epoch is not None]
    return {
        "seed": seed,
        "score": round(score(setup, result), 4),
        "stopped": result.stopped,
        "epochs": result.history.n_epochs,
        "alarms": list(dict.fromkeys(f.name for f in findings.alarms)),
        "notes": list(dict.fromkeys(f.name for f in findings.notes)),
        "delay": round(min(at) / epochs, 3) if at else None,
        "rivals": rivals,
        "seconds": round(time.perf_counter() - begin, 2),
    }

"""The units of the held-out benchmark: a configuration with all of its seeds.

There are four held-out sets. The first three are among the development runs since their
results were read; the fourth is the one that counts.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.diagnosis import (
    alike_2,
    alike_3,
    alike_4,
    setups,
    setups_2,
    setups_3,
    setups_4,
)
from benchmarks.diagnosis.alike import Likes, healthy
from benchmarks.diagnosis.faults import FIRST, Catalogue, faulty
from benchmarks.diagnosis.faults_2 import SECOND
from benchmarks.diagnosis.faults_3 import THIRD
from benchmarks.diagnosis.faults_4 import FOURTH
from benchmarks.diagnosis.observe import observed
from benchmarks.diagnosis.rivals import RIVALS
from benchmarks.diagnosis.setups import Setup
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


@dataclass(frozen=True)
class HeldOut:
    """A held-out set.

    Attributes:
        setups: The clean ones.
        likes: The look-alikes.
        faults: The faults.
        quick: Names of setups that compile quickly, for the small benchmark.
    """

    setups: Callable[[], Iterator[Setup]]
    likes: Likes
    faults: Catalogue
    quick: tuple[str, ...]


# The one that counts, unless another is asked for.
LATEST = 4
SETS = {
    1: HeldOut(setups.setups, Likes(), FIRST, ("spirals", "friedman", "exclusive")),
    2: HeldOut(setups_2.setups, alike_2.LIKES, SECOND, ("ripple", "sectors", "hills")),
    3: HeldOut(setups_3.setups, alike_3.LIKES, THIRD, ("bands", "levels", "circuit")),
    4: HeldOut(setups_4.setups, alike_4.LIKES, FOURTH, ("obtuse", "planes", "swing")),
}


def units(number: int = LATEST) -> list[Unit]:
    """Return all units of a set: the clean twins, and the others in a random order.

    The order is fixed. An interrupted benchmark so has a random sample of all
    configurations.
    """
    clean: list[Unit] = []
    others: list[Unit] = []
    chosen = SETS[number]
    for turn, setup in enumerate(chosen.setups()):
        for unit in _of_setup(setup, turn, chosen):
            (clean if unit.about["kind"] == "clean" else others).append(unit)
    order = np.random.default_rng(0).permutation(len(others))
    return clean + [others[i] for i in order]


def small_units(number: int = LATEST) -> list[Unit]:
    """Return some units of setups that compile quickly, every operator once."""
    names = SETS[number].quick
    found = [unit for unit in units(number) if unit.about["twin"] in names]
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


def _of_setup(setup: Setup, turn: int, held: HeldOut) -> Iterator[Unit]:
    empty = {"operators": [], "family": "", "accepted": [], "each": [], "is_new": False}
    for one in healthy(setup, turn, held.likes):
        kind = "clean" if one.name == "clean" else "healthy"
        about = {"kind": kind, "name": one.name, "twin": one.twin, **empty}
        yield Unit(one.setup, about)
    for ill in faulty(setup, turn, held.faults):
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


def row_of(unit: Unit, seeds: int, scores_only: bool = False) -> Row:
    """Train a unit with every seed, and return what everybody says.

    Args:
        unit: The configuration.
        seeds: How many.
        scores_only: Whether nobody is asked, as while a set is being built.
    """
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
    run = _scored if scores_only else _run
    try:
        return {**row, "runs": [run(setup, seed) for seed in range(seeds)]}
    except InputError as error:
        return {**row, "runs": [], "refused": str(error)}
    except Exception as error:  # one that fails must not end a benchmark of an hour
        return {**row, "runs": [], "refused": f"{type(error).__name__}: {error}"}


def _scored(setup: Setup, seed: int) -> Row:
    """Return the score of a run, without a look at its findings."""
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result, _ = trial(setup, seed)
    return {
        "seed": seed,
        "score": round(score(setup, result), 4),
        "stopped": result.stopped,
        "epochs": result.history.n_epochs,
        "seconds": round(time.perf_counter() - begin, 2),
    }


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

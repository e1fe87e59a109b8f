"""How many held-out faults are repaired, at what cost, and beside random search.

    python -m benchmarks.diagnosis.repairing [--set 3] [--most 3] [--healthy 40]

Needs the finished configurations of `heldout`, of the same set: which faults do harm,
and what the clean twins reach. Of every operator some setups of dense layers are taken,
in the held-out order. A fault is repaired if the score on the test rows comes within a
third of what makes a harm, or one standard deviation of the clean twin, of the clean
twin's, and does no harm any more if it comes within all of it. A healthy run is harmed
if it gets worse by more than the former. Faults that no change of a run can undo are
counted apart (`reachable`).

Work is counted in visits of the training rows, over the epochs that the run was asked
for, and over those that its clean twin took: a fault may end a run at once, and then
any repair is many times what it did. Goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.diagnosis import alter, frozen
from benchmarks.diagnosis.answers import answered
from benchmarks.diagnosis.figures import grouped, interval
from benchmarks.diagnosis.heldout import RESULTS, folder, read
from benchmarks.diagnosis.random_search import run, searched
from benchmarks.diagnosis.reachable import is_reachable
from benchmarks.diagnosis.setups import Setup
from benchmarks.diagnosis.table import shown
from benchmarks.diagnosis.units import LATEST, SETS, Unit, units
from fathom.errors import InputError
from fathom.trained import TrainingResult

Row = dict[str, Any]
WAYS = ("repair=True", "random search")
SHARES = ("repaired", "no harm any more", "repaired, within reach",
          "no harm, within reach", "healthy harmed")  # fmt: skip


def chosen(rows: list[Row], number: int, most: int, healthy: int) -> list[Unit]:
    """Return the units of a held-out set that are repaired."""
    groups = grouped(rows)
    kinds = {row["id"]: name for name in ("harmful", "healthy") for row in groups[name]}
    taken: Counter[str] = Counter()
    found = []
    for unit in units(number):
        kind = kinds.get(unit.setup.id)
        is_dense = "dense" in unit.setup.kinds and isinstance(unit.setup.rows, tuple)
        name = unit.about["name"] if kind == "harmful" else "healthy"
        limit = most if kind == "harmful" else healthy
        if kind and is_dense and taken[name] < limit:
            taken[name] += 1
            found.append(unit)
    return found


def row_of(unit: Unit, seeds: int, twin: Row, clean: Setup) -> Row:
    """Repair a unit with every seed.

    Args:
        unit: What is repaired.
        seeds: How many.
        twin: Of the run without the fault, what is known.
        clean: Its setup.
    """
    ratio = len(clean.rows[1]) / len(unit.setup.rows[1])
    row: Row = {
        "id": unit.setup.id,
        "name": unit.about["name"],
        "is_faulty": unit.about["kind"] == "faulty",
        "family": unit.about["family"],
        "clean": float(np.mean([one["score"] for one in twin["runs"]])),
        "needed": twin["needed"],
        "slack": max(
            twin["needed"] / 3, float(np.std([one["score"] for one in twin["runs"]]))
        ),
        "asked": unit.setup.settings["epochs"],
        "twin": float(np.mean([one["epochs"] for one in twin["runs"]])) * ratio,
        "runs": [],
    }
    if row["is_faulty"]:
        floor = row["clean"] - max(row["slack"], row["needed"])
        row["reachable"] = is_reachable(unit.setup, clean, floor)
    for seed in range(seeds):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row["runs"].append(_run(unit.setup, seed))
    return row


def _run(setup: Setup, seed: int) -> Row:
    begin = time.perf_counter()
    plain = run(setup, seed)
    made: Row = {"seed": seed, "before": answered(setup, plain), "ways": {}}
    for way in WAYS:
        try:
            result, visited, kept = _repaired(setup, seed, way)
        except InputError as error:
            made["ways"][way] = {"refused": str(error)}
            continue
        made["ways"][way] = {
            "after": answered(setup, result),
            "visited": round(visited, 3),
            "kept": kept,
        }
    return {**made, "seconds": round(time.perf_counter() - begin, 1)}


def _repaired(
    setup: Setup, seed: int, way: str
) -> tuple[TrainingResult, float, list[str]]:
    """Return the result, visits of the training rows, and what was kept."""
    if way == "random search":
        result, visited = searched(setup, seed)
        return result, visited, []
    result = run(setup, seed, repair=True)
    if result.repairs is None:
        raise InputError("There was no repair.")
    kept = [attempt.finding for attempt in result.repairs.kept]
    given = result.repairs.ordinary / alter.steps_of(setup)
    return result, result.repairs.cost * given, kept


def figures(rows: list[Row]) -> Row:
    """Return shares repaired and harmed, and costs."""
    found: Row = {}
    for way in WAYS:
        ill = [row for row in rows if row["is_faulty"]]
        well = [row for row in rows if not row["is_faulty"]]
        within = [row for row in ill if row["reachable"]]
        found[way] = {
            "repaired": interval(np.array([_repaired_share(row, way) for row in ill])),
            "no harm any more": interval(
                np.array([_repaired_share(row, way, "needed") for row in ill])
            ),
            "repaired, within reach": interval(
                np.array([_repaired_share(row, way) for row in within])
            ),
            "no harm, within reach": interval(
                np.array([_repaired_share(row, way, "needed") for row in within])
            ),
            "healthy harmed": interval(np.array([_harm_share(r, way) for r in well])),
            "work": {
                over: _work(ill if over != "healthy" else well, way, over)
                for over in ("asked", "twin", "healthy")
            },
            "refused": sum(
                "refused" in one["ways"][way] for row in rows for one in row["runs"]
            ),
        }
    return found


def _work(rows: list[Row], way: str, over: str) -> dict[str, float]:
    """Return median and mean of the work, over epochs asked for or of the twin."""
    key = "twin" if over == "twin" else "asked"
    found = [own["visited"] / row[key] for row in rows for own in _ways(row, way)]
    found = found or [0.0]
    return {"median": float(np.median(found)), "mean": float(np.mean(found))}


def _ways(row: Row, way: str) -> list[Row]:
    ways = [one["ways"][way] for one in row["runs"]]
    return [own for own in ways if "after" in own]


def _repaired_share(row: Row, way: str, within: str = "slack") -> float:
    floor = row["clean"] - max(row["slack"], row[within])
    return float(np.mean([one["ways"][way].get("after", -1) >= floor
                          for one in row["runs"]]))  # fmt: skip


def _harm_share(row: Row, way: str) -> float:
    harmed = [
        one["ways"][way].get("after", one["before"]) < one["before"] - row["slack"]
        for one in row["runs"]
    ]
    return float(np.mean(harmed))


def page(found: Row, rows: list[Row]) -> str:
    """Return the figures as Markdown."""
    lines = [
        "# Repairs of held-out faults\n",
        f"{sum(row['is_faulty'] for row in rows)} harmful faults, "
        f"{sum(row.get('reachable', False) for row in rows)} of them within reach, and "
        f"{sum(not row['is_faulty'] for row in rows)} healthy configurations; rules "
        f"`{frozen.digest()[:16]}`.\n",
        "| way | repaired | no harm any more | repaired, within reach | "
        "no harm any more, within reach | healthy runs harmed |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for way, own in found.items():
        cells = [shown(own[name]) for name in SHARES]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    lines += ["", "Work, median (mean), over the epochs that were asked for, and over "
              "those of the run without the fault; of healthy runs over the former:",
              "", "| way | asked for | without the fault | healthy |",
              "| --- | --- | --- | --- |"]  # fmt: skip
    for way, own in found.items():
        cells = [f"{w['median']:.2f} ({w['mean']:.2f})" for w in own["work"].values()]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    ill = [row for row in rows if row["is_faulty"]]
    lines += ["", "Repaired, by what the fault is in:", *_shares(ill, "family")]
    within = "needed"
    lines += ["", "No harm any more, by the same:", *_shares(ill, "family", within)]
    named = [
        {**row, "fault": row["name"] + ", out of reach" * (not row["reachable"])}
        for row in ill
    ]
    lines += ["", "Repaired, by fault:", *_shares(named, "fault")]
    return "\n".join(lines) + "\n"


def _shares(rows: list[Row], key: str, within: str = "slack") -> list[str]:
    """Return the shares repaired of each group as a table."""
    lines = ["", f"| {key} | " + " | ".join(WAYS) + " |", "| --- | --- | --- |"]
    for name in sorted({row[key] for row in rows}):
        own = [row for row in rows if row[key] == name]
        each = [[_repaired_share(row, way, within) for row in own] for way in WAYS]
        shares = [np.mean(values) for values in each]
        lines.append(f"| {name}: {len(own)} | {shares[0]:.2f} | {shares[1]:.2f} |")
    return lines


def main() -> None:
    """Repair what is not done yet, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=int, choices=sorted(SETS), default=LATEST)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--most", type=int, default=3)
    parser.add_argument("--healthy", type=int, default=40)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    given.work = given.work or folder(number=given.set)
    held = list(read(given.work).values())
    twins = {row["twin"]: row for row in held if row["kind"] == "clean"}
    path = given.work / "repairs.jsonl"
    lines = path.read_text().splitlines() if path.is_file() else []
    rows = [json.loads(line) for line in lines]
    done = {row["id"] for row in rows}
    clean = {unit.about["twin"]: unit.setup for unit in units(given.set)
             if unit.about["kind"] == "clean"}  # fmt: skip
    with path.open("a") as file:
        for unit in chosen(held, given.set, given.most, given.healthy):
            if unit.setup.id not in done:
                twin = unit.about["twin"]
                row = row_of(unit, given.seeds, twins[twin], clean[twin])
                rows.append(row)
                print(json.dumps(rows[-1]), file=file, flush=True)
    found = figures(rows)
    text = page(found, rows)
    print(text)
    content = json.dumps({"figures": found, "rows": rows})
    (given.out / "diagnosis-repair.json").write_text(content + "\n")
    (given.out / "diagnosis-repair.md").write_text(text)


if __name__ == "__main__":
    main()

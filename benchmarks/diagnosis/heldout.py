"""The held-out benchmark of the diagnosis.

    python -m benchmarks.diagnosis.heldout                 # all; goes on where it ended
    python -m benchmarks.diagnosis.heldout --small         # about 60 runs, 3 minutes
    python -m benchmarks.diagnosis.heldout --table         # the table of what is there
    python -m benchmarks.diagnosis.heldout --set 3         # an earlier set
    python -m benchmarks.diagnosis.heldout --scores        # do faults harm? asks nobody

The whole takes about 40 minutes of processor time, so some 20 minutes on two cores that
have nothing else to do, and an hour where others use them too. Most of it is
compilation, of which a second benchmark finds the programs on disk. Every finished
configuration is a line in `runs/diagnosis-heldout-4/`, in a folder named after the
digest of the rules, so that an interrupted benchmark goes on while these stay the same.
README.md says what is measured, and how.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.diagnosis import frozen
from benchmarks.diagnosis.units import (
    LATEST,
    SETS,
    Unit,
    row_of,
    small_units,
    units,
)

RESULTS = Path(__file__).parents[1] / "results"
SEEDS, WORKERS = 5, 2
# A process keeps what it has compiled in memory maps, of which there may be 65,530; one
# with the programs of 300 configurations was killed by that.
MOST = 120


def read(work: Path) -> dict[str, dict[str, Any]]:
    """Return the finished configurations by name."""
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted(work.glob("part-*.jsonl")):
        for line in path.read_text().splitlines():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:  # the last line of one that was killed
                continue
            rows.setdefault(row["id"], row)
    return rows


def work_off(todo: list[Unit], given: argparse.Namespace) -> None:
    """Do a worker's share, then what is left of the others' shares from the end."""
    worker, workers, work = given.worker, given.workers, given.work
    names = sorted({unit.about["twin"] for unit in todo})
    place = {name: i % workers for i, name in enumerate(names)}
    own = [unit for unit in todo if place[unit.about["twin"]] == worker]
    others = [unit for unit in todo if place[unit.about["twin"]] != worker]
    with (work / f"part-{worker}.jsonl").open("a") as file:
        for unit in islice(_undone([*own, *reversed(others)], work), MOST):
            row = row_of(unit, given.seeds, given.scores)
            print(json.dumps(row), file=file, flush=True)


def _undone(todo: list[Unit], work: Path) -> Iterator[Unit]:
    for unit in todo:
        if unit.setup.id not in read(work):
            yield unit


def main() -> None:
    """Run what is not done yet, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=int, choices=sorted(SETS), default=LATEST)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--scores", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--worker", type=int)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    if given.small:
        given.seeds = 1
    given.work = given.work or _place(given)
    given.work.mkdir(parents=True, exist_ok=True)
    todo = small_units(given.set) if given.small else units(given.set)
    total = len(todo)
    if given.worker is not None:
        work_off(todo, given)
        return
    if not given.table:
        _start_workers(given, total)
    _report(given, total)


def called(number: int) -> str:
    """Return what the folder and the results of a set are called."""
    return "diagnosis-heldout" if number == 1 else f"diagnosis-heldout-{number}"


def folder(small: bool = False, number: int = LATEST) -> Path:
    """Return where configurations go that are finished with the rules as they are."""
    name = f"{frozen.digest()[:12]}{'-small' if small else ''}"
    return Path("runs") / called(number) / name


def _place(given: argparse.Namespace) -> Path:
    """Return the folder; scores do not depend on rules, and are no results."""
    if not given.scores:
        return folder(given.small, given.set)
    return Path("runs") / called(given.set) / f"scores-{given.seeds}"


def _start_workers(given: argparse.Namespace, total: int) -> None:
    """Start workers until all is done; each does its share of a few configurations."""
    done = -1
    while done < len(read(given.work)) < total:
        done = len(read(given.work))
        processes = []
        for worker in range(given.workers):
            command = [sys.executable, "-m", "benchmarks.diagnosis.heldout",
                       *sys.argv[1:], "--worker", str(worker)]  # fmt: skip
            processes.append(subprocess.Popen(command))
        for process in processes:
            process.wait()
    if len(read(given.work)) < total:
        raise SystemExit("Workers fail without getting on: see what they print.")


def _report(given: argparse.Namespace, total: int) -> None:
    from benchmarks.diagnosis.figures import figures, outcomes
    from benchmarks.diagnosis.harm import harm
    from benchmarks.diagnosis.table import table

    rows = list(read(given.work).values())
    if given.scores:
        print(harm(rows))
        return
    about = {
        "set": given.set,
        "digest": frozen.digest(),
        "changed since frozen": frozen.changed(),
        "configurations": len(rows),
        "of": total,
    }
    found = {"about": about, **figures(rows)}
    text = table(found)
    print(text)
    if not given.small:
        content = json.dumps({**found, "rows": outcomes(rows)}, indent=0)
        (given.out / f"{called(given.set)}.json").write_text(content + "\n")
        (given.out / f"{called(given.set)}.md").write_text(text)


if __name__ == "__main__":
    main()

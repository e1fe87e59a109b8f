"""The held-out benchmark of the diagnosis.

    python -m benchmarks.diagnosis.heldout                 # all; goes on where it ended
    python -m benchmarks.diagnosis.heldout --small         # about 60 runs, 3 minutes
    python -m benchmarks.diagnosis.heldout --table         # the table of what is there

The whole takes about 40 minutes on two cores that have nothing else to do; most of it
is compilation, of which a second benchmark finds the programs on disk. Every finished
configuration is a line in `runs/diagnosis-heldout/`, in a folder named after the digest
of the rules, so that an interrupted benchmark goes on while these stay the same.
README.md says what is measured, and how.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.diagnosis import frozen
from benchmarks.diagnosis.units import Unit, row_of, small_units, units

WORK = Path("runs") / "diagnosis-heldout"
RESULTS = Path(__file__).parents[1] / "results"
SEEDS, WORKERS = 5, 2


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


def work_off(todo: list[Unit], worker: int, workers: int, work: Path, seeds: int
             ) -> None:  # fmt: skip
    """Do a worker's share, then what is left of the others' shares from the end."""
    names = sorted({unit.about["twin"] for unit in todo})
    place = {name: i % workers for i, name in enumerate(names)}
    own = [unit for unit in todo if place[unit.about["twin"]] == worker]
    others = [unit for unit in todo if place[unit.about["twin"]] != worker]
    with (work / f"part-{worker}.jsonl").open("a") as file:
        for unit in _undone([*own, *reversed(others)], work):
            row = row_of(unit, seeds)
            print(json.dumps(row), file=file, flush=True)


def _undone(todo: list[Unit], work: Path) -> Iterator[Unit]:
    for unit in todo:
        if unit.setup.id not in read(work):
            yield unit


def main() -> None:
    """Run what is not done yet, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--worker", type=int)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    if given.small:
        given.seeds = 1
    given.work = given.work or folder(given.small)
    given.work.mkdir(parents=True, exist_ok=True)
    if given.worker is not None:
        todo = small_units() if given.small else units()
        work_off(todo, given.worker, given.workers, given.work, given.seeds)
        return
    begin = time.perf_counter()
    if not given.table:
        _start_workers(given)
    _report(given, time.perf_counter() - begin)


def folder(small: bool = False) -> Path:
    """Return where configurations go that are finished with the rules as they are."""
    return WORK / f"{frozen.digest()[:12]}{'-small' if small else ''}"


def _start_workers(given: argparse.Namespace) -> None:
    processes = []
    passed = [argument for argument in sys.argv[1:] if argument != "--table"]
    for worker in range(given.workers):
        command = [sys.executable, "-m", "benchmarks.diagnosis.heldout", *passed,
                   "--worker", str(worker)]  # fmt: skip
        processes.append(subprocess.Popen(command))
    codes = [process.wait() for process in processes]
    if any(codes):
        raise SystemExit(f"A worker failed: {codes}. Start again to go on.")


def _report(given: argparse.Namespace, seconds: float) -> None:
    from benchmarks.diagnosis.figures import figures
    from benchmarks.diagnosis.table import table

    rows = list(read(given.work).values())
    total = len(small_units() if given.small else units())
    about = {
        "digest": frozen.digest(),
        "changed since frozen": frozen.changed(),
        "configurations": len(rows),
        "of": total,
        "seconds": round(seconds),
    }
    found = {"about": about, **figures(rows)}
    text = table(found)
    print(text)
    if not given.small:
        content = json.dumps({**found, "rows": rows}, indent=None)
        (given.out / "diagnosis-heldout.json").write_text(content + "\n")
        (given.out / "diagnosis-heldout.md").write_text(text)


if __name__ == "__main__":
    main()

"""Diagnose healthy and sick runs, and count: recall, causes, false alarms.

    python -m benchmarks.diagnosis.run [--seeds 3] [--only sick|healthy] [--out FILE]

A healthy run counts as a false alarm if it has any alarm; a sick one as found if it has
one. Its cause is named first if the first alarm is one of those that are right for it.
All of these runs were at hand when thresholds were chosen, so the figures say that the
rules work, not how well they do elsewhere.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import fathom as fm
from benchmarks.diagnosis.healthy import Case, healthy
from benchmarks.diagnosis.sick import sick
from fathom.diagnose.finding import Findings
from fathom.diagnosis import diagnose

HELD = 0.25


def diagnosed(case: Case, seed: int) -> tuple[Any, Findings]:
    """Train a case with a seed, and return the result and what is found."""
    result = fm.train(
        case.network, case.data, validation=HELD, seed=seed, **case.settings
    )
    return result, diagnose(result, case.data, validation=HELD)


def rows_of(cases: Iterable[Case], seeds: int) -> Iterator[dict[str, Any]]:
    """Yield what is found in every run, and print it."""
    for case in cases:
        for seed in range(seeds):
            begin = time.perf_counter()
            _, found = diagnosed(case, seed)
            alarms = [f.name for f in found.alarms]
            notes = [f.name for f in found.notes]
            evidence = found[0].to_dict()["evidence"] if alarms else {}
            row = {
                "case": case.id,
                "seed": seed,
                "accepted": list(case.accepted),
                "alarms": alarms,
                "notes": notes,
                "seconds": round(time.perf_counter() - begin, 2),
                "first": {k: v["value"] for k, v in evidence.items()},
            }
            print(json.dumps(row), flush=True)
            yield row


def counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures."""
    ill = [row for row in rows if row["accepted"]]
    well = [row for row in rows if not row["accepted"]]

    def named(row: dict[str, Any], first: int) -> bool:
        names = list(dict.fromkeys([*row["alarms"], *row["notes"]]))[:first]
        return bool(set(names) & set(row["accepted"]))

    return {
        "sick runs": len(ill),
        "found": sum(bool(row["alarms"]) for row in ill),
        "cause first": sum(named(row, 1) for row in ill),
        "cause in three": sum(named(row, 3) for row in ill),
        "healthy runs": len(well),
        "false alarms": sum(bool(row["alarms"]) for row in well),
        "with notes": sum(bool(row["notes"]) for row in well),
    }


def main() -> None:
    """Run all, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=("sick", "healthy"))
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    cases: list[Case] = []
    if given.only != "healthy":
        cases += sick()
    if given.only != "sick":
        cases += healthy()
    rows = list(rows_of(cases, given.seeds))
    figures = counted(rows)
    print(json.dumps(figures, indent=2))
    if given.out:
        given.out.write_text(json.dumps({"figures": figures, "runs": rows}, indent=1))


if __name__ == "__main__":
    main()

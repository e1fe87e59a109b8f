"""Results that were measured one task at a time, as one table.

    python -m benchmarks.run --only gan --name part-gan
    python -m benchmarks.join part-gan part-vae ... --name 2026-11-21

The ratios are of medians of one run each, as ever; what the machine was doing differs
from part to part.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from benchmarks.contestants import TASKS
from benchmarks.report import show, write
from benchmarks.run import RESULTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", help="names of result files")
    parser.add_argument("--name", required=True, help="name of the result file")
    arguments = parser.parse_args()
    found: dict[str, Any] = {}
    versions: dict[str, str] = {}
    for part in arguments.parts:
        path = RESULTS / f"{part}.json"
        content = json.loads(path.read_text())
        found |= content["results"]
        versions |= content["versions"]
        about = {"name": arguments.name, "date": content["date"],
                 "rounds": content["rounds"]}  # fmt: skip
        path.unlink()
    results = {name: found[name] for name in TASKS if name in found}
    first = next(iter(next(iter(results.values())).values()))["reports"]
    first[0]["versions"] = versions
    write(results, about, RESULTS)
    show(results)


if __name__ == "__main__":
    main()

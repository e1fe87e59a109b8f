"""`make bench`: Fathom beside PyTorch, scikit-learn and Keras on JAX, one table.

    python -m benchmarks.run [--rounds 5] [--only small middle residual cold]

Every number comes from a fresh process, one at a time; rounds alternate between the
libraries, so that a disturbance of the machine meets all of them alike.
"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

from benchmarks.contestants import TASKS
from benchmarks.measure import Laboratory, run_task
from benchmarks.peers.environment import peers_python
from benchmarks.report import show, write

RESULTS = Path(__file__).resolve().parent / "results"


def parse() -> argparse.Namespace:
    today = datetime.date.today().isoformat()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--name", help="name of the result file (the date)")
    parser.add_argument(
        "--patience",
        type=float,
        default=10.0,
        help="seconds to wait, at most, for other processes before a measurement",
    )
    parser.add_argument("--quiet", action="store_true", help="print the table only")
    arguments = parser.parse_args()
    partial = arguments.only if set(arguments.only) != set(TASKS) else []
    arguments.name = arguments.name or "-".join([today, *partial])
    return arguments


def main() -> None:
    arguments = parse()
    say = (lambda _line: None) if arguments.quiet else (lambda line: print(line))
    laboratory = Laboratory(peers_python(), arguments.patience, say)
    about = {
        "name": arguments.name,
        "date": datetime.datetime.now().isoformat(timespec="minutes"),
        "rounds": arguments.rounds,
    }
    results = {}
    try:
        for name in arguments.only:
            results[name] = run_task(laboratory, TASKS[name], arguments.rounds)
            # After every task, so that an interrupted run leaves what it has.
            write(results, about, RESULTS)
    finally:
        laboratory.close()
    show(results)


if __name__ == "__main__":
    main()

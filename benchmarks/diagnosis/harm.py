"""Which setups learn and which faults do harm, from scores alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from benchmarks.diagnosis.figures import grouped

Row = dict[str, Any]


def harm(rows: list[Row]) -> str:
    """Return scores of clean setups, how often each operator harms, and what does not.

    Args:
        rows: Of finished configurations (`units.row_of`).
    """
    groups = grouped(rows)
    lines = [f"{name}: {len(own)}" for name, own in groups.items()]
    lines += ["", "Clean setups: mean, each seed, chance, classical"]
    lines += [_clean(row) for row in rows if row["kind"] == "clean"]
    lines += ["", "Operators: harmful of all, and where they are benign"]
    benign = [row for row in groups["benign"] if row["kind"] == "faulty"]
    names = sorted({row["name"] for row in rows if row["kind"] == "faulty"})
    count = Counter(row["name"] for row in groups["harmful"])
    for name in names:
        spared = [row["id"] for row in benign if row["name"] == name]
        n = count[name] + len(spared)
        lines.append(f"{name}: {count[name]} of {n}; {', '.join(spared)}")
    lines += ["", "Left out, as not healthy"]
    lines += [f"{row['id']}: {_scores(row)}" for row in groups["left out"]]
    lines += ["", "Refused"]
    lines += [f"{row['id']}: {row['refused']}" for row in groups["refused"]]
    seconds = sum(run["seconds"] for row in rows for run in row["runs"])
    return "\n".join([*lines, "", f"{seconds:.0f} s of training"])


def _clean(row: Row) -> str:
    mean = np.mean([run["score"] for run in row["runs"]])
    classical = row["classical"]
    known = "none" if classical is None else f"{classical:.3f}"
    return f"{row['id']}: {mean:.3f}, {_scores(row)}, {row['chance']:.3f}, {known}"


def _scores(row: Row) -> str:
    return " ".join(f"{run['score']:.3f}" for run in row["runs"])

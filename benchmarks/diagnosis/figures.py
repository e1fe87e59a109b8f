"""From what everybody said of every run to figures, with intervals.

A fault counts only where it does harm; a look-alike only where it does not. Shares are
means over configurations of the share of their runs, and the intervals (95 %) come from
drawing configurations, with all their runs, a thousand times anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from benchmarks.diagnosis.rivals import RIVALS

Row = dict[str, Any]
# A healthy run with test rows of its own must make so much of the classical progress.
NEAR_CLASSICAL = 0.75
DRAWS = 1000
OWN = "Fathom"
MEANING = {rival.name: rival.meaning for rival in RIVALS}
# Nearly every standardized table breaks the rules on inputs outside -1 to 1. So that a
# rule set is not judged by one rule alone, it is also counted without it.
WITHOUT = {
    "DeepDiagnosis, not its rule on inputs": ("DeepDiagnosis", "unnormalized data"),
    "UMLAUT, not its rule on inputs": ("UMLAUT", "input not normalized"),
}
# Harm is great where so much of the clean twin's progress is lost.
GREAT = 0.5


def figures(rows: list[Row]) -> dict[str, Any]:
    """Return labels and figures.

    Args:
        rows: Of finished configurations (`units.row_of`).
    """
    groups = grouped(rows)
    harmful, benign, well = groups["harmful"], groups["benign"], groups["healthy"]
    tools = [OWN, *(rival.name for rival in RIVALS), *WITHOUT]
    new = [row for row in harmful if row["is_new"]]
    clean = {row["twin"]: row for row in rows if row["kind"] == "clean"}
    great = [row for row in harmful if lost(row, clean[row["twin"]]) >= GREAT]
    slight = [row for row in harmful if lost(row, clean[row["twin"]]) < GREAT]
    return {
        "counts": {name: len(own) for name, own in groups.items()},
        "runs": {name: sum(len(row["runs"]) for row in own)
                 for name, own in groups.items()},
        "left out": [row["id"] for row in groups["left out"]],
        "refused": {row["id"]: row["refused"] for row in groups["refused"]},
        "tools": {name: _of_tool(name, harmful, benign, well) for name in tools},
        "new operators": {name: _of_tool(name, new, [], well) for name in tools},
        "great harm": {name: _of_tool(name, great, [], well) for name in tools},
        "slight harm": {name: _of_tool(name, slight, [], well) for name in tools},
        "rules of rivals": {name: _rules(name, harmful, well) for name in MEANING},
        "families": _by(harmful, lambda row: row["family"]),
        "operators": _by(harmful, lambda row: row["name"]),
        "setups": _by(harmful, lambda row: row["twin"]),
        "alarms of healthy runs": _false(well),
        "pairs": _pairs(harmful),
        "delay": _delay(harmful),
    }  # fmt: skip


def grouped(rows: list[Row]) -> dict[str, list[Row]]:
    """Return configurations by what they are."""
    clean = {row["twin"]: row for row in rows if row["kind"] == "clean"}
    names = ("harmful", "benign", "healthy", "left out", "refused")
    groups: dict[str, list[Row]] = {name: [] for name in names}
    for row in rows:
        twin = clean.get(row["twin"])
        if "refused" in row:
            groups["refused"].append(row)
        elif twin is not None:
            groups[label(row, twin)].append(row)
    return groups


def label(row: Row, twin: Row) -> str:
    """Return what a configuration is, by its scores beside those of its clean twin."""
    if row["own_test"] or row["kind"] == "clean":
        return "healthy" if learns(row) else "left out"
    scores = {run["seed"]: run["score"] for run in twin["runs"]}
    worse = np.array([scores[run["seed"]] - run["score"] for run in row["runs"]])
    is_harmed = bool((worse > 0).all() and worse.mean() >= row["needed"])
    if row["kind"] == "healthy":
        return "left out" if is_harmed else "healthy"
    return "harmful" if is_harmed else "benign"


def lost(row: Row, twin: Row) -> float:
    """Return the share of the clean twin's progress that a fault has cost."""
    here, there = (
        np.mean([run["score"] for run in one["runs"]]) for one in (row, twin)
    )
    return float((there - here) / max(there - twin["chance"], 1e-9))


def learns(row: Row) -> bool:
    """Say whether a run gets near what a classical model reaches on its test rows."""
    mean = float(np.mean([run["score"] for run in row["runs"]]))
    if row["classical"] is None:
        return mean > row["chance"] + 0.1
    return mean - row["chance"] >= NEAR_CLASSICAL * (row["classical"] - row["chance"])


def said(run: Row, tool: str) -> list[str]:
    """Return the alarms of a tool, as it calls them."""
    if tool == OWN:
        return run["alarms"]
    name, rule = WITHOUT.get(tool, (tool, ""))
    return [one for one in run["rivals"][name] if one != rule]


def named(run: Row, tool: str, first: int) -> list[str]:
    """Return the causes that a tool names first, as Fathom calls them."""
    if tool == OWN:
        return list(dict.fromkeys([*run["alarms"], *run["notes"]]))[:first]
    meaning = MEANING[WITHOUT.get(tool, (tool, ""))[0]]
    rules = said(run, tool)[:first]
    return [name for rule in rules for name in meaning.get(rule, ())]


def _share(rows: list[Row], holds: Callable[[Row, Row], bool]) -> np.ndarray:
    """Return, for every configuration, the share of runs of which something holds."""
    return np.array([np.mean([holds(row, run) for run in row["runs"]]) for row in rows])


def _of_tool(
    tool: str, harmful: list[Row], benign: list[Row], well: list[Row]
) -> dict[str, Any]:
    def alarmed(row: Row, run: Row) -> bool:
        return bool(said(run, tool))

    def right(first: int) -> Callable[[Row, Row], bool]:
        return lambda row, run: bool(
            set(named(run, tool, first)) & set(row["accepted"])
        )

    found, false = _share(harmful, alarmed), _share(well, alarmed)
    families = np.array([row["family"] for row in harmful])
    one, three = _share(harmful, right(1)), _share(harmful, right(3))
    return {
        "recall": interval(found),
        "recall, mean of families": macro(found, families),
        "false alarms": interval(false),
        "precision at 50/50": precision(found, false),
        "cause first": interval(one),
        "cause first, mean of families": macro(one, families),
        "cause in three": interval(three),
        "cause first and alarmed": interval(
            _share(harmful, lambda row, run: alarmed(row, run) and right(1)(row, run))
        ),
        "alarms of benign": interval(_share(benign, alarmed)),
    }


def interval(values: np.ndarray) -> list[float] | None:
    """Return mean, and the ends of its 95 % interval; None without any."""
    if not len(values):
        return None
    return [float(values.mean()), *_ends(lambda rng: _drawn(values, rng).mean())]


def _drawn(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return values[rng.integers(0, len(values), len(values))]


def _ends(statistic: Callable[[np.random.Generator], float]) -> list[float]:
    rng = np.random.default_rng(0)
    drawn = [statistic(rng) for _ in range(DRAWS)]
    return [float(value) for value in np.quantile(drawn, (0.025, 0.975))]


def macro(values: np.ndarray, families: np.ndarray) -> list[float] | None:
    """Return the mean of the means of families, with its interval."""
    if not len(values):
        return None
    groups = [values[families == name] for name in np.unique(families)]

    def mean(rng: np.random.Generator | None) -> float:
        drawn = [own if rng is None else _drawn(own, rng) for own in groups]
        return float(np.mean([own.mean() for own in drawn]))

    return [mean(None), *_ends(mean)]


def precision(found: np.ndarray, false: np.ndarray) -> list[float] | None:
    """Return the share of right alarms if half of the runs were faulty."""
    if not len(found) or not len(false):
        return None

    def share(one: np.ndarray, other: np.ndarray) -> float:
        total = one.mean() + other.mean()
        return float(one.mean() / total) if total else 1.0

    ends = _ends(lambda rng: share(_drawn(found, rng), _drawn(false, rng)))
    return [share(found, false), *ends]


def _rules(tool: str, harmful: list[Row], well: list[Row]) -> dict[str, list[float]]:
    """Return, for every rule, in which share of faulty and of healthy runs it fires."""
    shares = {}
    for rule in MEANING[tool]:
        fires = [
            [rule in said(run, tool) for row in rows for run in row["runs"]]
            for rows in (harmful, well)
        ]
        shares[rule] = [float(np.mean(own)) if own else 0.0 for own in fires]
    return shares


def _by(rows: list[Row], key: Callable[[Row], str]) -> dict[str, Row]:
    """Return Fathom's figures by a property of the configurations."""
    table: dict[str, Row] = {}
    for name in sorted({key(row) for row in rows}):
        own = [row for row in rows if key(row) == name]
        runs = [(row, run) for row in own for run in row["runs"]]
        firsts = Counter((named(run, OWN, 1) or ["nothing"])[0] for _, run in runs)
        table[name] = {
            "configurations": len(own),
            "recall": _mean(bool(run["alarms"]) for _, run in runs),
            "cause first": _mean(
                bool({*named(run, OWN, 1)} & {*row["accepted"]}) for row, run in runs
            ),
            "cause in three": _mean(
                bool({*named(run, OWN, 3)} & {*row["accepted"]}) for row, run in runs
            ),
            "named first": dict(firsts.most_common(3)),
        }
    return table


def _mean(values: Iterable[bool]) -> float:
    return float(np.mean(list(values)))


def _false(rows: list[Row]) -> dict[str, Any]:
    """Return which rules raised alarms of healthy runs, and where."""
    runs = [(row["id"], name) for row in rows for run in row["runs"]
            for name in run["alarms"]]  # fmt: skip
    return {
        "rules": dict(Counter(name for _, name in runs).most_common()),
        "runs": dict(Counter(f"{place}: {name}" for place, name in runs).most_common()),
    }


def _pairs(rows: list[Row]) -> dict[str, float] | None:
    """Return how often one, and both, of two faults are among the first three."""
    runs = [(row, {*named(run, OWN, 3)}) for row in rows if len(row["each"]) > 1
            for run in row["runs"]]  # fmt: skip
    if not runs:
        return None
    hits = [[bool({*names} & found) for names in row["each"]] for row, found in runs]
    return {
        "runs": len(runs),
        "one": _mean(any(h) for h in hits),
        "both": _mean(all(h) for h in hits),
    }


def _delay(rows: list[Row]) -> dict[str, float] | None:
    """Return when the first alarm with an epoch was due, as a share of the run."""
    delays = [run["delay"] for row in rows for run in row["runs"]
              if run["delay"] is not None]  # fmt: skip
    if not delays:
        return None
    low, middle, high = np.quantile(delays, (0.25, 0.5, 0.75))
    return {"runs": len(delays), "quarter": float(low), "half": float(middle),
            "three quarters": float(high)}  # fmt: skip

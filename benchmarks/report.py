"""What was measured, as one table, a Markdown file and a JSON file."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.contestants import (
    N_CORES,
    TASKS,
    WANTED,
    WANTED_COMPILE_SECONDS,
    Wanted,
)
from benchmarks.workloads import WORKLOADS

Results = dict[str, dict[str, dict[str, Any]]]
# Columns of one table; more tasks make more tables.
N_COLUMNS = 4


def values(results: Results, task: str, contestant: str, key: str = "") -> list[float]:
    """Every round's value of what the task measures; empty if it did not run."""
    row = results.get(task, {}).get(contestant, {})
    key = key or TASKS[task].measures
    return [report[key] for report in row.get("reports", ()) if key in report]


def cell(results: Results, task: str, contestant: str) -> str:
    """Median, minimum, and how much slower than Fathom."""
    row = results.get(task, {}).get(contestant)
    if row is None:
        return "-"
    if "cannot" in row:
        return row["cannot"]
    own = values(results, task, contestant)
    if not own:
        return "failed"
    text = f"{median(own):.3g} (min {min(own):.3g})"
    fathom = values(results, task, "Fathom")
    if contestant != "Fathom" and fathom:
        text += f"  {median(own) / median(fathom):.2f}x"
    return text


def parts(results: Results) -> list[Results]:
    """The results in parts that are narrow enough for one table each."""
    names = list(results)
    starts = range(0, len(names), N_COLUMNS)
    return [{n: results[n] for n in names[i : i + N_COLUMNS]} for i in starts]


def grid(results: Results) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the table."""
    tasks = [TASKS[name] for name in results]
    names = list(dict.fromkeys(name for task in results.values() for name in task))
    names.sort(key=lambda name: not name.startswith("Fathom"))
    headings = ["library", *(task.title for task in tasks)]
    rows = [[n, *(cell(results, task.name, n) for task in tasks)] for n in names]
    return headings, rows


def verdicts(results: Results) -> list[str]:
    """One sentence for each wanted ratio, met or missed."""
    sentences = [
        s
        for wanted in WANTED
        for name in wanted.peers
        if (s := _verdict(results, wanted, name))
    ]
    compiled = values(results, "residual", "Fathom", "compile_seconds")
    if compiled:
        seconds = median(compiled)
        sentences.append(
            f"{_word(seconds < WANTED_COMPILE_SECONDS)}: residual compiles in "
            f"{seconds:.2f} s (wanted < {WANTED_COMPILE_SECONDS:g} s)."
        )
    return sentences


def _verdict(results: Results, wanted: Wanted, name: str) -> str | None:
    fathom = values(results, wanted.task, wanted.fathom)
    peer = values(results, wanted.task, name)
    if not fathom or not peer:
        return None
    ratio = median(peer) / median(fathom)
    return (
        f"{_word(ratio >= wanted.factor)}: {wanted.task}, {wanted.fathom} is "
        f"{ratio:.2f}x as fast as {name} (wanted >= {wanted.factor:g}x)."
    )


def _word(is_met: bool) -> str:
    return "MET" if is_met else "MISSED"


def show(results: Results) -> None:
    """Print the table and the verdicts."""
    console = Console(width=max(120, Console().width))
    for part in parts(results):
        headings, rows = grid(part)
        table = Table(
            title="Median of the rounds (minimum), times Fathom's", box=box.SIMPLE
        )
        for heading in headings:
            table.add_column(heading)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for sentence in verdicts(results):
        console.print(sentence, highlight=False)


def machine() -> dict[str, Any]:
    """Processor, cores, system and Python version."""
    model = platform.processor()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return {
        "processor": model,
        "cores": N_CORES,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions(results: Results) -> dict[str, str]:
    """Version of every library that took part."""
    found: dict[str, str] = {}
    for task in results.values():
        for row in task.values():
            for report in row["reports"]:
                for name, version in report.get("versions", {}).items():
                    found.setdefault(name, version)
    return found


def write(results: Results, about: dict[str, Any], folder: Path) -> None:
    """Write <name>.json with every value; latest.md once all tasks are there."""
    folder.mkdir(exist_ok=True)
    content = {
        **about,
        "machine": machine(),
        "versions": versions(results),
        "verdicts": verdicts(results),
        "results": _compact(results),
    }
    text = json.dumps(content, indent=1)
    (folder / f"{about['name']}.json").write_text(text + "\n")
    if set(results) == set(TASKS):
        (folder / "latest.md").write_text(markdown(results, about))


def _compact(results: Results) -> Results:
    """Keep numbers to five digits, and the versions out: they are written once."""

    def short(report: dict[str, Any]) -> dict[str, Any]:
        dropped = ("peer", "workload", "versions", "trained_at")
        return {
            key: float(f"{value:.5g}") if isinstance(value, float) else value
            for key, value in report.items()
            if key not in dropped
        }

    return {
        task: {
            name: {**row, "reports": [short(r) for r in row["reports"]]}
            for name, row in rows.items()
        }
        for task, rows in results.items()
    }


def markdown(results: Results, about: dict[str, Any]) -> str:
    """The table, the verdicts, and what they were measured on."""
    lines = ["# Latest benchmark"]
    for part in parts(results):
        headings, rows = grid(part)
        lines += ["", f"| {' | '.join(headings)} |", "|" + "---|" * len(headings)]
        lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += ["", "Each cell: median (minimum) of the rounds, then times Fathom's.", ""]
    lines += [f"- {sentence}" for sentence in verdicts(results)]
    lines += ["", "Settings chosen, and the final cost on all rows:", ""]
    for task, row_by_name in results.items():
        for name, row in row_by_name.items():
            costs = values(results, task, name, "final_loss")
            if costs:
                cost = f"{median(costs):.2g}"
                after = f"{cost} after {TASKS[task].epochs_of(name)} epochs"
                lines.append(f"- {task}, {name}: {row['setting']}; cost {after}")
    where = machine()
    sizes = "; ".join(f"{w.name}: {w.text}" for w in WORKLOADS.values())
    known = ", ".join(f"{n} {v}" for n, v in sorted(versions(results).items()))
    lines += [
        "",
        f"{sizes}. Adam everywhere, CPU only.",
        "",
        f"{about['date']}, {about['rounds']} rounds. {where['processor']}, "
        f"{where['cores']} cores, {where['system']}, Python {where['python']}.",
        f"{known}.",
    ]
    return "\n".join(lines) + "\n"

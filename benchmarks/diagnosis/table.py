"""The held-out figures as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

COLUMNS = {
    "recall": "recall",
    "recall, mean of families": "recall, mean of families",
    "false alarms": "false alarms a healthy run",
    "precision at 50/50": "precision at 50/50",
    "cause first": "cause first",
    "cause first, mean of families": "cause first, mean of families",
    "cause in three": "cause in first three",
    "alarms of benign": "alarms of benign faults",
}
FEW = ("recall", "false alarms", "cause first", "cause in three")
SHORT = ("recall", "cause first", "cause in three")

HEAD = """# Held-out diagnosis, set {set}

{done} of {of} configurations{full}; rules frozen as SHA-256 `{digest}`{changed}.

{harmful} harmful faults ({harmful_runs} runs), {benign} benign ones, {healthy} healthy
configurations ({healthy_runs} runs). {out} look-alikes were left out because they were
no healthy runs, and {refused} configurations because `fm.train` refused them. Shares of
runs, with 95 % intervals from drawing configurations anew. What counts, and how the
rivals were written again, is in `benchmarks/diagnosis/README.md`.
"""


def table(found: dict[str, Any]) -> str:
    """Return the page."""
    parts = [
        _head(found),
        "## All harmful faults\n",
        _tools(found["tools"]),
        "## Operators unlike any in the development runs\n",
        _tools(found["new operators"]),
        "## Harm by half of the clean twin's progress, or more\n",
        _tools(found["great harm"], FEW),
        "## Less harm than that\n",
        _tools(found["slight harm"], FEW),
        "## Fathom by family\n",
        _groups(found["families"], "family"),
        "## Fathom by operator\n",
        _groups(found["operators"], "operator"),
        "## Fathom by setup\n",
        _groups(found["setups"], "setup"),
        _false(found["alarms of healthy runs"]),
        "## Rules of the rivals\n",
        _rules(found["rules of rivals"]),
        _further(found),
    ]
    return "\n".join(parts)


def _head(found: dict[str, Any]) -> str:
    about, counts, runs = found["about"], found["counts"], found["runs"]
    changed = about["changed since frozen"]
    done, of = about["configurations"], about["of"]
    return HEAD.format(
        set=about["set"],
        done=done,
        of=of,
        full="" if done >= of else " (a random sample: the run is not finished)",
        digest=about["digest"][:16],
        changed=f"; CHANGED since then: {', '.join(changed)}" if changed else "",
        harmful=counts["harmful"],
        harmful_runs=runs["harmful"],
        benign=counts["benign"],
        healthy=counts["healthy"],
        healthy_runs=runs["healthy"],
        out=counts["left out"],
        refused=counts["refused"],
    )


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _tools(tools: dict[str, Any], columns: Iterable[str] = tuple(COLUMNS)) -> str:
    columns = tuple(columns)
    heads = [COLUMNS[column] for column in columns]
    lines = [_row(["tool", *heads]), _row(["---"] * (len(columns) + 1))]
    for name, own in tools.items():
        lines.append(_row([name, *(shown(own[column]) for column in columns)]))
    return "\n".join(lines) + "\n"


def shown(value: list[float] | None) -> str:
    """Return a mean with its interval."""
    if value is None:
        return ""
    mean, low, high = value
    return f"{mean:.3f} ({low:.3f} to {high:.3f})"


def _groups(groups: dict[str, Any], head: str) -> str:
    lines = [_row([head, "configurations", *SHORT, "named first most often"])]
    lines.append(_row(["---"] * (len(SHORT) + 3)))
    for name, own in groups.items():
        firsts = ", ".join(f"{rule} {n}" for rule, n in own["named first"].items())
        shares = [f"{own[column]:.2f}" for column in SHORT]
        lines.append(_row([name, str(own["configurations"]), *shares, firsts]))
    return "\n".join(lines) + "\n"


def _false(found: dict[str, Any]) -> str:
    lines = ["## Alarms of healthy runs\n"]
    lines += [f"- {name}: {n} runs" for name, n in found["rules"].items()] or ["None."]
    lines.append("")
    lines += [f"- {name} ({n})" for name, n in list(found["runs"].items())[:40]]
    return "\n".join(lines) + "\n"


def _rules(tools: dict[str, Any]) -> str:
    lines = [_row(["tool", "rule", "of faulty runs", "of healthy runs"])]
    lines.append(_row(["---"] * 4))
    for name, rules in tools.items():
        for rule, (ill, well) in rules.items():
            if ill or well:
                lines.append(_row([name, rule, f"{ill:.2f}", f"{well:.2f}"]))
    return "\n".join(lines) + "\n"


def _further(found: dict[str, Any]) -> str:
    lines = ["## Further\n"]
    pairs, delay = found["pairs"], found["delay"]
    if pairs:
        lines.append(
            f"- Two faults ({pairs['runs']} runs): one of them among the first three "
            f"names in {pairs['one']:.2f}, both in {pairs['both']:.2f}."
        )
    if delay:
        lines.append(
            f"- The first alarm that has an epoch could be seen after "
            f"{delay['half']:.2f} of the run (quarters {delay['quarter']:.2f} and "
            f"{delay['three quarters']:.2f}; {delay['runs']} runs)."
        )
    lines += [f"- Left out as not healthy: {name}." for name in found["left out"]]
    lines += [f"- Refused: {name}: {why}" for name, why in found["refused"].items()]
    return "\n".join(lines) + "\n"

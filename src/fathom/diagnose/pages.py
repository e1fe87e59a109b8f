"""The pages of the rules, written from the rules: `python -m fathom.diagnose.pages`.

Each rule's page is the docstring of its module, with its thresholds below.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fathom.diagnose.rule import STAGES, Rule
from fathom.diagnose.rules import RULES
from fathom.diagnose.thresholds import THRESHOLDS

LETTERS = {"D": "data", "S": "signal", "O": "optimization", "F": "fit"}


def page_of(rule: Rule) -> str:
    """Return a rule's page as Markdown."""
    head = f"# {rule.name}\n\n`{rule.code}` ({LETTERS[rule.code[0]]}). {_when(rule)}\n"
    text = f"{head}\n{rule.page.strip()}\n"
    own = [limit for limit in THRESHOLDS if limit.rule == rule.name]
    if own:
        rows = [f"| {t.meaning} | {t.value:g} | {t.source} |" for t in own]
        text += (
            "\n## Thresholds\n| what | limit | where it comes from |\n|---|---|---|\n"
        )
        text += "\n".join(rows) + "\n"
    return text


def _when(rule: Rule) -> str:
    stages = [stage for stage in STAGES if stage in rule.looks]
    static = any(stage != "record" for stage in stages)
    when = ["before training"] * static + ["during it"] * ("record" in stages)
    return f"Looked for {' and '.join(when)}."


def index() -> str:
    """Return the page that lists all rules."""
    rows = [
        f"| [{rule.name}]({rule.name}.md) | {rule.code} | {_first_line(rule)} |"
        for rule in RULES
    ]
    names = "\n".join(rule.name for rule in RULES)
    return (
        "# What Fathom looks for\n\n"
        "Each rule names a symptom, why it hurts, what to do, and when it is wrong.\n\n"
        "| rule | code | what |\n|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\n```{{toctree}}\n:hidden:\n{names}\n```\n"
    )


def _first_line(rule: Rule) -> str:
    return rule.page.strip().splitlines()[0]


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    own = {f"{rule.name}.md": page_of(rule) for rule in RULES}
    return {"index.md": index(), **own}


def write(folder: Path) -> None:
    """Write all pages to a folder, over those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/rules"))

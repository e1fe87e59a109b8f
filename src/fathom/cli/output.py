"""How the command line writes: text for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fathom.plain import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# Lines of a log or a pipe are not broken to the width of a terminal.
WIDTH_OF_A_PIPE = 160
MOST_NOTES = 8


def make_console(*, to_stderr: bool = False, quiet: bool = False) -> Console:
    """Return a console that takes text as it is: no markup, no emoji, no guessing."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_OF_A_PIPE
    return Console(
        stderr=to_stderr,
        quiet=quiet,
        width=width,
        markup=False,
        emoji=False,
        highlight=False,
    )


def say(console: Console, text: str, style: str = "") -> None:
    """Write a sentence, broken at words on a terminal and not at all elsewhere."""
    console.print(text, style=style, soft_wrap=not console.is_terminal)


def show_command(console: Console, text: str) -> None:
    """Write a command on a line of its own, never broken, so that it can be copied."""
    console.print(f"  {text}", style="cyan", soft_wrap=True)


def make_table(heads: Sequence[str], *, right_from: int, title: str = "") -> Table:
    """Return an empty table, whose columns are right-aligned from a position on."""
    from rich.table import Table

    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), title=title or None,
        title_justify="left", title_style="bold", header_style="dim",
    )  # fmt: skip
    for position, head in enumerate(heads):
        side = "right" if position >= right_from else "left"
        table.add_column(head, justify=side, overflow="ellipsis", no_wrap=True)
    return table


def print_json(content: Mapping[str, Any]) -> None:
    """Write one JSON object to the standard output, and nothing else."""
    sys.stdout.write(json.dumps(plain(content), indent=2, ensure_ascii=False) + "\n")


def show_notes(notes: Sequence[str]) -> None:
    """Write what is to be said about the data to stderr, and not endlessly."""
    for note in notes[:MOST_NOTES]:
        sys.stderr.write(f"Note: {note}\n")
    if len(notes) > MOST_NOTES:
        sys.stderr.write(f"... and {len(notes) - MOST_NOTES} more notes like these.\n")

"""Draw the README's picture: a real run in the terminal, as SVG.

Run it as `python docs/picture.py`; it writes docs/images/train.svg.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

WIDTH = 90
COMMAND = ["train", "breast_cancer", "--seed", "1"]
EPOCHS_SHOWN = 2


def run() -> list[str]:
    """Return what the command prints, line by line, with colors."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "fathom", *COMMAND],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout.splitlines()


def shortened(lines: list[str]) -> list[str]:
    """Leave out most columns and most epochs, and say so with dots."""
    plain = [Text.from_ansi(line).plain for line in lines]
    epochs = [i for i, line in enumerate(plain) if re.match(r"epoch +\d", line)]
    columns = [i for i, line in enumerate(plain) if re.search(r"  number  ", line)]
    hidden = {*epochs[EPOCHS_SHOWN:-EPOCHS_SHOWN], *columns[4:]}
    kept: list[str] = []
    for i, line in enumerate(lines):
        if i not in hidden:
            kept.append(line)
        elif kept[-1] != "...":
            kept.append("...")
    return kept


def main() -> None:
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text(f"$ fathom {' '.join(COMMAND)}", style="bold"))
    for line in shortened(run()):
        console.print(Text.from_ansi(line))
    # Without the lines that fetch a font: the picture is complete in itself.
    plain = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title="Fathom", code_format=plain)
    path = Path(__file__).parent / "images" / "train.svg"
    path.parent.mkdir(exist_ok=True)
    path.write_text(svg, "utf-8")
    print(f"{path}: {len(svg) // 1000} kB")


if __name__ == "__main__":
    main()

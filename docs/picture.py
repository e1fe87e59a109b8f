"""Draw the README's picture: a real run in the terminal, as SVG.

Run it as `python docs/picture.py`; it writes docs/images/train.svg.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

WIDTH = 96
COMMAND = ["train", "digits"]
COLUMNS_SHOWN = 4


def run() -> list[str]:
    """Return what the command writes to a terminal, line by line, with colors."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(WIDTH)}
    command = [sys.executable, "-m", "fathom", *COMMAND]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=its)
        os.close(its)
        output = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end closed
            while piece := os.read(ours, 4096):
                output += piece
        if process.wait():
            sys.exit(process.returncode)
    # What a line overwrote, by erasing or by a return to its start, is not on screen.
    text = re.sub(r"[^\n]*(\x1b\[2K|\r(?!\n))", "", output.decode())
    return text.replace("\r", "").splitlines()


def shortened(lines: list[str]) -> list[str]:
    """Return what stays on the screen, and of the columns only the first."""
    plain = [Text.from_ansi(line).plain for line in lines]
    columns = [i for i, line in enumerate(plain) if "  number  " in line]
    kept: list[str] = []
    for i, line in enumerate(lines):
        replaced = i + 1 < len(lines) and plain[i + 1].startswith(plain[i][:6])
        passing = plain[i].startswith(("compiling ...", "fitting the baselines"))
        again = plain[i].startswith("epoch ") and (replaced or not plain[i + 1])
        blank = not plain[i] and kept and not Text.from_ansi(kept[-1]).plain
        if passing or again or blank or i in columns[COLUMNS_SHOWN:]:
            continue
        kept.append(line)
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

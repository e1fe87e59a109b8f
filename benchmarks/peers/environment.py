"""The peers' own environment: `.venv-peers` in the repository root."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
FOLDER = ROOT / ".venv-peers"


def peers_python() -> Path:
    """Return the peers' interpreter, creating their environment where it is missing.

    The environment variable FATHOM_PEERS names an environment to use instead.
    """
    chosen = os.environ.get("FATHOM_PEERS")
    if chosen:
        python = _python(Path(chosen))
        if not python.exists():
            raise SystemExit(
                f"FATHOM_PEERS is {chosen!r}, but there is no {python}. Name a virtual "
                f"environment with the packages of {REQUIREMENTS.name}, or unset it."
            )
        return python
    wanted = REQUIREMENTS.read_text()
    installed = FOLDER / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted:
        print(f"Installing the peers into {FOLDER.name} (once, some minutes) ...")
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
        pip = [str(_python(FOLDER)), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
        installed.write_text(wanted)
    return _python(FOLDER)


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

"""Train a network on real data, look at the result, and use the model: `make demo`.

The data are 1,797 handwritten digits of 8 by 8 pixels that come with scikit-learn.
Each command is what you would type yourself.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def fathom(*words: str) -> None:
    """Type a command, and stop where it fails."""
    print(f"\n$ fathom {' '.join(words)}", flush=True)
    command = [sys.executable, "-m", "fathom", *words]
    done = subprocess.run(command, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    run = Path("runs") / f"demo_{time.strftime('%Y-%m-%d_%H%M%S')}"
    fathom("train", "digits", "--out", str(run))
    fathom("evaluate", str(run), "digits")
    predictions = run / "predictions.csv"
    fathom("predict", str(run), "digits", "--out", str(predictions))
    print(f"\nThe first rows of {predictions}:")
    print("".join(predictions.read_text("utf-8").splitlines(keepends=True)[:4]))
    print(f"Everything about this run is in {run}; its README.md says what is what.")


if __name__ == "__main__":
    main()

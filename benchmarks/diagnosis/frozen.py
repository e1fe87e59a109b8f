"""The digest of the rules that the held-out runs are made with.

    python -m benchmarks.diagnosis.frozen            # is it still the same?
    python -m benchmarks.diagnosis.frozen --write    # freeze the rules as they are

Thresholds and rules are frozen before a held-out run. Whoever changes a rule after
looking at held-out results has made these runs part of the development, and needs new
ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import fathom

FROZEN = Path(__file__).with_name("frozen.json")
FILES = ("thresholds.py", "engine.py", "progress.py", "course.py", "reference.py",
         "predictive.py", "evidence.py", "duplicates.py",
         "answers.py", "neighbors.py", "start_values.py", "near_copies.py",
         "functions.py", "scale.py", "effective_rows.py", "rules/*.py")  # fmt: skip


def digests() -> dict[str, str]:
    """Return the SHA-256 of every file that decides what is an alarm."""
    folder = Path(str(fathom.__file__)).parent / "diagnose"
    paths = sorted(path for pattern in FILES for path in folder.glob(pattern))
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in paths
    }


def digest() -> str:
    """Return one digest of all of them."""
    return hashlib.sha256(json.dumps(digests()).encode()).hexdigest()


def changed() -> list[str]:
    """Return the files that are not as they were frozen."""
    now, then = digests(), json.loads(FROZEN.read_text())
    return sorted(name for name in {*now, *then} if now.get(name) != then.get(name))


def main() -> None:
    """Compare, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        FROZEN.write_text(json.dumps(digests(), indent=1) + "\n")
    print(digest(), "changed:", ", ".join(changed()) or "nothing")


if __name__ == "__main__":
    main()

"""The log of a run: one JSON object a line, written as things happen."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any


class EventLog:
    """Append events to a file, each flushed, so that a crash loses none.

    Every line has "event" and "time" (seconds since 1970, UTC).
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, event: str, **content: Any) -> None:
        """Add one event."""
        line = json.dumps({"event": event, "time": round(time.time(), 3), **content})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def read_events(path: Path) -> list[dict[str, Any]]:
    """Return the events of a log; a last line that was cut off is left out."""
    events: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return events

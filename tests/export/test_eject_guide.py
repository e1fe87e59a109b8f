"""The code of the guide on ejected files runs, as a reader would run it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "eject.md"


def test_the_guides_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {"__name__": "guide"}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    sys.modules.pop("flowers")

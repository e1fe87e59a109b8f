"""The learner's page: each block of code runs and prints what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "neuron.md"


def test_every_block_prints_what_the_page_says():
    blocks = re.findall(r"```(python|text)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, object] = {"__name__": "guide"}
    printed = ""
    for kind, text in blocks:
        if kind == "text":
            assert lines(printed) == lines(text)
            printed = ""
            continue
        assert not printed, "A block prints, and the page does not show it."
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(text, PAGE.name, "exec"), names)
        printed = out.getvalue()
    assert not printed


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]

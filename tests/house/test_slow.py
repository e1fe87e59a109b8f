"""Every test that is listed as slow exists: a renamed one would be quick again."""

from __future__ import annotations

import re

import pytest
from tests.house.sources import ROOT

LINES = [
    line
    for line in (ROOT / "tests" / "slow.txt").read_text("utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


def test_no_test_is_listed_twice() -> None:
    assert sorted(set(LINES)) == sorted(LINES)


@pytest.mark.parametrize("path", sorted({line.split("::")[0] for line in LINES}))
def test_every_slow_test_of_a_file_is_in_it(path: str) -> None:
    listed = {line.split("::")[1].split("[")[0] for line in LINES
              if line.split("::")[0] == path}  # fmt: skip
    text = (ROOT / path).read_text("utf-8")
    assert listed <= set(re.findall(r"^def (test_\w+)\(", text, re.MULTILINE))

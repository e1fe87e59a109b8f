"""`fathom check`: findings on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cli, assert_refused, files


def test_healthy_data_get_one_line(cli: Cli, flowers: Path) -> None:
    result = cli("check", flowers, "--target", "kind")
    assert result.code == 0
    assert result.out.startswith("Nothing found. ")
    assert "leakage" in result.out


def test_findings_are_cards_and_nothing_is_written(cli: Cli, flowers: Path) -> None:
    before = files(flowers.parent)
    result = cli("check", flowers, "--target", "kind", "--learning-rate", 5)
    assert result.out.startswith("NOTE: learning-rate-too-high [O004]\n")
    assert "over the usual one 5000 (limit 100)" in result.out
    assert files(flowers.parent) == before


def test_findings_have_json(cli: Cli, flowers: Path) -> None:
    copied = flowers.read_text().splitlines()
    lines = [
        f"{line},{'code' if i == 0 else line[-4:]}" for i, line in enumerate(copied)
    ]
    flowers.write_text("\n".join(lines) + "\n")
    content = json.loads(cli("check", flowers, "--target", "kind", "--json").out)
    assert content["alarms"] == 0, "48 training rows are too few to be sure"
    lines += [line for line in lines[1:] for _ in range(2)]
    flowers.write_text("\n".join(lines) + "\n")
    content = json.loads(cli("check", flowers, "--target", "kind", "--json").out)
    assert {f["name"] for f in content["findings"]} == {"leakage"}
    assert content["alarms"] == 2, "the copy, and rows on both sides of the split"


def test_the_target_has_to_be_named(cli: Cli, flowers: Path) -> None:
    assert_refused(cli("check", flowers), "--target COLUMN", "length, width, color")

"""The project's texts speak of the project, and their commands work."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.house.sources import ROOT

TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.split()
TEXTS = [ROOT / name for name in TRACKED if not name.endswith((".png", ".svg"))]


def test_no_text_names_a_package_index_or_a_machine() -> None:
    index = re.compile(r"py" r"pi\.org|python" r"hosted\.org|registry\.npm" r"js")
    place = re.compile(r"(^|[^A-Za-z0-9_.])/(work" r"|farm)/")
    wrong = [
        f"{path.name}:{number}"
        for path in TEXTS
        if path.exists()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if index.search(line) or place.search(line)
    ]
    assert wrong == []


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *(d for group in project["dependency-groups"].values() for d in group),
    ]
    names = {re.split(r"[\[<>=~]", d)[0].strip().lower() for d in wanted}
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {line.split("==")[0].lower() for line in lines if "==" in line}
    assert {n for n in names if n.replace("_", "-") not in pinned} == set()


def blocks(path: Path, language: str) -> list[str]:
    """The fenced blocks of a language in a Markdown file."""
    return re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), re.DOTALL)


def test_the_readmes_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "penguins.csv").write_text(PENGUINS, "utf-8")
    for block in blocks(ROOT / "README.md", "python"):
        exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize(
    "page",
    [
        *("start", "networks", "training", "check", "inside"),
        *(
            pytest.param(page, marks=pytest.mark.slow)
            for page in (
                "diagnose",
                "learning-rate",
                "cross-validation",
                "record",
                "repair",
                "images",
                "sequences",
                "beyond",
                "brain",
                "brain-neurons",
                "brain-learning",
                "brain-vision",
                "brain-encoding",
                "tables",
                "attribution",
                "scikit-learn",
                "compare",
                "fairness",
                "uncertainty",
                "privacy",
            )
        ),
    ],
)
def test_the_guides_python_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks of a page run one after the other, as a reader would run them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "penguins.csv").write_text(PENGUINS, "utf-8")
    names: dict[str, object] = {"__name__": "guide"}
    for block in blocks(ROOT / "docs" / "guide" / f"{page}.md", "python"):
        exec(compile(block, f"{page}.md", "exec"), names)


def test_the_readmes_commands_run(tmp_path: Path) -> None:
    (tmp_path / "penguins.csv").write_text(PENGUINS, "utf-8")
    commands = [
        line
        for block in blocks(ROOT / "README.md", "sh")
        for line in block.splitlines()
        if line.startswith("fathom ")
    ]
    assert commands
    for command in commands:
        words = command.split("#")[0].split()
        done = subprocess.run(
            [sys.executable, "-m", "fathom", *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert (tmp_path / "runs" / "penguins" / "model" / "network.json").is_file()
    assert (tmp_path / "predictions.csv").read_text("utf-8").count("\n") == 121


def _penguins() -> str:
    """Generate a small table like a field notebook's: kinds mixed, values missing."""
    import random

    draw = random.Random(0)
    lines = ["species,island,bill_mm,flipper_mm,mass_g,sex,seen"]
    means = {"Adelie": (38.8, 190, 3700), "Gentoo": (47.5, 217, 5076)}
    for i in range(120):
        species = draw.choice(sorted(means))
        bill, flipper, mass = (draw.gauss(m, m * 0.05) for m in means[species])
        sex = draw.choice(["male", "female", ""])
        island = draw.choice(["Biscoe", "Dream"])
        day = f"2024-0{1 + i % 9}-1{i % 10}"
        lines.append(
            f"{species},{island},{bill:.1f},{flipper:.0f},{mass:.0f},{sex},{day}"
        )
    return "\n".join(lines) + "\n"


PENGUINS = _penguins()

"""The report of a run: one page with everything in it, whatever the run is like."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs
from tests.report.conftest import HOSTILE

from fathom.diagnose.edit import Edit
from fathom.diagnose.repairs import Attempt, Repairs
from fathom.errors import InputError
from fathom.report.page import write_report

KINDS = ("two_classes", "three_classes", "numbers", "images", "untested", "hostile")
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """A page's elements, texts and charts; fails on tags that do not match."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.charts: list[dict[str, object]] = []
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == ("script", {"type": "application/json"}):
            if self.open[-1] == "script":
                self.charts.append(json.loads(data))
        elif self.open and self.open[-1] not in ("script", "style"):
            self.text += data


@pytest.fixture(scope="session")
def pages(request: pytest.FixtureRequest) -> dict[str, str]:
    return {
        kind: write_report(request.getfixturevalue(kind)).read_text("utf-8")
        for kind in KINDS
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_well_formed_and_its_charts_are_data(
    kind: str, pages: dict[str, str]
) -> None:
    page = Page(pages[kind])
    assert page.charts
    assert all(set(chart) >= {"data", "layout"} for chart in page.charts)
    names = [own["id"] for _, own in page.tags if "id" in own]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_asks_nothing_of_another_machine(
    kind: str, pages: dict[str, str]
) -> None:
    page = Page(pages[kind])
    links = [
        value
        for _, own in page.tags
        for name, value in own.items()
        if name in ("src", "href", "srcset", "action", "data", "xlink:href") and value
    ]
    assert links
    assert [link for link in links if not link.startswith(("#", "data:"))] == []
    policy = [own["content"] for _, own in page.tags if own.get("http-equiv")]
    assert policy[0] is not None
    assert policy[0].startswith("default-src 'none'")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_under_8_megabytes(kind: str, pages: dict[str, str]) -> None:
    assert len(pages[kind].encode()) < 8_000_000


def test_plotlys_script_is_there_once(pages: dict[str, str]) -> None:
    assert pages["two_classes"].count(get_plotlyjs()) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_has_its_words(kind: str, pages: dict[str, str]) -> None:
    page = Page(pages[kind])
    said = [own.get("aria-label") for tag, own in page.tags
            if tag == "div" and own.get("role") == "img"]  # fmt: skip
    assert len(said) == len(page.charts)
    assert all(words and words in page.text for words in said)
    figures = [own for tag, own in page.tags if tag == "figure"]
    assert page.text.count("In words") == len(figures)


def test_the_contents_lead_to_every_section(pages: dict[str, str]) -> None:
    page = Page(pages["two_classes"])
    targets = [own["href"] for tag, own in page.tags if tag == "a"]
    sections = [f"#{own['id']}" for tag, own in page.tags if tag == "section"]
    assert targets == ["#main", *sections]


def test_the_parts_of_the_demo_run_are_there(
    pages: dict[str, str], two_classes: Path
) -> None:
    text = Page(pages["two_classes"]).text
    metrics = json.loads((two_classes / "metrics.json").read_text())
    for words in (
        metrics["verdict"],
        "569 rows of 30 columns: 364 for training",
        "hidden_1",
        "Is the loss still falling, and does validation follow?",
        "logistic regression",
        "Which classes are taken for which?",
        "Can its probabilities be believed?",
        "worst texture",
        "output:",
    ):
        assert words in text


def test_the_areas_are_those_of_the_runs_own_metrics(
    pages: dict[str, str], two_classes: Path
) -> None:
    network = json.loads((two_classes / "metrics.json").read_text())["network"]
    assert f"ROC curve: 1 {network['roc_auc']:.3f}" in Page(pages["two_classes"]).text


def test_numbers_have_residuals_instead_of_classes(pages: dict[str, str]) -> None:
    text = Page(pages["numbers"]).text
    assert "How large are the errors?" in text
    assert "Which classes" not in text


def test_mistaken_images_are_shown(pages: dict[str, str]) -> None:
    page = Page(pages["images"])
    sources = [own["src"] for tag, own in page.tags if tag == "img"]
    assert len(sources) == 10
    assert all(str(one).startswith("data:image/png;base64,") for one in sources)


def test_a_schedule_is_drawn(pages: dict[str, str]) -> None:
    assert "How large were the steps?" in Page(pages["three_classes"]).text
    assert "How large were the steps?" not in Page(pages["two_classes"]).text


def test_without_test_rows_that_is_said(pages: dict[str, str]) -> None:
    page = Page(pages["untested"])
    assert "No rows were held back for a test" in page.text
    assert "Largest mistakes" not in page.text


def test_hostile_names_and_values_are_text(pages: dict[str, str]) -> None:
    content = pages["hostile"]
    page = Page(content)
    assert HOSTILE in page.text
    assert "<script>alert" not in content
    assert "<img src=x" not in content
    assert "<i>target" not in content
    scripts = [own for tag, own in page.tags if tag == "script"]
    assert len(scripts) == 2 + len(page.charts)
    assert "<b>" not in json.dumps(page.charts)


def copied(run: Path, folder: Path) -> Path:
    """The same run in another place, without a report."""
    leave = shutil.ignore_patterns("report.html")
    return Path(shutil.copytree(run, folder / "run", ignore=leave))


def changed(path: Path, **facts: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


def text_of(run: Path) -> str:
    return Page(write_report(run).read_text("utf-8")).text


def test_an_interrupted_run_shows_what_it_has(
    two_classes: Path, tmp_path: Path
) -> None:
    run = copied(two_classes, tmp_path)
    (run / "metrics.json").unlink()
    changed(run / "run.json", status="interrupted")
    text = text_of(run)
    assert "The run is interrupted" in text
    assert "fathom train --resume" in text
    assert "Is the loss still falling" in text
    assert "Which classes are taken for which?" not in text


def test_a_killed_run_has_its_history_from_the_log(
    two_classes: Path, tmp_path: Path
) -> None:
    run = copied(two_classes, tmp_path)
    (run / "metrics.json").unlink()
    (run / "history.csv").unlink()
    shutil.rmtree(run / "model")
    changed(run / "run.json", status="running", best_epoch=None)
    text = text_of(run)
    assert "The run left no model" in text
    assert "The loss over 5 epochs" in text


def test_data_that_are_gone_are_named(hostile: Path, tmp_path: Path) -> None:
    run = copied(hostile, tmp_path)
    config = (run / "config.yaml").read_text().replace("hostile.csv", "gone.csv")
    (run / "config.yaml").write_text(config)
    text = text_of(run)
    assert "gone.csv" in text
    assert "Is the loss still falling" in text
    assert "Which classes are taken for which?" not in text


def test_data_that_moved_can_be_named(hostile: Path, tmp_path: Path) -> None:
    run = copied(hostile, tmp_path)
    config = (run / "config.yaml").read_text().replace("hostile.csv", "gone.csv")
    (run / "config.yaml").write_text(config)
    page = write_report(run, data=hostile.parent / "hostile.csv")
    assert "Which classes are taken for which?" in page.read_text("utf-8")


def test_data_that_changed_are_not_used(hostile: Path, tmp_path: Path) -> None:
    run = copied(hostile, tmp_path)
    changed(run / "run.json", data={"digest": "0" * 64})
    assert "have changed since the run" in text_of(run)


def test_repairs_are_shown(three_classes: Path, tmp_path: Path) -> None:
    run = copied(three_classes, tmp_path)
    edit = Edit("setting", "learning_rate", 0.001, 1.0)
    tried = (
        Attempt("learning-rate-too-high", "O004", (edit,), "accuracy", 0.5, 0.9, 320,
                kept=True),
        Attempt("dead-units", "S005", (), "accuracy", 0.5, 0.4, 320),
    )  # fmt: skip
    repairs = Repairs(tried, 1000, 500, 2.0)
    (run / "repairs.json").write_text(json.dumps(repairs.to_dict()))
    text = text_of(run)
    for words in ("2 tried, 1 kept", "2.00 times the work", "+ learning_rate=0.001",
                  "rolled back"):  # fmt: skip
        assert words in text


def test_findings_are_shown(three_classes: Path, tmp_path: Path) -> None:
    run = copied(three_classes, tmp_path)
    finding = {
        "code": "O001", "name": "Loss went up <b>", "severity": "alarm", "epoch": 2,
        "layer": "hidden_1", "cause": "The steps are too large.",
        "repair": "Take smaller steps.", "action": "fm.train(..., learning_rate=1e-4)",
        "evidence": {"loss": {"value": 1.54321, "threshold": 0.5, "source": "measured"},
                     "epochs": {"value": 3, "threshold": None, "source": ""}},
    }  # fmt: skip
    (run / "findings.json").write_text(json.dumps({"findings": [finding]}))
    text = text_of(run)
    for words in ("Loss went up <b>", "O001 alarm", "layer hidden_1, epoch 2",
                  "The steps are too large.", "Take smaller steps.",
                  "fm.train(..., learning_rate=1e-4)", "measured"):  # fmt: skip
        assert words in text


def test_a_damaged_file_is_named(three_classes: Path, tmp_path: Path) -> None:
    run = copied(three_classes, tmp_path)
    (run / "metrics.json").write_text("{")
    with pytest.raises(InputError, match=r"metrics\.json .* is damaged"):
        write_report(run)
    assert not (run / "report.html").exists()


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("kind", ["two_classes", "hostile"])
def test_the_page_opens_without_an_error_and_draws_every_chart(
    kind: str, pages: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    file = request.getfixturevalue(kind) / "report.html"
    done = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu",
         f"--user-data-dir={tmp_path}", "--enable-logging=stderr", "--v=0",
         "--virtual-time-budget=20000", "--dump-dom", file.as_uri()],
        capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    body = re.search(r"<body[^>]*>", done.stdout)
    assert body is not None, done.stderr
    n = len(Page(pages[kind]).charts)
    assert f'data-errors="" data-drawn="{n}"' in body[0]
    assert "CONSOLE" not in done.stderr


GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "report.md"


def test_the_guides_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "guide"}
    for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL):
        exec(compile(block, GUIDE.name, "exec"), names)
    assert (tmp_path / "runs" / "iris" / "report.html").is_file()

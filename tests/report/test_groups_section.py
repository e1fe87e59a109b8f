"""Groups in a report: every metric with its interval, the gaps, how many rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.report.test_page import Page

import fathom as fm
from fathom.data import TargetCoding
from fathom.errors import InputError
from fathom.plain import plain
from fathom.report.groups_section import groups_section
from fathom.report.page import write_report

NASTY = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def found() -> fm.GroupEvaluation:
    """All answers on 100 rows of a are right; half of those on b and on a few rows."""
    network = fm.Network([fm.Dense(2, "softmax")], (1,))
    weight = np.array([[0.0, 4.0]], np.float32)
    variables = {"dense_1": {"weight": weight, "bias": np.zeros(2, np.float32)}}
    target = TargetCoding("classification", ("y",), ("no", "yes"))
    model = fm.Model(network, variables, "cross_entropy", target)
    x = np.tile([[-1.0], [1.0]], (105, 1)).astype(np.float32)
    groups = np.repeat(["a", "b", NASTY], [100, 100, 10])
    truth = np.where(x[:, 0] > 0, "yes", "no")
    turned = np.arange(210) % 4 < 2
    turned[:100] = False
    truth[turned] = np.where(truth[turned] == "yes", "no", "yes")
    return model.evaluate_by_group((x, truth), groups)


@pytest.fixture(scope="module")
def kept(found: fm.GroupEvaluation) -> dict[str, Any]:
    """What groups.json has."""
    return {"group": {**plain(found.to_dict()), "source": "210 rows of loans"}}


@pytest.fixture(scope="module")
def page(kept: dict[str, Any]) -> Page:
    return Page(groups_section(kept).to_html())


def test_a_picture_has_every_group_with_its_interval(
    found: fm.GroupEvaluation,
) -> None:
    chart = found.plot().chart
    (dots,) = chart.data
    for i, group in enumerate(found.groups):
        accuracy = group.estimates["accuracy"]
        low = dots.x[i] - dots.error_x.arrayminus[i]
        high = dots.x[i] + dots.error_x.array[i]
        known = (accuracy.value, accuracy.low, accuracy.high)
        assert (dots.x[i], low, high) == pytest.approx(known)


def test_groups_too_small_to_compare_are_open(found: fm.GroupEvaluation) -> None:
    picture = found.plot("selection rate of yes")
    (dots,) = picture.chart.data
    rows = [group.n_rows for group in found.groups]
    is_open = ["open" in symbol for symbol in dots.marker.symbol]
    assert is_open == [n < 30 for n in rows]
    assert "fewer than 30 rows" in picture.reading


def test_what_is_drawn_says_whether_the_gap_is_chance(
    found: fm.GroupEvaluation,
) -> None:
    assert "is more than chance gives" in found.plot().reading
    assert "is no more than chance" in found.plot("selection rate of yes").reading


def test_a_metric_that_is_not_there_is_refused(found: fm.GroupEvaluation) -> None:
    with pytest.raises(InputError, match=r"Unknown metric 'acuracy'\. Did you mean"):
        found.plot("acuracy")


def test_the_tables_have_counts_metrics_and_gaps(
    page: Page, found: fm.GroupEvaluation
) -> None:
    assert found.verdict in page.text
    for said in ("1.000 [0.963, 1.000]", "100", "(too small)", "0.397 to 0.596"):
        assert said in page.text


def test_names_of_groups_are_text(page: Page) -> None:
    assert NASTY in page.text
    assert all(tag != "script" or "type" in own for tag, own in page.tags)


def test_the_main_metric_is_drawn_first(page: Page) -> None:
    titles: Any = [chart["layout"] for chart in page.charts]
    assert titles[0]["xaxis"]["title"]["text"] == "accuracy"


def test_damaged_results_are_refused(kept: dict[str, Any]) -> None:
    damaged = {"group": {**kept["group"], "all": {}}}
    with pytest.raises(InputError, match=r"groups\.json.*damaged.*--keep"):
        groups_section(damaged)


def test_the_page_of_a_run_has_what_was_kept_and_what_is_asked_for(
    three_classes: Path, kept: dict[str, Any], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(three_classes, run)
    (run / "groups.json").write_text(json.dumps(kept))
    out = tmp_path / "page.html"
    text = Page(write_report(run, out, groups="petal width (cm)").read_text()).text
    assert "Measured on 210 rows of loans" in text
    assert "Measured on the 30 test rows of iris" in text
    with pytest.raises(InputError, match="no column 'petal widht"):
        write_report(run, out, groups="petal widht (cm)")
    with pytest.raises(InputError, match="cannot be measured by 'petal"):
        write_report(run, out, data="wine", groups="petal width (cm)")

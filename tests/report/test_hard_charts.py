"""Charts of runs with almost nothing to draw: one epoch, one row, all values alike."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fathom.inspect.attributed import Attribution
from fathom.record.history import History, Records
from fathom.report import (
    attribution_chart,
    classification_charts,
    data_charts,
    layer_charts,
    regression_charts,
    result_charts,
    threshold_charts,
    training_charts,
)
from fathom.report.colors import bare_figure
from fathom.report.gradient_pictures import gradient_by_layer
from fathom.report.markup import Section, pictures
from fathom.report.page import framed
from fathom.report.picture import Picture
from fathom.report.power_axis import power_axis

LONG = "a column whose name never seems to come to its end, whatever one does"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)


def history(*losses: float) -> History:
    """The history of a run whose gradients and updates are as large as its losses."""
    rows = [
        {"epoch": i + 1, "loss": loss, "validation_loss": loss, "accuracy": 1.0,
         "validation_accuracy": 1.0, "learning_rate": 1e-3}
        for i, loss in enumerate(losses)
    ]  # fmt: skip
    made = History(rows)
    names = ("gradient_norm", "parameter_norm", "update_norm", "activation_mean",
             "activation_spread", "dead_units")  # fmt: skip
    made.records = Records(dict.fromkeys(names, ("only",)))
    for i, loss in enumerate(losses):
        values = np.array([loss, 1.0, loss, 0.0, 0.0, 1.0])
        made.records.append(i + 1, 1e-3, loss, values)
    return made


def training_pictures() -> list[Picture | None]:
    found: list[Picture | None] = []
    near_a_power = (4e-3, 2e-3, 1.5e-3)
    cases = ((0.5,), (0.5, 0.5), (0.0, 0.0), (np.nan,), (1e-30, 1e30), near_a_power)
    for losses in cases:
        run = history(*losses)
        found += [training_charts.loss_curves(run, 1)]
        found += training_charts.metric_curves(run, 1)[:1]
        found += [
            draw(run)
            for draw in (
                layer_charts.gradient_norms,
                layer_charts.update_ratios,
                layer_charts.activations_over_time,
                layer_charts.silent_units,
            )
        ]
    found += [gradient_by_layer({"only": size}) for size in (1e-3, 9.99e-4, 0.0)]
    return found


def answer_pictures() -> list[Picture | None]:
    sure, one = np.array([[0.0, 1.0]] * 3), np.array([1, 1, 1])
    split = np.array([[0.5, 0.5]])
    names = (LONG, "<b>")
    flat, value = np.full(4, 2.5), np.array([7.0])
    columns = [{"name": LONG, "kind": "number", "used": False, "missing": 1}]
    scores: dict[str, Any] = {
        "task": "classification", "test_rows": 1,
        "network": {"name": LONG, "kind": "network", "accuracy": 0.0},
        "baselines": [{"name": "most frequent", "kind": "trivial", "accuracy": 0.0}],
    }  # fmt: skip
    charts = classification_charts
    zeros, none = np.zeros((1, 2)), np.zeros(1)
    nothing = Attribution(
        "occlusion", "logit", (LONG,), zeros, zeros, zeros, none, none, none, none + 1,
        (LONG, "b"), {LONG: (0,), "b": (1,)},
    )  # fmt: skip
    return [
        charts.confusion_matrix(one, sure, names),
        charts.confidence_histogram(one, sure, names),
        charts.calibration(one, sure, names),
        charts.calibration(np.array([0]), split, names),
        threshold_charts.roc_curves(np.array([0, 1]), np.repeat(split, 2, 0), names),
        threshold_charts.precision_recall_curves(one[:2] * [0, 1], sure[:2], names),
        regression_charts.predicted_against_true(flat, flat, LONG),
        regression_charts.residuals_against_predicted(value, value, LONG),
        regression_charts.residual_histogram(value, value, LONG),
        data_charts.class_counts(one, names, {"training": [0, 1], "test": [2]}),
        data_charts.target_distribution(flat, LONG),
        data_charts.column_kinds(columns),
        data_charts.missing_values(columns, 1),
        result_charts.beside_baselines(scores),
        attribution_chart.attribution_chart(nothing, {}),
    ]


def hard_page() -> str:
    parts = {"training": training_pictures(), "answers": answer_pictures()}
    sections = [Section(name, name, pictures(own)) for name, own in parts.items()]
    return framed("hard", "<h1>hard</h1>", sections, "")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_charts_with_almost_nothing_to_draw_are_drawn_without_an_error(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.html"
    content = hard_page()
    page.write_text(content, "utf-8")
    done = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu",
         f"--user-data-dir={tmp_path}", "--enable-logging=stderr", "--v=0",
         "--window-size=390,800", "--virtual-time-budget=20000", "--dump-dom",
         page.as_uri()],
        capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    body = re.search(r"<body[^>]*>", done.stdout)
    n = content.count('<script type="application/json">')
    assert body is not None, done.stderr
    assert f'data-errors="" data-drawn="{n}"' in body[0]
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []


@pytest.mark.parametrize("values", [(0.001, 0.004), (0.003, 0.003), (0.0021, 0.0049)])
def test_a_logarithmic_axis_has_two_marks_even_within_one_power_of_ten(
    values: tuple[float, float],
) -> None:
    axis = power_axis(values)
    low, high = axis["range"]
    assert len(axis["tickvals"]) >= 2
    assert low < np.log10(axis["tickvals"][0]) <= np.log10(values[0])
    assert np.log10(values[1]) <= np.log10(axis["tickvals"][-1]) < high


def test_the_numbers_of_an_axis_are_never_all_hidden() -> None:
    layout = bare_figure().to_dict()["layout"]["template"]["layout"]
    assert layout["xaxis"]["ticklabeloverflow"] == "allow"
    assert layout["yaxis"]["ticklabeloverflow"] == "allow"

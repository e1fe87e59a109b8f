"""The sections of a report on data, network, training and results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.data.images import describe_image
from fathom.report import classification_charts as classes
from fathom.report import data_charts as data
from fathom.report import layer_charts
from fathom.report import regression_charts as numbers
from fathom.report import threshold_charts as thresholds
from fathom.report import training_charts as training
from fathom.report.answers import TestAnswers
from fathom.report.chart import count
from fathom.report.cross_validation_chart import scores_by_setting
from fathom.report.markup import (
    Section,
    bold,
    folded,
    gap,
    listed,
    paragraph,
    pictures,
    table,
    text,
)
from fathom.report.picture import Picture
from fathom.report.result_charts import beside_baselines
from fathom.report.run_record import RunRecord
from fathom.report.weights_over_time import weights_over_time
from fathom.verdict import label, number

if TYPE_CHECKING:
    from fathom.data import Table

MOST_COLUMNS = 200
MOST_TARGETS = 4
_LOWER_IS_BETTER = ("log_loss", "root_mean_squared_error", "mean_absolute_error")
_PURPOSES = (
    ("training", "for training"),
    ("validation", "for choosing the best epoch"),
    ("calibration", "for calibration"),
    ("test", "for the result"),
)


def data_section(record: RunRecord, known: Table | str) -> Section:
    """Return what the network learned from.

    Args:
        record: The run.
        known: The table, or why it cannot be read.
    """
    schema = record.schema
    rows, columns = schema["rows"], schema["columns"]
    parts = ", ".join(
        f"{rows[part]:,} {what}" for part, what in _PURPOSES if rows.get(part)
    )
    target = ", ".join(schema["target"])
    body = paragraph(
        f"{count(rows['all'], 'row')} of {count(len(columns), 'column')}: {parts}. To "
        f"be predicted: {target} ({schema['task']})."
    )
    body += listed(schema["notes"])
    found: list[Picture | None] = []
    if isinstance(known, str):
        body += gap(f"What is to be predicted is not drawn. {known}")
    else:
        found += _target_pictures(record, known)
    if schema["image"]:
        image = describe_image(tuple(schema["image"]))
        body += paragraph(f"The columns of a row are an image of {image}.")
    else:
        found += [
            data.column_kinds(columns), data.missing_values(columns, rows["all"])
        ]  # fmt: skip
        if not any(column["missing"] for column in columns):
            body += paragraph("No value is missing.")
    return Section("data", "Data", body + pictures(found) + _columns(columns))


def _target_pictures(record: RunRecord, known: Table) -> list[Picture | None]:
    assert known.target is not None
    if known.classes is not None:
        codes = np.searchsorted(np.array(known.classes), known.y)
        return [data.class_counts(codes, known.classes, record.split)]
    frame = known.target.frame
    names = frame.columns[:MOST_TARGETS]
    return [data.target_distribution(frame[name].to_numpy(), name) for name in names]


def _columns(columns: Sequence[Mapping[str, Any]]) -> str:
    shown = [
        (c["name"], c["kind"], c["missing"], c["unique"],
         c["note"] or ("" if c["used"] else "not used"))
        for c in columns[:MOST_COLUMNS]
    ]  # fmt: skip
    heads = ("column", "kind", "missing", "distinct", "note")
    rest = len(columns) - len(shown)
    more = f"The first {MOST_COLUMNS} of " if rest else "All "
    title = f"{more}{count(len(columns), 'column')}"
    return folded(title, table(heads, shown, title, right_from=2, kind="columns"))


def training_section(record: RunRecord) -> Section:
    """Return how the loss and the metrics went, epoch by epoch."""
    facts, history = record.facts, record.history
    best = facts.get("best_epoch")
    body = paragraph(facts.get("why_stopped", ""))
    if record.status in ("interrupted", "running"):
        body += gap(
            "The run did not come to its end: what is shown is what it had done. "
            f"'fathom train --resume {record.path}' goes on with it."
        )
    if not history.n_epochs:
        body += gap("No epoch was finished, so there is nothing to draw.")
        return Section("training", "Training", body)
    if isinstance(best, int) and best > 0:
        body += paragraph(
            f"The model has the weights of epoch {best} of {history.n_epochs}."
        )
    if "validation_loss" not in history:
        body += gap("No rows were held back for validation: only training is drawn.")
    compared = record.comparison
    found = [
        None if compared is None else scores_by_setting(compared),
        training.loss_curves(history, best),
        *training.metric_curves(history, best),
        training.learning_rate_curve(history),
    ]
    recorded = [
        layer_charts.gradient_norms(record.steps),
        layer_charts.update_ratios(record.steps),
        layer_charts.activations_over_time(record.steps),
        layer_charts.silent_units(record.steps),
        layer_charts.layers_at_the_end(record.steps),
        weights_over_time(record.steps),
    ]
    return Section("training", "Training", body + pictures(found + recorded))


def results_section(record: RunRecord) -> Section:
    """Return the network beside the baselines, and who wins in words."""
    metrics = record.metrics
    if not metrics:
        why = {
            "done": "No rows were held back for a test, so nothing is known about new "
            "rows. 'fathom train --test 0.2' holds back a fifth.",
            "failed": "The run failed, so nothing was measured.",
        }.get(record.status, "The run has not come to its end, where it is measured.")
        return Section("results", "Results", gap(why))
    body = paragraph(metrics["verdict"])
    if not metrics["baselines"]:
        body += gap("No simpler models were fitted, so nothing stands beside it.")
    return Section(
        "results",
        "Results",
        body + _scores(metrics) + pictures([beside_baselines(metrics)]),
    )


def _scores(metrics: Mapping[str, Any]) -> str:
    scores = [metrics["network"], *metrics["baselines"]]
    names = [n for n, v in metrics["network"].items() if isinstance(v, (int, float))]
    best: dict[str, float | None] = {}
    for name in names:
        values = [s[name] for s in scores if isinstance(s.get(name), (int, float))]
        winner = min(values) if name in _LOWER_IS_BETTER else max(values)
        best[name] = winner if len(scores) > 1 else None
    rows = [
        [score["name"], *(_score(score.get(name), best[name]) for name in names)]
        for score in scores
    ]
    title = f"On {count(metrics['test_rows'], 'test row')}"
    title += ", the best of each in bold" if len(scores) > 1 else ""
    notes = [f"{s['name']} {s['note']}." for s in scores if s.get("note")]
    return table(["", *map(label, names)], rows, title) + listed(notes)


def _score(value: Any, best: float | None) -> object:
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return ""
    return bold(number(value)) if value == best else number(value)


def answers_section(answers: TestAnswers | str) -> Section:
    """Return charts of what the model answers for the test rows.

    Args:
        answers: Or why there are none.
    """
    title = "Answers for the test rows"
    if isinstance(answers, str):
        return Section("answers", title, gap(answers))
    known, given = answers.known, answers.given
    body = paragraph(
        f"What the network answers for the {count(len(known), 'row')} that nothing was "
        f"fitted or chosen on."
    )
    if answers.classes:
        found = [
            draw(known, given, answers.classes)
            for draw in (
                classes.confusion_matrix,
                classes.confidence_histogram,
                thresholds.roc_curves,
                thresholds.precision_recall_curves,
                classes.calibration,
            )
        ]
        return Section("answers", title, body + pictures(found))
    for i, name in enumerate(answers.names[:MOST_TARGETS]):
        if len(answers.names) > 1:
            body += f"<h3>{text(name)}</h3>"
        body += pictures(
            draw(known[:, i], given[:, i], name)
            for draw in (
                numbers.predicted_against_true,
                numbers.residuals_against_predicted,
                numbers.residual_histogram,
            )
        )
    if len(answers.names) > MOST_TARGETS:
        body += gap(f"Drawn are {MOST_TARGETS} of {len(answers.names)} targets.")
    return Section("answers", title, body)

"""The section of a report on which columns the network relies on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fathom.errors import InputError
from fathom.inspect.boundary import decision_boundary
from fathom.inspect.importance import Importance, permutation_importance
from fathom.model import Model
from fathom.report.answers import TestAnswers
from fathom.report.boundary_picture import boundary_picture
from fathom.report.chart import count, labels, new_chart
from fathom.report.colors import NEUTRAL, POSITIVE
from fathom.report.markup import Section, gap, pictures
from fathom.report.picture import Picture
from fathom.verdict import label as metric_label

MOST_BARS = 20
# Shuffled rows times columns that a report takes the time for.
MOST_ROWS = 1000
MOST_COLUMNS = 500
REPEATS = 10


def importance_of(model: Model, answers: TestAnswers) -> Importance:
    """Return how much each column matters on the test rows, or 1,000 of them.

    For classes by the log loss, which moves before the accuracy does.

    Raises:
        InputError: If the columns are pixels, or too many.
    """
    table = answers.table
    if table.image_shape is not None:
        raise InputError("The columns are pixels, of which no single one matters.")
    if len(table.columns) > MOST_COLUMNS:
        raise InputError(
            f"Shuffling each of {len(table.columns):,} columns would take too long for "
            f"a report."
        )
    if len(table) > MOST_ROWS:
        chosen = np.random.default_rng(0).choice(len(table), MOST_ROWS, replace=False)
        table = table.rows(np.sort(chosen))
    metric = "log_loss" if answers.classes else None
    return permutation_importance(model, table, metric, repeats=REPEATS)


def importance_section(
    found: Importance | str, model: Model, answers: TestAnswers
) -> Section:
    """Return which columns matter, and the answers along the two that matter most.

    Args:
        found: Or why it is not known.
        model: The model.
        answers: For the test rows.
    """
    if isinstance(found, str):
        body = gap(found)
    else:
        order = [name for name, _ in found.ranked()]
        line = boundary_along(model, answers, order)
        body = pictures([importance_chart(found), line])
    return Section("columns", "Columns that matter", body)


def boundary_along(
    model: Model, answers: TestAnswers, order: Sequence[str]
) -> Picture | None:
    """Return where the answer changes along the first two columns of numbers.

    Args:
        model: The model.
        answers: For the rows that are drawn.
        order: Names of columns.

    Returns:
        None if no column holds numbers, or the answers cannot be drawn.
    """
    kinds = {column.name: column.kind for column in answers.table.columns}
    chosen = [name for name in order if kinds.get(name) == "number"][:2]
    known = answers.known
    if answers.classes:
        known = np.array([str(answers.classes[i]) for i in known])
    elif known.shape[1] > 1:
        return None
    try:
        return boundary_picture(decision_boundary(model, answers.table, chosen), known)
    except InputError:
        return None


def importance_chart(found: Importance) -> Picture:
    """Return how much worse the network is with each column shuffled."""
    order = np.argsort(-found.mean, kind="stable")[:MOST_BARS]
    names = labels([found.columns[i] for i in order], 32)
    title = metric_label(found.metric)
    chart = new_chart(
        f"{title} worse by",
        "",
        height=70 + 24 * len(order),
        legend=False,
    )
    chart.add_bar(
        x=found.mean[order],
        y=names,
        orientation="h",
        marker={"color": POSITIVE, "line": {"width": 0}},
        error_x={
            "array": (found.high - found.mean)[order],
            "color": NEUTRAL,
            "thickness": 1.5,
            "width": 3,
        },
        hovertemplate="%{y}: %{x:.4g}<extra></extra>",
    )
    chart.update_layout(
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
        bargap=0.3,
    )
    told = "; ".join(f"{found.columns[i]} {found.mean[i]:.3g}" for i in order)
    few = (
        f" The {MOST_BARS} largest of {len(found.columns):,}."
        if (len(found.columns) > MOST_BARS)
        else ""
    )
    return Picture(
        "Which columns does it rely on?",
        f"How much worse the {title} on the test rows gets when a column's values are "
        f"shuffled among them; lines: 95% intervals over {REPEATS} shuffles. Columns "
        f"that say the same stand in for each other.{few}",
        f"Of {count(len(found.columns), 'column')}, shuffling costs most in {title} "
        f"(which is {found.value:.3g}): {told}.",
        chart,
    )

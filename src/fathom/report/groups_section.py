"""The section of a report on groups of rows: metrics with intervals, and the gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fathom.errors import InputError
from fathom.export.group_results import read_groups
from fathom.report.answers import TestAnswers
from fathom.report.chart import count
from fathom.report.group_charts import metrics_by_group
from fathom.report.markup import Markup, Section, bold, paragraph, pictures, table, text
from fathom.report.run_record import RunRecord
from fathom.verdict import label, number

Plain = Mapping[str, Any]


def group_results(
    record: RunRecord, answers: TestAnswers | str, column: str | None = None
) -> dict[str, Any]:
    """Return the results by group that a run keeps, and those of a column asked for.

    Args:
        record: The run.
        answers: Its test rows, or why there are none.
        column: What to group the test rows by, in place of what the run has kept of it;
            None measures nothing.

    Raises:
        InputError: If a column is asked for, and there are no test rows or there is no
            such column.
    """
    found = read_groups(record.path)
    if column is None:
        return found
    if isinstance(answers, str):
        raise InputError(f"The rows cannot be measured by {column!r}. {answers}")
    assert record.model is not None
    measured = record.model.evaluate_by_group(answers.table, column).to_dict()
    source = f"the {count(len(answers.rows), 'test row')} of {answers.table.name}"
    return {**found, column: {**measured, "source": source}}


def groups_section(found: Plain) -> Section:
    """Return how the model does by group, a part for each column that was measured.

    Raises:
        InputError: If the results are damaged.
    """
    try:
        body = "".join(_of_column(result, len(found) > 1) for result in found.values())
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            "The results by group (groups.json) are damaged: measure them again with "
            "'fathom evaluate RUN DATA --groups COLUMN --keep'."
        ) from error
    return Section("groups", "By group", body)


def _of_column(result: Plain, is_one_of_several: bool) -> str:
    column = result["column"]
    body = f"<h3>By {text(column)}</h3>" if is_one_of_several else ""
    body += paragraph(f"Measured on {result['source']}. {result['verdict']}")
    body += pictures(metrics_by_group(result))
    body += _metrics(result)
    return body + _gaps(result) if result["gaps"] else body


def _metrics(result: Plain) -> str:
    names = list(result["all"]["metrics"])
    rows = []
    for group in [*result["groups"], result["all"]]:
        mark = " (too small)" if group["too_small"] else ""
        cells = [_cell(group["metrics"].get(name)) for name in names]
        rows.append([f"{group['group']}{mark}", f"{group['rows']:,}", *cells])
    heads = [result["column"], "rows", *map(label, names)]
    return table(heads, rows, f"By {result['column']}; in brackets the 95% interval")


def _gaps(result: Plain) -> str:
    rows = [
        (
            label(gap["metric"]),
            gap["highest"],
            gap["lowest"],
            _sure(number(gap["gap"]), gap["beyond_chance"]),
            f"{number(gap['low'])} to {number(gap['high'])}",
        )
        for gap in result["gaps"]
    ]
    heads = ("metric", "highest", "lowest", "gap", "interval")
    caption = "The largest difference in each metric; bold: more than chance gives"
    return table(heads, rows, caption, right_from=3)


def _sure(value: str, is_beyond_chance: bool) -> str | Markup:
    return bold(value) if is_beyond_chance else value


def _cell(metric: Plain | None) -> str:
    if metric is None:
        return "-"
    ends = f"{number(metric['low'])}, {number(metric['high'])}"
    return f"{number(metric['value'])} [{ends}]"

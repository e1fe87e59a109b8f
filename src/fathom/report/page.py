"""The report of a run: one HTML file with everything in it, which opens offline.

    write_report("runs/latest")       # -> runs/.../report.html

Everything on the page comes from the run's folder, and from its data where they can
still be read; what cannot be shown is named, with the reason. The page asks nothing
of any other machine: its security policy forbids it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from fathom.errors import InputError
from fathom.files import write_text
from fathom.privacy.accounting import PrivacySpent
from fathom.report import example_sections as examples
from fathom.report import result_sections as results
from fathom.report.answers import TestAnswers, test_answers
from fathom.report.explained_section import explained_section
from fathom.report.groups_section import group_results, groups_section
from fathom.report.importance_section import importance_of, importance_section
from fathom.report.markup import Section, gap, paragraph, text
from fathom.report.network_section import network_section
from fathom.report.repairs_section import repairs_section
from fathom.report.run_record import RunRecord, find_table, read_record
from fathom.verdict import label, main_metric, number

if TYPE_CHECKING:
    from fathom.data import Table

REPORT = "report.html"


def write_report(
    run: str | Path,
    out: str | Path | None = None,
    data: Any = None,
    groups: str | None = None,
) -> Path:
    """Write the report of a run as one HTML file.

    Args:
        run: The run's folder, or `runs/latest`.
        out: The file; None writes report.html into the run's folder. A report that is
            there is replaced.
        data: What `fathom.read` takes, if the data are not where the run found them.
        groups: A column by which the test rows are measured for this page, beside what
            the run has kept of being measured by group.

    Returns:
        The file.

    Raises:
        InputError: If there is no run, a file of it is damaged, the report cannot be
            written, or the rows cannot be measured by that column.
    """
    record = read_record(run)
    path = record.path / REPORT if out is None else Path(out)
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} to.")
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file for the report.")
    write_text(path, report_html(record, data, groups))
    return path


def report_html(record: RunRecord, data: Any = None, groups: str | None = None) -> str:
    """Return the page of a run that has been read.

    Args:
        record: The run.
        data: What `fathom.read` takes, if the data are not where the run found them.
        groups: A column by which the test rows are measured, or None.
    """
    table = _or_why(find_table, record, data)
    answers: TestAnswers | str = (
        _or_why(test_answers, record, table)
        if not isinstance(table, str)
        else f"The test rows cannot be shown. {table}"
    )
    return framed(
        f"{record.facts['name']}: {', '.join(record.schema['target'])}",
        _header(record),
        _sections(record, table, answers, group_results(record, answers, groups)),
        _footer(record),
    )


def framed(title: str, header: str, sections: Sequence[Section], footer: str) -> str:
    """Return a page that opens offline: style, scripts, contents and sections.

    Args:
        title: Of the window, as text.
        header: HTML above the sections.
        sections: In their order.
        footer: As text.
    """
    from plotly.offline import get_plotlyjs

    own = files("fathom.report")
    return Template(own.joinpath("page.html").read_text("utf-8")).substitute(
        title=text(title),
        style=own.joinpath("page.css").read_text("utf-8"),
        script=own.joinpath("page.js").read_text("utf-8"),
        plotly=get_plotlyjs(),
        contents="".join(
            f'<li><a href="#{section.name}">{text(section.title)}</a></li>'
            for section in sections
        ),
        header=header,
        sections="\n".join(section.to_html() for section in sections),
        footer=text(footer),
    )


def _or_why(ask: Any, *given: Any) -> Any:
    """Return what a function gives, or its reason why it cannot."""
    try:
        return ask(*given)
    except InputError as error:
        return str(error)


def _sections(
    record: RunRecord,
    table: Table | str,
    answers: TestAnswers | str,
    by_group: Mapping[str, Any],
) -> list[Section]:
    found = [
        results.data_section(record, table),
        network_section(record),
        results.training_section(record),
        results.results_section(record),
        results.answers_section(answers),
    ]
    if by_group:
        found.append(groups_section(by_group))
    order: list[str] = []
    if isinstance(answers, TestAnswers):
        assert record.model is not None
        importance = _or_why(importance_of, record.model, answers)
        found.append(importance_section(importance, record.model, answers))
        if not isinstance(importance, str):
            order = [name for name, _ in importance.ranked()]
    if record.findings is not None:
        found.append(examples.findings_section(record.findings))
    if record.repairs is not None:
        found.append(repairs_section(record.repairs))
    if isinstance(answers, TestAnswers):
        assert record.model is not None
        found.append(examples.mistakes_section(answers, order))
        found.append(explained_section(record.model, answers))
    return [*found, examples.settings_section(record)]


def _header(record: RunRecord) -> str:
    schema, facts = record.schema, record.facts
    target = ", ".join(schema["target"])
    kind = "the class" if schema["task"] == "classification" else "the value"
    what = f"A neural network ({record.config['model']}) that predicts {kind}"
    body = f"<h1>{text(facts['name'])}: {text(target)}</h1>"
    body += paragraph(f"{what} of {target}.", "lead")
    if record.status != "done":
        body += gap(
            f"The run is {record.status}. {facts.get('why_stopped', '')} "
            f"What follows is what it left."
        )
    items = "".join(
        f"<div><dt>{text(name)}</dt><dd>{text(value)}<small>{text(more)}</small></dd>"
        f"</div>"
        for name, value, more in _facts(record)
    )
    verdict = paragraph(record.metrics.get("verdict", ""), "verdict")
    spent = facts.get("privacy")
    private = paragraph(str(PrivacySpent.from_dict(spent)) if spent else "")
    return f'{body}<dl class="facts">{items}</dl>{verdict}{private}'


def _facts(record: RunRecord) -> list[tuple[str, str, str]]:
    metrics, rows = record.metrics, record.schema["rows"]
    found = []
    if metrics:
        metric = main_metric(metrics["task"], metrics["network"])
        value = number(metrics["network"][metric])
        where = f"on {metrics['test_rows']:,} test rows"
        found.append((label(metric), value, where))
        found += _best_baseline(metrics, metric)
    epochs, best = record.history.n_epochs, record.facts.get("best_epoch")
    found.append(("epochs", f"{epochs:,}", f"best: {best}" if best else ""))
    if record.model is not None:
        parameters = record.model.network.summary().parameters
        found.append(("trained numbers", f"{parameters:,}", "weights and biases"))
    parts = f"{rows['training']:,} of them for training"
    return [*found, ("rows", f"{rows['all']:,}", parts)]


def _best_baseline(
    metrics: Mapping[str, Any], metric: str
) -> list[tuple[str, str, str]]:
    sign = -1 if metric == "root_mean_squared_error" else 1
    known = [s for s in metrics["baselines"] if isinstance(s.get(metric), (int, float))]
    if not known:
        return []
    best = max(known, key=lambda score: sign * score[metric])
    return [("best simpler model", number(best[metric]), best["name"])]


def _footer(record: RunRecord) -> str:
    version = record.facts.get("versions", {}).get("fathom", "")
    return f"Trained with Fathom {version}. This page is one file and works offline."

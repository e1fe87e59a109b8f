"""`fathom evaluate`: how well a model does on rows whose answers are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.errors import InputError

if TYPE_CHECKING:
    from fathom.data.table import Table
    from fathom.fairness.result import GroupEvaluation
    from fathom.model import Model
    from fathom.uncertainty.ensemble import Ensemble


def evaluate(
    run: Annotated[str, typer.Argument(help="A run's folder, such as runs/latest.")],
    data: Annotated[str, typer.Argument(help="A table with columns and target.")],
    groups: Annotated[
        str | None,
        typer.Option(help="Measure each group of this column.", metavar="COLUMN"),
    ] = None,
    favorable: Annotated[
        str | None,
        typer.Option(
            help="With --groups: the class whose selection and true positive rates "
            "are compared. [the second of two, each of more]",
            metavar="CLASS",
        ),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", help="With --groups: write it into the run and its model card."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Measure a model on a table with known answers.

    The rows should be ones that the model was not trained on: the result on the test
    rows that training held back is in the run's metrics.json. With --groups, of the
    table that the run was made with only its test rows are measured.

    \b
    Examples:
        fathom evaluate runs/latest last_month.csv
        fathom evaluate runs/latest iris --json
        fathom evaluate runs/latest loans.csv --groups sex --favorable yes --keep
    """  # noqa: D301
    from fathom.cli.output import print_json, show_notes
    from fathom.data import read
    from fathom.export.ensemble_folder import load_predictor

    if groups is None and (favorable is not None or keep):
        flag = "--keep" if keep else "--favorable"
        raise InputError(f"{flag} goes with --groups COLUMN. Name the column.")
    model = load_predictor(run)
    if model.target is None:
        raise InputError(f"The model in {run} has no target to evaluate against.")
    table = read(data, target=list(model.target.names), task=model.task)
    show_notes(model.preprocessing.report(table) if model.preprocessing else [])
    if groups is not None:
        asked = _Asked(run, data, groups, favorable)
        _by_group(asked, model, table, keep, json)
        return
    values = model.evaluate(table)
    if json:
        print_json({"run": run, "data": data, "rows": len(table), "metrics": values})
        return
    _show(values, table, _test_rows(run, table) is not None)


def _show(values: dict[str, float], table: Table, was_trained_on: bool) -> None:
    from fathom.cli.output import make_console, make_table, say
    from fathom.verdict import label, number

    console = make_console()
    shown = make_table([f"On {len(table)} rows of {table.name}", ""], right_from=1)
    for name, value in values.items():
        shown.add_row(label(name), number(value))
    console.print(shown)
    if was_trained_on:
        say(
            console,
            "Note: the model was trained on most of these rows. What to expect of new "
            "rows is the result on the test rows, in the run's metrics.json.",
            "yellow",
        )


@dataclass(frozen=True)
class _Asked:
    """What is to be measured by group."""

    run: str
    data: str
    column: str
    favorable: str | None


def _by_group(
    asked: _Asked, model: Model | Ensemble, table: Table, keep: bool, json: bool
) -> None:
    from fathom.cli.output import make_console, print_json, say

    test = _test_rows(asked.run, table)
    source = f"{len(table)} rows of {table.name}"
    if test is not None:
        if not test:
            raise InputError(
                f"The run in {asked.run} was trained on all rows of {asked.data}, so "
                f"nothing in it shows how it does on new rows. Take another table."
            )
        table = table.rows(test)
        source = f"the {len(table)} test rows of {table.name}"
    found = model.evaluate_by_group(table, asked.column, asked.favorable)
    if keep:
        _keep(asked.run, found, source)
    if json:
        whole = {"run": asked.run, "data": asked.data, "source": source}
        print_json({**whole, **found.to_dict()})
        return
    console = make_console()
    say(console, f"On {source}, by {asked.column}; in brackets the 95% interval:\n")
    console.print(found.tables() + "\n", soft_wrap=True)
    say(console, found.verdict)


def _keep(run: str, found: GroupEvaluation, source: str) -> None:
    from fathom.export.group_results import keep_groups
    from fathom.export.run_folder import find_run

    keep_groups(find_run(run), found.to_dict(), source)


def _test_rows(run: str, table: Table) -> list[int] | None:
    """Return the test rows of a run made with this table; None if it was another."""
    from fathom.export.run_folder import SCHEMA, find_run, read_run
    from fathom.files import read_json

    try:
        path: Path = find_run(run)
        facts: dict[str, Any] = read_run(path)
        if facts.get("data", {}).get("digest") != table.digest():
            return None
        schema = read_json(path / SCHEMA, "the columns of a run")
    except InputError:  # a model that was saved apart from a run
        return None
    return list(schema.get("split", {}).get("test", []))

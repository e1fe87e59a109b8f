"""`fathom evaluate`: how well a model does on rows whose answers are known."""

from __future__ import annotations

from typing import Annotated

import typer


def evaluate(
    run: Annotated[str, typer.Argument(help="A run's folder, such as runs/latest.")],
    data: Annotated[str, typer.Argument(help="A table with columns and target.")],
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Measure a model on a table with known answers.

    The rows should be ones that the model was not trained on: the result on the test
    rows that training held back is in the run's metrics.json.

    \b
    Examples:
        fathom evaluate runs/latest last_month.csv
        fathom evaluate runs/latest iris --json
    """  # noqa: D301
    from fathom.cli.output import make_console, make_table, print_json, say, show_notes
    from fathom.data import read
    from fathom.errors import InputError
    from fathom.export.model_folder import load
    from fathom.verdict import label, number

    model = load(run)
    if model.target is None:
        raise InputError(f"The model in {run} has no target to evaluate against.")
    table = read(data, target=list(model.target.names), task=model.task)
    show_notes(model.preprocessing.report(table) if model.preprocessing else [])
    values = model.evaluate(table)
    if json:
        print_json({"run": run, "data": data, "rows": len(table), "metrics": values})
        return
    console = make_console()
    shown = make_table([f"On {len(table)} rows of {table.name}", ""], right_from=1)
    for name, value in values.items():
        shown.add_row(label(name), number(value))
    console.print(shown)
    if _trained_on(run, table.digest()):
        say(
            console,
            "Note: the model was trained on most of these rows. What to expect of new "
            "rows is the result on the test rows, in the run's metrics.json.",
            "yellow",
        )


def _trained_on(run: str, digest: str) -> bool:
    """Say whether a run was made with the data of a digest."""
    from fathom.errors import InputError
    from fathom.export.run_folder import find_run, read_run

    try:
        facts = read_run(find_run(run))
    except InputError:  # a model that was saved apart from a run
        return False
    return facts.get("data", {}).get("digest") == digest

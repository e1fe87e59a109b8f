"""`fathom brain`: a model beside the brain."""

from __future__ import annotations

from typing import Annotated, Any

import typer

brain = typer.Typer(
    help="The brain beside the machine.\n\n\b\nExamples:\n"
    "    fathom brain compare runs/latest",
    rich_markup_mode=None,
)


@brain.callback(invoke_without_command=True)
def _brain(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@brain.command("compare")
def compare(
    run: Annotated[str, typer.Argument(help="A run's folder, such as runs/latest.")],
    data: Annotated[
        str | None,
        typer.Option(
            help="Rows to count a spiking network's spikes on. [those of the run]"
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Set a run's model beside the brain: neurons, synapses, energy of one answer.

    The energies are estimates, from what operations cost in a chip of 45 nm.

    \b
    Examples:
        fathom brain compare runs/latest
        fathom brain compare runs/latest --data digits --json
    """  # noqa: D301
    from fathom.brain.energy import compare_with_brain, is_spiking
    from fathom.cli.output import make_console, print_json, say
    from fathom.export.model_folder import load

    model = load(run)
    rows = _rows(run, data) if is_spiking(model) else None
    found = compare_with_brain(model, rows)
    if json:
        print_json({"run": run, **found.to_dict()})
        return
    say(make_console(), str(found))


def _rows(run: str, data: str | None) -> Any:
    """Return the rows of a file, or those that a run was made with."""
    from fathom.data import read
    from fathom.report.run_record import find_table, read_record

    return find_table(read_record(run)) if data is None else read(data)

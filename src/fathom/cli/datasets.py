"""`fathom datasets`: the data sets that need no download."""

from __future__ import annotations

from typing import Annotated

import typer


def datasets(
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """List the bundled data sets, which train by name.

    \b
    Examples:
        fathom datasets
        fathom train wine
    """  # noqa: D301
    from fathom.cli.output import make_console, make_table, print_json, say
    from fathom.data import datasets as bundled

    if json:
        print_json({"datasets": bundled.describe()})
        return
    console = make_console()
    table = make_table(["name", "rows", "columns", "task", "what it is"], right_from=5)
    for position in (1, 2):
        table.columns[position].justify = "right"
    for about in bundled.describe():
        sizes = (f"{about['rows']:,}", str(about["columns"]))
        table.add_row(about["name"], *sizes, about["task"], about["what"])
    console.print(table)
    console.print()
    say(console, "Train on one by its name: fathom train iris")

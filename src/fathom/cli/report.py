"""`fathom report`: a run as one HTML page."""

from __future__ import annotations

from typing import Annotated

import typer


def report(
    run: Annotated[str, typer.Argument(help="A run's folder, such as runs/latest.")],
    out: Annotated[
        str | None,
        typer.Option(help="The file to write. [RUN/report.html]", metavar="FILE"),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Where the data are now. [where the run found them]"),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(
            help="Measure the test rows by this column, too.", metavar="COLUMN"
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Write a run's report: one HTML file that opens offline.

    Data, network, training, the result beside simpler models, and the largest
    mistakes, each picture under the question that it answers. By group: what 'fathom
    evaluate --groups COLUMN --keep' has kept in the run, and the column of --groups.

    \b
    Examples:
        fathom report runs/latest
        fathom report runs/latest --out houses.html --json
        fathom report runs/latest --groups region
    """  # noqa: D301
    from fathom.cli.output import print_json
    from fathom.report.page import write_report

    path = write_report(run, out, data, groups)
    if json:
        print_json({"report": str(path)})
    else:
        typer.echo(f"The report is in {path}. Open it in any browser; it needs no net.")

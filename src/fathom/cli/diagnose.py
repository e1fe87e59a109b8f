"""`fathom diagnose`: what is wrong with a run, from what it left."""

from __future__ import annotations

from typing import Annotated

import typer


def diagnose(
    run: Annotated[str, typer.Argument(help="A run's folder, such as runs/latest.")],
    data: Annotated[
        str | None,
        typer.Option(help="Where the data are now. [where the run found them]"),
    ] = None,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Make short runs that tell likely causes apart."),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Say what is wrong with a run, the most likely cause first.

    An alarm is a symptom with a consequence; a note may do no harm. The findings are
    kept in the run as findings.json. The exit code is 0 whatever is found.

    \b
    Examples:
        fathom diagnose runs/latest
        fathom diagnose runs/latest --probe
        fathom diagnose runs/latest --json
    """  # noqa: D301
    from fathom.cli.output import make_console, print_json, say
    from fathom.diagnosis import diagnose_folder

    found = diagnose_folder(run, data, probe)
    if json:
        content = {"run": str(found.path), **found.findings.to_dict()}
        print_json({**content, "gaps": list(found.gaps)})
        return
    console = make_console()
    for finding in found.findings:
        title, _, card = str(finding).partition("\n")
        say(console, title, "bold red" if finding.is_alarm else "bold yellow")
        say(console, f"{card}\n")
    for done in found.findings.probes:
        say(console, f"{done}\n")
    for gap in found.gaps:
        say(console, gap, "dim")
    say(console, found.findings.summary, "" if found.findings else "green")

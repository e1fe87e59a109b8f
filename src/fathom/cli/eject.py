"""`fathom eject`: a run's model as one file of Python that needs NumPy alone."""

from __future__ import annotations

from typing import Annotated

import typer


def eject(
    run: Annotated[str, typer.Argument(help="A run's folder, such as runs/latest.")],
    out: Annotated[
        str | None,
        typer.Option(
            help="New .py file (the weights go beside it), or folder. [RUN/eject]",
            metavar="FILE",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Write a model as one readable Python file that needs NumPy alone.

    Neither Fathom nor JAX: every step from a row to the answer can be read, layer by
    layer. The weights lie beside the file.

    \b
    Examples:
        fathom eject runs/latest
        fathom eject runs/latest --out houses.py
    """  # noqa: D301
    import shlex
    from pathlib import Path

    from fathom.cli.output import make_console, print_json, say, show_command
    from fathom.export.eject import eject as write
    from fathom.export.model_folder import load, model_folder
    from fathom.export.run_config import CONFIG, read_config

    folder = model_folder(Path(run))
    home, data = folder, ""
    if folder.name == "model" and (folder.parent / CONFIG).is_file():
        home, data = folder.parent, Path(str(read_config(folder.parent)["data"])).name
    program, weights = write(load(run), home / "eject" if out is None else out, data)
    if json:
        files = [program.name, weights.name]
        print_json({"folder": str(program.parent), "files": files})
        return
    console = make_console()
    say(console, f"Wrote {program} and its weights, {weights}. Next:")
    show_command(console, f"python {shlex.quote(str(program))} rows.csv")

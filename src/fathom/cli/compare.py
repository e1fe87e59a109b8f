"""`fathom compare`: runs beside runs, or networks beside classical models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli import options
from fathom.cli.values import targets_of
from fathom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


def compare(  # noqa: PLR0913  (the verb's flags)
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Folders of two runs or more; or one table, or a bundled set's name.",
            metavar="RUN RUN ... | DATA",
        ),
    ],
    target: options.Target = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="With DATA: a network to compare, such as mlp; may be repeated. "
            "[the default estimator]",
            metavar="NAME",
        ),
    ] = None,
    folds: Annotated[
        int | None, typer.Option(help="With DATA: parts of the rows. [5]")
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(help="With DATA: how often they are cut anew. [5]")
    ] = None,
    scoring: Annotated[
        str | None, typer.Option(help="With DATA: the metric. [accuracy, or r2]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="With DATA: fixes the folds. [0]")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="With RUNs: where the data are now. [as noted]"),
    ] = None,
    html: Annotated[
        str | None, typer.Option(help="Write it as a page, too.", metavar="FILE")
    ] = None,
    json: options.Json = False,
) -> None:
    """Compare runs on the same test rows, or networks with classical models.

    Of RUNs: results with intervals, the settings that differ, size and time. Of DATA:
    repeated cross-validation of a network, logistic or ridge regression, nearest
    neighbors, random forest and gradient boosting on the same folds.

    \b
    Examples:
        fathom compare runs/small runs/large
        fathom compare iris
        fathom compare houses.csv --target price --repeats 2 --json
    """  # noqa: D301
    from fathom.cli.output import make_console, print_json, say

    if html is not None and Path(html).exists():
        raise InputError(f"{html} exists. Nothing is ever overwritten: name another.")
    given = {"networks": model, "folds": folds, "repeats": repeats,
             "scoring": scoring, "seed": seed}  # fmt: skip
    own = {name: value for name, value in given.items() if value is not None}
    with make_console(to_stderr=True, quiet=json).status("Comparing ..."):
        if len(runs) > 1 or _is_run(runs[0]):
            found = _compared_runs(runs, data, {"target": target, **own})
        else:
            found = _compared_models(runs[0], target, data, own)
    if html is not None:
        _write_page(html, found)
    if json:
        print_json(found.to_dict())
    else:
        console = make_console()
        console.print(found.tables() + "\n", soft_wrap=True)
        say(console, found.verdict)


def _is_run(path: str) -> bool:
    from fathom.export.run_folder import RUN

    given = Path(path)
    return (given / RUN).is_file() or (given.name == "latest" and given.is_file())


def _compared_runs(runs: Sequence[str], data: Any, own: dict[str, Any]) -> Any:
    for name, value in own.items():
        if value is not None:
            flag = "model" if name == "networks" else name
            raise InputError(
                f"--{flag} is for comparing models on DATA, and these are taken as "
                f"runs: {', '.join(runs)}. Leave it out, or name one table."
            )
    if len(runs) == 1:
        raise InputError(
            f"{runs[0]} is a run, and comparing takes two: fathom compare RUN RUN."
        )
    from fathom.comparison.runs import compare_runs

    return compare_runs(runs, data)


def _compared_models(
    source: str, target: Sequence[str] | None, data: Any, own: dict[str, Any]
) -> Any:
    if data is not None:
        raise InputError("--data is for comparing runs. Leave it out.")
    from fathom.comparison.cross_validated import compare

    return compare(source, targets_of(target), **own)


def _write_page(path: str, found: Any) -> None:
    from fathom.files import write_text

    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Comparison'
    style = (
        "body{font:16px system-ui;margin:2em auto;max-width:75em;padding:0 1em}"
        "table{border-collapse:collapse}td,th{padding:.3em .8em;text-align:left;"
        "border-bottom:1px solid #ddd;font-weight:normal}.right{text-align:right}"
        "caption{text-align:left;padding:.5em 0;font-weight:600}.wide{overflow:auto}"
    )
    page = (
        f"{head}</title><style>{style}</style><body>{found.to_html()}</body></html>\n"
    )
    write_text(Path(path), page)

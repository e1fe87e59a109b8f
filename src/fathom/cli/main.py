"""The entry point of the command `fathom`: verbs, error messages, exit codes.

Exit codes: 0 done, 1 the run failed, 2 bad input or usage, 130 interrupted (and
resumable).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from fathom.cli.brain import brain
from fathom.cli.check import check
from fathom.cli.compare import compare
from fathom.cli.datasets import datasets
from fathom.cli.diagnose import diagnose
from fathom.cli.eject import eject
from fathom.cli.evaluate import evaluate
from fathom.cli.explain import explain
from fathom.cli.lr_find import lr_find
from fathom.cli.models import models
from fathom.cli.predict import predict
from fathom.cli.report import report
from fathom.cli.train import train
from fathom.cli.tune import tune
from fathom.errors import InputError, did_you_mean
from fathom.version import __version__

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
VERBS = {"train": train, "predict": predict, "evaluate": evaluate,
         "explain": explain, "report": report, "eject": eject, "check": check,
         "lr-find": lr_find, "tune": tune, "diagnose": diagnose, "compare": compare,
         "datasets": datasets, "models": models}  # fmt: skip

app = typer.Typer(
    name="fathom",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for _name, _verb in VERBS.items():
    app.command(_name)(_verb)
# Commands that have commands of their own.
GROUPS = {"brain": brain}
for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)


@app.callback(invoke_without_command=True)
def fathom(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.")
    ] = False,
) -> None:
    """Deep learning that you can see to the bottom of.

    \b
    Try it on real data that needs no download:
        fathom train iris
        fathom datasets
    On your own table (CSV, TSV, Parquet or JSON lines):
        fathom train houses.csv --target price
        fathom predict runs/latest new_houses.csv --out prices.csv
    """  # noqa: D301  (\b is an escape: it keeps the lines of the help apart)
    if version:
        typer.echo(f"fathom {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: What follows `fathom`; None takes those of the process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _check_verb(given)
        code = app(given, prog_name="fathom", standalone_mode=False)
        sys.stdout.flush()
        return int(code or DONE)
    except InputError as error:
        return _say(f"Error: {error}", BAD_INPUT)
    except KeyboardInterrupt:
        return _say("Interrupted. Nothing was written.", INTERRUPTED)
    except BrokenPipeError:  # `fathom predict ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        return _unexpected(error, given)


def _check_verb(given: Sequence[str]) -> None:
    verb = given[0] if given else ""
    known = [*VERBS, *GROUPS]
    if verb and not verb.startswith("-") and verb not in known:
        raise InputError(
            f"There is no command {verb!r}.{did_you_mean(verb, known)} "
            f"The commands are: {', '.join(known)}."
        )


def _unexpected(error: Exception, given: Sequence[str]) -> int:
    # Typer's usage errors live in different modules from version to version; what they
    # have in common is this method.
    usage = getattr(error, "format_message", None)
    if usage is not None:
        verb = f" {given[0]}" if given and given[0] in (*VERBS, *GROUPS) else ""
        return _say(
            f"Error: {usage().rstrip('.')}. See: fathom{verb} --help", BAD_INPUT
        )
    if os.environ.get("FATHOM_DEBUG"):
        raise error
    line = " ".join(str(error).split())[:500]
    return _say(
        f"Error: {type(error).__name__}: {line} (FATHOM_DEBUG=1 shows where)", FAILED
    )


def _say(message: str, code: int) -> int:
    sys.stdout.flush()
    typer.echo(message, err=True)
    return code

"""`fathom tune`: search for good settings of a table within a time budget."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli import options
from fathom.cli.values import kinds_of, targets_of
from fathom.errors import InputError

if TYPE_CHECKING:
    from fathom.data import Table
    from fathom.experiment import ExperimentSettings
    from fathom.tuning import Tuning

CONFIG = "config.yaml"
# What is searched unless a file says otherwise.
USUAL: dict[str, Any] = {
    "learning_rate": (1e-4, 3e-2),
    "weight_decay": (1e-2, 3e1),
    "hidden": [(32,), (128,), (64, 64), (128, 128), (64, 64, 64)],
    "dropout": [0.0, 0.2],
    "batch_size": [32, 128],
}
OF_THE_MLP = ("hidden", "dropout")


def tune(  # noqa: PLR0913  (the verb's flags)
    data: Annotated[
        str, typer.Argument(help="A table's file, or the name of a bundled set.")
    ],
    target: options.Target = None,
    budget: Annotated[
        str, typer.Option(help="How long to search: 90s, 2m, 1h.", metavar="TIME")
    ] = "1m",
    space: Annotated[
        Path | None,
        typer.Option(
            help="What to search, as YAML: name: [choices], or name: {low: 1e-4, "
            "high: 0.1}. [learning rate, weight decay, layers, dropout, batch size]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Folder for the trials and the best settings. [tuning_NAME]",
            show_default=False,
            metavar="FOLDER",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the search in that folder.")
    ] = False,
    image: options.Image = None,
    model: options.Model = None,
    epochs: Annotated[int, typer.Option(help="Of a trial that goes all the way.")] = 60,
    folds: Annotated[
        int, typer.Option(help="Parts that each setting is scored on.")
    ] = 3,
    scoring: Annotated[
        str,
        typer.Option(help="loss, accuracy, r2, ...: what settings are compared by."),
    ] = "loss",
    task: options.Task = None,
    kind: options.Kind = None,
    test: options.Test = None,
    seed: options.Seed = None,
    json: options.Json = False,
) -> None:
    """Search for good settings within a time budget.

    Settings are trained side by side, the best of them longer. The rows are split as
    fathom train splits them; its test rows are not used. The best settings are written
    as a config, with which fathom train makes the run.

    \b
    Examples:
        fathom tune breast_cancer --budget 30s
        fathom tune houses.csv --target price --budget 10m --scoring r2
        fathom train --config tuning_houses/config.yaml
    """  # noqa: D301
    from fathom.cli.output import make_console, print_json, say, show_command
    from fathom.experiment import ExperimentSettings
    from fathom.experiment.source import read_source

    given = {
        "target": targets_of(target), "image": image, "model": model, "epochs": epochs,
        "test": test, "task": task, "kinds": kinds_of(kind), "seed": seed,
        "early_stopping": 0, "validation": 0,
    }  # fmt: skip
    flags = {name: value for name, value in given.items() if value is not None}
    settings = ExperimentSettings.from_dict(flags)
    table = read_source(data, settings)
    settings = settings.resolved(table)
    folder = Path(out or f"tuning_{Path(data).stem}")
    console = make_console(to_stderr=json)
    plan = {"budget": budget, "folds": folds, "scoring": scoring, "folder": folder,
            "resume": resume, "space": _space(space, settings)}  # fmt: skip
    with console.status("Searching ..."):
        found = _searched(table, settings, plan)
    config = folder / CONFIG
    _write_config(config, data, settings, found)
    if json:
        print_json({"data": data, "config": str(config), **found.to_dict()})
        return
    say(console, str(found))
    console.print()
    say(console, f"The best settings are in {config}. Next:")
    show_command(console, f"fathom train --config {shlex.quote(str(config))}")


def _searched(
    table: Table, settings: ExperimentSettings, plan: dict[str, Any]
) -> Tuning:
    """Split the rows as `fathom train` would, and search."""
    from fathom.experiment.split import split_rows
    from fathom.tuning import tune as search

    rows = split_rows(table, settings).fitting
    return search(
        settings.model,
        table.rows(rows),
        epochs=settings.training().epochs,
        loss=settings.loss,
        seed=settings.seed,
        **plan,
    )


def _space(path: Path | None, settings: ExperimentSettings) -> dict[str, Any]:
    """Return what a file says is to be searched, or the usual."""
    if path is None:
        is_mlp = settings.model == "mlp"
        return {n: v for n, v in USUAL.items() if is_mlp or n not in OF_THE_MLP}
    from fathom.export.run_config import read_config

    content = read_config(path)
    if not content:
        raise InputError(
            f"{path} must name what to search, such as: hidden: [[32], [64, 64]]"
        )
    return {name: _number_range(value) for name, value in content.items()}


def _number_range(value: Any) -> Any:
    """Return a range whose ends may be text, as YAML reads 1e-4."""
    if not isinstance(value, dict) or set(value) != {"low", "high"}:
        return value
    try:
        return {n: float(v) if isinstance(v, str) else v for n, v in value.items()}
    except ValueError as error:
        raise InputError(f"A range must have numbers as its ends. {error}.") from error


def _write_config(
    path: Path, data: str, settings: ExperimentSettings, found: Tuning
) -> None:
    """Write the settings with which `fathom train` makes the best trial's run."""
    from fathom.export.run_config import to_yaml
    from fathom.files import write_text

    best = {name: list(value) if isinstance(value, tuple) else value
            for name, value in found.best.setting.items()}  # fmt: skip
    length = {"epochs": found.epochs_of(found.best)}
    write_text(path, to_yaml({"data": data, **settings.to_dict(), **best, **length}))

"""`fathom check`: what is wrong with a table and settings before any training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli import options
from fathom.cli.values import kinds_of, targets_of

if TYPE_CHECKING:
    from fathom.diagnose.finding import Findings
    from fathom.experiment import ExperimentSettings


def check(  # noqa: PLR0913  (the verb's flags)
    data: Annotated[
        str, typer.Argument(help="A table's file, or the name of a bundled set.")
    ],
    target: options.Target = None,
    image: options.Image = None,
    model: options.Model = None,
    hidden: options.Hidden = None,
    activation: options.Activation = None,
    dropout: options.Dropout = None,
    batch_norm: options.BatchNorm = None,
    batch_size: options.BatchSize = None,
    learning_rate: options.LearningRate = None,
    optimizer: options.Optimizer = None,
    loss: options.Loss = None,
    class_weight: options.ClassWeight = None,
    task: options.Task = None,
    kind: options.Kind = None,
    seed: options.Seed = None,
    json: options.Json = False,
) -> None:
    """Look for what is wrong with data and settings, without training.

    An alarm is certain; a note may do no harm. The exit code is 0 either way.

    \b
    Examples:
        fathom check iris
        fathom check houses.csv --target price --hidden 128,64
        fathom check houses.csv --target price --json
    """  # noqa: D301
    from fathom.experiment import ExperimentSettings

    given = {
        "target": targets_of(target), "image": image, "model": model, "hidden": hidden,
        "activation": activation, "dropout": dropout, "batch_norm": batch_norm,
        "batch_size": batch_size, "learning_rate": learning_rate,
        "optimizer": optimizer, "loss": loss, "class_weight": class_weight,
        "task": task, "kinds": kinds_of(kind), "seed": seed,
    }  # fmt: skip
    flags = {name: value for name, value in given.items() if value is not None}
    _show(data, _found(data, ExperimentSettings.from_dict(flags)), json)


def _found(source: str, settings: ExperimentSettings) -> Findings:
    """Split and prepare the rows as `fathom train` would, and look."""
    import numpy as np

    from fathom.checking import check
    from fathom.experiment.source import read_source
    from fathom.experiment.split import split_rows

    table = read_source(source, settings)
    settings = settings.resolved(table)
    split = split_rows(table, settings)
    held = np.concatenate([split.validation, split.test])
    return check(
        settings.recipe(),
        table.rows(split.training),
        settings.loss,
        validation=table.rows(held),
        optimizer=settings.optimizer,
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
        weight_decay=settings.weight_decay,
        class_weight=settings.class_weight,
        seed=settings.seed,
    )


def _show(source: str, found: Findings, json: bool) -> None:
    from fathom.cli.output import make_console, print_json, say

    if json:
        print_json({"data": source, **found.to_dict()})
        return
    console = make_console()
    for finding in found:
        title, _, card = str(finding).partition("\n")
        say(console, title, "bold red" if finding.is_alarm else "bold yellow")
        say(console, f"{card}\n")
    say(console, found.summary, "" if found else "green")

"""`fathom lr-find`: which learning rates work for a table and a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli import options
from fathom.cli.values import kinds_of, targets_of

if TYPE_CHECKING:
    from fathom.experiment import ExperimentSettings
    from fathom.rate_finder import LearningRateRange


def lr_find(  # noqa: PLR0913  (the verb's flags)
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
    learning_rate: Annotated[
        float | None,
        typer.Option(
            help="The one to judge. [the optimizer's usual one]", show_default=False
        ),
    ] = None,
    optimizer: options.Optimizer = None,
    weight_decay: options.WeightDecay = None,
    gradient_clip: options.GradientClip = None,
    loss: options.Loss = None,
    class_weight: options.ClassWeight = None,
    validation: Annotated[
        float | None,
        typer.Option(
            help="Share of the rows to take the loss on. [0.2]", show_default=False
        ),
    ] = None,
    test: Annotated[
        float | None,
        typer.Option(help="Share of the rows to leave out. [0.2]", show_default=False),
    ] = None,
    task: options.Task = None,
    kind: options.Kind = None,
    seed: options.Seed = None,
    seeds: Annotated[int, typer.Option(help="Trials of each rate.")] = 3,
    steps: Annotated[int, typer.Option(help="Updates of each trial.")] = 200,
    budget: Annotated[
        str | None,
        typer.Option(
            help="No trial is begun that would end later: 30s, 2m. [none]",
            metavar="TIME",
            show_default=False,
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Try learning rates for some steps each, and say which work.

    The rows are split as `fathom train` splits them; its test rows are not used.

    \b
    Examples:
        fathom lr-find iris
        fathom lr-find houses.csv --target price --optimizer sgd --budget 30s
        fathom lr-find digits --model lenet --learning-rate 0.01 --json
    """  # noqa: D301
    from fathom.cli.output import make_console, print_json, say
    from fathom.experiment import ExperimentSettings

    given = {
        "target": targets_of(target), "image": image, "model": model, "hidden": hidden,
        "activation": activation, "dropout": dropout, "batch_norm": batch_norm,
        "batch_size": batch_size, "learning_rate": learning_rate,
        "optimizer": optimizer, "weight_decay": weight_decay,
        "gradient_clip": gradient_clip, "loss": loss, "class_weight": class_weight,
        "validation": validation, "test": test, "task": task, "kinds": kinds_of(kind),
        "seed": seed, "early_stopping": 0,
    }  # fmt: skip
    flags = {name: value for name, value in given.items() if value is not None}
    settings = ExperimentSettings.from_dict(flags)
    console, how = make_console(), {"seeds": seeds, "steps": steps, "budget": budget}
    if json:
        print_json({"data": data, **_tried(data, settings, how).to_dict()})
        return
    with console.status("Trying learning rates ..."):
        tried = _tried(data, settings, how)
    say(console, str(tried))


def _tried(
    source: str, settings: ExperimentSettings, how: dict[str, Any]
) -> LearningRateRange:
    """Split and prepare the rows as `fathom train` would, and try."""
    from fathom.experiment.source import read_source
    from fathom.experiment.split import split_rows
    from fathom.rate_finder import find_learning_rate

    table = read_source(source, settings)
    asked = settings.learning_rate
    settings = settings.resolved(table)
    split = split_rows(table, settings)
    held = split.validation
    return find_learning_rate(
        settings.recipe(),
        table.rows(split.training),
        settings.loss,
        optimizer=settings.optimizer,
        learning_rate=asked,
        batch_size=settings.batch_size,
        validation=table.rows(held) if len(held) else None,
        **how,
        seed=settings.seed,
        weight_decay=settings.weight_decay,
        gradient_clip=settings.gradient_clip,
        class_weight=settings.class_weight,
    )

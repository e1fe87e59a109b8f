"""`fathom train`: from a table to a trained model and an honest result."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from fathom.cli import options
from fathom.cli.values import kinds_of, targets_of
from fathom.errors import InputError, RunError

if TYPE_CHECKING:
    from fathom.cli.progress import TrainingDisplay
    from fathom.experiment import Experiment, ExperimentSettings

INTERRUPTED = 130


class Order(NamedTuple):
    """What is to be trained on what, and where it goes."""

    source: str
    settings: ExperimentSettings
    path: Path
    resume: bool = False


def train(  # noqa: PLR0913  (the verb's flags)
    data: options.Data = None,
    target: options.Target = None,
    out: options.Out = None,
    image: options.Image = None,
    model: options.Model = None,
    hidden: options.Hidden = None,
    activation: options.Activation = None,
    dropout: options.Dropout = None,
    batch_norm: options.BatchNorm = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    learning_rate: options.LearningRate = None,
    optimizer: options.Optimizer = None,
    schedule: options.Schedule = None,
    weight_decay: options.WeightDecay = None,
    gradient_clip: options.GradientClip = None,
    precision: options.Precision = None,
    accumulate: options.Accumulate = None,
    weight_average: options.WeightAverage = None,
    mix_up: options.MixUp = None,
    privacy: options.Privacy = None,
    loss: options.Loss = None,
    class_weight: options.ClassWeight = None,
    validation: options.Validation = None,
    test: options.Test = None,
    calibration: options.Calibration = None,
    members: options.Members = None,
    early_stopping: options.EarlyStopping = None,
    task: options.Task = None,
    kind: options.Kind = None,
    seed: options.Seed = None,
    config: options.Config = None,
    resume: options.Resume = None,
    repair: options.Repair = False,
    no_record: options.NoRecord = False,
    no_baselines: options.NoBaselines = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Train a network on a table, and compare it with simpler models.

    \b
    Examples:
        fathom train iris
        fathom train houses.csv --target price --hidden 128,64 --epochs 100
        fathom train digits --model lenet
        fathom train letters.csv --target letter --image 28x28 --model cnn
        fathom train houses.csv --target price --repair
        fathom train houses.csv --target price --members 5 --calibration 0.2
        fathom train patients.csv --target outcome --privacy 1.1,1.0
        fathom train --config runs/latest/config.yaml --seed 1
        fathom train --resume runs/latest

    Defaults are in brackets.
    """  # noqa: D301  (\b is an escape: it keeps the lines of the help apart)
    given = {
        "target": targets_of(target), "image": image, "model": model, "hidden": hidden,
        "activation": activation, "dropout": dropout, "batch_norm": batch_norm,
        "epochs": epochs,
        "batch_size": batch_size, "learning_rate": learning_rate,
        "optimizer": optimizer, "schedule": schedule, "weight_decay": weight_decay,
        "gradient_clip": gradient_clip, "precision": precision,
        "accumulate": accumulate, "weight_average": weight_average, "mix_up": mix_up,
        "privacy": privacy,
        "loss": loss, "class_weight": class_weight,
        "validation": validation, "test": test, "calibration": calibration,
        "members": members, "early_stopping": early_stopping,
        "task": task, "kinds": kinds_of(kind), "seed": seed,
        "repair": repair or None, "record": False if no_record else None,
        "baselines": False if no_baselines else None,
    }  # fmt: skip
    flags = {name: value for name, value in given.items() if value is not None}
    if resume is None:
        order = _new_order(data, out, config, flags)
    elif data is None and out is None and config is None:
        order = _resumed_order(resume, flags)
    else:
        raise InputError(
            "--resume goes on with a run as it is: leave out DATA, --out and --config."
        )
    return _carry_out(order, json, quiet)


def _new_order(
    data: str | None, out: str | None, config: str | None, flags: Mapping[str, Any]
) -> Order:
    from fathom.experiment import ExperimentSettings
    from fathom.export.run_config import read_config
    from fathom.export.run_folder import new_run_path

    settings = {} if config is None else read_config(Path(config))
    named = settings.pop("data", None)
    source = data or named
    if not isinstance(source, str):
        raise InputError(
            "Name the data to train on: a file, or a bundled data set such as iris. "
            "Example: fathom train houses.csv --target price"
        )
    if data is not None and named is not None and "target" not in flags:
        _forget_target(settings, data, str(named))
    _forget_other_model(settings, flags)
    path = new_run_path(Path(source).stem) if out is None else Path(out)
    merged = ExperimentSettings.from_dict({**settings, **flags})
    return Order(source, merged, path)


def _forget_target(settings: dict[str, Any], data: str, named: str) -> None:
    """Leave the target of a config's own bundled set out for another bundled set."""
    from fathom.data import datasets

    if data != named and data in datasets.names():
        for name in ("target", "task", "image"):
            settings.pop(name, None)


def _forget_other_model(settings: dict[str, Any], flags: Mapping[str, Any]) -> None:
    """Leave a config's settings of the model out that a flag replaces."""
    from fathom.experiment.settings import OF_THE_MLP

    if flags.get("model", "mlp") != "mlp" and settings.get("model", "mlp") == "mlp":
        for name in OF_THE_MLP:
            settings.pop(name, None)


def _resumed_order(resume: str, flags: Mapping[str, Any]) -> Order:
    from fathom.experiment import ExperimentSettings
    from fathom.export.run_config import read_config
    from fathom.export.run_folder import find_run

    path = find_run(resume)
    settings = read_config(path)
    source = settings.pop("data", None)
    if not isinstance(source, str):
        raise InputError(
            f"The data of the run in {path} came from memory. Resume it from Python: "
            f"fathom.experiment.run(data, settings, out={str(path)!r}, resume=True)."
        )
    for name in flags:
        if name != "epochs":
            raise InputError(
                f"--resume goes on with a run as it is: leave out "
                f"--{name.replace('_', '-')}. Only --epochs may be given, to go on "
                f"longer."
            )
    return Order(
        source, ExperimentSettings.from_dict({**settings, **flags}), path, True
    )


def _carry_out(order: Order, json: bool, quiet: bool) -> int:
    from fathom import experiment
    from fathom.cli.output import make_console, print_json
    from fathom.cli.progress import TrainingDisplay
    from fathom.cli.result import as_json, show_result

    console = make_console(to_stderr=json, quiet=quiet)
    display = TrainingDisplay(console, order.settings)
    try:
        done = experiment.run(
            order.source,
            order.settings,
            out=order.path,
            resume=order.resume,
            listeners=[display],
        )
    except KeyboardInterrupt:
        display.close()
        if not (order.path / "run.json").is_file():
            raise
        return _interrupted(order.path, order.settings.repair)
    finally:
        display.close()
    show_result(console, done)
    if json:
        print_json(as_json(done))
    elif quiet:
        typer.echo(str(done.path))
    return _code(done, order, display)


def _code(done: Experiment, order: Order, display: TrainingDisplay) -> int:
    from fathom.cli.result import show_next

    if done.status == "interrupted":
        return _interrupted(order.path, order.settings.repair)
    if done.status == "failed":
        raise RunError(
            f"The run failed. {done.result.why_stopped} The model is in {done.path}."
        )
    show_next(display.console, done, order.source)
    return 0


def _interrupted(path: Path, repair: bool) -> int:
    if repair:
        typer.echo(
            f"Interrupted. The best run so far is in {path}; a run with repairs cannot "
            f"be resumed.",
            err=True,
        )
        return INTERRUPTED
    typer.echo(
        f"Interrupted, and nothing is lost. To go on:\n"
        f"  fathom train --resume {shlex.quote(str(path))}",
        err=True,
    )
    return INTERRUPTED

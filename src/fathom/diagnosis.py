"""`fathom.diagnose` after a run: what its record, and its data if they are there, show.

findings = after(result, (X, y), validation=0.2)
findings = of_folder("runs/latest").findings
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fathom.diagnose.after import (
    WITH_DATA,
    findings_of_run,
    is_repeatable,
    settings_from,
)
from fathom.diagnose.finding import Findings
from fathom.errors import InputError
from fathom.examples import as_table
from fathom.files import read_json, write_json
from fathom.network import Network
from fathom.preparation import Held, prepare
from fathom.record.log import EVENTS, read_history
from fathom.report.run_record import FINDINGS, RunRecord, find_table, read_record
from fathom.trained import TrainingResult


def diagnose(
    run: TrainingResult | str | Path,
    data: Any = None,
    *,
    validation: Any = None,
    class_weight: Any = None,
    probe: bool = False,
) -> Findings:
    """Say what is wrong with a run that is over, most likely cause first.

    Args:
        run: What `fathom.train` returned, or the folder of a run.
        data: What it was trained on, as `fathom.train` took it. Without data, less can
            be said: nothing on neighbors, noise and columns. For a folder, where the
            data are now; None takes what the run noted.
        validation: As `fathom.train` took it.
        class_weight: As `fathom.train` took it.
        probe: Whether to make short runs, of the network as it was before training,
            that tell likely causes apart; takes data.

    Raises:
        InputError: If there is no such run, data do not fit it, or probes lack data.

    Example:
        >>> import fathom as fm, numpy as np
        >>> X = np.random.default_rng(0).normal(size=(200, 4))
        >>> y = (X[:, 0] + X[:, 1] > 0).astype(int)
        >>> network = fm.Network([fm.Dense(8, "relu"), fm.Dense(2, "softmax")], (4,))
        >>> result = fm.train(network, (X, y), epochs=3, learning_rate=1e-7)
        >>> diagnose(result, (X, y))[0].name
        'learning-rate-too-low'
    """
    if isinstance(run, (str, Path)):
        return diagnose_folder(run, data, probe).findings
    model = run.model
    settings = settings_from(model.about.get("settings", {}))
    facts = {
        "target": model.target,
        "preprocessing": model.preprocessing,
        "trained": model.variables,
        "best_epoch": run.best_epoch,
        "stopped": run.stopped,
    }
    if data is None:
        if probe:
            raise InputError(
                "A probe trains a little, so it needs the data: "
                "diagnose(result, (X, y), validation=0.2, probe=True)."
            )
        return findings_of_run(run.history, model.network, settings, **facts)
    own = model.about.get("settings", {}).get("objective") is not None
    held = Held(validation, settings.seed)
    bare = prepare(model.network, data, settings.loss, held, own)
    prepared = bare.weighted(None, class_weight)
    found = findings_of_run(
        run.history,
        prepared.network,
        settings,
        training=prepared.training,
        validation=prepared.validation,
        class_weight=class_weight,
        rows=prepared.rows,
        stages=WITH_DATA,
        **facts,
    )
    if not probe:
        return found
    return _probed(
        found, model.about, bare, settings, data, validation, class_weight=class_weight
    )


def _probed(
    findings: Findings, about: Mapping[str, Any], *task: Any, **more: Any
) -> Findings:
    """Return the findings after an experiment; `task` are the fields of a `Task`.

    Raises:
        InputError: If the run cannot be repeated.
    """
    from fathom.diagnose.probing import probe
    from fathom.diagnose.task import Task

    if not is_repeatable(about.get("settings", {})):
        raise InputError(
            "A probe repeats the beginning of the run, of which the objective, the "
            "loss or the optimizer is your own. Leave probe out."
        )
    return probe(Task(*task, **more), findings)


@dataclass(frozen=True)
class FolderDiagnosis:
    """What the folder of a run shows.

    Attributes:
        path: The folder.
        findings: What was found.
        gaps: Sentences on what could not be looked at.
    """

    path: Path
    findings: Findings
    gaps: tuple[str, ...] = ()


def diagnose_folder(
    run: str | Path, data: Any = None, probe: bool = False
) -> FolderDiagnosis:
    """Say what is wrong with a run in a folder, and keep it there as findings.json.

    Raises:
        InputError: If there is no run, it has no network, or a file is damaged.
    """
    record = read_record(run)
    gaps: list[str] = []
    is_logged = (record.path / EVENTS).is_file()
    history = read_history(record.path) if is_logged else record.history
    if not len(history.steps):
        gaps.append("The run has no statistics of layers: only its curves are judged.")
    more: dict[str, Any] = {"stopped": str(record.facts.get("stopped") or "")}
    content = dict(_settings(record))
    network, bare = _network(record), None
    class_weight = record.config.get("class_weight")
    try:
        bare = _prepared(record, network, data)
        network = bare.network
    except InputError as error:
        gaps.append(f"The data were not looked at. {error}")
        if network is None:
            raise InputError(
                f"{record.path} has no network: the run ended before one was kept, and "
                f"its data cannot be read again. {error}"
            ) from error
    if record.model is not None:
        model = record.model
        more |= {"trained": model.variables, "target": model.target,
                 "preprocessing": model.preprocessing}  # fmt: skip
    more["best_epoch"] = record.facts.get("best_epoch") or None
    if bare is not None:
        prepared = bare.weighted(None, class_weight)
        more |= {"training": prepared.training, "validation": prepared.validation,
                 "rows": prepared.rows, "stages": WITH_DATA,
                 "class_weight": class_weight,
                 "target": prepared.examples.target}  # fmt: skip
    content.setdefault("loss", _usual(network))
    settings = settings_from(content)
    found = findings_of_run(history, network, settings, **more)
    if probe:
        if bare is None or record.model is None:
            raise InputError(
                "A probe trains a little, so it needs a run that is over and its data. "
                f"{' '.join(gaps)}".rstrip()
            )
        found = _probed(found, record.model.about, bare, settings, None, None,
                        class_weight=class_weight)  # fmt: skip
    write_json(record.path / FINDINGS, found.to_dict())
    return FolderDiagnosis(record.path, found, tuple(gaps))


def _settings(record: RunRecord) -> Mapping[str, Any]:
    if record.model is not None:
        return record.model.about.get("settings", {})
    kept = _checkpoint(record).get("settings", {})
    names = ("optimizer", "learning_rate", "weight_decay", "seed", "batch_size",
             "gradient_clip", "schedule")  # fmt: skip
    given = {name: record.config[name] for name in names if name in record.config}
    return {**given, **{name: v for name, v in kept.items() if name != "network"}}


def _network(record: RunRecord) -> Network | None:
    """Return the network of the model, or of the checkpoint, or None."""
    if record.model is not None:
        return record.model.network
    text = _checkpoint(record).get("settings", {}).get("network")
    return Network.from_json(text) if isinstance(text, str) else None


def _checkpoint(record: RunRecord) -> Mapping[str, Any]:
    path = record.path / "checkpoints" / "checkpoint.json"
    return read_json(path, "a checkpoint") if path.is_file() else {}


def _prepared(record: RunRecord, network: Network | None, data: Any) -> Any:
    """Return the run's rows as it was trained on them, before any weights.

    Raises:
        InputError: If the data are not where the run found them.
    """
    from fathom.experiment.settings import ExperimentSettings

    table, split = find_table(record, data), record.split
    rows, held = split.get("training", ()), split.get("validation", ())
    maker: Any = network
    if maker is None:
        given = {k: v for k, v in record.config.items() if k != "data"}
        maker = ExperimentSettings.from_dict(given).resolved(table).recipe()
    training = as_table(table.rows(list(rows)))
    validation = table.rows(list(held)) if len(held) else None
    held = Held(validation, int(record.config.get("seed", 0)))
    return prepare(maker, training, record.config.get("loss"), held)


def _usual(network: Network) -> str:
    from fathom.agreement import usual_loss

    return usual_loss(network)

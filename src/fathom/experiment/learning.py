"""How the network of an experiment learns, alone or as one of several members.

Members have the training rows and the validation rows in common; member i has the
start values, order of the rows and dropout of `seed + i`. Where rows are kept for
calibration, the model is then calibrated on them (`fathom.uncertainty.calibration`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fathom.data import Table
from fathom.experiment.settings import OF_THE_PROGRAM, ExperimentSettings
from fathom.experiment.split import Split
from fathom.record.history import History
from fathom.trained import TrainingResult

if TYPE_CHECKING:
    from fathom.training.ensemble_runs import Member

# Settings that go to `fathom.train` as they are.
AS_THEY_ARE = ("loss", "optimizer", "learning_rate", "schedule", "batch_size",
               "weight_decay", "gradient_clip", "class_weight", "seed",
               *OF_THE_PROGRAM)  # fmt: skip


@dataclass(frozen=True)
class EnsembleTraining(TrainingResult):
    """What came of several members; `model` is a `fathom.Ensemble`.

    The epochs of members are not recorded, so history and findings are empty.

    Attributes:
        members: How each one's training went.
    """

    members: tuple[Member, ...] = ()

    @property
    def why_stopped(self) -> str:
        """One sentence on how long the members were trained."""
        epochs = sorted({one.epochs for one in self.members})
        span = f"{epochs[0]} to {epochs[-1]}" if len(epochs) > 1 else str(epochs[0])
        unit = "epoch" if epochs[-1] == 1 else "epochs"
        return f"Trained {len(self.members)} networks, for {span} {unit} each."


def asked_of_training(
    settings: ExperimentSettings, table: Table, split: Split
) -> dict[str, Any]:
    """Return data and settings as `fathom.train` takes them, by name."""
    ready, held = settings.training(), split.validation
    validation: Any = table.rows(held) if len(held) else None
    return {
        "data": table.rows(split.training),
        "epochs": ready.epochs,
        "validation": validation,
        "early_stopping": ready.early_stopping,
        **{name: getattr(settings, name) for name in AS_THEY_ARE},
    }


def train_members(network: Any, given: Mapping[str, Any], n: int) -> EnsembleTraining:
    """Train several members by one program.

    Args:
        network: What makes a network once the data's sizes are known.
        given: As `asked_of_training` returns it.
        n: How many.
    """
    from fathom.uncertainty.ensemble_training import train_ensemble

    found = train_ensemble(network, n_members=n, **given)
    failed = any(one.stopped == "non_finite" for one in found.members)
    return EnsembleTraining(
        found.model,  # pyright: ignore[reportArgumentType]  (it answers like a model)
        History(),
        "non_finite" if failed else "epochs",
        0,
        0.0,
        found.notes,
        members=found.members,
    )


def calibrated(result: TrainingResult, rows: Table) -> TrainingResult:
    """Return the result with a model that is calibrated on these rows."""
    return dataclasses.replace(result, model=result.model.calibrate(rows))


def ending(result: TrainingResult) -> dict[str, Any]:
    """Return how a training ended, as plain data."""
    content = {
        "stopped": result.stopped,
        "why_stopped": result.why_stopped,
        "epochs": result.history.n_epochs,
        "best_epoch": result.best_epoch,
        "compile_seconds": round(result.compile_seconds, 3),
    }
    if result.privacy is not None:
        content["privacy"] = result.privacy.to_dict()
    if not isinstance(result, EnsembleTraining):
        return content
    names = ("epochs", "best_epoch", "stopped", "loss")
    members = [{name: getattr(one, name) for name in names} for one in result.members]
    most = max(one.epochs for one in result.members)
    return {**content, "epochs": most, "best_epoch": None, "members": members}

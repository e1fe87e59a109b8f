"""What `fathom.train` returns, and how it comes from the outcome of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from fathom.model import Model
from fathom.preparation import Prepared
from fathom.privacy.accounting import PrivacySpent
from fathom.record.history import History
from fathom.training.loop import Outcome
from fathom.training.settings import Settings
from fathom.version import __version__

if TYPE_CHECKING:
    from fathom.cross_validation import CrossValidation
    from fathom.diagnose.finding import Findings
    from fathom.diagnose.repairs import Repairs
    from fathom.training.objective import Batch

REASONS = {
    "epochs": "all epochs are done",
    "early_stopping": "the validation loss stopped getting better",
    "non_finite": "a loss or weight became NaN or infinite; the weights are those of "
    "the last good epoch (try a smaller learning rate or gradient_clip=1.0)",
    "interrupted": "it was interrupted",
}


@dataclass(frozen=True)
class TrainingResult:
    """What `fathom.train` returns.

    Attributes:
        model: The trained model.
        history: Per-epoch arrays by name: "loss", "validation_loss", metrics; and the
            records of single steps, `history.layers`.
        stopped: "epochs", "early_stopping", "non_finite" or "interrupted".
        best_epoch: The epoch whose weights the model has, counted from 1.
        compile_seconds: Time spent compiling, which `history["seconds"]` leaves out.
        notes: What was noticed in the data.
        repairs: What `repair=True` tried and kept; None without it.
        examined: Makes the findings; None if there is nothing to look at.
        cross_validation: How `weight_decay="auto"` chose; None without it.
        held: The encoded validation rows, which `calibrated` looks at.
        privacy: What the run has spent of it; None if it was not private.
    """

    model: Model
    history: History
    stopped: str
    best_epoch: int
    compile_seconds: float
    notes: tuple[str, ...] = field(default=())
    repairs: Repairs | None = None
    examined: Callable[[], Findings] | None = field(
        default=None, repr=False, compare=False
    )
    cross_validation: CrossValidation | None = field(default=None, repr=False)
    held: Batch | None = field(default=None, repr=False, compare=False)
    privacy: PrivacySpent | None = None

    @cached_property
    def findings(self) -> Findings:
        """What is wrong with the run, most likely cause first; looked for when asked.

        From the record, the settings and the examples (`fathom.diagnose`). A GAN and an
        objective of one's own are not judged.
        """
        from fathom.diagnose.finding import Findings

        return Findings(()) if self.examined is None else self.examined()

    @cached_property
    def calibrated(self) -> Model:
        """The model with uncertainty that fits the validation rows.

        Early stopping looked at these rows too, which makes errors on them a little too
        small; `model.calibrate` takes rows that nothing looked at.

        Raises:
            InputError: If the training held no rows back.
        """
        from fathom.uncertainty.calibration import calibrated_on

        return calibrated_on(self.model, self.held)

    @property
    def why_stopped(self) -> str:
        """One sentence on why training stopped."""
        n = self.history.n_epochs
        return f"Stopped after {n} epochs: {REASONS[self.stopped]}."


def result_of(
    outcome: Outcome, prepared: Prepared, settings: Settings, given: dict[str, Any]
) -> TrainingResult:
    """Return the result of a run.

    Args:
        outcome: What training gave.
        prepared: The data.
        settings: Of the run.
        given: Start values and weights of classes, which findings look at.
    """
    model = Model(
        prepared.network,
        outcome.variables,
        str(settings.to_dict()["loss"]),
        prepared.examples.target,
        prepared.examples.preprocessing,
        {
            "fathom": __version__,
            "settings": settings.to_dict(),
            "training_examples": len(prepared.training.weight),
            "validation_examples": len(prepared.validation.weight)
            if prepared.validation
            else 0,
            "epochs": outcome.history.n_epochs,
            "best_epoch": outcome.best_epoch,
            "stopped": outcome.stopped,
            **about_privacy(outcome),
        },
    )
    return TrainingResult(
        model,
        outcome.history,
        outcome.stopped,
        outcome.best_epoch,
        outcome.compile_seconds,
        prepared.notes,
        examined=partial(_examine, outcome, prepared, settings, given)
        if settings.objective is None
        else None,
        held=prepared.validation,
        privacy=outcome.privacy,
    )


def about_privacy(outcome: Outcome) -> dict[str, Any]:
    """Return what a model says of its privacy; nothing if there is none."""
    return {} if outcome.privacy is None else {"privacy": outcome.privacy.to_dict()}


def _examine(*run: Any) -> Findings:
    """Return what the rules find in a run that is over."""
    from fathom.diagnose.after import findings_after

    return findings_after(*run)

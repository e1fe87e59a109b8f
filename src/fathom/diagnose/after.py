"""What a run shows when it is over: findings from its record.

findings = findings_of_run(history, network, settings, training=..., ...)
findings = diagnose(result)              # or the path of a run's folder
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fathom import losses, optimizers, schedules
from fathom.diagnose.engine import findings_of
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Findings
from fathom.errors import InputError
from fathom.network import Network
from fathom.preparation import Prepared
from fathom.privacy.setting import DifferentialPrivacy
from fathom.record.history import History
from fathom.training.loop import Outcome
from fathom.training.objective import Batch
from fathom.training.settings import Settings

RECORD = ("record",)
# With the data at hand: what could have been said before, judged by the progress.
WITH_DATA = ("data", "network", *RECORD)


def findings_of_run(
    history: History,
    network: Network,
    settings: Settings,
    *,
    training: Batch | None = None,
    stages: Sequence[str] = RECORD,
    **more: Any,
) -> Findings:
    """Return what a run shows, most likely cause first.

    Args:
        history: Its record; one without statistics of layers tells less.
        network: With its input shape.
        settings: Of the run.
        training: The training examples; None if they are not at hand. They tell what
            the trivial answer reaches, and what near rows say.
        stages: When rules look: "record" alone takes milliseconds; "data" and "network"
            add what could be said before training, and are judged by the progress.
        more: Further fields of `Evidence`: validation, trained, best_epoch, stopped,
            given, class_weight, target, preprocessing.

    Returns:
        Findings. A symptom is an alarm where the run got so little way from the trivial
        answer as its rule says, else a note.
    """
    at_hand = nothing(network) if training is None else training
    evidence = Evidence(network, at_hand, settings, history=history, **more)
    if training is None:
        stages = RECORD
    return findings_of(evidence, stages)


def findings_after(
    outcome: Outcome, prepared: Prepared, settings: Settings, more: Mapping[str, Any]
) -> Findings:
    """Return what a run shows that has just ended, with its data at hand.

    Args:
        outcome: What training gave.
        prepared: The examples.
        settings: Of the run.
        more: Fields of `Evidence`: given, class_weight.
    """
    known = {n: v for n, v in more.items() if n in Evidence.__dataclass_fields__}
    return findings_of_run(
        outcome.history,
        prepared.network,
        settings,
        stages=WITH_DATA,
        training=prepared.training,
        validation=prepared.validation,
        rows=prepared.rows,
        target=prepared.examples.target,
        preprocessing=prepared.examples.preprocessing,
        trained=outcome.variables,
        best_epoch=outcome.best_epoch,
        stopped=outcome.stopped,
        **known,
    )


def nothing(network: Network) -> Batch:
    """Return no examples."""
    shape = network.input_shape
    size = shape if isinstance(shape, tuple) else ()
    rows = (0, *(n for n in size if n is not None))
    return Batch(np.zeros(rows, np.float32), None, np.zeros(0, np.float32))


def settings_from(content: Mapping[str, Any]) -> Settings:
    """Return settings that were written as plain data.

    A loss or optimizer of the user's own has left its name only: it counts as one that
    is not known.
    """
    known = {n: v for n, v in content.items() if n in Settings.__dataclass_fields__}
    for name in ("metrics", "freeze"):
        known[name] = tuple(known.get(name) or ())
    known["objective"] = None
    known["privacy"] = DifferentialPrivacy.from_plain(known.get("privacy"))
    known.setdefault("loss", _unknown_loss)
    if known.get("schedule") not in schedules.SCHEDULES:
        known.pop("schedule", None)
    for name in ("loss", "optimizer"):
        if not _is_known(name, known.get(name, "adam")):
            known.pop(name)
    return Settings(**{"loss": _unknown_loss, **known})


def is_repeatable(content: Mapping[str, Any]) -> bool:
    """Say whether settings that were written as plain data tell of all of a run."""
    return not content.get("objective") and all(
        _is_known(name, content.get(name)) for name in ("loss", "optimizer")
    )


def _is_known(name: str, value: Any) -> bool:
    get = {"loss": losses.get, "optimizer": optimizers.build}[name]
    try:
        get(value)
    except InputError:
        return False
    return True


def _unknown_loss(outputs: Any, targets: Any) -> Any:
    """Stand for a loss of which only the name is known: every value is NaN."""
    return np.full(len(outputs), np.nan, np.float32)

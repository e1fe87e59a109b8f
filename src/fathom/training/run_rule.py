"""How the steps of a run update, from its settings."""

from __future__ import annotations

from fathom import optimizers
from fathom.network import Network
from fathom.training.objective import Objective
from fathom.training.own_objective import OwnObjective
from fathom.training.settings import Settings
from fathom.training.step import Rule


def rule_of(network: Network, settings: Settings) -> Rule:
    """Return the rule of a single run."""
    return Rule(
        _objective(network, settings),
        optimizers.build(settings.optimizer),
        settings.gradient_clip is not None,
        settings.weight_average is not None,
        settings.accumulate,
    )


def _objective(network: Network, settings: Settings) -> Objective | OwnObjective:
    frozen = frozenset(settings.freeze)
    if settings.objective is not None:
        return OwnObjective(network, settings.objective, frozen)
    return Objective(
        network,
        settings.loss,
        settings.metrics,
        settings.precision,
        settings.mix_up or 0.0,
        frozen,
    )

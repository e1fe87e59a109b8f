"""Which structure is tried next: by chance, or as Optuna proposes.

Optuna (an optional package, `pip install "fathom-learn[tune]"`) models which structures
score well by a tree-structured Parzen estimator. Source: Bergstra, Bardenet, Bengio and
Kegl, "Algorithms for hyper-parameter optimization" (2011).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from fathom.errors import InputError, choose
from fathom.tuning.space import Range, Space

SAMPLERS = {
    "auto": "Optuna if it is installed and structures differ",
    "optuna": "Optuna",
    "random": "by chance",
}


class Sampler(Protocol):
    """Proposes structures and is told what came of them."""

    def ask(self, number: int) -> dict[str, Any]:
        """Return the structure of a round, counted from 0."""
        ...

    def tell(self, structure: Mapping[str, Any], score: float) -> None:
        """Take the score of a structure; less is better."""
        ...


def sampler_for(name: str, space: Space, seed: int) -> Sampler:
    """Return a sampler by its name.

    Raises:
        InputError: If the name is unknown, or Optuna is asked for and not installed.
    """
    choose(SAMPLERS, name, "sampler")
    has_optuna = find_spec("optuna") is not None
    if name == "optuna" and not has_optuna:
        raise InputError(
            "The sampler 'optuna' needs the package optuna: pip install "
            '"fathom-learn[tune]". Or take sampler="random".'
        )
    if name == "random" or not has_optuna or not space.structure:
        return ByChance(space, seed)
    return ByOptuna(space, seed)


class ByChance:
    """Draws structures; every round has its own random numbers."""

    def __init__(self, space: Space, seed: int) -> None:
        self.space, self.seed = space, seed

    def ask(self, number: int) -> dict[str, Any]:
        """Return the structure of a round, counted from 0."""
        return self.space.draw_structure(np.random.default_rng([self.seed, number, 0]))

    def tell(self, structure: Mapping[str, Any], score: float) -> None:
        """Take a score, which changes nothing."""


class ByOptuna:
    """Asks Optuna; choices are known to it by their numbers."""

    def __init__(self, space: Space, seed: int) -> None:
        import optuna  # pyright: ignore[reportMissingImports]

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space = space
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=4)
        self.study = optuna.create_study(sampler=sampler)
        self.distributions = {
            name: _distribution(values) for name, values in space.structure.items()
        }

    def ask(self, number: int) -> dict[str, Any]:
        """Return the structure of a round."""
        trial = self.study.ask(self.distributions)
        return {
            name: values[trial.params[name]] if isinstance(values, list)
            else trial.params[name]
            for name, values in self.space.structure.items()
        }  # fmt: skip

    def tell(self, structure: Mapping[str, Any], score: float) -> None:
        """Add a finished round to the study."""
        import optuna  # pyright: ignore[reportMissingImports]

        known = self.space.structure
        params = {name: _place(known[name], value) for name, value in structure.items()}
        self.study.add_trial(
            optuna.trial.create_trial(
                params=params, distributions=self.distributions, value=score
            )
        )


def _place(values: Range | list[Any], value: Any) -> Any:
    return values.index(value) if isinstance(values, list) else value


def _distribution(values: Range | list[Any]) -> Any:
    import optuna  # pyright: ignore[reportMissingImports]

    if isinstance(values, list):
        return optuna.distributions.CategoricalDistribution(range(len(values)))
    whole = isinstance(values.low, int) and isinstance(values.high, int)
    kinds = optuna.distributions
    kind: Any = kinds.IntDistribution if whole else kinds.FloatDistribution
    return kind(values.low, values.high, log=values.is_log)

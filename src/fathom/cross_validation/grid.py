"""Settings to compare: every combination of a grid, sorted into programs.

Learning rate, weight decay, gradient clip and weight average are numbers that a
compiled program takes as arrays. Settings that differ in nothing else are trained side
by side; each other combination is a program of its own.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from fathom.errors import InputError, did_you_mean
from fathom.models.recipes import RECIPES, Recipe, recipe_of
from fathom.network import Network
from fathom.training.settings import Settings

# Settings that are arrays of the compiled program.
NUMBERS = ("learning_rate", "weight_decay", "gradient_clip", "weight_average")
# Settings of a run that a cross-validation sets by itself, or cannot have.
NOT_HERE = ("loss", "metrics", "seed", "objective", "record")


@dataclass(frozen=True)
class Candidate:
    """One setting to be compared.

    Attributes:
        setting: What the grid says, by name.
        network: A network, or what makes one.
        settings: Of the run.
    """

    setting: Mapping[str, Any]
    network: Any
    settings: Settings

    @property
    def program(self) -> Settings:
        """The settings without the numbers that a program takes as arrays."""
        clip = None if self.settings.gradient_clip is None else 1.0
        average = None if self.settings.weight_average is None else 0.5
        return replace(
            self.settings, learning_rate=None, weight_decay=None,
            gradient_clip=clip, weight_average=average, seed=0,
        )  # fmt: skip


def candidates(
    network: Any, settings: Settings, grid: Mapping[str, Iterable[Any]] | None
) -> list[Candidate]:
    """Return every combination of the grid's values.

    Args:
        network: As `fathom.train` takes it.
        settings: What all have in common.
        grid: Values by name: settings of `fathom.train`, "network" for networks, and
            what the recipe takes, such as "hidden" and "dropout" of "mlp".

    Raises:
        InputError: If a name is unknown, or has no values.
    """
    given = dict(grid or {})
    _check(network, given)
    found = []
    for values in itertools.product(*map(list, given.values())):
        setting = dict(zip(given, values, strict=True))
        own = {name: value for name, value in setting.items() if name in _names()}
        made = setting.get("network", network)
        rest = {n: v for n, v in setting.items() if n not in (*_names(), "network")}
        made = _with(made, rest) if rest else made
        found.append(Candidate(setting, made, replace(settings, **own)))
    return found


def by_program(found: list[Candidate]) -> list[list[int]]:
    """Return the numbers of the candidates that one program can train."""
    groups: list[tuple[Candidate, list[int]]] = []
    for number, candidate in enumerate(found):
        for first, numbers in groups:
            if _same(first, candidate):
                numbers.append(number)
                break
        else:
            groups.append((candidate, [number]))
    return [numbers for _, numbers in groups]


def _same(one: Candidate, other: Candidate) -> bool:
    rest = [
        {n: v for n, v in c.setting.items() if n not in (*_names(), "network")}
        for c in (one, other)
    ]
    networks = one.setting.get("network"), other.setting.get("network")
    same = networks[0] is networks[1] or networks[0] == networks[1]
    return same and rest[0] == rest[1] and one.program == other.program


def _names() -> tuple[str, ...]:
    return tuple(f.name for f in fields(Settings) if f.name not in NOT_HERE)


def _check(network: Any, grid: Mapping[str, Any]) -> None:
    for name, values in grid.items():
        listed = isinstance(values, Iterable) and not isinstance(values, (str, Mapping))
        values = list(values) if listed else []
        if not values:
            raise InputError(
                f"The grid must have a list of values for {name!r}, such as [0.0, 0.1]."
            )
        known = [*_names(), "network", *_of_the_recipe(grid.get("network") or network)]
        if name not in known:
            why = did_you_mean(name, known) or f" Known: {', '.join(known)}."
            raise InputError(f"Unknown name {name!r} in the grid.{why}")


def _of_the_recipe(network: Any) -> list[str]:
    """Return what a recipe can be told."""
    makers = network if isinstance(network, (list, tuple)) else [network]
    for maker in makers:
        if isinstance(maker, Network):
            return []
    maker: Any = makers[0]
    is_known = isinstance(maker, Recipe) or callable(maker) or maker in RECIPES
    if not is_known:
        return []
    made = recipe_of(maker).make  # pyright: ignore[reportArgumentType]
    parameters = inspect.signature(made).parameters.values()
    return [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]


def _with(maker: str | Recipe | Callable[..., Network], rest: dict[str, Any]) -> Recipe:
    recipe = recipe_of(maker)
    return replace(recipe, make=partial(recipe.make, **rest))

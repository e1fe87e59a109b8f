"""Whether the settings of an experiment can be used, as far as no data tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fathom import schedules
from fathom.data.images import checked_image
from fathom.errors import InputError, choose, is_number, is_whole, require
from fathom.models.recipes import RECIPES
from fathom.privacy.accounting import check_alone

if TYPE_CHECKING:
    from fathom.experiment.settings import ExperimentSettings

OWNER = "an experiment"
TASKS = {
    "classification": "the target is one of several classes",
    "regression": "the target is a number",
}
# What the recipe "mlp" can be told, and no other.
OF_THE_MLP = ("hidden", "activation", "dropout", "batch_norm")
SHARES = ("validation", "test", "calibration")
SWITCHES = ("batch_norm", "shuffle", "repair", "record", "baselines")
NAMES = ("model", "activation", "optimizer", "schedule", "loss", "precision")


def check_settings(settings: ExperimentSettings) -> None:
    """Raise InputError if a setting cannot be used."""
    if settings.task is not None:
        choose(TASKS, str(settings.task), "task")
    for name in SHARES:
        value = getattr(settings, name)
        fits = value is None or (is_number(value) and 0 < value < 1)
        share = "a share between 0 and 1 such as 0.2, or 0 for none"
        require(fits, OWNER, name, share, value)
    n = settings.members
    require(is_whole(n), OWNER, "members", "a whole number of at least 1", n)
    if n > 1 and settings.repair:
        raise InputError(
            "repair looks at the record of one run, which several members do not "
            "leave: leave repair or members out."
        )
    _check_what_needs_validation(settings)
    _check_texts(settings)
    for name in SWITCHES:
        value = getattr(settings, name)
        require(isinstance(value, bool), OWNER, name, "true or false", value)
    given = settings.class_weight
    if given is not None and not isinstance(given, Mapping):
        choose({"balanced": None}, str(given), "class_weight")
    choose(schedules.SCHEDULES, settings.schedule, "schedule")
    if settings.image is not None:
        checked_image(settings.image, OWNER)
    _check_model(settings)
    settings.training()
    if settings.privacy is not None:
        if settings.batch_norm:
            raise InputError(
                "batch_norm mixes the rows of a batch, and privacy needs the gradient "
                "of each by itself: leave one of them out."
            )
        check_alone(vars(settings))


def refuse_other_settings(model: str, names: Sequence[str]) -> None:
    """Raise InputError if a model other than "mlp" is given settings of it."""
    if names:
        which = ", ".join(f"'{name}'" for name in names)
        raise InputError(
            f"{which} {'is a setting' if len(names) == 1 else 'are settings'} of the "
            f"model 'mlp', and the model is {model!r}, which is built for the data as "
            f"it is. Leave {'it' if len(names) == 1 else 'them'} out."
        )


def _check_what_needs_validation(settings: ExperimentSettings) -> None:
    if settings.validation is not None:
        return
    if settings.early_stopping not in ("auto", None):
        raise InputError(
            "early_stopping watches the validation loss, so it needs validation: "
            "a share of the rows such as 0.2. Or set early_stopping to 0."
        )
    if settings.repair:
        raise InputError(
            "repair keeps what is better on the validation rows, so it needs "
            "validation: a share of the rows such as 0.2. Or leave repair out."
        )


def _check_texts(settings: ExperimentSettings) -> None:
    """Check that names are text, which a file need not have."""
    target = settings.target
    names = target if isinstance(target, tuple) else (target,)
    fits = target is None or (
        bool(names) and all(isinstance(name, str) for name in names)
    )
    require(fits, OWNER, "target", "the name of a column, or several", target)
    for name in NAMES:
        value = getattr(settings, name)
        fits = isinstance(value, str) or (name == "loss" and value is None)
        require(fits, OWNER, name, "a name", value)


def _check_model(settings: ExperimentSettings) -> None:
    """Check the recipe's name, and the settings that one recipe has."""
    recipe = choose(RECIPES, settings.model, "model")
    if recipe is RECIPES["mlp"]:
        settings.recipe()((1,), 1, "identity")
        return
    usual = {field.name: field.default for field in dataclasses.fields(settings)}
    others = [n for n in OF_THE_MLP if getattr(settings, n) != usual[n]]
    refuse_other_settings(settings.model, others)

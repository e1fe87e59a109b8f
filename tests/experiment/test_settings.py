"""Settings from plain data: strict, and nothing but InputError for nonsense."""

from __future__ import annotations

import contextlib
import dataclasses

import pytest
import yaml

from fathom.errors import InputError
from fathom.experiment import ExperimentSettings
from fathom.export.run_config import to_yaml

NAMES = [field.name for field in dataclasses.fields(ExperimentSettings)]
NONSENSE = [None, True, 0, -1, 5, 1e999, "", "x", [], [1], ["a"], [[]], {}, {"a": "b"},
            {1: []}, b"x"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_nonsense_gives_an_input_error_or_is_accepted(name: str) -> None:
    for value in NONSENSE:
        with contextlib.suppress(InputError):
            ExperimentSettings.from_dict({name: value})


def test_settings_survive_yaml() -> None:
    settings = ExperimentSettings(
        target=("a", "b"), kinds={"zip": "category"}, hidden=(), learning_rate=1e-5,
        class_weight={0: 2.0, 1: 1.0}, early_stopping=None, seed=3,
    )  # fmt: skip
    text = to_yaml(settings.to_dict())
    assert ExperimentSettings.from_dict(yaml.safe_load(text)) == settings


def test_without_validation_early_stopping_is_off() -> None:
    settings = ExperimentSettings.from_dict({"validation": 0})
    assert (settings.validation, settings.early_stopping) == (None, None)

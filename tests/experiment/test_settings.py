"""Settings from plain data: strict, and nothing but InputError for nonsense."""

from __future__ import annotations

import contextlib
import dataclasses

import pytest
import yaml

import fathom as fm
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
    resolved = settings.resolved(fm.datasets.load("iris"))
    assert (resolved.validation, resolved.early_stopping) == (None, None)


@pytest.mark.parametrize(
    ("name", "epochs", "patience"), [("iris", 1000, 100), ("digits", 200, 20)]
)
def test_small_tables_get_more_epochs_and_more_patience(
    name: str, epochs: int, patience: int
) -> None:
    """Iris has 96 training rows, 3 steps an epoch; digits has 36."""
    resolved = ExperimentSettings().resolved(fm.datasets.load(name))
    assert (resolved.epochs, resolved.early_stopping) == (epochs, patience)


def test_lengths_that_are_given_are_kept() -> None:
    settings = ExperimentSettings(epochs=7, early_stopping=None)
    resolved = settings.resolved(fm.datasets.load("iris"))
    assert (resolved.epochs, resolved.early_stopping) == (7, None)


@pytest.mark.parametrize(
    ("name", "loss", "said"),
    [
        ("iris", "mse", "'mse' is not one for classification, .* cross_entropy"),
        ("diabetes", "cross_entropy", "not one for regression, .* huber"),
    ],
)
def test_a_loss_of_the_other_task_is_refused(name: str, loss: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ExperimentSettings(loss=loss).resolved(fm.datasets.load(name))


def test_a_share_that_leaves_next_to_nothing_is_a_share() -> None:
    resolved = ExperimentSettings(test=0.999).resolved(fm.datasets.load("iris"))
    assert resolved.epochs == 3000


@pytest.mark.parametrize("given", ["1e3", "1000", 1e3, 1000])
def test_whole_numbers_may_be_written_as_floats(given: object) -> None:
    settings = ExperimentSettings.from_dict({"batch_size": given, "epochs": given})
    assert (settings.batch_size, settings.epochs) == (1000, 1000)
    assert type(settings.batch_size) is int


@pytest.mark.parametrize("given", [2.5, "2.5", float("inf")])
def test_a_batch_size_that_is_not_whole_is_refused(given: object) -> None:
    with pytest.raises(InputError, match="'batch_size'"):
        ExperimentSettings.from_dict({"batch_size": given})


def test_a_file_may_say_how_steps_are_computed() -> None:
    given = {"precision": "bfloat16", "accumulate": 2.0, "weight_average": "0.99",
             "mix_up": "2e-1", "shuffle": False}  # fmt: skip
    settings = ExperimentSettings.from_dict(given)
    training = settings.training()
    found = {name: getattr(training, name) for name in given}
    assert found == {**given, "accumulate": 2, "weight_average": 0.99, "mix_up": 0.2}
    assert ExperimentSettings.from_dict(settings.to_dict()) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [("precision", "float16"), ("precision", ["float32"]), ("accumulate", 3),
     ("weight_average", 1.5), ("mix_up", -1), ("shuffle", "no")],
)  # fmt: skip
def test_a_step_that_cannot_be_computed_is_refused(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name):
        ExperimentSettings.from_dict({name: value})


def test_settings_of_images_survive_yaml() -> None:
    settings = ExperimentSettings("digit", model="lenet", image=(8, 8, 1), seed=3)
    text = to_yaml(settings.to_dict())
    assert ExperimentSettings.from_dict(yaml.safe_load(text)) == settings


@pytest.mark.parametrize("given", ["32x32x3", [32, 32, 3], (32, 32, 3)])
def test_the_size_of_images_may_be_text_or_numbers(given: object) -> None:
    assert ExperimentSettings.from_dict({"image": given}).image == (32, 32, 3)


@pytest.mark.parametrize(
    "given", [8, [8], [8, 0], "8", "8xb", [[8, 8]], True, [1, 2.5]]
)
def test_a_size_of_images_that_is_none_is_refused(given: object) -> None:
    with pytest.raises(InputError, match="in pixels, such as"):
        ExperimentSettings.from_dict({"image": given})


def test_an_unknown_model_gets_a_suggestion() -> None:
    with pytest.raises(InputError, match=r"model 'lenett'\. Did you mean 'lenet'"):
        ExperimentSettings(model="lenett")


def test_other_models_have_no_settings_of_the_mlp() -> None:
    with pytest.raises(InputError, match="'hidden' is a setting of the model 'mlp'"):
        ExperimentSettings(model="lenet", hidden=(8,))
    with pytest.raises(InputError, match="'hidden', 'dropout' are settings"):
        ExperimentSettings.from_dict(
            {"model": "lenet", "dropout": 0, "hidden": "64,64"}
        )


def test_the_settings_of_the_mlp_reach_its_network() -> None:
    settings = ExperimentSettings(hidden=(7,), activation="tanh", dropout=0.5)
    network = settings.recipe()((4,), 3, "softmax")
    assert (network["hidden_1"].units, network["hidden_1"].activation) == (7, "tanh")
    assert network["dropout_1"].rate == 0.5

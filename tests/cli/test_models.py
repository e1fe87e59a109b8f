"""`fathom models` and `fathom train --model`: recipes on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from tests.cli.conftest import Cli, assert_refused, files

import fathom as fm
from fathom.models import RECIPES, Recipe

QUICK = ("--epochs", "1", "--no-baselines")


@pytest.fixture(autouse=True)
def quick_image_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe for images that compiles in no time, "tiny"."""

    def tiny(shape: tuple[int, ...], outputs: int, activation: str) -> fm.Network:
        height, width, channels = shape
        assert height * width * channels > 0
        return fm.Network([fm.Flatten(), fm.Dense(outputs, activation)], shape)

    monkeypatch.setitem(RECIPES, "tiny", Recipe(tiny, "image", "One dense layer."))


@pytest.fixture
def letters(folder: Path) -> Path:
    """40 images of 3 x 2 pixels in two classes, as a CSV file."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, size=(40, 6))
    pixels[:, 1:3] = 0, 255  # so that the range does not depend on the split
    columns = {f"p{i}": pixels[:, i] for i in range(6)}
    labels = ["l" if dark else "o" for dark in pixels[:, 0] < 128]
    pl.DataFrame({"letter": labels, **columns}).write_csv(folder / "letters.csv")
    return folder / "letters.csv"


def train_letters(cli: Cli, letters: Path, *more: str) -> None:
    result = cli("train", letters, "--target", "letter", "--image", "3x2", "--model",
                 "tiny", "--out", "run", *QUICK, *more)  # fmt: skip
    assert result.code == 0, result.err


def test_models_lists_every_recipe(cli: Cli) -> None:
    out = cli("models").out
    for name, recipe in RECIPES.items():
        line = next(line for line in out.splitlines() if line.startswith(f"{name} "))
        assert recipe.takes in line
        assert recipe.about in line


def test_models_has_json(cli: Cli) -> None:
    described = json.loads(cli("models", "--json").out)["models"]
    assert [model["name"] for model in described] == list(RECIPES)
    assert described[1]["takes"] == "image"


@pytest.mark.parametrize("name", RECIPES)
def test_the_help_of_train_names_every_recipe(cli: Cli, name: str) -> None:
    out = cli("train", "--help").out
    assert name in out.split("--model", 1)[1].split("--hidden")[0]


def test_lenet_trains_on_digits(cli: Cli, folder: Path) -> None:
    result = cli("train", "digits", "--model", "lenet", "--out", "run", *QUICK)
    assert result.code == 0, result.err
    assert "Inputs: images of 8 x 8 pixels" in result.out
    assert "not used" not in result.out.lower()
    network = fm.load("run").network
    assert any(isinstance(layer, fm.Conv) for layer in network.layers)


def test_a_run_of_images_is_used_like_any_other(cli: Cli, letters: Path) -> None:
    train_letters(cli, letters)
    measured = cli("evaluate", "run", letters, "--json")
    assert json.loads(measured.out)["rows"] == 40
    out = cli("predict", "run", letters).out
    assert out.startswith("prediction,probability_l,probability_o\n")
    assert out.count("\n") == 41


def test_strange_pixels_are_reported(cli: Cli, letters: Path) -> None:
    train_letters(cli, letters)
    new = pl.read_csv(letters).with_columns(p3=pl.lit(999))
    new.write_csv(letters.parent / "new.csv")
    err = cli("predict", "run", "new.csv").err
    assert "40 values are beyond those of training" in err


def test_a_missing_pixel_column_is_refused(cli: Cli, letters: Path) -> None:
    train_letters(cli, letters)
    pl.read_csv(letters).drop("p3").write_csv(letters.parent / "new.csv")
    assert_refused(cli("predict", "run", "new.csv"), "'p3' is missing")


def test_the_config_of_images_repeats_the_run(cli: Cli, letters: Path) -> None:
    train_letters(cli, letters)
    config = yaml.safe_load((letters.parent / "run" / "config.yaml").read_text())
    assert (config["model"], config["image"]) == ("tiny", [3, 2, 1])
    assert "hidden" not in config
    again = cli("train", "--config", "run/config.yaml", "--out", "again", *QUICK)
    assert again.code == 0, again.err
    one, two = (fm.load(run).outputs(letters) for run in ("run", "again"))
    np.testing.assert_array_equal(one, two)


def test_a_run_of_images_can_be_gone_on_with(cli: Cli, letters: Path) -> None:
    train_letters(cli, letters)
    result = cli("train", "--resume", "run", "--epochs", "2")
    assert result.code == 0, result.err
    assert len((letters.parent / "run/history.csv").read_text().splitlines()) == 3


def test_schema_and_card_say_that_the_rows_are_images(cli: Cli, letters: Path) -> None:
    train_letters(cli, letters)
    run = letters.parent / "run"
    assert json.loads((run / "data" / "schema.json").read_text())["image"] == [3, 2, 1]
    card = (run / "README.md").read_text()
    assert "Architecture: tiny. One dense layer." in card
    assert "image of 3 x 2 pixels" in card


def test_another_model_may_replace_that_of_a_config(cli: Cli, letters: Path) -> None:
    flags = ("--target", "letter", "--image", "3x2", "--hidden", "9", *QUICK)
    assert cli("train", letters, *flags, "--out", "one").code == 0
    changed = ("--config", "one/config.yaml", "--model", "tiny", "--out", "two")
    result = cli("train", *changed)
    assert result.code == 0, result.err


def test_baselines_get_the_columns(cli: Cli, letters: Path) -> None:
    flags = ("--target", "letter", "--image", "3x2", "--model", "tiny", "--json")
    result = cli("train", letters, *flags, "--epochs", "1", "--out", "run")
    names = [score["name"] for score in json.loads(result.out)["baselines"]]
    assert names == ["majority class", "logistic regression", "gradient boosting"]


def test_the_epochs_shown_are_those_of_the_run(cli: Cli, folder: Path) -> None:
    result = cli("train", "iris", "--hidden", "2", "--no-baselines", "--out", "run")
    assert "epoch 1/1000 " in result.out


WRONG = {
    "unknown model": (["digits", "--model", "lenett"], "Did you mean 'lenet'?"),
    "hidden layers of a lenet": (
        ["digits", "--model", "lenet", "--hidden", "64,64"],
        "'hidden' is a setting of the model 'mlp', and the model is 'lenet'",
    ),
    "no images": (["iris", "--model", "lenet"], "--image 28x28"),
    "other images": (["iris", "--model", "lenet", "--image", "9x9"], "81 columns"),
    "no size": (["digits", "--image", "big"], "such as 28x28"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_model_or_image_is_refused_and_nothing_is_written(
    name: str, cli: Cli, folder: Path
) -> None:
    flags, said = WRONG[name]
    assert_refused(cli("train", *flags), said)
    assert files(folder) == set()

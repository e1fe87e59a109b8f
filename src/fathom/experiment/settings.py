"""The settings of an experiment: everything that the command line's flags set.

They are plain data, written to `config.yaml` in full, from which `fathom train
--config config.yaml` repeats the run exactly.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fathom.data.images import image_shape_of
from fathom.errors import InputError, did_you_mean
from fathom.experiment.setting_checks import (
    OF_THE_MLP,
    check_settings,
    refuse_other_settings,
)
from fathom.experiment.values import from_plain
from fathom.models.mlp import mlp
from fathom.models.recipes import RECIPES, Recipe
from fathom.privacy.setting import DifferentialPrivacy

if TYPE_CHECKING:
    from fathom.data.table import Table
    from fathom.training.settings import Settings

# Of a network that ends in a softmax over the classes, or in plain numbers; the usual
# one first.
LOSSES_OF = {
    "classification": ("cross_entropy",),
    "regression": ("mean_squared_error", "mean_absolute_error", "huber"),
}
# A small table has few steps to an epoch, so it gets more epochs and more patience.
USUAL_EPOCHS, USUAL_STEPS = 200, 3000
USUAL_PATIENCE, PATIENT_STEPS = 20, 300
# What decides how a step is computed.
OF_THE_PROGRAM = ("precision", "accumulate", "weight_average", "mix_up", "shuffle",
                  "privacy")  # fmt: skip


@dataclass(frozen=True)
class ExperimentSettings:
    """What to learn from a table, with which network, and how.

    Attributes:
        target: Column to predict, or several; None takes a bundled set's own.
        task: "classification" or "regression"; None infers it from the target.
        kinds: {column: kind} where the inferred kind is not the right one.
        image: (height, width) or (height, width, channels) if the columns are the
            pixels of images; None takes a bundled set's own.
        model: Name of a recipe; the next four settings are of "mlp" only.
        hidden: Units of each hidden layer.
        activation: Of the hidden layers.
        dropout: Probability of dropping a hidden unit in training.
        batch_norm: Whether to normalize the weighted sums of every hidden layer.
        epochs: Passes over the training rows, at most; "auto" is 200, and more for a
            small table, so that there are at least 3,000 steps.
        batch_size: Rows per step.
        learning_rate: None takes the optimizer's usual one.
        optimizer: Name of an optimizer.
        schedule: Name of a learning rate schedule.
        weight_decay: Decoupled; None takes the optimizer's usual one, "auto" the best
            by cross-validation on the training rows.
        gradient_clip: Largest norm of the gradient, or None.
        precision: "float32", or "bfloat16" for the factors of matrix products.
        accumulate: Parts in which a batch is computed, one after the other.
        weight_average: Share that a moving average of the weights keeps at each step,
            which is then validated and kept; or None.
        mix_up: Concentration of the share by which two examples are mixed, or None.
        shuffle: Whether every epoch visits the rows in a new order.
        privacy: Noise and clip of a differentially private training, or None.
        class_weight: "balanced", {label: weight}, or None.
        loss: None takes cross_entropy for classes and mean_squared_error for numbers.
        validation: Share of the rows that are left after the test rows, or None.
        test: Share of all rows on which the result is measured, or None.
        calibration: Share of the rows that are left after the test rows, on which the
            trained model is calibrated, or None.
        members: Networks trained by one program, which answer together.
        early_stopping: Patience in epochs, or None; "auto" is 20, and more for a small
            table, so that it is at least 300 steps, and None without validation rows.
        repair: Whether to try what findings propose where the run alarms.
        record: Whether to record each layer's statistics, from which a run is
            diagnosed; without, the program compiles in less time.
        baselines: Whether to fit the baselines too.
        seed: Fixes the split, start values, order of the rows and dropout.
    """

    target: str | tuple[str, ...] | None = None
    task: str | None = None
    kinds: Mapping[str, str] = dataclasses.field(default_factory=dict)
    image: tuple[int, ...] | None = None
    model: str = "mlp"
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    dropout: float = 0.0
    batch_norm: bool = False
    epochs: int | str = "auto"
    batch_size: int = 32
    learning_rate: float | None = None
    optimizer: str = "adam"
    schedule: str = "constant"
    weight_decay: float | str | None = None
    gradient_clip: float | None = None
    precision: str = "float32"
    accumulate: int = 1
    weight_average: float | None = None
    mix_up: float | None = None
    shuffle: bool = True
    privacy: DifferentialPrivacy | None = None
    class_weight: str | Mapping[Any, float] | None = None
    loss: str | None = None
    validation: float | None = 0.2
    test: float | None = 0.2
    calibration: float | None = None
    members: int = 1
    early_stopping: int | str | None = "auto"
    repair: bool = False
    record: bool = True
    baselines: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every setting that can be checked without the data."""
        check_settings(self)

    def recipe(self) -> Recipe:
        """Return what makes the network, with these settings."""
        recipe = RECIPES[self.model]
        if recipe is not RECIPES["mlp"]:
            return recipe
        own = {name: getattr(self, name) for name in OF_THE_MLP}
        return dataclasses.replace(recipe, make=partial(mlp, **own))

    def training(self) -> Settings:
        """Return the settings of the training run itself."""
        from fathom.training.settings import Settings

        epochs, patience = self.epochs, self.early_stopping
        decay = self.weight_decay
        return Settings(
            self.loss or "mean_squared_error",
            self.optimizer,
            self.learning_rate,
            self.schedule,
            USUAL_EPOCHS if epochs == "auto" else epochs,  # pyright: ignore
            self.batch_size,
            USUAL_PATIENCE if patience == "auto" else patience,  # pyright: ignore
            None if decay == "auto" else decay,  # pyright: ignore
            self.gradient_clip,
            seed=self.seed,
            **{name: getattr(self, name) for name in OF_THE_PROGRAM},
        )

    def resolved(self, table: Table) -> ExperimentSettings:
        """Return the same settings with everything spelled out that was left open."""
        from fathom import losses, optimizers

        fitting = LOSSES_OF[str(table.task)]
        if self.loss is not None and losses.canonical(self.loss) not in fitting:
            raise InputError(
                f"The loss {self.loss!r} is not one for {table.task}, which the target "
                f"{', '.join(table.target_names)} asks for. Take one of: "
                f"{', '.join(fitting)}."
            )
        if self.recipe().takes == "image":
            image_shape_of(table)  # raises where there are no images
        names = tuple(table.target_names)
        rate = self.learning_rate
        if rate is None:
            rate = optimizers.build(self.optimizer).default_learning_rate
        epochs, patience = self._lengths(len(table))
        return dataclasses.replace(
            self,
            epochs=epochs,
            early_stopping=patience,
            target=names[0] if len(names) == 1 else names,
            task=table.task,
            learning_rate=rate,
            weight_decay="auto"
            if self.weight_decay == "auto"
            else self.training().decay(),
            loss=self.loss or fitting[0],
        )

    def _lengths(self, n_rows: int) -> tuple[Any, Any]:
        """Return epochs and patience for a table of so many rows."""
        held = (self.test, self.calibration, self.validation)
        share = math.prod(1 - (part or 0) for part in held)
        steps = max(math.ceil(round(share * n_rows) / self.batch_size), 1)
        epochs, patience = self.epochs, self.early_stopping
        if epochs == "auto":
            epochs = max(USUAL_EPOCHS, math.ceil(USUAL_STEPS / steps))
        if patience == "auto":
            patience = max(USUAL_PATIENCE, math.ceil(PATIENT_STEPS / steps))
            patience = patience if self.validation else None
        return epochs, patience

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data, without those that the model has not."""
        content = {field.name: getattr(self, field.name) for field in _fields()}
        if self.model != "mlp":
            for name in OF_THE_MLP:
                del content[name]
        for name, value in content.items():
            if isinstance(value, tuple):
                content[name] = list(value)
            elif isinstance(value, Mapping):
                content[name] = dict(value)
            elif isinstance(value, DifferentialPrivacy):
                content[name] = value.to_dict()
        return content

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> ExperimentSettings:
        """Return settings from plain data; what is left out keeps its default.

        Numbers may be written as text, because YAML reads `1e-3` as text; 0 or "none"
        stands for none.

        Raises:
            InputError: If a name is unknown or a value cannot be used.

        Example:
            >>> ExperimentSettings.from_dict({"hidden": "8,8", "epochs": 5}).hidden
            (8, 8)
            >>> ExperimentSettings.from_dict({"epoch": 5})
            Traceback (most recent call last):
            ...
            fathom.errors.InputError: Unknown setting 'epoch'. Did you mean 'epochs'?
        """
        known = [field.name for field in _fields()]
        for name in content:
            if name not in known:
                hint = did_you_mean(name, known) or f" Known: {', '.join(known)}."
                raise InputError(f"Unknown setting {name!r}.{hint}")
        model = content.get("model", "mlp")
        if model in list(RECIPES) and model != "mlp":
            refuse_other_settings(
                model, [name for name in OF_THE_MLP if name in content]
            )
        return ExperimentSettings(
            **{name: from_plain(name, value) for name, value in content.items()}
        )


def _fields() -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(ExperimentSettings)

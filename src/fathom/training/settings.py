"""The settings of a run: plain data that repeats it exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom import losses, metrics, optimizers, schedules
from fathom.errors import choose, is_number, is_whole, require
from fathom.privacy.setting import DifferentialPrivacy
from fathom.record.recording import Recording, plain_recording, recording_of

# Losses whose arguments are not (outputs, targets).
OTHER_ARGUMENTS = frozenset({"triplet", "generator", "discriminator", "minimax"})
PRECISIONS = {"float32": None, "bfloat16": None}
# The keys of JAX keep 32 bits of a seed: larger ones would not be seeds of their own.
SEEDS = 2**32


@dataclass(frozen=True)
class Settings:
    """How a network is trained.

    Attributes:
        loss: Name of a loss, or a function (outputs, targets) -> (batch,).
        optimizer: Name of an optimizer, or an `optax.GradientTransformation`.
        learning_rate: Size of a step; None takes the optimizer's usual one.
        schedule: Name of a schedule, or a function step -> factor.
        epochs: Passes over the examples, at most.
        batch_size: Examples per step.
        early_stopping: Epochs without a better validation loss after which the run
            stops and takes the best weights, or None.
        weight_decay: Share of every weight taken off per unit of learning rate.
        gradient_clip: Largest norm of the gradient over all parameters, or None.
        metrics: Names of the metrics kept in the history.
        seed: Fixes start values, order of the examples and dropout.
        shuffle: Whether every epoch visits the examples in a new order.
        freeze: Addresses of layers that do not learn.
        precision: "float32", or "bfloat16" for the factors of matrix products.
        accumulate: Parts in which a batch is computed, one after the other.
        weight_average: Share that an exponential moving average of the weights keeps
            at each step, or None. The average is what is validated and returned.
        mix_up: Concentration of the share by which two examples are mixed, or None.
        objective: A function (network, variables, batch, key) -> (batch,) or `Terms`
            that takes the place of the loss.
        record: What is recorded of single steps (`recording_of`); it changes no weight.
        privacy: Noise and clip of a differentially private run, or None.
    """

    loss: str | Callable[..., Any]
    optimizer: Any = "adam"
    learning_rate: float | None = None
    schedule: Any = "constant"
    epochs: int = 50
    batch_size: int = 32
    early_stopping: int | None = None
    weight_decay: float | None = None
    gradient_clip: float | None = None
    metrics: tuple[str, ...] = ()
    seed: int = 0
    shuffle: bool = True
    freeze: tuple[str, ...] = ()
    precision: str = "float32"
    accumulate: int = 1
    weight_average: float | None = None
    mix_up: float | None = None
    objective: Callable[..., Any] | None = None
    record: Any = True
    privacy: DifferentialPrivacy | None = None

    def __post_init__(self) -> None:
        """Check every setting; numbers of NumPy become plain ones."""
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, np.generic):
                object.__setattr__(self, name, value.item())
        losses.get(self.loss)
        recording_of(self.record)
        compares = isinstance(self.loss, str) and self.loss in OTHER_ARGUMENTS
        self._require(
            not compares or self.objective is not None,
            "loss",
            "one of outputs and targets; this one compares other things (see its "
            "docstring) and is called from an objective of your own",
        )
        known = {name: metrics.get(name) for name in self.metrics}
        names = [m.name if isinstance(n, str) else n for n, m in known.items()]
        object.__setattr__(self, "metrics", tuple(dict.fromkeys(names)))
        whole, patience = "a whole number of at least 1", self.early_stopping
        self._require(is_whole(self.epochs), "epochs", whole)
        self._require(is_whole(self.batch_size), "batch_size", whole)
        self._require(
            patience is None or is_whole(patience),
            "early_stopping",
            f"{whole}, or None",
        )
        fits = is_whole(self.seed, 0) and self.seed < SEEDS
        self._require(fits, "seed", "a whole number of at least 0, below 2^32")
        self._require_number("learning_rate", above_zero=True)
        self._require_number("weight_decay", above_zero=False)
        self._require_number("gradient_clip", above_zero=True)
        self._require_number("mix_up", above_zero=True)
        self._check_program()
        optimizer = optimizers.build(self.optimizer)
        if optimizer.default_learning_rate is None:
            free = self.learning_rate is None and not self.weight_decay
            self._require(
                free and self.schedule == "constant",
                "optimizer",
                "a name where learning_rate, weight_decay or schedule is given, "
                "because an optax optimizer brings its own",
            )

    def _check_program(self) -> None:
        """Check what decides how a step is computed."""
        share, parts = self.weight_average, self.accumulate
        fits = share is None or (is_number(share) and 0 < share < 1)
        self._require(fits, "weight_average", "a share between 0 and 1, or None")
        fits = is_whole(parts) and self.batch_size % parts == 0
        expected = f"a whole number that divides the batch size, {self.batch_size}"
        self._require(fits, "accumulate", expected)
        choose(PRECISIONS, self.precision, "precision")
        own = self.objective is not None
        fits = not own or callable(self.objective)
        self._require(fits, "objective", "a function, or None")
        self._require(
            not own or (self.precision == "float32" and self.mix_up is None),
            "objective",
            "one without precision or mix_up, which belong to the loss it replaces",
        )
        self._require(
            not own or not self.metrics,
            "metrics",
            "left out with an objective, which returns its own in fathom.Terms",
        )

        self._check_privacy()

    def _check_privacy(self) -> None:
        """Check that every row has a gradient of its own, drawn by chance."""
        if self.privacy is None:
            return
        fits = isinstance(self.privacy, DifferentialPrivacy)
        expected = "fathom.DifferentialPrivacy(noise, clip), or None"
        self._require(fits, "privacy", expected)
        for name, usual in (
            ("objective", None),
            ("mix_up", None),
            ("accumulate", 1),
            ("shuffle", True),
            ("precision", "float32"),
        ):
            self._require(
                getattr(self, name) == usual,
                name,
                f"{usual!r} with privacy, which draws its rows by chance, takes the "
                f"gradient of each by itself in full precision, and splits what does "
                f"not fit the memory on its own",
            )

    def _require(self, holds: bool, parameter: str, expected: str) -> None:
        require(holds, "train", parameter, expected, getattr(self, parameter))

    def _require_number(self, parameter: str, *, above_zero: bool) -> None:
        value = getattr(self, parameter)
        expected = "a number above 0" if above_zero else "a number, 0 or more"
        fits = value is None or (
            is_number(value) and (value > 0 if above_zero else value >= 0)
        )
        self._require(fits, parameter, f"{expected}, or None")

    def learning_rates(self, n_steps: int) -> np.ndarray:
        """Return the learning rate of every step of the run, (epochs, n_steps)."""
        base = self.learning_rate
        if base is None:
            base = optimizers.build(self.optimizer).default_learning_rate or 1.0
        factors = schedules.factors(self.schedule, self.epochs * n_steps)
        return (base * factors).astype(np.float32).reshape(self.epochs, n_steps)

    def decay(self) -> float:
        """Return the weight decay, the optimizer's usual one if none is given."""
        if self.weight_decay is not None:
            return self.weight_decay
        return optimizers.build(self.optimizer).default_weight_decay

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data; functions are given by their names."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def _plain(value: Any) -> Any:
    if isinstance(value, Recording):
        return plain_recording(value)
    if isinstance(value, DifferentialPrivacy):
        return value.to_dict()
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return list(value)
    if isinstance(value, optimizers.Optimizer):
        return value.name
    return getattr(value, "__name__", type(value).__name__)

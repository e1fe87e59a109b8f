"""The perceptron: one neuron with the step function, and Rosenblatt's learning rule.

    predict:  1 where z = w . x + b >= 0, else 0
    learn:    w <- w + rate (t - prediction) x,  b <- b + rate (t - prediction)

The rule changes the weights only on a mistake, one example after the other. If some
line separates the two classes, it stops after at most (R / gamma)^2 changes, where R is
the length of the longest (x, 1) and gamma the margin of the best separating (w, b) of
length 1. If none does, it never stops.
Source: Rosenblatt, "The perceptron" (1958); Novikoff, "On convergence proofs on
perceptrons" (1962).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from fathom.compilation import keep_cache
from fathom.errors import InputError, is_number, is_whole, require
from fathom.models.boundary import (
    DecisionBoundary,
    as_numbers,
    boundary_kind,
    input_rows,
)
from fathom.models.neuron import Neuron
from fathom.models.separability import is_separable


class Learned(NamedTuple):
    """What the learning rule carries from epoch to epoch.

    Attributes:
        weights: (inputs,) sum of the examples added and subtracted.
        bias: () the same for the bias.
        epoch: () epochs done.
        mistakes: (max_epochs,) mistakes in each epoch; -1 where none was run.
    """

    weights: jax.Array
    bias: jax.Array
    epoch: jax.Array
    mistakes: jax.Array


@dataclass(eq=False)
class Perceptron:
    """Rosenblatt's perceptron: separates two classes by a line, if a line can.

    Attributes:
        learning_rate: Scales weights and bias; as they start at 0, it changes neither
            the predictions nor the number of epochs.
        max_epochs: Passes over the examples, at most.
        seed: Shuffles the examples in every epoch; None visits them as they come.
        classes_: The two labels; the second is what the step function calls 1.
        weights_: (inputs,) learned weights.
        bias_: Learned bias.
        n_epochs_: Epochs run, the last one without mistakes included.
        n_updates_: Changes to the weights, which is the sum of `mistakes_`.
        mistakes_: (n_epochs_,) mistakes in each epoch.
        converged_: Whether an epoch passed without a mistake.
        separable_: Whether a line separates the classes: True if it converged,
            otherwise decided by a linear program. None in the rare case that the
            program finds no answer.
        why_: One sentence on how learning ended, and what to do.

    Example:
        >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]]
        >>> perceptron = Perceptron(seed=None).fit(X, [0, 0, 0, 1])
        >>> perceptron.predict(X).tolist()
        [0, 0, 0, 1]
        >>> print(perceptron.decision_boundary())
        line x2 = -2 x1 + 3
        >>> Perceptron().fit(X, [0, 1, 1, 0]).separable_
        False
    """

    learning_rate: float = 1.0
    max_epochs: int = 1000
    seed: int | None = 0
    classes_: np.ndarray = field(init=False, repr=False)
    weights_: np.ndarray = field(init=False, repr=False)
    bias_: float = field(init=False, repr=False)
    n_epochs_: int = field(init=False, repr=False)
    n_updates_: int = field(init=False, repr=False)
    mistakes_: np.ndarray = field(init=False, repr=False)
    converged_: bool = field(init=False, repr=False)
    separable_: bool | None = field(init=False, repr=False)
    why_: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the settings."""
        rate, seed = self.learning_rate, self.seed
        fits = is_number(rate) and rate > 0
        require(fits, "Perceptron", "learning_rate", "a number above 0", rate)
        whole = "a whole number of at least"
        epochs = self.max_epochs
        require(is_whole(epochs), "Perceptron", "max_epochs", f"{whole} 1", epochs)
        fits = seed is None or is_whole(seed, 0)
        require(fits, "Perceptron", "seed", f"{whole} 0, or None", seed)

    def fit(self, X: Any, y: Any) -> Perceptron:
        """Learn from examples, until an epoch passes without a mistake.

        Args:
            X: (rows, inputs) finite numbers.
            y: (rows,) labels of two kinds.

        Returns:
            The perceptron itself.

        Raises:
            InputError: If X or y cannot be used.
        """
        x = _example_inputs(X)
        self.classes_, targets = _two_classes(y, len(x))
        keep_cache()
        # In float64, and in units of the learning rate: sums of whole numbers are then
        # exact, and so is whether an example lies on the line.
        with jax.enable_x64(True):
            learned = _learn(
                jnp.asarray(x),
                jnp.asarray(targets, jnp.float64),
                jax.random.key(self.seed or 0),
                self.max_epochs,
                self.seed is not None,
            )
        self._direction = np.append(learned.weights, learned.bias)
        self.weights_ = self.learning_rate * self._direction[:-1]
        self.bias_ = float(self.learning_rate * self._direction[-1])
        self.n_epochs_ = int(learned.epoch)
        self.mistakes_ = np.asarray(learned.mistakes)[: self.n_epochs_]
        self.n_updates_ = int(self.mistakes_.sum())
        self.converged_ = bool(self.mistakes_[-1] == 0)
        self.separable_ = True if self.converged_ else is_separable(x, targets)
        self.why_ = self._why(len(x))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of every row of X (rows, inputs).

        Raises:
            InputError: If it is not fitted, or X does not fit.
        """
        self._require_fitted()
        rows, is_one = input_rows(X, len(self.weights_), "perceptron")
        if is_one:
            raise InputError(
                f"predict takes rows of shape (rows, {len(self.weights_)}). Got "
                f"{np.shape(X)} instead: write [x] for a single one."
            )
        _require_finite(rows)
        fires = rows @ self._direction[:-1] + self._direction[-1] >= 0
        return self.classes_[fires.astype(int)]

    @property
    def neuron_(self) -> Neuron:
        """The learned neuron, whose `explain` shows one decision term by term."""
        self._require_fitted()
        return Neuron(self.weights_, self.bias_, "step")

    def decision_boundary(self) -> DecisionBoundary:
        """Return the point, line, plane or hyperplane where the prediction changes.

        Raises:
            InputError: If it is not fitted, or all learned weights are 0.
        """
        self._require_fitted()
        return DecisionBoundary(tuple(self.weights_.tolist()), self.bias_)

    def _require_fitted(self) -> None:
        if not hasattr(self, "weights_"):
            raise InputError("This Perceptron has learned nothing yet: call fit(X, y).")

    def _why(self, n: int) -> str:
        epochs = _counted(self.n_epochs_, "epoch")
        updates = _counted(self.n_updates_, "update")
        kind = boundary_kind(len(self.weights_))
        if self.converged_:
            return (
                f"Converged after {epochs} and {updates}: a {kind} has each of the "
                f"{n} examples on its side."
            )
        last = _counted(int(self.mistakes_[-1]), "mistake")
        begin = f"Not converged after {epochs} ({last} in the last): "
        if self.separable_ is None:
            return f"{begin}whether the data are linearly separable was not decided."
        if self.separable_:
            return (
                f"{begin}the data are linearly separable (proved by a linear program "
                f"that found a {kind}), so give it more: max_epochs="
                f"{10 * self.max_epochs}."
            )
        return (
            f"{begin}the data are not linearly separable, no {kind} can have each of "
            f"the {n} examples on its side (proved by a linear program), so more "
            f"epochs will not help: use a network with a hidden layer."
        )


@partial(jax.jit, static_argnums=(3, 4))
def _learn(
    x: jax.Array, targets: jax.Array, key: jax.Array, max_epochs: int, shuffles: bool
) -> Learned:
    """Run the whole of learning, as one program; the learning rate is 1."""
    n, inputs = x.shape

    def visit(
        line: tuple[jax.Array, jax.Array], row: jax.Array
    ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        weights, bias = line
        fires = (x[row] @ weights + bias >= 0).astype(x.dtype)
        error = targets[row] - fires
        return (weights + error * x[row], bias + error), error != 0

    def epoch(now: Learned) -> Learned:
        order = jnp.arange(n)
        if shuffles:
            order = jax.random.permutation(jax.random.fold_in(key, now.epoch), n)
        (weights, bias), wrong = lax.scan(visit, (now.weights, now.bias), order)
        mistakes = now.mistakes.at[now.epoch].set(wrong.sum(dtype=jnp.int32))
        return Learned(weights, bias, now.epoch + 1, mistakes)

    def goes_on(now: Learned) -> jax.Array:
        return (now.epoch < max_epochs) & (now.mistakes[now.epoch - 1] != 0)

    start = Learned(
        jnp.zeros(inputs, x.dtype),
        jnp.zeros((), x.dtype),
        jnp.int32(0),
        jnp.full(max_epochs, -1, jnp.int32),
    )
    return lax.while_loop(goes_on, epoch, start)


def _example_inputs(X: Any) -> np.ndarray:
    """Return X as (rows, inputs) in float64, or say why it cannot be."""
    x = as_numbers(X)
    if x is None or x.ndim != 2 or not x.size:
        came = "something else" if x is None else f"shape {x.shape}"
        raise InputError(
            "X must be an array of numbers (rows, inputs) with at least one of each. "
            f"Got {came} instead."
        )
    _require_finite(x)
    return x


def _require_finite(x: np.ndarray) -> None:
    bad = np.argwhere(~np.isfinite(x))
    if len(bad):
        row, column = bad[0].tolist()
        raise InputError(
            f"X must be finite. Got {x[row, column]} in row {row}, column {column}."
        )


def _two_classes(y: Any, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the two labels, and 0 or 1 for each row."""
    labels = np.asarray(y)
    if labels.shape != (n,):
        raise InputError(
            f"y must have one label for each row of X, shape ({n},). Got shape "
            f"{labels.shape} instead."
        )
    classes, targets = np.unique(labels, return_inverse=True)
    if len(classes) != 2:
        shown = ", ".join(map(repr, classes[:5].tolist()))
        dots = ", ..." if len(classes) > 5 else ""
        raise InputError(
            f"A perceptron tells two classes apart. Got {len(classes)} in y: "
            f"{shown}{dots}."
        )
    return classes, targets


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"

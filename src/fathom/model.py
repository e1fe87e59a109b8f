"""A trained network together with what it needs to be used: `Model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from fathom.arrays import array_inputs, array_targets
from fathom.errors import InputError
from fathom.examples import as_table, no_classes, no_pair, pair
from fathom.network import Network

if TYPE_CHECKING:
    from fathom.data.preprocessing import Preprocessing
    from fathom.data.target import TargetCoding
    from fathom.fairness.result import GroupEvaluation
    from fathom.inspect.attributed import Attribution
    from fathom.inspect.backpropagation import Backpropagation
    from fathom.inspect.surgery import Comparison
    from fathom.inspect.trace import Trace
    from fathom.uncertainty.conformal import Conformal
    from fathom.uncertainty.samples import Samples

# Rows predicted at once; a smaller number is filled up to a power of two, so that
# predicting 3 rows and then 4 compiles once.
PREDICTION_ROWS = 1024


@dataclass(frozen=True)
class Model:
    """Network, variables, and how raw rows become inputs and outputs become answers.

    Attributes:
        network: The layers.
        variables: Parameters and running statistics, NumPy arrays.
        loss: Name of the loss it was trained with.
        target: Classes, or the scale of the numbers predicted; None gives the
            network's outputs as they are.
        preprocessing: From raw columns to the network's inputs; None takes arrays.
        about: What it was trained on and how, as plain data.
        conformal: What `calibrate` found out for intervals and sets; None before.
    """

    network: Network
    variables: dict[str, Any]
    loss: str = "mean_squared_error"
    target: TargetCoding | None = None
    preprocessing: Preprocessing | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    conformal: Conformal | None = None

    @property
    def task(self) -> str | None:
        """The kind of answer: "classification", "regression", or None if unknown."""
        return None if self.target is None else self.target.task

    @property
    def classes(self) -> tuple[Any, ...]:
        """The labels in the order of `predict_proba`'s columns; empty in regression."""
        return () if self.target is None else tuple(self.target.classes or ())

    def inputs(self, data: Any) -> Any:
        """Return the network's inputs (rows, *input_shape) for raw rows.

        Args:
            data: What `fathom.read` takes if the model was trained on a table, else
                an array (rows, *input_shape), or a dict of arrays for named inputs.

        Raises:
            InputError: If a column is missing or the shape does not fit.
        """
        if self.preprocessing is not None:
            return self.preprocessing.transform(data)
        X = getattr(data, "X", data)
        return array_inputs(X, self.network)

    def outputs(self, data: Any) -> np.ndarray:
        """Return the network's outputs (rows, *output_shape) for raw rows."""
        return self.outputs_of(self.inputs(data))

    def outputs_of(self, x: Any) -> np.ndarray:
        """Return the network's outputs for inputs, as `inputs` gives them."""
        pieces = []
        n = len(jax.tree.leaves(x)[0])
        for start in range(0, n, PREDICTION_ROWS):
            rows = min(PREDICTION_ROWS, n - start)
            size = 1 << (rows - 1).bit_length()
            chosen = np.minimum(np.arange(start, start + size), n - 1)  # filled up
            padded = jax.tree.map(lambda array, i=chosen: array[i], x)
            outputs = self.network.compiled_apply(self.variables, padded)
            pieces.append(np.asarray(outputs)[:rows])
        if not pieces:
            raise InputError("There are no rows to predict.")
        return np.concatenate(pieces)

    def predict(self, data: Any) -> np.ndarray:
        """Return the answer for every row.

        Returns:
            The most probable label (rows,) in classification, or (rows, steps) where
            the network gives a class for every step; numbers in the target's
            own unit, (rows,) or (rows, targets), in regression; the network's outputs
            if the model has no target.
        """
        outputs = self.outputs(data)
        if self.target is None:
            return outputs
        if self.target.task == "classification":
            indices = probabilities(outputs).argmax(-1)
            return self.target.decode_labels(indices)
        return self.target.decode_values(outputs.reshape(len(outputs), -1))

    def predict_proba(self, data: Any) -> np.ndarray:
        """Return the probability of every class, (rows, classes).

        Raises:
            InputError: If the model does not predict classes.
        """
        if self.task != "classification":
            raise no_classes(self.task)
        return probabilities(self.outputs(data))

    def evaluate(self, data: Any) -> dict[str, float]:
        """Return metrics on data with known answers.

        Args:
            data: A pair (X, y), a `Table` with a target, or a table's source if the
                model was trained on a table.

        Returns:
            Classification: accuracy, balanced_accuracy, macro_f1, log_loss and, where
            it is defined, roc_auc. Regression: r2, root_mean_squared_error and
            mean_absolute_error, in the target's own unit. Metrics that the data leave
            undefined (R2 of one row) are left out.
        """
        return metrics_of(self, data)

    def evaluate_by_group(
        self, data: Any, groups: Any, favorable: Any = None
    ) -> GroupEvaluation:
        """Return metrics with intervals for each group of rows, and the gaps.

        `model.evaluate_by_group("people.csv", "sex")`; see
        `fathom.fairness.evaluation.evaluate_by_group`.
        """
        from fathom.fairness.evaluation import evaluate_by_group

        return evaluate_by_group(self, data, groups, favorable)

    def with_answers(self, data: Any) -> tuple[Any, np.ndarray]:
        """Return the rows and their encoded answers."""
        assert self.target is not None
        if self.preprocessing is None:
            X, y = pair(data, "data")
            if y is None:
                raise no_pair("data", data)
            n = len(jax.tree.leaves(self.inputs(X))[0])
            if np.shape(y)[:1] != (n,):
                raise InputError(
                    f"X and y must have as many rows. Got {n} rows and y of shape "
                    f"{np.shape(y)}."
                )
            return X, array_targets(y, self.target, self.network)
        if isinstance(data, tuple) and len(data) == 2:
            table = as_table((self.preprocessing.named(data[0]), data[1]))
        else:
            table = as_table(data, target=list(self.target.names))
        return table, self.target.encode(table)

    def calibrate(self, data: Any) -> Model:
        """Return the model with uncertainty that fits rows it did not learn from.

        Fits a temperature in classification, and scores for `predict_interval` and
        `predict_set`; `about["calibration"]` says what changed. See
        `fathom.uncertainty.calibration`.
        """
        from fathom.uncertainty.calibration import calibrate

        return calibrate(self, data)

    def predict_interval(self, data: Any, coverage: float = 0.9) -> np.ndarray:
        """Return lower and upper bounds (rows, 2), or (rows, targets, 2).

        See `fathom.uncertainty.conformal`; `calibrate` comes first.
        """
        from fathom.uncertainty.answers import interval

        return interval(self, data, coverage)

    def predict_set(self, data: Any, coverage: float = 0.9) -> np.ndarray:
        """Return which classes are in each row's set, (rows, classes) of booleans."""
        from fathom.uncertainty.answers import prediction_set

        return prediction_set(self, data, coverage)

    def predict_samples(self, data: Any, n: int = 50, seed: int = 0) -> Samples:
        """Return the mean and spread of n answers with dropout left on."""
        from fathom.uncertainty.samples import dropout_samples

        return dropout_samples(self, data, n, seed)

    def trace(self, data: Any) -> Trace:
        """Run forward and keep every layer's weighted sums and activations.

        `model.trace(rows)["hidden_1"].activation` holds a layer's numbers,
        `model.trace(rows)["hidden_1:17"]` explains one neuron: its inputs, weights and
        products, the bias, the sum and the activation. See `fathom.inspect.trace`.
        """
        from fathom.inspect.trace import trace

        return trace(self, data)

    def backpropagate(self, data: Any, y: Any = None, **how: Any) -> Backpropagation:
        """Go forward, back, and one step of an optimizer, and keep every number.

        `model.backpropagate(x, y)["hidden_1"].d_weighted_sum` holds dL/dz of a layer,
        `["hidden_1:17"]` the chain rule of one neuron. See
        `fathom.inspect.backpropagation` for the settings: optimizer, learning_rate,
        weight_decay.
        """
        from fathom.inspect.backpropagation import backpropagate

        return backpropagate(self, data, y, **how)

    def attribute(self, data: Any, **how: Any) -> Attribution:
        """Say which inputs each answer rests on: integrated gradients, occlusion ...

        See `fathom.inspect.attribution.attribute` for the settings.
        """
        from fathom.inspect.attribution import attribute

        return attribute(self, data, **how)

    def edit(self, address: str, **new: Any) -> Model:
        """Return the model with another weight or bias of one neuron.

        `model.edit("hidden_1:17", weight={"age": 0.5}, bias=0.0)`.
        """
        from fathom.inspect.surgery import edit

        return edit(self, address, **new)

    def ablate(self, *addresses: str) -> Model:
        """Return the model with neurons silenced: `model.ablate("hidden_1:17")`."""
        from fathom.inspect.surgery import ablate

        return ablate(self, *addresses)

    def compare(self, other: Model, data: Any) -> Comparison:
        """Return the metrics of this and another model, such as an edited one."""
        from fathom.inspect.surgery import compare

        return compare(self, other, data)

    def save(self, path: str | Path) -> Path:
        """Write the model to a new folder, as plain files without pickle.

        Returns:
            The folder, with network.json, weights.safetensors and preprocess.json.

        Raises:
            InputError: If the folder exists with something in it.
        """
        from fathom.export.model_folder import save_model

        return save_model(self, Path(path))


def metrics_of(model: Any, data: Any) -> dict[str, float]:
    """Return the metrics of a model, or of an ensemble, on data with answers."""
    from fathom import metrics

    if model.target is None:
        raise InputError("This model has no target to evaluate against.")
    x, y = model.with_answers(data)
    if model.task == "classification":
        shares = model.predict_proba(x)
        if shares.ndim > 2:  # the steps that have a target
            shares, y = shares[y >= 0], y[y >= 0]
        return metrics.classification_report_values(y, shares)
    y = model.target.decode_values(y.reshape(len(y), -1))
    return metrics.regression_report_values(y, model.predict(x))


def probabilities(outputs: np.ndarray) -> np.ndarray:
    """Return (rows, ..., classes) of softmax outputs, or of one sigmoid output."""
    if outputs.ndim > 2 and outputs.shape[-1] > 1:  # a class for every step
        return outputs
    outputs = outputs.reshape(len(outputs), -1)
    if outputs.shape[1] == 1:
        return np.concatenate([1 - outputs, outputs], axis=1)
    return outputs

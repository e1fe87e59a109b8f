"""`fathom.train`: a network and data in, a trained model and its record out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fathom.agreement import (
    check_outputs,
    check_variables,
    frozen_addresses,
    taken_over,
    usual_loss,
    usual_metrics,
    warn_of_logits,
)
from fathom.errors import InputError, require
from fathom.model import Model
from fathom.network import Network
from fathom.preparation import Held, prepare
from fathom.privacy.accounting import check_alone
from fathom.privacy.setting import DifferentialPrivacy
from fathom.record.recording import Recording
from fathom.training.loop import Listener, Run
from fathom.training.settings import Settings
from fathom.training_result import REASONS as REASONS
from fathom.training_result import TrainingResult as TrainingResult
from fathom.training_result import result_of


def train(  # noqa: PLR0913  (the public call: each setting is one the user may name)
    network: Network | str | Callable[..., Network],
    data: Any,
    *,
    loss: str | Callable[..., Any] | None = None,
    optimizer: Any = "adam",
    learning_rate: float | None = None,
    schedule: Any = "constant",
    epochs: int = 50,
    batch_size: int = 32,
    validation: float | tuple[Any, Any] | None = None,
    early_stopping: int | None = None,
    weight_decay: float | str | None = None,
    gradient_clip: float | None = None,
    metrics: Sequence[str] | None = None,
    class_weight: str | Mapping[Any, float] | None = None,
    sample_weight: Any = None,
    seed: int = 0,
    shuffle: bool = True,
    objective: Callable[..., Any] | None = None,
    freeze: str | Sequence[str] = (),
    precision: str = "float32",
    accumulate: int = 1,
    weight_average: float | None = None,
    mix_up: float | None = None,
    record: bool | str | Recording = True,
    privacy: DifferentialPrivacy | None = None,
    variables: Mapping[str, Any] | None = None,
    start_from: Model | None = None,
    checkpoints: str | Path | None = None,
    resume: bool = False,
    repair: bool = False,
    listeners: Sequence[Listener] = (),
) -> TrainingResult:
    """Train a network, as one compiled program.

    Args:
        network: A `Network`; or the name of a recipe ("mlp", "lenet"), or a function
            (input_shape, outputs, output_activation) -> Network, which is called once
            the data's sizes are known.
        data: A pair (X, y): X (rows, *input_shape) numbers, which go in as they are,
            and y (rows,) labels, (rows, steps) classes of a sequence (-1 for a step
            without one) or (rows, ...) numbers. X is a dict of arrays where the
            network names its inputs. Or X alone, which the outputs are to meet, as
            those of an autoencoder. Or a table: what `fathom.read(source,
            target=...)` returns, whose columns are preprocessed.
        loss: Name of a loss or a function (outputs, targets) -> (batch,). None takes
            cross_entropy behind a softmax, binary_cross_entropy behind a sigmoid, and
            mean_squared_error else.
        optimizer: Name of an optimizer, or an `optax.GradientTransformation`.
        learning_rate: None takes the optimizer's usual one (0.001 for Adam).
        schedule: Name of a schedule, or a function step -> factor.
        epochs: Passes over the examples, at most.
        batch_size: Examples per step; the last batch of an epoch may hold fewer.
        validation: A share of the rows (by class in classification), a pair (X, y),
            or None.
        early_stopping: Stop after so many epochs without a better validation loss and
            take the best weights; needs `validation`.
        weight_decay: Decoupled; applies to weights, never to biases or normalization.
            "auto" chooses it by cross-validation on all rows before the training;
            `result.cross_validation` shows how, see `fathom.cross_validation.decay`.
        gradient_clip: Largest norm of the gradient over all parameters.
        metrics: Names of metrics for the history; None takes accuracy or R2.
        class_weight: "balanced", or {label: weight}; for the training examples.
        sample_weight: (rows,) weight of every row of `data`. A cost is the weighted
            mean over the batch, so only ratios matter; a row of weight 0 is not seen.
        seed: Fixes the split, start values, order of examples and dropout: the same
            seed on the same machine gives the same bits.
        shuffle: Whether every epoch visits the examples in a new order.
        objective: Minimized instead of a loss: a function (network, variables, batch,
            key) -> (batch,) or `fathom.Terms`, for what no loss on outputs and targets
            can say.
        freeze: Addresses of layers that do not learn, such as "dense_1".
        precision: "bfloat16" rounds the factors of matrix products, and is up to twice
            as fast where the hardware knows it; weights stay float32.
        accumulate: Compute a batch in so many parts, one after the other, with the
            same result in less memory.
        weight_average: Validate and return a moving average of the weights, which
            keeps this share (such as 0.999) at each step.
        mix_up: Train on mixtures of two examples, with shares from Beta(c, c) for this
            c (such as 0.2).
        record: Whether statistics of every layer are kept for the first steps and one
            in 100 after them (`history.layers`), which changes no weight and takes 1
            to 3 % of the time. "full" keeps all of the first 50 and one in 10; a
            `fathom.record.recording.Recording` says it in numbers.
        privacy: Hide in noise whether a row was trained on (DP-SGD); `result.privacy`
            says how well, and what it does not cover. See the guide on privacy.
        variables: Start values instead of random ones, as `network.init` gives them.
        start_from: A trained model whose layers are taken over where address and
            shapes are the same (transfer learning); the others start anew.
        checkpoints: Folder in which a checkpoint is kept.
        resume: Go on from the checkpoint there, as if training had never stopped.
        repair: Whether to try what findings propose where the run alarms, and keep
            what is better on the validation rows: `result.repairs` says what, and costs
            half as many updates again at most. A run without an alarm stays as it is.
        listeners: Called as listener(event, **content) while it runs.

    Returns:
        Model, history, and why training stopped. Ctrl-C stops between two epochs and
        returns what is there, with `stopped == "interrupted"`.

    Raises:
        InputError: If something handed over cannot be used; says what and why.

    Example:
        >>> import fathom as fm
        >>> X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
        >>> network = fm.Network([fm.Dense(8, "tanh"), fm.Dense(1, "sigmoid")], (2,))
        >>> result = fm.train(network, (X, [0, 1, 1, 0]), learning_rate=0.1, epochs=200)
        >>> result.model.predict(X).tolist()
        [0, 1, 1, 0]
    """
    _check(early_stopping is None or validation is not None, resume, checkpoints)
    if privacy is not None:
        check_alone(locals())
    if weight_decay == "auto":
        return _with_own_decay(locals())
    own, tried = objective is not None, ()
    if repair:
        from fathom.diagnose.refused import accepted, check_repairable

        check_repairable(validation, objective, checkpoints)
        held = Held(validation, seed)
        network, data, loss, tried = accepted(network, data, loss, held)
    bare = prepare(network, data, loss, Held(validation, seed), own)
    prepared = bare.weighted(sample_weight, class_weight)
    loss = loss or usual_loss(prepared.network)
    freeze = frozen_addresses(prepared.network, freeze)
    own_metrics = metrics is not None
    if metrics is None:
        metrics = () if objective else usual_metrics(prepared.examples)
    metrics = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    settings = Settings(
        loss, optimizer, learning_rate, schedule, epochs, batch_size, early_stopping,
        weight_decay,  # pyright: ignore[reportArgumentType]  (it checks)
        gradient_clip, metrics, seed, shuffle, freeze, precision,
        accumulate, weight_average, mix_up, objective, record, privacy,
    )  # fmt: skip
    if objective is None:
        check_outputs(prepared.network, prepared.training, prepared.examples.target)
        warn_of_logits(prepared.network, loss)
    if start_from is not None:
        require(variables is None, "train", "variables", "None with start_from", "some")
        variables = taken_over(prepared.network, start_from.variables, seed)
    if variables is not None:
        check_variables(prepared.network, variables)
    given = {"given": variables, "class_weight": class_weight}
    if repair:
        given.update(sample_weight=sample_weight, own_metrics=own_metrics, tried=tried)
        return _repaired((bare, settings, data, validation), given, listeners)
    run = Run(
        prepared.network,
        settings,
        prepared.training,
        prepared.validation,
        None if variables is None else dict(variables),
        None if checkpoints is None else Path(checkpoints),
        resume,
        listeners,
    )
    return result_of(run.train(), prepared, settings, given)


def _check(can_stop: bool, resume: bool, checkpoints: Any) -> None:
    """Raise InputError where one setting needs another."""
    if not can_stop:
        raise InputError(
            "early_stopping watches the validation loss, so it needs validation: a "
            "share of the rows such as 0.2, or a pair (X, y)."
        )
    if resume and checkpoints is None:
        raise InputError("resume goes on from a checkpoint: name the folder of it.")


def _with_own_decay(given: dict[str, Any]) -> TrainingResult:
    """Choose the weight decay by cross-validation, and train with it."""
    from fathom.cross_validation.decay import decay_for

    found, decay = decay_for(given)
    result = train(**{**given, "weight_decay": decay})
    return dataclasses.replace(result, cross_validation=found)


def _repaired(
    what: tuple[Any, ...], more: dict[str, Any], listeners: Sequence[Listener]
) -> TrainingResult:
    """Train with repairs."""
    from fathom.diagnose.repair import repair
    from fathom.diagnose.task import Task

    task, outcome, repairs = repair(Task(*what, **more), listeners)
    given = {"given": task.given, "class_weight": task.class_weight}
    result = result_of(outcome, task.prepared, task.settings, given)
    return dataclasses.replace(result, repairs=repairs)

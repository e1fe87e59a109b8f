"""`fathom.train`: a network and data in, a trained model and its record out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from fathom.preparation import Held, Prepared, prepare
from fathom.record.history import History
from fathom.record.recording import Recording
from fathom.training.loop import Listener, Outcome, Run
from fathom.training.settings import Settings
from fathom.version import __version__

if TYPE_CHECKING:
    from fathom.diagnose.finding import Findings
    from fathom.diagnose.repairs import Repairs

REASONS = {
    "epochs": "all epochs are done",
    "early_stopping": "the validation loss stopped getting better",
    "non_finite": "a loss or weight became NaN or infinite; the weights are those of "
    "the last good epoch (try a smaller learning rate or gradient_clip=1.0)",
    "interrupted": "it was interrupted",
}


@dataclass(frozen=True)
class TrainingResult:
    """What `fathom.train` returns.

    Attributes:
        model: The trained model.
        history: Per-epoch arrays by name: "loss", "validation_loss", metrics; and the
            records of single steps, `history.layers`.
        stopped: "epochs", "early_stopping", "non_finite" or "interrupted".
        best_epoch: The epoch whose weights the model has, counted from 1.
        compile_seconds: Time spent compiling, which `history["seconds"]` leaves out.
        notes: What was noticed in the data.
        repairs: What `repair=True` tried and kept; None without it.
        examined: Makes the findings; None if there is nothing to look at.
    """

    model: Model
    history: History
    stopped: str
    best_epoch: int
    compile_seconds: float
    notes: tuple[str, ...] = field(default=())
    repairs: Repairs | None = None
    examined: Callable[[], Findings] | None = field(
        default=None, repr=False, compare=False
    )

    @cached_property
    def findings(self) -> Findings:
        """What is wrong with the run, most likely cause first; looked for when asked.

        From the record, the settings and the examples (`fathom.diagnose`). A GAN and an
        objective of one's own are not judged.
        """
        from fathom.diagnose.finding import Findings

        return Findings(()) if self.examined is None else self.examined()

    @property
    def why_stopped(self) -> str:
        """One sentence on why training stopped."""
        n = self.history.n_epochs
        return f"Stopped after {n} epochs: {REASONS[self.stopped]}."


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
    weight_decay: float | None = None,
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
    if early_stopping is not None and validation is None:
        raise InputError(
            "early_stopping watches the validation loss, so it needs validation: a "
            "share of the rows such as 0.2, or a pair (X, y)."
        )
    if resume and checkpoints is None:
        raise InputError("resume goes on from a checkpoint: name the folder of it.")
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
        weight_decay, gradient_clip, metrics, seed, shuffle, freeze, precision,
        accumulate, weight_average, mix_up, objective, record,
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
    return _result(run.train(), prepared, settings, given)


def _repaired(
    what: tuple[Any, ...], more: dict[str, Any], listeners: Sequence[Listener]
) -> TrainingResult:
    """Train with repairs."""
    from fathom.diagnose.repair import repair
    from fathom.diagnose.task import Task

    task, outcome, repairs = repair(Task(*what, **more), listeners)
    given = {"given": task.given, "class_weight": task.class_weight}
    result = _result(outcome, task.prepared, task.settings, given)
    return dataclasses.replace(result, repairs=repairs)


def _result(
    outcome: Outcome, prepared: Prepared, settings: Settings, given: dict[str, Any]
) -> TrainingResult:
    model = Model(
        prepared.network,
        outcome.variables,
        str(settings.to_dict()["loss"]),
        prepared.examples.target,
        prepared.examples.preprocessing,
        {
            "fathom": __version__,
            "settings": settings.to_dict(),
            "training_examples": len(prepared.training.weight),
            "validation_examples": len(prepared.validation.weight)
            if prepared.validation
            else 0,
            "epochs": outcome.history.n_epochs,
            "best_epoch": outcome.best_epoch,
            "stopped": outcome.stopped,
        },
    )
    return TrainingResult(
        model,
        outcome.history,
        outcome.stopped,
        outcome.best_epoch,
        outcome.compile_seconds,
        prepared.notes,
        examined=partial(_examine, outcome, prepared, settings, given)
        if settings.objective is None
        else None,
    )


def _examine(*run: Any) -> Findings:
    """Return what the rules find in a run that is over."""
    from fathom.diagnose.after import findings_after

    return findings_after(*run)

"""What rules may look at: network, data, loss, settings, and the record of a run.

Nothing in it is changed by a rule. What costs something (start values, a pass at them,
the scale of the inputs) is worked out when a rule first asks, and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from fathom import losses
from fathom.diagnose.answers import Answers, answers_on
from fathom.diagnose.columns import Column, array_columns, chosen_rows, table_columns
from fathom.diagnose.places import Place, places
from fathom.diagnose.scale import Scale, scale_of
from fathom.diagnose.start import Start, jittered, probe_rows, run_start
from fathom.diagnose.thresholds import GAP
from fathom.errors import InputError
from fathom.network import Network
from fathom.preparation import Prepared
from fathom.training.objective import Batch, Objective
from fathom.training.settings import Settings

if TYPE_CHECKING:
    from fathom.data.preprocessing import Preprocessing
    from fathom.data.table import Table
    from fathom.data.target import TargetCoding
    from fathom.diagnose.course import Course
    from fathom.diagnose.reference import Reference
    from fathom.record.history import History

# Rows that the trained network answers at a time.
CHUNK = 250


class NonFinite(NamedTuple):
    """Numbers that are NaN or infinite.

    Attributes:
        where: "inputs", "targets", or the address of a start value.
        n: How many.
        place: Index of the first.
        value: The first.
    """

    where: str
    n: int
    place: tuple[int, ...]
    value: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything a rule may look at.

    Attributes:
        network: With the input shape of the data.
        training: The training examples, as they go in.
        settings: Of the run, as `fathom.train` takes them.
        validation: Validation examples, or None.
        target: Classes or scale; None if the outputs are the answer as they are.
        preprocessing: From raw columns to inputs; None for arrays.
        table: The data, if they are a table.
        rows: Which rows of the table, or of the arrays, are the training examples.
        given: Start values handed over; None draws the network's own.
        class_weight: As `fathom.train` takes it.
        non_finite: What had to be replaced to look at the data at all.
        history: The record of a run, or None before training.
        trained: The variables that the run gave, or None.
        best_epoch: The epoch that these are from, counted from 1; None is the last.
        stopped: Why the run stopped, as `fathom.train` says it; "" if nobody said.
    """

    network: Network
    training: Batch
    settings: Settings
    validation: Batch | None = None
    target: TargetCoding | None = None
    preprocessing: Preprocessing | None = None
    table: Table | None = None
    rows: np.ndarray | None = None
    given: Mapping[str, Any] | None = None
    class_weight: Any = None
    non_finite: tuple[NonFinite, ...] = ()
    history: History | None = None
    trained: Mapping[str, Any] | None = None
    best_epoch: int | None = None
    stopped: str = ""

    @classmethod
    def of(cls, prepared: Prepared, settings: Settings, **more: Any) -> Evidence:
        """Return what prepared data and settings show; `more` are further fields."""
        examples = prepared.examples
        return cls(
            prepared.network,
            prepared.training,
            settings,
            prepared.validation,
            examples.target,
            examples.preprocessing,
            rows=prepared.rows,
            **more,
        )

    @cached_property
    def course(self) -> Course:
        """What happened in the run."""
        from fathom.diagnose.course import Course

        return Course(self)

    @property
    def progress(self) -> float | None:
        """How far the run got from the trivial answer (0) to a perfect one (1).

        None before training, and where the record does not tell.
        """
        return None if self.history is None else self.course.reached

    @property
    def n_held(self) -> int | None:
        """The number of validation examples; None if they are not at hand."""
        return None if self.validation is None else len(self.validation.weight)

    @property
    def best_is_kept(self) -> bool:
        """Whether the run gives the weights of its best epoch, not of its last."""
        return self.settings.early_stopping is not None

    @property
    def loss(self) -> str | Callable[..., Any]:
        """Name of the loss, or a function."""
        return self.settings.loss

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every layer with its address."""
        return places(self.network)

    @cached_property
    def variables(self) -> Mapping[str, Any]:
        """The start values, as NumPy arrays."""
        given = self.given
        if given is None:
            given = self.network.init(self.settings.seed)
        return jax.tree.map(np.asarray, dict(given))

    @cached_property
    def probe(self) -> Batch:
        """Some training rows, for passes at the start values."""
        return probe_rows(self.training, self.network, self.settings.seed)

    @cached_property
    def start(self) -> Start | None:
        """What a pass at the start values says; None if there can be none."""
        return self._pass(self.variables)

    @cached_property
    def jittered_start(self) -> Start | None:
        """The same with noise on all start values, so that none is exactly 0."""
        return self._pass(jittered(self.variables, self.settings.seed))

    def _pass(self, variables: Mapping[str, Any]) -> Start | None:
        if self.settings.objective is not None:
            return None
        objective = Objective(self.network, self.loss)
        try:
            return run_start(objective, variables, self.probe, self.settings.seed)
        except InputError:  # outputs and targets do not fit: a rule of its own says so
            return None

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """The scale of the inputs by name; tokens have none."""
        x = self.training.x
        named = x if isinstance(x, Mapping) else {"inputs": x}
        return {
            name: scale_of(array)
            for name, array in named.items()
            if np.issubdtype(array.dtype, np.floating)
        }

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the training rows, at most 5,000 of these."""
        rows = self.compared_rows
        if self.table is not None and self.rows is not None:
            return tuple(table_columns(self.table, self.rows[rows]))
        made = self.preprocessing
        names = () if made is None else made.feature_names
        return tuple(array_columns(self.training.x, rows, names))

    @cached_property
    def compared_rows(self) -> np.ndarray:
        """Which training examples the columns hold."""
        return chosen_rows(np.arange(self.n_rows))

    @cached_property
    def reachable(self) -> float | None:
        """The progress of five nearest neighbors; None where these say nothing."""
        from fathom.diagnose.neighbors import neighbor_progress

        return neighbor_progress(self)

    @cached_property
    def reference(self) -> Reference | None:
        """What quick classical models reach on validation rows; None if unknown."""
        from fathom.diagnose.reference import reference

        return reference(self)

    @cached_property
    def held_answers(self) -> Answers | None:
        """The trained network's answers on validation rows, where both are at hand."""
        if self.validation is None or self.trained is None or not self.n_held:
            return None
        size = min(self.n_held, CHUNK)
        return answers_on(self.network, self.trained, self.validation, size)

    @cached_property
    def training_answers(self) -> Answers | None:
        """The trained network's answers on training rows, as it answers in use."""
        if self.trained is None or not self.n_rows:
            return None
        size = min(self.n_held or self.n_rows, CHUNK)
        return answers_on(self.network, self.trained, self.training, size)

    @cached_property
    def judged_answers(self) -> Answers | None:
        """Those on validation rows and on training rows not known by heart."""
        held, learned = self.held_answers, self.course.training_progress
        if held is None:
            return held
        if learned is not None and len(learned):
            gap = self.course.at_end(learned) - (self.progress or 0.0)
            if gap > GAP.value:
                return held
        own = self.training_answers
        if own is None:
            return held
        return Answers(*map(np.concatenate, zip(held, own, strict=True)))

    @property
    def n_rows(self) -> int:
        """The number of training examples."""
        return len(self.training.weight)

    @property
    def labels(self) -> np.ndarray | None:
        """(rows,) classes of the training examples; None if they are none."""
        y = self.training.y
        is_labels = y is not None and y.dtype == np.int32 and y.ndim == 1
        return y if is_labels else None

    @property
    def n_classes(self) -> int:
        """The number of classes the labels stand for; 0 if there are no labels."""
        if self.labels is None:
            return 0
        if self.target is not None and self.target.classes:
            return len(self.target.classes)
        return int(self.labels.max()) + 1

    @property
    def label_names(self) -> tuple[str, ...]:
        """The classes as messages call them."""
        classes = None if self.target is None else self.target.classes
        return tuple(map(str, classes or range(self.n_classes)))

    @property
    def values(self) -> np.ndarray | None:
        """(rows, ...) numbers to be predicted; None if the targets are classes."""
        y = self.training.x if self.training.y is None else self.training.y
        is_numbers = isinstance(y, np.ndarray) and y.dtype == np.float32
        return y if is_numbers else None

    @property
    def loss_name(self) -> str:
        """The full name of the loss; "" if it is a function."""
        return losses.canonical(self.loss) if isinstance(self.loss, str) else ""

    @property
    def output_activation(self) -> str | None:
        """Name of the activation that ends the network, if it has a name."""
        return self.network.without_output_activation()[1]

    @property
    def n_outputs(self) -> int:
        """The number of units of the output layer."""
        return int(np.prod(self.network.output_shape))

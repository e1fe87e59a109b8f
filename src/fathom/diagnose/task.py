"""What is trained, as one value that repairs change: network, examples, settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fathom.agreement import check_outputs, usual_metrics
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.repairs import Attempt
from fathom.errors import InputError
from fathom.network import Network
from fathom.preparation import Held, Prepared, prepare
from fathom.training.settings import Settings


@dataclass(frozen=True, eq=False)
class Task:
    """A training run that has not begun.

    Attributes:
        bare: The prepared data with their network, before any weights.
        settings: Of the run.
        data: What the arrays or the table were, to be encoded anew.
        validation: What is held back, as `fathom.train` takes it.
        given: Start values handed over, or None.
        sample_weight: As `fathom.train` takes it.
        class_weight: As `fathom.train` takes it.
        own_metrics: Whether the user has named the metrics.
        tried: What had to be changed before it could be trained at all.
    """

    bare: Prepared
    settings: Settings
    data: Any
    validation: Any
    given: Mapping[str, Any] | None = None
    sample_weight: Any = None
    class_weight: Any = None
    own_metrics: bool = False
    tried: tuple[Attempt, ...] = ()

    @property
    def network(self) -> Network:
        """With its input shape."""
        return self.bare.network

    @property
    def prepared(self) -> Prepared:
        """The examples with their weights."""
        return self.bare.weighted(self.sample_weight, self.class_weight)

    def check(self) -> None:
        """Raise InputError if outputs and targets cannot be compared."""
        examples = self.bare.examples
        check_outputs(self.network, self.prepared.training, examples.target)

    def evidence(self, **more: Any) -> Evidence:
        """Return what rules may look at; `more` are further fields."""
        known = {"given": self.given, "class_weight": self.class_weight}
        return Evidence.of(self.prepared, self.settings, **known, **more)

    def with_settings(self, **new: Any) -> Task:
        """Return the task with other settings."""
        return dataclasses.replace(
            self, settings=dataclasses.replace(self.settings, **new)
        )

    def with_bare(self, **new: Any) -> Task:
        """Return the task with other fields of the prepared data."""
        return dataclasses.replace(self, bare=dataclasses.replace(self.bare, **new))

    def encoded(self) -> Task:
        """Return the task with targets as its network and its loss take them.

        Arrays are read again, because labels or numbers are made of them by the
        network's ending. Which rows are for what stays, so that scores can be compared.
        A table's own target says what it is.
        """
        old = self.bare
        if old.examples.preprocessing is not None or old.examples.y is None:
            return self
        held = Held(self.validation, self.settings.seed)
        new = prepare(self.network, self.data, self.settings.loss, held)
        if len(new.examples) != len(old.examples):
            raise InputError("The rows cannot be encoded anew.")
        validation = new.validation
        if old.held is not None:
            validation = new.examples.batch(old.held, old.weight)
        task = self.with_bare(examples=new.examples, validation=validation)
        if not self.own_metrics:
            task = task.with_settings(metrics=usual_metrics(new.examples))
        return task

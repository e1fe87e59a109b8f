"""The course of a run: its curves and the statistics of its layers, as rules ask.

A rule asks `evidence.course`. Everything is worked out from the record; where the data
are at hand, they tell more exactly what the trivial answer reaches.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from fathom.diagnose.evidence import Evidence
from fathom.diagnose.progress import TINY, Trivial, progress_of, smoothed, trivial_of
from fathom.record.history import History

# Steps in which a learning rate shows what it does.
BURST = 50
# A rate below this share of the largest moves nothing any more.
SPENT = 0.01
# Epochs from which on a curve can go up and down.
FEW_EPOCHS = 6
# Share of a loss that its rises make up where it stands still.
TREMBLES = 0.1
# The last records stand for the state at the end, this share and at least so many.
LATE_SHARE, LATE_RECORDS = 0.25, 4


class Course:
    """What happened in a run.

    Args:
        evidence: With a history.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        # A history without epochs is an empty mapping, and so counts as false.
        self.history = History() if evidence.history is None else evidence.history

    @cached_property
    def n_epochs(self) -> int:
        """How many epochs were finished."""
        return self.history.n_epochs

    @cached_property
    def has_validation(self) -> bool:
        """Whether there were validation examples."""
        return "validation_loss" in self.history.names

    def has(self, need: str) -> bool:
        """Say whether the run has what a rule needs (`rule.NEEDS`)."""
        known = {
            "layers": bool(self.statistics),
            "classes": self.history.classes is not None,
            "validation": self.has_validation,
            "answers": None not in (self.evidence.validation, self.evidence.trained),
        }
        return known.get(need, True)

    @cached_property
    def trivial(self) -> Trivial:
        """What the trivial answer reaches on the training examples."""
        return trivial_of(self.evidence, self.evidence.training, True)

    @cached_property
    def validation_trivial(self) -> Trivial:
        """What the trivial answer reaches on the validation examples."""
        held = self.evidence.validation
        return trivial_of(self.evidence, held, True) if self.has_validation else (
            Trivial()
        )  # fmt: skip

    @cached_property
    def training_progress(self) -> np.ndarray | None:
        """(epochs,) progress on the training examples."""
        return progress_of(self.history, self.trivial, "")

    @cached_property
    def validation_progress(self) -> np.ndarray | None:
        """(epochs,) progress on the validation examples."""
        if not self.has_validation:
            return None
        return progress_of(self.history, self.validation_trivial, "validation_")

    @cached_property
    def progress(self) -> np.ndarray | None:
        """(epochs,) on validation examples where there are some, else on training."""
        if self.validation_progress is not None:
            return self.validation_progress
        return self.training_progress

    @property
    def reached(self) -> float | None:
        """Progress of the weights that the run gives; None if it is not known.

        A run that overflowed in its first epoch reached nothing.
        """
        if not self.n_epochs:
            failed = self.history.non_finite is not None
            return 0.0 if failed or len(self.history.steps) else None
        return None if self.progress is None else self.at_end(self.progress)

    def at_end(self, values: np.ndarray) -> float:
        """Return a curve's value at the epoch whose weights the run gives."""
        epoch = self.evidence.best_epoch or self.n_epochs
        return float(smoothed(values)[min(epoch, len(values)) - 1])

    @cached_property
    def loss(self) -> np.ndarray:
        """(epochs,) loss of the training examples."""
        return self.history["loss"].astype(float) if self.n_epochs else np.zeros(0)

    @cached_property
    def validation_loss(self) -> np.ndarray | None:
        """(epochs,) loss of the validation examples, or None."""
        if not self.has_validation:
            return None
        return self.history["validation_loss"].astype(float)

    @cached_property
    def statistics(self) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
        """By name, addresses and (records, addresses); without frozen layers."""
        layers = self.history.layers
        if not len(self.history.steps):
            return {}
        return {name: self._learning(*layers.table(name)) for name in layers.statistics}

    @cached_property
    def _sound(self) -> np.ndarray:
        """(all records,) whether loss and parameters were finite."""
        sound = np.isfinite(self.history.step_losses)
        if "parameter_norm" in self.history.layers.statistics:
            sound &= np.isfinite(self.history.layers.table("parameter_norm")[1]).all(1)
        return sound

    @property
    def steps(self) -> np.ndarray:
        """(records,) number of the recorded steps; those that overflowed are out."""
        return self.history.steps[self._sound]

    @property
    def step_losses(self) -> np.ndarray:
        """(records,) loss of their batch."""
        return self.history.step_losses[self._sound]

    @property
    def step_rates(self) -> np.ndarray:
        """(records,) their learning rate."""
        return self.history.step_learning_rates[self._sound]

    def _learning(
        self, addresses: tuple[str, ...], table: np.ndarray
    ) -> tuple[tuple[str, ...], np.ndarray]:
        frozen = self.evidence.settings.freeze
        keep = [
            i
            for i, address in enumerate(addresses)
            if not any(address == f or address.startswith(f"{f}/") for f in frozen)
        ]
        return tuple(addresses[i] for i in keep), table[self._sound][:, keep].astype(
            float
        )

    @cached_property
    def share_of_steps_without_rate(self) -> float:
        """Share of the steps with less than a hundredth of the largest rate."""
        rates, steps = self.step_rates, self.steps
        if len(rates) < 2 or not rates.max() > 0:
            return 0.0
        # Records are dense at the start, so that the steps between them count, too.
        every = np.interp(np.linspace(steps[0], steps[-1], 200), steps, rates)
        return float((every < SPENT * rates.max()).mean())

    def table(self, statistic: str) -> tuple[tuple[str, ...], np.ndarray]:
        """Return addresses and (records, addresses), both empty if there is nothing."""
        return self.statistics.get(statistic, ((), np.zeros((0, 0))))

    @cached_property
    def early(self) -> np.ndarray:
        """(records,) whether a record is of the first 50 steps."""
        return self.steps <= BURST

    @cached_property
    def late(self) -> slice:
        """The records that stand for the end of the run."""
        n = len(self.steps)
        return slice(max(n - max(int(n * LATE_SHARE), LATE_RECORDS), 0), n)

    @cached_property
    def largest_ratios(self) -> np.ndarray:
        """(records,) update over parameter norm, of the layer where it is largest."""
        table = self.table("update_ratio")[1]
        if not table.size:
            return np.zeros(0)
        return np.where(np.isfinite(table), table, -np.inf).max(1).clip(0)

    @cached_property
    def way(self) -> float:
        """Sum over all steps of update over norm, of the layer that moves most."""
        ratios, steps = self.largest_ratios, self.steps
        if len(ratios) < 2:
            return 0.0
        return float(np.interp(np.arange(1, steps[-1] + 1), steps, ratios).sum())

    @cached_property
    def gradient_norms(self) -> np.ndarray:
        """(records,) norm of the gradient over all layers."""
        table = self.table("gradient_norm")[1]
        return np.sqrt(np.square(table).sum(1)) if table.size else np.zeros(0)

    @cached_property
    def jump(self) -> float:
        """Greatest loss of a recorded step over that of the first, or of chance."""
        losses = self.step_losses
        if len(losses) < 2 or losses[0] <= 0:
            return 1.0
        return float(losses[1:].max() / max(losses[0], self.trivial.start or 0))

    @cached_property
    def swings(self) -> float:
        """Rises of the training loss from epoch to epoch over its range.

        The first epoch, in which most falls, is left out of the rises. 0 where they are
        less than a tenth of the loss: a loss that stands still trembles, too.
        """
        losses = self.loss
        if len(losses) < FEW_EPOCHS or not np.isfinite(losses).all():
            return 0.0
        rises = float(np.maximum(np.diff(losses[1:]), 0).sum())
        if rises < TREMBLES * abs(float(losses.mean())):
            return 0.0
        return rises / max(float(losses.max() - losses.min()), TINY)

    @property
    def start_over_chance(self) -> float:
        """Loss of the first step over that of knowing nothing; 1 if not known."""
        losses, cost = self.step_losses, self.trivial.start
        if not len(losses) or cost is None or not np.isfinite(losses[0]):
            return 1.0
        return float(losses[0] / cost)

    @cached_property
    def dead(self) -> dict[str, float]:
        """Share of dead units at the end, by layer: the least of the last records."""
        addresses, table = self.table("dead_units")
        if not table.size:
            return {}
        least = table[self.late].min(0)
        return {a: float(v) for a, v in zip(addresses, least, strict=True)}

    def fall(self, values: np.ndarray) -> float:
        """Return by how much of itself a curve fell in the last fifth of the epochs."""
        smooth = smoothed(values)
        before = smooth[-1 - max(len(smooth) // 5, 1)]
        return float((before - smooth[-1]) / max(abs(before), TINY))

    def rise(self, values: np.ndarray | None) -> float | None:
        """Return by how much a curve rose in the last fifth of the epochs."""
        if values is None or len(values) < 2:
            return None
        smooth = smoothed(values)
        return float(smooth[-1] - smooth[-1 - max(len(smooth) // 5, 1)])

    @property
    def loses_to_the_last_batches(self) -> bool:
        """Whether a few classes take most answers, more than is theirs."""
        classes = self.history.classes
        if classes is None or not classes.count[-1].sum():
            return False
        total = classes.count[-1].sum()
        return bool(((classes.predicted[-1] - classes.count[-1]) / total).max() > 0.25)

    @property
    def ended_by_itself(self) -> bool:
        """Whether the run ended because its epochs were done."""
        return self.evidence.stopped in ("epochs", "")

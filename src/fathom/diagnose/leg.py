"""A run that is trained in parts, and keeps the weights of its best epoch.

    leg = Leg(network, settings, training, validation, until=5)
    leg.train()                      # five epochs
    leg.until = 50
    leg.train()                      # goes on, as if it had never stopped

The compiled epoch is that of `Run`, so that the weights are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fathom.training.interruption import Interruption
from fathom.training.loop import Run, Started
from fathom.training.progress import Data, Progress
from fathom.training.step import Numbers

PAUSED = "paused"


@dataclass
class Leg(Run):
    """A run with pauses.

    Attributes:
        until: Epochs, counted from the run's first, after which it pauses.
        reached: The progress when it paused; None before it began.
        best: The progress after the epoch with the least validation loss.
        best_epoch: That epoch, counted from 1.
    """

    until: int = 1
    reached: Progress | None = None
    best: Progress | None = None
    best_epoch: int = 0
    _recent: dict[int, Progress] = field(default_factory=dict)
    _least: float = np.inf

    @property
    def steps(self) -> int:
        """Updates made so far."""
        n = self.history.n_epochs + (self.history.non_finite is not None)
        return n * self.plan.n_steps

    def _compiled(
        self, data: Data, numbers: Numbers, rates: np.ndarray
    ) -> tuple[Any, Progress, float]:
        compiled, start, seconds = super()._compiled(data, numbers, rates)
        return compiled, self.reached or start, seconds

    def _epochs(
        self,
        progress: Progress,
        one: Callable[..., Started],
        interruption: Interruption,
        rates: np.ndarray,
    ) -> tuple[Progress, str]:
        def kept(progress: Progress, number: int, watch: Any = None) -> Started:
            started = one(progress, number, watch)
            if watch is None:
                self._look_back()
                self._recent[number + 1] = started[0]
            return started

        progress, stopped = super()._epochs(progress, kept, interruption, rates)
        self._look_back()
        self._recent.clear()
        self.reached = progress
        if stopped == PAUSED and interruption.asked:
            stopped = "interrupted"
        return progress, stopped

    def _look_back(self) -> None:
        """Note the best of the epochs that have been looked at."""
        for epoch in [e for e in self._recent if e <= self.history.n_epochs]:
            progress = self._recent.pop(epoch)
            loss = self.history.rows[epoch - 1].get("validation_loss", np.inf)
            if loss < self._least:
                self._least, self.best, self.best_epoch = loss, progress, epoch

    def _is_quick(self) -> bool:
        return super()._is_quick() and self.history.n_epochs + 1 < self.until

    def _reason(self, best_epoch: int, done: int) -> str | None:
        reason = super()._reason(best_epoch, done)
        return PAUSED if reason is None and done >= self.until else reason

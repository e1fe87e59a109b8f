"""A run that somebody watches from epoch to epoch, and may stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np

from fathom.training.interruption import Interruption
from fathom.training.loop import Run, Started
from fathom.training.progress import Progress


class Watch(Protocol):
    """Who watches."""

    def begin(self) -> None:
        """Hear that an epoch begins."""

    def end(self, variables: Callable[[], dict[str, Any]]) -> bool:
        """Hear that it has ended, with which variables; say whether to stop."""
        ...


@dataclass
class WatchedRun(Run):
    """A run whose epochs are told one by one.

    Attributes:
        watch: Who watches; None for nobody.
    """

    watch: Watch | None = None
    _ended: dict[int, Progress] = field(default_factory=dict, init=False)

    def _epochs(
        self,
        progress: Progress,
        one: Callable[..., Started],
        interruption: Interruption,
        rates: np.ndarray,
    ) -> tuple[Progress, str]:
        if self.watch is None:
            return super()._epochs(progress, one, interruption, rates)

        def kept(progress: Progress, number: int, watch: Any = None) -> Started:
            # Quick epochs are computed one ahead of those that are told.
            new, report = one(progress, number, watch)
            self._ended[number + 1] = new
            return new, report

        return super()._epochs(progress, kept, interruption, rates)

    def _reason(self, best_epoch: int, done: int) -> str | None:
        """Return why to stop after so many epochs: also because the watch says so."""
        reason = super()._reason(best_epoch, done)
        if self.watch is None:
            return reason
        if done in self._ended:
            best = self.program.keeps_best and best_epoch > 0
            ended = self._ended.pop(done)
            variables = partial(self.program.variables, ended, best=best)
            if self.watch.end(variables):
                reason = reason or "callback"
        if reason is None:
            self.watch.begin()
        return reason

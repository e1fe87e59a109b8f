"""Which steps of a run are recorded: all of the first few, then one now and then.

What goes wrong with a learning rate shows within the first 50 steps, where every step
up to the 10th and every 4th after it is recorded. Later one step in 100 is: recording a
step costs 1.2 to 2 steps, so that this costs 1 to 2 % (see benchmarks).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fathom.errors import InputError, is_whole, require

# Records of one epoch after the first steps, at most.
MOST = 20
# Examples that the results by class are taken from, at most, and their share of a run.
JUDGED_ROWS = 512
JUDGED_SHARE = 0.005


@dataclass(frozen=True)
class Recording:
    """What is recorded while a network trains.

    Attributes:
        first: Steps at the start of a run that are looked at closely.
        dense: How many of these are all recorded; of the others every 4th.
        every: Steps from one record to the next after that. An epoch of more than 20
            times as many takes longer strides.
        classes: Whether the results by class are taken at the end of epochs.
    """

    first: int = 50
    dense: int = 10
    every: int = 100
    classes: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        whole = "a whole number of at least "
        for name, least in (("first", 0), ("dense", 0), ("every", 1)):
            value = getattr(self, name)
            fits = is_whole(value, least)
            require(fits, "Recording", name, f"{whole}{least}", value)
        fits = isinstance(self.classes, bool)
        require(fits, "Recording", "classes", "True or False", self.classes)

    def steps(self, epoch: int, n_steps: int) -> list[int]:
        """Return the recorded steps of an epoch, counted from 0 in it.

        Args:
            epoch: Counted from 0.
            n_steps: Steps of an epoch.
        """
        begin, end = epoch * n_steps, (epoch + 1) * n_steps
        early = [
            step
            for step in range(begin, min(end, self.first))
            if step < self.dense or (step - self.dense) % 4 == 0
        ]
        stride = self._stride(n_steps)
        start = max(begin, self.first)
        late = range(-(-start // stride) * stride, end, stride)
        return [step - begin for step in (*early, *late)]

    def most(self, n_steps: int) -> int:
        """Return how many records an epoch has at most, at least the 2 of a repeat."""
        beginning = range(self.first // n_steps + 1)
        counts = [len(self.steps(epoch, n_steps)) for epoch in beginning]
        later = math.ceil(n_steps / self._stride(n_steps))
        return max(*counts, later, min(2, n_steps))

    def judges(self, epoch: int, epochs: int, share: float) -> bool:
        """Say whether the results by class are taken at the end of an epoch.

        Args:
            epoch: Counted from 0.
            epochs: How many there will be at most; the last one is always judged.
            share: What it costs, as a share of an epoch.
        """
        if not self.classes:
            return False
        stride = max(1, math.ceil(share / JUDGED_SHARE))
        return epoch % stride == 0 or epoch == epochs - 1

    def _stride(self, n_steps: int) -> int:
        return max(self.every, math.ceil(n_steps / MOST))


FULL = Recording(first=50, dense=50, every=10)


def recording_of(given: Any) -> Recording | None:
    """Return what the setting `record` means; None records nothing.

    Raises:
        InputError: If it is neither True, False, "full" nor a `Recording`.

    Example:
        >>> recording_of("full").every
        10
    """
    if given is None or given is False:
        return None
    if given is True:
        return Recording()
    if given == "full":
        return FULL
    if isinstance(given, Recording):
        return given
    if isinstance(given, Mapping) and set(given) <= set(asdict(Recording())):
        return Recording(**given)
    raise InputError(
        f"The 'record' parameter of train must be True, False, 'full' or a "
        f"fathom.record.recording.Recording. Got {given!r} instead."
    )


def plain_recording(given: Any) -> Any:
    """Return the setting `record` as plain data, from which `recording_of` reads it."""
    return asdict(given) if isinstance(given, Recording) else given

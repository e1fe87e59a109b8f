"""The members of an ensemble by one program, each with its own seed.

Members start from values of their own, visit the examples in an order of their own,
drop other units, and may hold back other rows. The program is that of the members of a
cross-validation: under `jax.vmap`, with an axis of members on what those share; on a
CPU for one member at a time, on every core.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fathom.compilation import keep_cache
from fathom.training.member_runs import MemberRuns
from fathom.training.members import REASONS, Judged, Members, Shared
from fathom.training.packing import PACK_LIMIT
from fathom.training.parts import narrower

# Members of a lot on a CPU. Each has other rows in a batch, so that several make many
# small products, which take 2 to 4 times as long as those of one after the other.
ABREAST = 1


class Member(NamedTuple):
    """A trained member.

    Attributes:
        variables: Parameters and running statistics, NumPy arrays.
        loss: On its validation rows, or on its training rows if it has none.
        epochs: Epochs done.
        best_epoch: The epoch that the weights are from, from 1.
        stopped: "epochs", "early_stopping" or "non_finite".
    """

    variables: dict[str, Any]
    loss: float
    epochs: int
    best_epoch: int
    stopped: str


@dataclass(frozen=True)
class EnsembleRuns:
    """Runs of one network with one setting, a part and a seed for each member.

    Attributes:
        runs: With a single setting; its parts are the members'.
        is_split_apart: Whether members hold back rows of their own.
    """

    runs: MemberRuns
    is_split_apart: bool = False

    def train(self) -> list[Member]:
        """Train all members, every core at work on a lot of them or all on one."""
        keep_cache()
        n, lots = len(self.runs.parts), self.lots
        self._compile(lots[0])
        pool = ThreadPoolExecutor(self._at_once)
        try:
            judged = list(pool.map(self._finish, lots))
        finally:
            pool.shutdown(cancel_futures=True)
        found = {
            int(number): self._member(judged[i], place, int(number))
            for i, lot in enumerate(lots)
            for place, number in enumerate(lot)
        }
        return [found[number] for number in range(n)]

    @property
    def _at_once(self) -> int:
        """How many lots are trained at the same time."""
        if jax.default_backend() != "cpu":
            return self.runs.workers
        # Products of large networks take every core by themselves, and two of them at a
        # time get in each other's way.
        is_large = self.runs.n_parameters > PACK_LIMIT
        return 1 if is_large else self.runs.workers

    @cached_property
    def lots(self) -> list[np.ndarray]:
        """The members in lots of one size; the last may name a member twice."""
        n = len(self.runs.parts)
        most = ABREAST if jax.default_backend() == "cpu" else self.runs.most
        most = min(most, -(-n // self.runs.workers))
        width = -(-n // -(-n // most))
        return [np.minimum(np.arange(i, i + width), n - 1) for i in range(0, n, width)]

    @cached_property
    def members(self) -> Members:
        """The compiled functions."""
        alone = len(self.lots[0]) == 1
        axis = 0 if self.is_split_apart else None
        where: tuple[Any, ...] = (axis, axis, 0, None, 0)
        axes = None if alone else Shared(*where)
        return replace(self.runs.members, alone=alone, axes=axes)

    def _finish(self, lot: np.ndarray) -> Judged:
        """Train a lot to its last epoch and return what the members reach."""
        members, epochs = self.members, self.runs.settings[0].epochs
        standing = members.start(self._variables(lot), np.zeros(len(lot), np.int32))
        for begin in range(0, epochs, self.runs.epochs_at_once):
            end = min(begin + self.runs.epochs_at_once, epochs)
            bounds = np.int32(begin), np.int32(end)
            shared = self._shared(lot, begin)
            standing = members.advance(standing, self._own(lot), shared, *bounds)
        return jax.device_get(members.judge(standing, self._blocks(lot)))

    def _compile(self, lot: np.ndarray) -> None:
        """Compile what a lot needs, all at the same time."""
        members, variables = self.members, self._variables(lot)
        zeros = np.zeros(len(lot), np.int32)
        standing = members.standing(variables, zeros)
        bounds = np.int32(0), np.int32(1)
        wanted = {
            "start": (variables, zeros),
            "advance": (standing, self._own(lot), self._shared(lot, 0), *bounds),
            "judge": (standing, self._blocks(lot)),
        }
        with ThreadPoolExecutor(len(wanted)) as pool:
            done = [pool.submit(members.compiled, k, *v) for k, v in wanted.items()]
            for future in done:
                future.result()

    def _own(self, lot: np.ndarray) -> Any:
        return jax.tree.map(lambda a: np.repeat(a, len(lot)), self.runs.own)

    def _variables(self, lot: np.ndarray) -> Any:
        return self._of_each(lot, self.runs.variables, 0)

    def _blocks(self, lot: np.ndarray) -> Any:
        return self._of_each(lot, self.runs.blocks, 0 if self.is_split_apart else None)

    def _shared(self, lot: np.ndarray, begin: int) -> Shared:
        """Return what members learn from, with axes as `members` says."""
        each = [self.runs.shared(int(number), begin) for number in lot]
        axes = self.members.axes
        if axes is None:
            return each[0]
        where: list[Any] = list(axes)
        columns = zip(where, zip(*each, strict=True), strict=True)
        return Shared(*(_stacked(some, axis) for axis, some in columns))

    def _of_each(self, lot: np.ndarray, of: Callable[[int], Any], axis: Any) -> Any:
        if self.members.axes is None or axis is None:
            return of(int(lot[0]))
        return _stacked([of(int(number)) for number in lot], axis)

    def _member(self, judged: Judged, place: int, number: int) -> Member:
        """Return a member, with variables in the shapes of its own network."""
        one = jax.tree.map(lambda array: np.asarray(array)[place], judged.held)
        shapes = jax.eval_shape(self.runs.parts[number].network.init)
        return Member(
            narrower(self.members.variables(one), shapes),
            float(np.asarray(judged.means["loss"])[place]),
            int(judged.epochs[place]),
            int(judged.best_epoch[place]),
            REASONS[int(judged.stopped[place])],
        )


def _stacked(trees: Sequence[Any], axis: int | None) -> Any:
    """Return trees as one with a leading axis, or the first if it is that of all."""
    if axis is None:
        return trees[0]

    def stack(*leaves: Any) -> Any:
        is_key = isinstance(leaves[0], jax.Array)
        return jnp.stack(leaves) if is_key else np.stack(leaves)

    return jax.tree.map(stack, *trees)

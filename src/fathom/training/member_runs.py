"""Members of a cross-validation in lots that fit caches, cores and memory.

On a CPU a few members make a lot and every core works on a lot of its own, because many
members at once fall out of the caches; an accelerator gets as many as its memory holds.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np

from fathom import optimizers, schedules
from fathom.compilation import keep_cache, quick_compilation
from fathom.errors import InputError
from fathom.network import Network
from fathom.training.members import Judged, Members, Own, Shared, Standing
from fathom.training.objective import Objective
from fathom.training.packing import PACK_LIMIT
from fathom.training.parts import Part, spread_out, wider
from fathom.training.plan import Plan, in_blocks
from fathom.training.settings import Settings
from fathom.training.step import Rule

# Members of a lot on a CPU: from 1 to 20 are alike, see docs/decisions/011.
ABREAST = 5
# Rows of the orders that are on the device at once.
ORDERED_ROWS = 16_000_000
# Members may take this share of an accelerator's memory.
SHARE_OF_MEMORY = 0.5
# Copies of the parameters that a member holds: themselves, the optimizer's memory, the
# gradient, the best, and what was there before the epoch.
COPIES = 8
# Of an accelerator that does not say how much it has.
UNKNOWN_MEMORY = 4_000_000_000


class Lot(NamedTuple):
    """Members that are trained together.

    Attributes:
        part: Number of the part they learn from.
        members: Numbers of their settings; the last may stand there several times, to
            fill up the lot.
        standing: How far they have come; None before they began.
        done: Epochs that were asked for so far.
    """

    part: int
    members: np.ndarray
    standing: Standing | None = None
    done: int = 0


@dataclass(frozen=True)
class MemberRuns:
    """Runs of one network with several settings on several parts.

    Attributes:
        network: With the input shape of the widest part.
        settings: Of every member; alike but for the numbers in `Own` and the seed.
        parts: With equal numbers of steps.
    """

    network: Network
    settings: Sequence[Settings]
    parts: Sequence[Part]

    def __post_init__(self) -> None:
        """Refuse what would train on the same rows again and again."""
        if any(settings.privacy is not None for settings in self.settings):
            raise InputError(
                "privacy is of one run: several on the same rows (a cross-validation, "
                "a search, an ensemble) would each spend as much of it again. Leave "
                "privacy out here, and give it to the one training that counts."
            )

    def lots(self) -> list[Lot]:
        """Return all members in lots, part by part."""
        n = len(self.settings)
        return [
            Lot(part, members)
            for part in range(len(self.parts))
            for members in self.grouped(range(n))
        ]

    def grouped(self, members: Iterable[int]) -> list[np.ndarray]:
        """Return some members in groups of one size; the last may repeat a member."""
        numbers = np.array(list(members))
        n = len(numbers)
        return [
            numbers[np.minimum(np.arange(i, i + self.width), n - 1)]
            for i in range(0, n, self.width)
        ]

    def finish(self, lot: Lot) -> Judged:
        """Train a lot to its last epoch and return what the members reach."""
        return self.judge(self.advance(lot, self.settings[0].epochs))

    def advance(self, lot: Lot, until: int) -> Lot:
        """Train the members of a lot up to an epoch, counted from 1."""
        members = self.members
        standing, own = lot.standing, jax.tree.map(lambda a: a[lot.members], self.own)
        if standing is None:
            zeros = np.zeros(len(lot.members), np.int32)
            standing = members.start(self.variables(lot.part), zeros)
        for begin in range(lot.done, until, self.epochs_at_once):
            end = min(begin + self.epochs_at_once, until)
            shared = self.shared(lot.part, begin)
            bounds = np.int32(begin), np.int32(end)
            standing = members.advance(standing, own, shared, *bounds)
        return Lot(lot.part, lot.members, jax.block_until_ready(standing), until)

    def judge(self, lot: Lot) -> Judged:
        """Return what the members of a lot reach on the rows held out, as arrays."""
        blocks = self.blocks(lot.part)
        return jax.device_get(self.members.judge(lot.standing, blocks))

    def each(self, work: Callable[[Lot], Any], lots: Sequence[Lot]) -> list[Any]:
        """Return what comes of every lot, with the cores at work on several."""
        keep_cache()
        self._compile(lots[0])
        pool = ThreadPoolExecutor(self.workers)
        try:
            return list(pool.map(work, lots))
        finally:
            pool.shutdown(cancel_futures=True)

    def blocks(self, part: int) -> Any:
        """Return the rows of a part that its members are judged on, in blocks."""
        return in_blocks(self._filled[part].test)

    def _compile(self, lot: Lot) -> None:
        """Compile what a lot needs and draw start values, all at the same time."""
        members, zeros = self.members, np.zeros(len(lot.members), np.int32)
        begin = jax.eval_shape(self.network.init), zeros
        standing = members.standing(*begin)
        own = jax.tree.map(lambda a: a[lot.members], self.own)
        shared = self.shared(lot.part, 0)
        blocks = self.blocks(lot.part)
        wanted = {
            "advance": (standing, own, shared, np.int32(0), np.int32(1)),
            "start": begin,
            "judge": (standing, blocks),
        }
        with ThreadPoolExecutor(len(wanted) + 1) as pool:
            done: list[Any] = [
                pool.submit(members.compiled, k, *v) for k, v in wanted.items()
            ]
            done.append(pool.submit(self.variables, lot.part))
            for future in done:
                future.result()

    @cached_property
    def members(self) -> Members:
        """The compiled functions."""
        one = self.settings[0]
        objective = Objective(
            self.network, one.loss, (), one.precision, one.mix_up or 0.0,
            frozenset(one.freeze),
        )  # fmt: skip
        rule = Rule(
            objective,
            optimizers.build(one.optimizer),
            one.gradient_clip is not None,
            one.weight_average is not None,
            one.accumulate,
        )
        return Members(rule, one.early_stopping, one.metrics, alone=self.width == 1)

    @cached_property
    def own(self) -> Own:
        """The numbers of all members."""
        usual = optimizers.build(self.settings[0].optimizer).default_learning_rate
        rows = [
            (
                s.learning_rate or usual or 1.0,
                s.decay(),
                s.gradient_clip or 0.0,
                s.weight_average or 0.0,
            )
            for s in self.settings
        ]
        return Own(*np.array(rows, np.float32).T)

    def shared(self, part: int, begin: int) -> Shared:
        """Return what members on a part share, from an epoch on."""
        one, filled = self.settings[0], self._filled[part]
        plan, seed = self._plans[part], self.parts[part].seed
        factors = schedules.factors(one.schedule, one.epochs * plan.n_steps)
        factors = factors.astype(np.float32).reshape(one.epochs, plan.n_steps)
        epochs = range(begin, min(begin + self.epochs_at_once, one.epochs))
        order = np.stack([plan.order(seed, epoch) for epoch in epochs])
        own = factors[epochs.start : epochs.stop]
        missing = self.epochs_at_once - len(epochs)
        fill = (0, missing), (0, 0), (0, self.batch_size - plan.batch_size)
        order = np.pad(order, fill, constant_values=plan.n_examples)
        validation = filled.validation and in_blocks(filled.validation)
        key = jax.random.key(seed)
        own = np.pad(own, ((0, missing), (0, 0)))
        return Shared(filled.training, validation, order, own, key)

    @property
    def epochs_at_once(self) -> int:
        """Epochs whose orders are on the device at the same time."""
        rows = self._plans[0].n_steps * self.batch_size
        return min(max(ORDERED_ROWS // rows, 1), self.settings[0].epochs)

    @cached_property
    def batch_size(self) -> int:
        """Rows of a batch, filled up where a part has fewer."""
        return max(plan.batch_size for plan in self._plans)

    @cached_property
    def _plans(self) -> list[Plan]:
        one = self.settings[0]
        return [part.plan(one) for part in self.parts]

    @cached_property
    def _filled(self) -> list[Part]:
        return spread_out(self.parts, self.network.input_shape)

    def variables(self, part: int) -> dict[str, Any]:
        """Return the start values of the members on a part."""
        own = self.parts[part].network
        seed = self.parts[part].seed
        return wider(_start_values(own, seed), jax.eval_shape(self.network.init))

    @cached_property
    def width(self) -> int:
        """Members of a lot."""
        n = len(self.settings)
        return -(-n // -(-n // self.most))

    @property
    def most(self) -> int:
        """Members that a lot may have."""
        if jax.default_backend() != "cpu":
            return max(int(_memory() * SHARE_OF_MEMORY / self._bytes()), 1)
        small = self.n_parameters <= PACK_LIMIT and not self.network.has_convolutions
        return ABREAST if small else 1

    @cached_property
    def n_parameters(self) -> int:
        """Trained numbers of the network."""
        shapes = jax.eval_shape(self.network.init)
        return sum(leaf.size for leaf in jax.tree.leaves(shapes))

    def _bytes(self) -> int:
        """Return about how much memory a member takes."""
        shapes = [row.output_shape for row in self.network.summary().rows]
        activations = sum(math.prod(shape) for shape in shapes) * self.batch_size
        return 4 * COPIES * (self.n_parameters + activations)

    @property
    def workers(self) -> int:
        """Lots at work at the same time."""
        if jax.default_backend() != "cpu":
            return 1
        if hasattr(os, "sched_getaffinity"):  # a job may have fewer than the machine
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1


def _memory() -> int:
    """Return the bytes of the first device's memory."""
    limits = jax.devices()[0].memory_stats() or {}
    return int(limits.get("bytes_limit", UNKNOWN_MEMORY))


@lru_cache(maxsize=32)
def _start_values(network: Network, seed: int) -> dict[str, Any]:
    return jax.device_get(_drawing(network)(jax.random.key(seed)))


@lru_cache(maxsize=32)
def _drawing(network: Network) -> Callable[[jax.Array], dict[str, Any]]:
    """Return what draws start values, compiled once for all seeds."""
    return jax.jit(network.init, compiler_options=quick_compilation())

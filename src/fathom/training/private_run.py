"""A private run on the host: which rows its steps draw, and what it has spent.

Noise and samples come from the operating system's randomness, anew whenever a run
begins or goes on, and nothing of it is kept: who knew it could take the noise off. So a
private run cannot be repeated to the bit, unless its setting has a seed.

A ledger beside the checkpoint counts epochs before anything of them is shown. What is
lost when a run is killed has been counted then, and counts.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom.errors import InputError, is_whole
from fathom.files import read_json, write_json
from fathom.network import Network
from fathom.privacy.accounting import (
    PrivacySpent,
    Steps,
    epsilon_of,
    require_accountant,
    usual_delta,
)
from fathom.privacy.sampling import Sampling
from fathom.privacy.setting import DifferentialPrivacy
from fathom.training.objective import Batch
from fathom.training.packing import learning_mask
from fathom.training.plan import Plan
from fathom.training.private_gradient import CLIPPED, PrivateNumbers
from fathom.variables import split_state

LEDGER = "privacy.json"


@dataclass(frozen=True)
class PoissonPlan(Plan):
    """Sizes of a private run; its batches are Poisson samples.

    Attributes:
        rows: The rows that can be drawn.
        sampling: How.
        entropy: Where the draws come from.
    """

    rows: Any = field(default=None, compare=False)
    sampling: Sampling = field(default=Sampling(1, 1))
    entropy: tuple[int, ...] = field(default=(), compare=False, repr=False)

    @property
    def n_steps(self) -> int:
        """Steps per epoch."""
        return self.sampling.n_steps

    def order(self, seed: int, epoch: int) -> np.ndarray:
        """Return the rows of every step of an epoch, and after them padding.

        Args:
            seed: Of the run, which the draws do not come from.
            epoch: Counted from 0.
        """
        random = np.random.default_rng([*self.entropy, 0, epoch])
        order = np.full((self.n_steps, self.batch_size), self.n_examples, np.int32)
        for row, drawn in zip(order, self.sampling.draw(random), strict=True):
            row[: len(drawn)] = self.rows[drawn]
        return order


@dataclass
class PrivateRun:
    """What a run has beside others if it is private.

    Attributes:
        setting: Noise, clip and delta.
        plan: Sizes and samples.
        checkpoints: Where the ledger is kept, or None.
        epochs: How many have been begun, also by earlier parts of the run.
    """

    setting: DifferentialPrivacy
    plan: PoissonPlan
    checkpoints: Path | None = None
    epochs: int = 0

    @staticmethod
    def of(
        setting: DifferentialPrivacy,
        training: Batch,
        batch_size: int,
        checkpoints: Path | None,
        resume: bool,
    ) -> PrivateRun:
        """Return it, with what an earlier part of the run has spent.

        Raises:
            InputError: If rows have weights, or `dp-accounting` is not installed.
        """
        require_accountant()
        weight = np.asarray(training.weight)
        if not np.isin(weight, (0, 1)).all():
            raise InputError(
                "privacy bounds what every row adds alike, so that rows have no "
                "weights: leave out sample_weight and class_weight."
            )
        rows = np.flatnonzero(weight)
        sampling = Sampling(len(rows), min(batch_size, len(rows)))
        own = setting.seed
        entropy = (secrets.randbits(128),) if own is None else (own,)
        plan = PoissonPlan(
            len(weight), sampling.capacity, True, rows, sampling, entropy
        )
        run = PrivateRun(setting, plan, checkpoints)
        if resume and checkpoints is not None and (checkpoints / LEDGER).exists():
            kept = read_json(checkpoints / LEDGER, "the epochs that a run has spent")
            run.epochs = _epochs_in(kept, checkpoints / LEDGER)
        return run

    @cached_property
    def numbers(self) -> PrivateNumbers:
        """The arrays that the compiled step takes."""
        words = np.random.SeedSequence([*self.plan.entropy, 1]).generate_state(2)
        clip, noise = self.setting.clip, self.setting.noise
        return PrivateNumbers(
            jax.random.wrap_key_data(jnp.asarray(words), impl="threefry2x32"),
            jnp.float32(clip),
            jnp.float32(noise * clip),
            jnp.float32(self.plan.sampling.batch_size),
        )

    def count(self) -> None:
        """Count an epoch, before anything of it is shown."""
        self.epochs += 1
        if self.checkpoints is not None:
            write_json(self.checkpoints / LEDGER, {"epochs": self.epochs})

    def spent(self, rows: Sequence[dict[str, Any]]) -> PrivacySpent:
        """Return what the run has spent so far.

        Args:
            rows: Of the history.
        """
        own, sampling = self.setting, self.plan.sampling
        delta = usual_delta(sampling.n_rows) if own.delta is None else own.delta
        n_steps = max(self.epochs, len(rows)) * sampling.n_steps
        steps = Steps(sampling.n_rows, sampling.batch_size, n_steps)
        clipped = float(np.mean([row[CLIPPED] for row in rows])) if rows else 0.0
        return PrivacySpent(
            epsilon_of(own.noise, delta, steps), delta, own.noise, own.clip,
            sampling.rate, n_steps, sampling.n_rows, sampling.capacity, clipped,
            own.seed is not None,
        )  # fmt: skip


def _epochs_in(ledger: dict[str, Any], path: Path) -> int:
    epochs: Any = ledger.get("epochs")
    if not is_whole(epochs, 0):
        raise InputError(f"{path} is damaged: it does not say how many epochs.")
    return int(epochs)


def check_private(network: Network, frozen: frozenset[str]) -> None:
    """Raise InputError if a row's gradient would depend on the rows beside it."""
    state = split_state(jax.eval_shape(network.init))[1]
    moving = learning_mask(state, frozen)
    for name, own in moving.items():
        if any(jax.tree.leaves(own)):
            raise InputError(
                f"privacy needs the gradient of each row by itself, and '{name}' "
                f"normalizes by the other rows of the batch. Take GroupNorm or "
                f"LayerNorm in place of BatchNorm, or freeze it."
            )

"""One update of each kind of workload in PyTorch, and the cost in the end."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from benchmarks.peers.torch_networks import gan, network
from benchmarks.workloads import (
    GAN_ADAM,
    GAN_NOISE,
    Workload,
    cross_entropy,
    pixel_cross_entropy,
)

ADAM = {"default": {}, "foreach": {"foreach": True}}
FUSED = {"fused": True}
VARIANTS = (
    *ADAM,
    "fused",
    "channels_last",
    "compiled",
    "compiled_channels_last",
)


class Learner(Protocol):
    """What the loop trains."""

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Bring all examples into the layout that the network wants."""
        ...

    def update(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Make one step on a batch."""
        ...

    def cost(self, x: torch.Tensor, y: np.ndarray) -> float:
        """Return the cost on all rows."""
        ...


def learner(workload: Workload, variant: str) -> Learner:
    """Return what a workload trains, with the settings of a variant."""
    kinds = {"vae": Autoencoder, "gan": Game}
    return kinds.get(workload.name, Classifier)(workload, variant)


class Classifier:
    """A network that gives the logits of classes, or of the next tokens."""

    def __init__(self, workload: Workload, variant: str):
        self.is_channels_last = variant.endswith("channels_last")
        self.model = network(workload)
        if self.is_channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        if variant.startswith("compiled"):
            self.model = torch.compile(self.model)
        self.optimizer = torch.optim.Adam(
            self.model.parameters(),
            lr=workload.learning_rate,
            **ADAM.get(variant, FUSED),
        )

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Images are channels first here, in memory too if not told otherwise."""
        if x.ndim < 4:
            return x
        x = x.permute(0, 3, 1, 2)
        return x if self.is_channels_last else x.contiguous()

    def update(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Make one step on a batch."""
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(x, y).backward()
        self.optimizer.step()

    def loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the cost of a batch."""
        return F.cross_entropy(self.model(x).flatten(0, -2), y.flatten())

    @torch.no_grad()
    def cost(self, x: torch.Tensor, y: np.ndarray) -> float:
        """Return the cost on all rows."""
        logits = torch.cat([self.model(part) for part in x.split(64)])
        return cross_entropy(torch.softmax(logits, dim=-1).numpy(), y)


class Autoencoder(Classifier):
    """A variational autoencoder; its loss is in units of one pixel."""

    def loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the bound of a batch."""
        logits, mean, log_variance = self.model(x)
        terms = mean.square() + log_variance.exp() - 1 - log_variance
        divergence = terms.sum(1).mean() / 2
        return F.binary_cross_entropy_with_logits(logits, y) + divergence / x.shape[1]

    @torch.no_grad()
    def cost(self, x: torch.Tensor, y: np.ndarray) -> float:
        """Return the cross-entropy of the pixels, from the mean code."""
        self.model.eval()
        return pixel_cross_entropy(torch.sigmoid(self.model(x)[0]).numpy(), y)


class Game:
    """A generator and a discriminator; each has one step a batch."""

    def __init__(self, workload: Workload, variant: str):
        players = gan(workload.n_features)
        if variant.startswith("compiled"):
            players = tuple(torch.compile(player) for player in players)
        self.generator, self.discriminator = players
        adam = {"lr": workload.learning_rate, "betas": GAN_ADAM}
        adam |= ADAM.get(variant, FUSED)
        self.optimizers = [torch.optim.Adam(p.parameters(), **adam) for p in players]

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Rows stay as they are."""
        return x

    def update(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Make the discriminator's step, then the generator's."""
        makes, judges = self.optimizers
        fake = self.generator(torch.randn(len(x), GAN_NOISE))
        judges.zero_grad(set_to_none=True)
        self.discriminator_loss(x, fake.detach()).backward()
        judges.step()
        makes.zero_grad(set_to_none=True)
        # The generator's step needs no gradient of the discriminator's weights.
        self.discriminator.requires_grad_(False)
        _against(self.discriminator(fake), 1.0).backward()
        self.discriminator.requires_grad_(True)
        makes.step()

    def discriminator_loss(self, x: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        """Return -log D(x) - log(1 - D(fake)), log 4 if it cannot tell."""
        judged = self.discriminator
        return _against(judged(x), 1.0) + _against(judged(fake), 0.0)

    @torch.no_grad()
    def cost(self, x: torch.Tensor, y: np.ndarray) -> float:
        """Return the discriminator's loss."""
        fake = self.generator(torch.randn(len(x), GAN_NOISE))
        return float(self.discriminator_loss(x, fake))


def _against(logits: torch.Tensor, answer: float) -> torch.Tensor:
    answers = torch.full_like(logits, answer)
    return F.binary_cross_entropy_with_logits(logits, answers)

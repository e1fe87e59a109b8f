"""The workloads' networks in PyTorch; all end in logits."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.workloads import (
    CNN_32_BLOCKS,
    CNN_32_FILTERS,
    CNN_FILTERS,
    CNN_UNITS,
    DEPTH,
    GAN_NOISE,
    GAN_UNITS,
    LSTM_UNITS,
    RESIDUAL_STD,
    TOKENS,
    TRANSFORMER_BLOCKS,
    TRANSFORMER_HEADS,
    TRANSFORMER_HIDDEN,
    TRANSFORMER_WIDTH,
    VAE_CODE,
    VAE_UNITS,
    WIDTH,
    Workload,
)


class Residual(nn.Module):
    """Dense in, `DEPTH` blocks x + relu(dense(x)), dense out."""

    def __init__(self, n_features: int, n_classes: int):
        super().__init__()
        self.first = nn.Linear(n_features, WIDTH)
        self.blocks = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(DEPTH))
        self.last = nn.Linear(WIDTH, n_classes)
        for block in self.blocks:
            nn.init.normal_(block.weight, std=RESIDUAL_STD)
            nn.init.zeros_(block.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits (batch, classes)."""
        x = torch.relu(self.first(x))
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return self.last(x)


class LSTM(nn.Module):
    """The last state of an LSTM, and a dense layer on it."""

    def __init__(self, n_features: int, n_classes: int):
        super().__init__()
        self.recurrent = nn.LSTM(n_features, LSTM_UNITS, batch_first=True)
        self.last = nn.Linear(LSTM_UNITS, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits (batch, classes)."""
        return self.last(self.recurrent(x)[0][:, -1])


class Block(nn.Module):
    """x + attention(norm(x)), then x + dense(gelu(dense(norm(x))))."""

    def __init__(self):
        super().__init__()
        width = TRANSFORMER_WIDTH
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inputs = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.small = nn.Sequential(
            nn.Linear(width, TRANSFORMER_HIDDEN),
            nn.GELU(),
            nn.Linear(TRANSFORMER_HIDDEN, width),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (batch, time, width)."""
        batch, time, width = x.shape
        parts = self.inputs(self.norm_1(x)).view(batch, time, 3, TRANSFORMER_HEADS, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # (batch, heads, time, depth)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, time, width))
        return x + self.small(self.norm_2(x))


class Transformer(nn.Module):
    """A language model: at every step the logits of the next token."""

    def __init__(self, length: int):
        super().__init__()
        self.tokens = nn.Embedding(TOKENS, TRANSFORMER_WIDTH)
        self.positions = nn.Parameter(0.02 * torch.randn(length, TRANSFORMER_WIDTH))
        self.blocks = nn.Sequential(*(Block() for _ in range(TRANSFORMER_BLOCKS)))
        self.norm = nn.LayerNorm(TRANSFORMER_WIDTH)
        self.last = nn.Linear(TRANSFORMER_WIDTH, TOKENS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits (batch, time, tokens)."""
        return self.last(self.norm(self.blocks(self.tokens(x) + self.positions)))


class VAE(nn.Module):
    """A variational autoencoder of two hidden layers."""

    def __init__(self, n_features: int):
        super().__init__()
        self.encoder = dense(n_features, VAE_UNITS, 2 * VAE_CODE)
        self.decoder = dense(VAE_CODE, VAE_UNITS, n_features)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the logits, the means and the log-variances of the code."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        code = mean
        if self.training:
            code = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        return self.decoder(code), mean, log_variance


def dense(*sizes: int) -> nn.Sequential:
    """Return dense layers with a ReLU after all but the last."""
    layers: list[nn.Module] = []
    for n_inputs, units in itertools.pairwise(sizes):
        layers += [nn.Linear(n_inputs, units), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _convolutions(n_inputs: int, *filters: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for n in filters:
        layers += [nn.Conv2d(n_inputs, n, 3, padding=1), nn.ReLU()]
        n_inputs = n
    return [*layers, nn.MaxPool2d(2)]


def cnn(workload: Workload) -> nn.Sequential:
    height, width, channels = workload.shape
    layers: list[nn.Module] = []
    if workload.name == "cnn":
        for n in CNN_FILTERS:
            layers += _convolutions(channels, n)
            channels = n
        last = dense((height // 4) * (width // 4) * channels, CNN_UNITS, 10)
    else:
        for _ in range(CNN_32_BLOCKS):
            layers += _convolutions(channels, CNN_32_FILTERS, CNN_32_FILTERS)
            channels = CNN_32_FILTERS
        last = dense((height // 8) * (width // 8) * channels, 10)
    return nn.Sequential(*layers, nn.Flatten(), last)


def gan(n_features: int) -> tuple[nn.Module, nn.Module]:
    """Return generator and discriminator."""
    maker = dense(GAN_NOISE, GAN_UNITS, GAN_UNITS, n_features)
    return nn.Sequential(maker, nn.Sigmoid()), dense(
        n_features, GAN_UNITS, GAN_UNITS, 1
    )


def network(workload: Workload) -> nn.Module:
    """Return the network of a workload with one network."""
    n_features, n_classes = workload.n_features, workload.n_classes
    makers = {
        "residual": lambda: Residual(n_features, n_classes),
        "cnn": lambda: cnn(workload),
        "cnn_32": lambda: cnn(workload),
        "lstm": lambda: LSTM(workload.shape[-1], n_classes),
        "transformer": lambda: Transformer(workload.shape[0]),
        "vae": lambda: VAE(n_features),
    }
    plain = lambda: dense(n_features, *workload.hidden_units, n_classes)  # noqa: E731
    return makers.get(workload.name, plain)()

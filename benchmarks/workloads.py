"""The workloads: their sizes and their generated rows, NumPy only.

Rows of class c are drawn around a random center of the class, so every library
can learn them and the final cost shows that all of them trained the same thing.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

DEPTH = 300
WIDTH = 64
# The convolutional networks: 3 x 3 kernels, every block ends in a max pooling by 2.
CNN_FILTERS = (32, 64)
CNN_UNITS = 128
CNN_32_BLOCKS = 3
CNN_32_FILTERS = 64
LSTM_UNITS = 128
# The language model: pre-norm blocks, GELU, learned positions.
TOKENS = 96
TRANSFORMER_WIDTH = 128
TRANSFORMER_HIDDEN = 512
TRANSFORMER_HEADS = 4
TRANSFORMER_BLOCKS = 4
# The autoencoder, both ways, and the two players.
VAE_UNITS = 400
VAE_CODE = 20
GAN_NOISE = 64
GAN_UNITS = 256
GAN_ADAM = (0.5, 0.999)
# A ReLU branch adds only positive numbers, all in one direction: 0.4 std sqrt(width)
# of the stream a block. This size lets 300 of them double the stream or so.
RESIDUAL_STD = 1e-3


@dataclass(frozen=True)
class Workload:
    """Sizes of one training problem.

    Attributes:
        name: As used on the command line.
        n_rows: Examples in an epoch.
        n_features: Numbers of one example.
        n_classes: Classes of the targets.
        batch_size: Examples in an update.
        hidden_units: Hidden layers of a network of dense layers.
        learning_rate: Adam's.
        text: As printed.
        shape: Of one example, where it is not a row of features.
        kind: What the rows are: examples of "classes", "tokens" of a language, or
            black and white "pixels" without targets.
    """

    name: str
    n_rows: int
    n_features: int
    n_classes: int
    batch_size: int
    hidden_units: tuple[int, ...]
    learning_rate: float
    text: str
    shape: tuple[int, ...] = ()
    kind: str = "classes"

    @property
    def n_steps(self) -> int:
        """Updates in one epoch; every batch is full."""
        return self.n_rows // self.batch_size

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """The data: X (rows, *shape) float32 and y (rows,) int64.

        Tokens are X and y (rows, time) int64, y one step ahead. Pixels are their own
        targets.
        """
        rng = np.random.default_rng(7)
        if self.kind == "tokens":
            text = _text(rng, self.n_rows, self.shape[0] + 1)
            return text[:, :-1], text[:, 1:]
        if self.kind == "pixels":
            shades = rng.beta(0.3, 0.7, size=(self.n_classes, self.n_features))
            shade = shades[rng.integers(self.n_classes, size=self.n_rows)]
            X = (rng.random(shade.shape) < shade).astype(np.float32)
            return X, X
        centers = rng.normal(size=(self.n_classes, self.n_features))
        y = rng.integers(self.n_classes, size=self.n_rows)
        noise = rng.normal(size=(self.n_rows, self.n_features))
        scale = 4.0 / self.n_features**0.5
        X = (scale * centers[y] + noise).astype(np.float32)
        return X.reshape(-1, *(self.shape or X.shape[1:])), y.astype(np.int64)


def _text(rng: np.random.Generator, n_rows: int, length: int) -> np.ndarray:
    """Return (rows, length) tokens, each followed by one of four of its own."""
    followers = rng.integers(TOKENS, size=(TOKENS, 4))
    text = np.zeros((n_rows, length), np.int64)
    text[:, 0] = rng.integers(TOKENS, size=n_rows)
    for step in range(1, length):
        text[:, step] = followers[text[:, step - 1], rng.integers(4, size=n_rows)]
    return text


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("small", 480, 30, 2, 32, (64, 64), 1e-3, "MLP 30-64-64-2, batch 32"),
        Workload(
            "middle",
            12_800,
            784,
            10,
            128,
            (512, 512),
            1e-3,
            "MLP 784-512-512-10, batch 128",
        ),
        # 1e-3 diverges: at this depth the small moves of all blocks add up.
        Workload(
            "residual",
            640,
            64,
            10,
            32,
            (),
            1e-4,
            "300 residual blocks of width 64, batch 32",
        ),
        Workload(
            "cnn",
            1280,
            28 * 28,
            10,
            64,
            (),
            1e-3,
            "CNN of 32 and 64 filters and 128 units on 28 x 28 x 1, batch 64",
            (28, 28, 1),
        ),
        Workload(
            "cnn_32",
            320,
            32 * 32 * 64,
            10,
            64,
            (),
            1e-3,
            "CNN of 3 blocks of two times 64 filters on 32 x 32 x 64, batch 64",
            (32, 32, 64),
        ),
        Workload(
            "lstm",
            1280,
            64 * 32,
            10,
            32,
            (),
            1e-3,
            "LSTM of 128 units over 64 steps of 32 features, batch 32",
            (64, 32),
        ),
        Workload(
            "transformer",
            160,
            128,
            TOKENS,
            16,
            (),
            1e-3,
            "language model of 4 blocks of width 128 over 128 tokens, batch 16",
            (128,),
            "tokens",
        ),
        Workload(
            "vae",
            6400,
            784,
            10,
            128,
            (),
            1e-3,
            "variational autoencoder 784-400-20-400-784, batch 128",
            (784,),
            "pixels",
        ),
        Workload(
            "gan",
            6400,
            784,
            10,
            128,
            (),
            2e-4,
            "GAN, generator 64-256-256-784 and discriminator 784-256-256-1, batch 128",
            (784,),
            "pixels",
        ),
    )
}


def parse(description: str, variants: tuple[str, ...] = ()) -> argparse.Namespace:
    """Command line shared by every contestant."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--workload", choices=sorted(WORKLOADS), required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", choices=variants or ("default",))
    return parser.parse_args()


def cross_entropy(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Mean of -log p(true class) over all rows: the cost everybody reports."""
    shares = np.asarray(probabilities, dtype=np.float64)
    chosen = np.take_along_axis(shares, y[..., None], axis=-1)
    return float(-np.log(np.clip(chosen, 1e-12, 1.0)).mean())


def pixel_cross_entropy(probabilities: np.ndarray, X: np.ndarray) -> float:
    """Mean over all pixels: the cost that autoencoders report, from the mean code."""
    share = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-12, 1 - 1e-12)
    return float(-np.log(np.where(X > 0.5, share, 1 - share)).mean())


def milliseconds_per_step(seconds: list[float], workload: Workload) -> float:
    """Median epoch without the first one (compilation, warm-up), per update."""
    later = seconds[1:] or seconds
    return 1e3 * float(np.median(later)) / workload.n_steps

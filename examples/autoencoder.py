"""Autoencoders: digits through a narrow place and back.

The linear one finds what PCA finds, the best there is for a linear code. The denoising
one learns to take noise away. The variational one learns a code from which new digits
can be drawn.

    python examples/autoencoder.py          writes digits_from_noise.png
"""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

import fathom as fm


def images(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return training and held-out digits, 64 numbers from 0 to 1 each."""
    X, _ = fm.datasets.load("digits")
    X, held = train_test_split(X / 16, test_size=0.25, random_state=seed)
    return X, held


def squared_error(given: np.ndarray, wanted: np.ndarray) -> float:
    return float(((given - wanted) ** 2).mean())


def linear(seed: int = 0, width: int = 8) -> dict[str, float]:
    """Return the reconstruction error of a linear autoencoder and of PCA."""
    X, held = images(seed)
    center = X.mean(axis=0)
    X, held = X - center, held - center
    layers = [fm.Dense(width, name="encoder"), fm.Dense(64, name="decoder")]
    result = fm.train(
        fm.Network(layers, input_shape=(64,)),
        X,
        epochs=200,
        batch_size=128,
        learning_rate=0.01,
        schedule="cosine",
        seed=seed,
    )
    pca = PCA(width).fit(X)

    def rebuilt(rows: np.ndarray) -> np.ndarray:
        return pca.inverse_transform(pca.transform(rows))

    return {
        "linear_error": squared_error(result.model.outputs(X), X),
        "pca_error": squared_error(rebuilt(X), X),
        "linear_error_held_out": squared_error(result.model.outputs(held), held),
        "pca_error_held_out": squared_error(rebuilt(held), held),
    }


def denoising(seed: int = 0, epochs: int = 100) -> dict[str, float]:
    """Return how far noisy digits are from the clean ones, before and after."""
    X, held = images(seed)
    layers = [
        fm.Noise(0.3),
        fm.Dense(128, "relu"),
        fm.Dense(32, "relu", name="code"),
        fm.Dense(128, "relu"),
        fm.Dense(64, "sigmoid"),
    ]
    result = fm.train(
        fm.Network(layers, (64,)), X, epochs=epochs, schedule="cosine", seed=seed
    )
    noisy = held + 0.3 * np.random.default_rng(seed).normal(size=held.shape)
    return {
        "noisy_error": squared_error(noisy, held),
        "denoised_error": squared_error(result.model.outputs(noisy), held),
    }


def variational(
    seed: int = 0, epochs: int = 150, width: int = 8
) -> tuple[float, fm.Model]:
    """Return the negative ELBO of held-out digits in nats an image, and the model.

    Negative ELBO = -log p(x | z) + KL(q(z | x) || p(z)), a bound on -log p(x). The loss
    is its 64th part, because binary cross-entropy is the mean over the pixels.
    """
    X, held = images(seed)
    layers = [
        fm.Dense(128, "relu"),
        fm.Dense(2 * width, name="mean_and_log_variance"),
        fm.Sample(weight=1 / 64),
        fm.Dense(128, "relu", name="decoder_1"),
        fm.Dense(64, "sigmoid", name="decoder_2"),
    ]
    network = fm.Network(layers, (64,))
    result = fm.train(
        network,
        X,
        loss="binary_cross_entropy",
        epochs=epochs,
        schedule="cosine",
        learning_rate=2e-3,
        seed=seed,
    )
    return negative_elbo(result.model, held), result.model


def negative_elbo(model: fm.Model, rows: np.ndarray, n_draws: int = 20) -> float:
    """Return the mean over rows and draws of the code."""
    rows = rows.astype(np.float32)
    values = []
    for key in jax.random.split(jax.random.key(0), n_draws):
        drawn = model.network.forward(model.variables, rows, training=True, key=key)
        p = np.clip(np.asarray(drawn.outputs), 1e-7, 1 - 1e-7)
        crossed = -(rows * np.log(p) + (1 - rows) * np.log(1 - p)).sum(axis=1)
        values.append(crossed + 64 * np.asarray(drawn.penalty))
    return float(np.mean(values))


def draw(model: fm.Model, n: int, seed: int = 0) -> np.ndarray:
    """Return n new digits (n, 8, 8): codes from a normal distribution, decoded."""
    *_, first, last = model.network.layers
    width = model.variables["decoder_1"]["weight"].shape[0]
    decoder = fm.Network([first, last], (width,))
    codes = np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32)
    return np.asarray(decoder.apply(model.variables, codes)).reshape(n, 8, 8)


def save_image(digits: np.ndarray, path: Path, scale: int = 6) -> None:
    """Write digits (n, 8, 8) side by side, ten a row, as a PNG file."""
    framed = np.pad(digits, ((0, 0), (1, 1), (1, 1)), constant_values=0.4)
    rows = [np.hstack(list(framed[i : i + 10])) for i in range(0, len(digits), 10)]
    pixels = np.kron(np.vstack(rows), np.ones((scale, scale)))
    Image.fromarray((255 * pixels.clip(0, 1)).astype(np.uint8)).save(path)


if __name__ == "__main__":
    for scores in (linear(), denoising()):
        for name, value in scores.items():
            print(f"{name:22} {value:.5f}")
    elbo, model = variational()
    print(f"negative ELBO          {elbo:.2f} nats an image, held out")
    save_image(draw(model, 50), Path("digits_from_noise.png"))

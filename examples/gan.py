"""Generative adversarial networks: one network forges, another finds out.

On a ring of eight Gaussians it can be counted whether all eight are forged. On digits,
a classifier that was trained on real ones says which are recognized.

    python examples/gan.py                  writes forged_digits.png
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import fathom as fm
from autoencoder import save_image

RADIUS, SPREAD = 2.0, 0.02
ANGLES = np.arange(8) * np.pi / 4
CENTERS = RADIUS * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def ring_points(n: int, seed: int) -> np.ndarray:
    """Return n points (n, 2) around the eight centers."""
    random = np.random.default_rng(seed)
    near = CENTERS[random.integers(0, 8, n)]
    return (near + SPREAD * random.normal(size=(n, 2))).astype(np.float32)


def forged_by_mode(points: np.ndarray) -> np.ndarray:
    """Return how many points are within 0.2 of each center."""
    distances = np.linalg.norm(points[:, None] - CENTERS[None], axis=-1)
    near = distances.min(axis=1) < 0.2
    return np.bincount(distances.argmin(axis=1)[near], minlength=8)


def ring(
    seed: int = 0, loss: str = "non_saturating", epochs: int = 200
) -> dict[str, float]:
    """Train on the ring, and return how many modes are covered and how well."""
    generator = fm.Network(
        [fm.Dense(128, "relu"), fm.Dense(128, "relu"), fm.Dense(2)], (16,)
    )
    discriminator = fm.Network(
        [
            # Noise on real and forged points alike keeps the discriminator from
            # winning outright (Arjovsky and Bottou, 2017; Sonderby et al., 2017).
            fm.Noise(0.3),
            fm.Dense(128, "leaky_relu"),
            fm.Dense(128, "leaky_relu"),
            fm.Dense(1, "sigmoid"),
        ],
        (2,),
    )
    gan = fm.train_gan(
        generator,
        discriminator,
        ring_points(8192, seed),
        loss=loss,
        epochs=epochs,
        batch_size=256,
        learning_rate=2e-3,
        schedule="cosine",
        weight_average=0.99,
        seed=seed,
    )
    counts = forged_by_mode(gan.sample(2000))
    return {
        "modes": int((counts >= 20).sum()),  # at least 1 % of all on each
        "share_on_a_mode": float(counts.sum() / 2000),
        "fewest_on_a_mode": int(counts.min()),
    }


def digits(seed: int = 0, epochs: int = 300) -> tuple[dict[str, float], np.ndarray]:
    """Train on digits; return what a classifier says of forged ones, and 50 of them."""
    X, y = fm.datasets.load("digits")
    X = X / 8 - 1  # -1 to 1
    generator = fm.Network(
        [
            fm.Dense(256, "relu"),
            fm.BatchNorm(),
            fm.Dense(256, "relu"),
            fm.BatchNorm(),
            fm.Dense(64, "tanh"),
        ],
        (32,),
    )
    discriminator = fm.Network(
        [
            fm.Noise(0.3),
            fm.Dense(256, "leaky_relu"),
            fm.Dropout(0.3),
            fm.Dense(256, "leaky_relu"),
            fm.Dropout(0.3),
            fm.Dense(1, "sigmoid"),
        ],
        (64,),
    )
    gan = fm.train_gan(
        generator,
        discriminator,
        X,
        epochs=epochs,
        batch_size=128,
        learning_rate=1e-3,
        schedule="cosine",
        weight_average=0.99,
        seed=seed,
    )
    judge = fm.train(
        "mlp", (X, y), loss="cross_entropy", epochs=30, weight_decay=0.1, seed=seed
    ).model
    forged = gan.sample(2000)
    chances = judge.predict_proba(forged)
    counts = np.bincount(chances.argmax(axis=1), minlength=10)
    scores = {
        "classes": int((counts >= 20).sum()),  # at least 1 % of all are of each
        "fewest_of_a_class": int(counts.min()),
        "recognized": float((chances.max(axis=1) > 0.9).mean()),
        "recognized_of_real": float((judge.predict_proba(X).max(axis=1) > 0.9).mean()),
    }
    return scores, (forged[:50].reshape(-1, 8, 8) + 1) / 2


if __name__ == "__main__":
    for kind in ("non_saturating", "minimax"):
        print(kind, ring(loss=kind))
    scores, forged = digits()
    print("digits", scores)
    save_image(forged, Path("forged_digits.png"))

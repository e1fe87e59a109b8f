"""Embeddings with the triplet loss: digits of one kind lie close together.

A network learns to put every digit on a sphere so that its own kind is nearer than any
other. Held-out digits are then named by their nearest neighbor among the training
digits, without any output layer, and compared with PCA of the same width.

    python examples/embedding.py
"""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

import fathom as fm

WIDTH = 16


def split(seed: int) -> list[np.ndarray]:
    """Return training and held-out images, training and held-out labels."""
    X, y = fm.datasets.load("digits")
    return train_test_split(X / 16, y, test_size=0.25, random_state=seed, stratify=y)


def recall_at_1(embedded: np.ndarray, labels: np.ndarray) -> float:
    """Return how often the nearest other example is of the same kind."""
    distances = ((embedded[:, None] - embedded[None]) ** 2).sum(-1)
    np.fill_diagonal(distances, np.inf)
    return float((labels[distances.argmin(1)] == labels).mean())


def run(seed: int = 0, epochs: int = 60) -> dict[str, float]:
    """Train, and return the scores on held-out digits."""
    X, X_held, y, y_held = split(seed)
    layers = [
        fm.Dense(256, "relu"),
        fm.Dropout(0.2),
        fm.Dense(128, "relu"),
        fm.Dense(WIDTH),
    ]
    network = fm.Network(layers, input_shape=(64,))
    result = fm.train(
        network,
        (X, y),
        objective=fm.objectives.triplet(margin=0.2),
        schedule="cosine",
        epochs=epochs,
        batch_size=128,
        seed=seed,
    )
    near, held = (scaled(result.model.outputs(rows)) for rows in (X, X_held))
    pca = PCA(WIDTH, random_state=seed).fit(X)
    return {
        "neighbor_accuracy": neighbor_accuracy(near, y, held, y_held),
        "recall_at_1": recall_at_1(held, y_held),
        "pca_neighbor_accuracy": neighbor_accuracy(
            pca.transform(X), y, pca.transform(X_held), y_held
        ),
        "pca_recall_at_1": recall_at_1(pca.transform(X_held), y_held),
    }


def scaled(outputs: np.ndarray) -> np.ndarray:
    return outputs / np.linalg.norm(outputs, axis=1, keepdims=True)


def neighbor_accuracy(
    near: np.ndarray, labels: np.ndarray, held: np.ndarray, held_labels: np.ndarray
) -> float:
    return float(KNeighborsClassifier(1).fit(near, labels).score(held, held_labels))


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:22} {value:.4f}")

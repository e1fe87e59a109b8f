"""What simple and complex cells are good for: a shift of the image changes little.

A stack of S-layers (features at every place) and C-layers (anywhere nearby), a LeNet
and a fully connected network learn the same digits, none of them shifted. Then the
held-out digits are moved, pixel by pixel.

    python examples/shift_invariance.py
"""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.model_selection import train_test_split

import fathom as fm

# The LeNets without the shifts that they otherwise get in training.
MODELS = {
    "mlp": fm.models.mlp,
    "neocognitron": fm.models.neocognitron,
    "cnn": fm.models.cnn,
    "lenet": partial(fm.models.lenet, distort=False),
    "lenet_1989": partial(fm.models.lenet_1989, distort=False),
}


def shifted(images: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return images (n, 8, 8, 1) moved down and right; what leaves is lost."""
    padded = np.pad(images, ((0, 0), (8, 8), (8, 8), (0, 0)))
    return padded[:, 8 - rows : 16 - rows, 8 - columns : 16 - columns]


def run(
    model: str = "neocognitron", seed: int = 0, epochs: int = 60
) -> dict[str, float | list[float]]:
    """Return the accuracy on held-out digits by how far they are moved."""
    X, y = fm.datasets.load("digits")
    X = (X / 16).reshape(-1, 8, 8, 1)
    X, held, y, held_y = train_test_split(
        X, y, test_size=0.25, random_state=seed, stratify=y
    )
    trained = fm.train(
        MODELS[model]((8, 8, 1), 10, "softmax"),
        (X, y),
        epochs=epochs,
        batch_size=64,
        learning_rate=2e-3,
        schedule="cosine",
        weight_decay=0.05,
        seed=seed,
    ).model

    def accuracy(distance: int) -> float:
        ways = [(distance, 0), (-distance, 0), (0, distance), (0, -distance)]
        scores = [
            trained.evaluate((shifted(held, *way), held_y))["accuracy"] for way in ways
        ]
        return float(np.mean(scores))

    curve = [accuracy(distance) for distance in range(4)]
    return {"accuracy": curve[0], "accuracy_moved_by_1": curve[1], "curve": curve}


if __name__ == "__main__":
    print("pixels moved    " + "".join(f"{n:8d}" for n in range(4)))
    for model in MODELS:
        curve = run(model)["curve"]
        print(f"{model:16}" + "".join(f"{value:8.3f}" for value in curve))

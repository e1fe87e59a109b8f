"""Transfer learning: what was learned on digits 0 to 4 helps with 5 to 9.

The digits lie anywhere in a 12 x 12 image, which a fully connected network has to learn
from many images. It does so on 0 to 4, saying which digit it is and how it is turned or
mirrored. Its layers are then taken over for 5 to 9, of which there are ten labeled
images each: first frozen under a new head, then set free. Beside it stands the same
network trained on the fifty images alone, for as many steps.

    python examples/transfer.py
"""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

import fathom as fm

SIZE = 12
FEW = 10  # labels of each of the classes 5 to 9


def moved(images: np.ndarray, seed: int) -> np.ndarray:
    """Return images (n, 8, 8) at random places of larger ones, (n, 12, 12, 1)."""
    places = np.random.default_rng(seed).integers(0, SIZE - 8 + 1, (len(images), 2))
    larger = np.zeros((len(images), SIZE, SIZE, 1), np.float32)
    for image, small, (row, column) in zip(larger, images, places, strict=True):
        image[row : row + 8, column : column + 8, 0] = small
    return larger


def turned(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each image in its eight positions, and 8 * label + position."""
    ways = [np.rot90(images, k, axes=(1, 2)) for k in range(4)]
    ways += [way[:, :, ::-1] for way in ways]
    kinds = np.concatenate([8 * labels + i for i in range(8)])
    return np.concatenate(ways), kinds


def network(classes: int, head: str) -> fm.Network:
    """Return three hidden layers, and a head of the given name."""
    layers = [
        fm.Flatten(),
        fm.Dense(256, "relu", name="body_1"),
        fm.Dense(256, "relu", name="body_2"),
        fm.Dense(128, "relu", name="body_3"),
        fm.Dropout(0.2),
        fm.Dense(classes, "softmax", name=head),
    ]
    return fm.Network(layers, (SIZE, SIZE, 1))


BODY = ["body_1", "body_2", "body_3"]


def run(seed: int = 0, epochs: int = 10, few_epochs: int = 150) -> dict[str, float]:
    """Return the accuracy on held-out images of 5 to 9, by way of learning."""
    X, y = fm.datasets.load("digits")
    small = X.reshape(-1, 8, 8) / 16
    images = moved(small, seed)
    low, high = y < 5, y >= 5
    rest, held, rest_y, held_y = train_test_split(
        images[high], y[high] - 5, test_size=0.5, random_state=seed, stratify=y[high]
    )
    rows = np.concatenate([np.flatnonzero(rest_y == kind)[:FEW] for kind in range(5)])
    few = rest[rows], rest_y[rows]

    eight = [moved(small[low], 1000 * (seed + 1) + i) for i in range(8)]
    source = fm.train(
        network(40, "low"),
        turned(np.concatenate(eight), np.tile(y[low], 8)),
        epochs=epochs,
        batch_size=64,
        schedule="cosine",
        seed=seed,
    ).model

    def learned(epochs: int, rate: float, **settings: object) -> fm.Model:
        return fm.train(
            network(5, "high"),
            few,
            epochs=epochs,
            batch_size=25,
            learning_rate=rate,
            schedule="cosine",
            weight_decay=0.01,
            seed=seed,
            **settings,
        ).model

    scratch = learned(100 + few_epochs, 1e-3)
    frozen = learned(100, 3e-3, start_from=source, freeze=BODY)
    tuned = learned(few_epochs, 3e-4, start_from=frozen)
    return {
        name: model.evaluate((held, held_y))["accuracy"]
        for name, model in (("scratch", scratch), ("frozen", frozen), ("tuned", tuned))
    }


def domain_shift(seed: int = 0, epochs: int = 20) -> dict[str, float]:
    """Return how a network for centered digits does when they lie elsewhere."""
    X, y = fm.datasets.load("digits")
    small = X.reshape(-1, 8, 8) / 16
    centered = np.pad(small, ((0, 0), (2, 2), (2, 2)))[..., None]
    elsewhere = moved(small, seed)
    train, test = train_test_split(
        np.arange(len(y)), test_size=0.25, random_state=seed, stratify=y
    )
    settings = {"batch_size": 64, "seed": seed, "schedule": "cosine"}
    model = fm.train(
        "mlp", (centered[train], y[train]), loss="cross_entropy", epochs=epochs,
        **settings,
    ).model  # fmt: skip
    few = train[:200]
    tuned = fm.train(
        model.network, (elsewhere[few], y[few]), start_from=model, epochs=10 * epochs,
        **settings,
    ).model  # fmt: skip
    return {
        "centered": model.evaluate((centered[test], y[test]))["accuracy"],
        "elsewhere": model.evaluate((elsewhere[test], y[test]))["accuracy"],
        "elsewhere_tuned_on_200": tuned.evaluate((elsewhere[test], y[test]))[
            "accuracy"
        ],
    }


if __name__ == "__main__":
    for scores in (run(), domain_shift()):
        for name, value in scores.items():
            print(f"{name:24} {value:.4f}")

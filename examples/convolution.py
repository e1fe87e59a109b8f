"""Convolutional networks on digits: LeNet of 1989 and 1998, and a small modern one.

python examples/convolution.py
"""

from __future__ import annotations

from sklearn.model_selection import train_test_split

import fathom as fm

MODELS = ("mlp", "lenet_1989", "lenet", "cnn")


def run(model: str = "lenet", seed: int = 0, epochs: int = 100) -> dict[str, float]:
    """Return the accuracy on held-out digits."""
    X, y = fm.datasets.load("digits")
    X = (X / 16).reshape(-1, 8, 8, 1)
    X, held, y, held_y = train_test_split(
        X, y, test_size=0.25, random_state=seed, stratify=y
    )
    result = fm.train(
        getattr(fm.models, model)((8, 8, 1), 10, "softmax"),
        (X, y),
        epochs=epochs,
        batch_size=64,
        learning_rate=3e-3,
        schedule="cosine",
        weight_decay=0.05,
        seed=seed,
    )
    return {"accuracy": result.model.evaluate((held, held_y))["accuracy"]}


if __name__ == "__main__":
    for model in MODELS:
        print(f"{model:12} {run(model)['accuracy']:.4f}")

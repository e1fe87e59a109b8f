"""Deep networks: why fifty sigmoid layers do not learn, and three hundred others do.

In a plain network of sigmoid neurons the gradient shrinks from layer to layer on its
way back, and does not reach the first ones. Shortcuts around every block let it pass.

    python examples/deep_networks.py
"""

from __future__ import annotations

import jax
import numpy as np
from sklearn.model_selection import train_test_split

import fathom as fm

WIDTH = 32


def plain(n: int = 50) -> fm.Network:
    """Return n sigmoid layers, one after the other."""
    hidden = fm.Repeat(fm.Dense(WIDTH, "sigmoid"), n, name="deep")
    return fm.Network([fm.Dense(WIDTH), hidden, fm.Dense(10, "softmax")], (64,))


def residual(n: int = 300) -> fm.Network:
    """Return n residual blocks; each starts by changing little."""
    layers = (
        fm.LayerNorm(),
        fm.Dense(WIDTH, "relu"),
        fm.Dense(WIDTH, weight_init="normal(0.01)"),
    )
    hidden = fm.Repeat(fm.Residual(layers), n, name="deep")
    return fm.Network([fm.Dense(WIDTH), hidden, fm.Dense(10, "softmax")], (64,))


def convolutional(blocks: tuple[int, ...] = (9, 9, 9)) -> fm.Network:
    """Return a residual network of convolutions: 56 layers if not said otherwise."""
    return fm.models.resnet((8, 8, 1), 10, "softmax", blocks=blocks)


def gradient_norms(network: fm.Network, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the norm of the weights' gradient in every block, at the start values."""
    logits, _ = network.without_output_activation()
    loss = fm.losses.from_logits("cross_entropy", "softmax")
    variables = network.init(0)
    gradient = jax.grad(lambda v: loss(logits.apply(v, x), y).mean())(variables)
    squares = [
        np.square(leaf).reshape(len(leaf), -1).sum(axis=1)
        for leaf in map(np.asarray, jax.tree.leaves(gradient["deep"]))
    ]
    return np.sqrt(sum(squares))


def run(
    network: fm.Network, seed: int = 0, epochs: int = 10
) -> dict[str, float | np.ndarray]:
    """Return the accuracy on held-out digits."""
    X, y = fm.datasets.load("digits")
    X = (X / 16).reshape(-1, *network.input_shape)
    X, held, y, held_y = train_test_split(
        X, y, test_size=0.25, random_state=seed, stratify=y
    )
    result = fm.train(
        network,
        (X, y),
        epochs=epochs,
        batch_size=64,
        schedule="cosine",
        gradient_clip=1.0,
        seed=seed,
    )
    scores = {"accuracy": result.model.evaluate((held, held_y))["accuracy"]}
    if network.input_shape == (64,):
        scores["norms"] = gradient_norms(network, X[:128].astype("f"), y[:128])
    return scores


if __name__ == "__main__":
    for name, network in (
        ("50 sigmoid layers", plain()),
        ("300 residual blocks", residual()),
        ("ResNet of 56 layers", convolutional()),
    ):
        scores = run(network)
        print(f"{name:20} accuracy {scores['accuracy']:.3f}")
        if "norms" in scores:
            first, last = scores["norms"][0], scores["norms"][-1]
            print(f"{'':20} gradient of block 1: {first:.1e}, of the last: {last:.1e}")

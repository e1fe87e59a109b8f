"""From simple and complex cells to convolution and pooling.

A neocognitron learns digits, none of them shifted, once with a teacher and once with
S-cells that learned from the images alone. Beside each stands the same network without
its C-cells. Then the held-out digits are moved by a pixel. Last, a small convolutional
network is shown drifting gratings, as an eye would be: which of its filters are simple
cells, and what is left of the phase behind the pooling?

    python examples/simple_and_complex.py [SEEDS]
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.model_selection import train_test_split

import fathom as fm

S_LAYERS = ("simple_1", "simple_2")


def digits(seed: int) -> list[np.ndarray]:
    """Return training images, held-out images, and the labels of both."""
    X, y = fm.datasets.load("digits")
    images = (X / 16).reshape(-1, 8, 8, 1).astype(np.float32)
    return train_test_split(images, y, test_size=0.25, random_state=seed, stratify=y)


def moved(images: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return images moved down and right; what leaves is lost."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return padded[:, 1 - rows : 9 - rows, 1 - columns : 9 - columns]


def shift_cost(
    has_complex_cells: bool, has_teacher: bool, seed: int = 0, epochs: int = 40
) -> tuple[float, float]:
    """Return the accuracy on held-out digits, and what a shift by a pixel costs."""
    X, held, y, held_y = digits(seed)
    network = fm.brain.neocognitron((8, 8, 1), 10, has_complex_cells=has_complex_cells)
    start = {}
    if not has_teacher:
        variables = fm.brain.learn_without_teacher(network, X, seed=seed)
        start = {"variables": variables, "freeze": S_LAYERS}
    model = fm.train(
        network, (X, y), epochs=epochs, batch_size=64, learning_rate=2e-3,
        schedule="cosine", weight_decay=0.05, seed=seed, record=False, **start,
    ).model  # fmt: skip
    still = model.evaluate((held, held_y))["accuracy"]
    ways = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    after = [model.evaluate((moved(held, *way), held_y))["accuracy"] for way in ways]
    return still, still - float(np.mean(after))


def network_tuning(seed: int = 0, epochs: int = 15) -> dict[str, object]:
    """Return the tuning of a convolutional network's filters, before and after pooling.

    The largest response within each layer's middle 4 x 4 places is a neuron here.
    """
    X, _, y, _ = digits(seed)
    layers = [
        fm.Conv(12, 5, "relu", name="simple"),
        fm.MaxPool(4, 2, "same", name="complex"),
        fm.Flatten(),
        fm.Dense(10, "softmax", name="output"),
    ]
    model = fm.train(
        fm.Network(layers, (8, 8, 1)), (X, y), epochs=epochs, batch_size=64,
        learning_rate=3e-3, seed=seed,
    ).model  # fmt: skip

    def middle(layer: str, place: int):
        def respond(images: np.ndarray) -> np.ndarray:
            # Gratings as bright as digits: from 0 to 1.
            taps = model.trace(images[..., None] / 2 + 0.5)[layer]
            return np.asarray(taps.output)[:, place, place]

        return respond

    settings = {"orientations": 12, "frequencies": (0.1, 0.15, 0.2), "n_frames": 16}
    return {
        "model": model,
        "filters": model.variables["simple"]["weight"][:, :, 0].transpose(2, 0, 1),
        "simple": fm.brain.orientation_tuning(middle("simple", 4), 8, **settings),
        "complex": fm.brain.orientation_tuning(middle("complex", 2), 8, **settings),
    }


def main(n_seeds: int) -> None:
    print(f"accuracy on held-out digits, and what a shift by a pixel costs ({n_seeds})")
    for has_teacher in (True, False):
        for has_complex_cells in (True, False):
            runs = [
                shift_cost(has_complex_cells, has_teacher, seed)
                for seed in range(n_seeds)
            ]
            (still, cost), spread = np.mean(runs, axis=0), np.std(runs, axis=0)
            print(
                f"{'teacher   ' if has_teacher else 'no teacher'} "
                f"{'S and C cells' if has_complex_cells else 'S cells only '} "
                f"{still:.3f} +- {spread[0]:.3f}   -{cost:.3f} +- {spread[1]:.3f}"
            )
    found = network_tuning()
    print("\nfilters of a convolutional network on drifting gratings")
    print("filter  prefers  selectivity  F1/F0 before and after pooling")
    before, after = found["simple"], found["complex"]
    for i in range(len(before.preferred)):
        print(
            f"{i:6d} {before.preferred[i]:7.0f}d {before.selectivity[i]:11.2f} "
            f"{before.modulation[i]:10.2f} {after.modulation[i]:10.2f}"
        )
    print(
        f"  mean {'':8} {before.selectivity.mean():11.2f} "
        f"{before.modulation.mean():10.2f} {after.modulation.mean():10.2f}"
    )


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["5"])[0]))

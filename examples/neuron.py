"""One neuron: what it computes, and how it learns a line.

Run with `python examples/neuron.py`.
"""

from __future__ import annotations

import numpy as np

import fathom as fm


def main() -> None:
    neuron = fm.Neuron([0, 1], bias=4, activation="sigmoid")
    print("Weights (0, 1), bias 4, input (2, 3), through a sigmoid:")
    print(neuron.explain([2, 3]))

    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = 3 * X[:, 0] - 2 * X[:, 1] + 1 + 0.1 * rng.normal(size=200)
    network = fm.Network([fm.Dense(1)])
    result = fm.train(network, (X, y), optimizer="sgd", learning_rate=0.1, epochs=20)
    learned = fm.Neuron.from_model(result.model)
    print("\nLearned from noisy examples of 3 x1 - 2 x2 + 1:")
    print("weights", np.round(learned.weights, 2), "bias", round(learned.bias, 2))


if __name__ == "__main__":
    main()

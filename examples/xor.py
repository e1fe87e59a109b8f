"""XOR: no line can separate it, a network with a hidden layer can.

Run with `python examples/xor.py`.
"""

from __future__ import annotations

import fathom as fm

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [0, 1, 1, 0]


def main() -> None:
    print("One neuron:")
    print(fm.Perceptron(max_epochs=100).fit(X, Y).why_)

    network = fm.Network([fm.Dense(8, "tanh"), fm.Dense(1, "sigmoid")], (2,))
    result = fm.train(network, (X, Y), learning_rate=0.05, epochs=300)
    print("\nA network with eight hidden neurons:")
    for x, answer, p in zip(
        X, result.model.predict(X), result.model.predict_proba(X)[:, 1], strict=True
    ):
        print(x, "->", answer, f"(probability of 1: {p:.2f})")


if __name__ == "__main__":
    main()

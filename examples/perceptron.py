"""The perceptron: separates two kinds of iris, and says when no line can.

Run with `python examples/perceptron.py`.
"""

from __future__ import annotations

import fathom as fm


def main() -> None:
    X, y = fm.datasets.load("iris")
    petals = X[:, 2:]  # length and width in centimeters
    for kind, name in enumerate(("setosa", "versicolor")):
        perceptron = fm.Perceptron(max_epochs=200).fit(petals, y == kind)
        print(f"{name} against the rest")
        print(" ", perceptron.why_)
        print("  boundary:", perceptron.decision_boundary())


if __name__ == "__main__":
    main()

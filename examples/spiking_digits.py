"""Digits by spikes: trained by gradients, learned without labels, and by a plain line.

Three models see the same rows of scikit-learn's digits: a network of spiking neurons
that is trained by surrogate gradients; 100 spiking cells that learn by spike timing
alone and are named after the classes only afterwards; and logistic regression, which
does better than the second and takes far less time.

    python examples/spiking_digits.py
"""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import fathom as fm


def run(seed: int = 0, epochs: int = 30) -> dict[str, float]:
    """Return the accuracy of each on held-out digits."""
    X, y = fm.datasets.load("digits")
    X, held, y, held_y = train_test_split(
        X / 16, y, test_size=500, random_state=seed, stratify=y
    )
    trained = fm.train(
        fm.models.spiking((64,), 10, "softmax"),
        (X, y),
        epochs=epochs,
        learning_rate=5e-3,
        seed=seed,
    ).model
    print(fm.brain.compare_with_brain(trained, held), "\n")
    cells = fm.brain.DiehlCook(100, random_state=seed).fit(X, y)
    line = LogisticRegression(max_iter=2000).fit(X, y)
    return {
        "spiking network, surrogate gradients": trained.evaluate((held, held_y))[
            "accuracy"
        ],
        "spiking cells, spike timing alone": cells.score(held, held_y),
        "logistic regression": line.score(held, held_y),
    }


if __name__ == "__main__":
    scores = run()
    for name, accuracy in scores.items():
        print(f"{name:40}{accuracy:.3f}")
    timing, line = list(scores.values())[1:]
    verdict = "does better than" if line > timing else "is no better than"
    print(f"Logistic regression {verdict} spike timing alone on these rows.")

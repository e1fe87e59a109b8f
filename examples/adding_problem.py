"""Memory over a hundred steps: which recurrent networks can add two marked numbers?

Each sequence has a number between 0 and 1 at every step, and marks two of them, one in
each half. The answer is their sum. To answer 1 always has a mean squared error of
0.167. Source: Hochreiter and Schmidhuber, "Long short-term memory" (1997).

    python examples/adding_problem.py
"""

from __future__ import annotations

import numpy as np

import fathom as fm

KINDS = {"lstm": fm.LSTM, "gru": fm.GRU, "rnn": fm.RNN}


def sequences(n: int, length: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, length, 2) numbers and marks, and the (n,) sums of the marked ones."""
    random = np.random.default_rng(seed)
    numbers, marks, rows = random.random((n, length)), np.zeros((n, length)), range(n)
    first = random.integers(0, length // 2, n)
    second = random.integers(length // 2, length, n)
    marks[rows, first] = marks[rows, second] = 1
    X = np.stack([numbers, marks], axis=-1).astype(np.float32)
    return X, (numbers[rows, first] + numbers[rows, second]).astype(np.float32)


def run(
    kind: str = "gru", seed: int = 0, epochs: int = 10, length: int = 100
) -> dict[str, float]:
    """Return the mean squared error on sequences held out."""
    held = sequences(1000, length, seed + 1000)
    network = fm.Network([KINDS[kind](64), fm.Dense(1)], (length, 2))
    result = fm.train(
        network,
        sequences(10_000, length, seed),
        validation=held,
        epochs=epochs,
        batch_size=50,
        learning_rate=3e-3,
        schedule="cosine",
        gradient_clip=1.0,
        seed=seed,
    )
    return {"mean_squared_error": float(result.history["validation_loss"][-1])}


if __name__ == "__main__":
    for kind in KINDS:
        print(f"{kind:5} {run(kind)['mean_squared_error']:.4f}")

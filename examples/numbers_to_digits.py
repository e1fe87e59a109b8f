"""Sequence to sequence: "four hundred and twelve" is read, "412" is written.

python examples/numbers_to_digits.py
"""

from __future__ import annotations

import numpy as np

import fathom as fm

BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
ONES = BELOW_TWENTY.split()
BY_TEN = "twenty thirty forty fifty sixty seventy eighty ninety"
TENS = BY_TEN.split()
LETTERS = " abcdefghijklmnopqrstuvwxyz"  # the space is token 1; 0 fills up
START, END = 10, 11  # beside the digits 0 to 9
LARGEST = 9999


def in_words(n: int) -> str:
    """Return a whole number below 10,000 in English words."""
    if n < 20:
        return ONES[n]
    if n < 100:
        rest = f" {ONES[n % 10]}" if n % 10 else ""
        return TENS[n // 10 - 2] + rest
    size, word = (1000, "thousand") if n >= 1000 else (100, "hundred")
    rest = f" {in_words(n % size)}" if n % size else ""
    return f"{in_words(n // size)} {word}{rest}"


def sources(numbers: np.ndarray) -> np.ndarray:
    """Return the letters of each number in words, filled up with 0."""
    texts = [in_words(int(n)) for n in numbers]
    tokens = np.zeros((len(texts), LENGTH), np.int32)
    for row, text in zip(tokens, texts, strict=True):
        row[: len(text)] = [1 + LETTERS.index(letter) for letter in text]
    return tokens


def targets(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the decoder gets, and what it is to give; -1 where nothing."""
    given = np.full((len(numbers), 5), END, np.int32)
    wanted = np.full((len(numbers), 5), -1, np.int32)
    for i, n in enumerate(numbers):
        digits = [int(digit) for digit in str(int(n))]
        given[i, : len(digits) + 1] = [START, *digits]
        wanted[i, : len(digits) + 1] = [*digits, END]
    return given, wanted


LENGTH = max(len(in_words(n)) for n in range(LARGEST + 1))


def exact_match(model: fm.Model, numbers: np.ndarray) -> float:
    """Return the share of numbers that are written without any mistake."""
    start = np.full((len(numbers), 1), START)
    beside = {"source": sources(numbers)}
    written = fm.generate(model, start, 5, beside=beside, end=END)[:, 1:]
    texts = ["".join(str(t) for t in row if t < 10) for row in written]
    wanted = [str(int(n)) for n in numbers]
    return float(np.mean([a == b for a, b in zip(texts, wanted, strict=True)]))


def run(seed: int = 0, epochs: int = 15, n_training: int = 8000) -> dict[str, float]:
    """Train on some numbers, and return the exact match on others."""
    numbers = np.random.default_rng(seed).permutation(LARGEST + 1)
    known, held = numbers[:n_training], numbers[n_training : n_training + 1000]
    network = fm.models.sequence_to_sequence((28, LENGTH), (12, 5), width=64)
    given, wanted = targets(known)
    result = fm.train(
        network,
        ({"source": sources(known), "target": given}, wanted),
        epochs=epochs,
        batch_size=64,
        schedule="warmup_cosine",
        learning_rate=2e-3,
        seed=seed,
    )
    return {
        "exact_match": exact_match(result.model, held),
        "loss": float(result.history["loss"][-1]),
    }


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:12} {value:.4f}")

"""Characters in, a class out: is this line of Python a comment or code?

The lines are those of Python's own standard library, of different lengths; comments
come without their "#". Padding is found by its token and left out.

    python examples/comment_or_code.py
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

import numpy as np

import fathom as fm

LENGTH = 64
KINDS = {"lstm": fm.LSTM, "gru": fm.GRU, "rnn": fm.RNN}


def lines() -> tuple[list[str], list[str], list[str], list[str]]:
    """Return comments and code to learn from, and those of other files."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    found: tuple[list[str], ...] = ([], [], [], [])
    for i, path in enumerate(sorted(folder.glob("*.py"))):
        held = 2 if i % 5 == 0 else 0
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            text = line.strip()
            is_code = not text.startswith("#")
            text = text.lstrip("#").strip()
            if len(text) >= 10 and '"""' not in text:
                found[held + is_code].append(text)
    return found


def tokens(texts: list[str]) -> np.ndarray:
    """Return the characters of each text by number, filled up with 0."""
    rows = np.zeros((len(texts), LENGTH), np.int32)
    for row, text in zip(rows, texts, strict=True):
        part = [min(ord(c), 127) for c in text[:LENGTH]]
        row[: len(part)] = part
    return rows


def examples(comments: list[str], code: list[str], n: int, seed: int):
    """Return n lines of each kind as tokens, and which are code."""
    random = np.random.default_rng(seed)
    chosen = [list(random.permutation(texts)[:n]) for texts in (comments, code)]
    y = np.repeat([0, 1], [len(part) for part in chosen])
    return tokens([*chosen[0], *chosen[1]]), y


def run(
    kind: str = "gru", seed: int = 0, epochs: int = 6, n: int = 4000
) -> dict[str, float]:
    """Return the accuracy on lines of files held out; guessing has 0.5."""
    comments, code, held_comments, held_code = lines()
    layers = [
        fm.Embedding(128, 16, padding=0),
        KINDS[kind](64),
        fm.Dense(1, "sigmoid"),
    ]
    result = fm.train(
        fm.Network(layers, (LENGTH,)),
        examples(comments, code, n, seed),
        epochs=epochs,
        batch_size=64,
        learning_rate=3e-3,
        schedule="cosine",
        gradient_clip=1.0,
        seed=seed,
    )
    held = examples(held_comments, held_code, 1000, seed)
    return {"accuracy": result.model.evaluate(held)["accuracy"]}


if __name__ == "__main__":
    for kind in KINDS:
        print(f"{kind:5} {run(kind)['accuracy']:.4f}")

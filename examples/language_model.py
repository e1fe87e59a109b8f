"""A transformer that writes Python: a character language model.

It reads the sources of Python's own standard library, learns to give the next
character's chances, and is measured in bits per character on files that it has not
seen. (All characters equally likely: 6.6 bits; a good compressor: about 2.)

    python examples/language_model.py
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

import numpy as np

import fathom as fm

# Line feed and the printable characters of ASCII; others become "?".
CHARACTERS = "\n" + "".join(map(chr, range(32, 127)))
LENGTH = 128


def sources(n_characters: int) -> tuple[str, str]:
    """Return the text to learn from, and that of other files to be measured on."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    texts = [
        path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.glob("*.py"))
    ]
    held = "".join(texts[::10])
    rest = "".join(text for i, text in enumerate(texts) if i % 10)
    return rest[:n_characters], held[: n_characters // 10]


def encode(text: str) -> np.ndarray:
    """Return the number of every character."""
    table = np.full(0x110000, CHARACTERS.index("?"), np.int32)
    table[[ord(c) for c in CHARACTERS]] = np.arange(len(CHARACTERS))
    return table[np.frombuffer(text.encode("utf-32-le"), np.uint32)]


def windows(text: str, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n random stretches, and the character after each of their places."""
    tokens = encode(text)
    starts = np.random.default_rng(seed).integers(0, len(tokens) - LENGTH, n)
    places = starts[:, None] + np.arange(LENGTH + 1)[None, :]
    return tokens[places[:, :-1]], tokens[places[:, 1:]]


def network(width: int = 128, n_blocks: int = 4) -> fm.Network:
    return fm.models.transformer_language_model(
        len(CHARACTERS), LENGTH, width=width, heads=4, n_blocks=n_blocks
    )


def run(seed: int = 0, n_steps: int = 600, width: int = 128) -> dict[str, float]:
    """Train, and return the bits per character on files held out."""
    training, held = sources(2_000_000)
    result = fm.train(
        network(width, n_blocks=4 if width > 64 else 2),
        windows(training, 16 * n_steps, seed),
        validation=windows(held, 256, seed=1),
        epochs=1,
        batch_size=16,
        learning_rate=1e-3,
        schedule="warmup_cosine",
        weight_decay=0.01,
        gradient_clip=1.0,
        seed=seed,
    )
    print(written(result.model, "def read("))
    loss = float(result.history["validation_loss"][-1])
    return {"bits_per_character": loss / np.log(2)}


def written(model: fm.Model, start: str, n_characters: int = 200) -> str:
    tokens = fm.generate(model, encode(start)[None], n_characters, temperature=0.7)
    return "".join(CHARACTERS[token] for token in tokens[0])


if __name__ == "__main__":
    print("bits per character:", round(run()["bits_per_character"], 3))

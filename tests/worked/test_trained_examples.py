"""The examples that train networks run, at a size that takes seconds.

At full size they are held against their bars by `python -m benchmarks.bars`.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, **settings: Any) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))["run"](**settings)


def test_embedding_puts_digits_of_one_kind_together() -> None:
    scores = run("embedding", epochs=15)
    assert scores["neighbor_accuracy"] > 0.95


def test_numbers_in_words_are_learned_a_little_in_two_epochs() -> None:
    short = run("numbers_to_digits", epochs=2, n_training=512)
    assert short["loss"] < 2.2  # 12 tokens equally likely: 2.48
    assert 0 <= short["exact_match"] <= 1


def test_language_model_beats_equally_likely_characters() -> None:
    bits = run("language_model", n_steps=40, width=32)["bits_per_character"]
    assert bits < 6.0  # 97 characters equally likely: 6.6

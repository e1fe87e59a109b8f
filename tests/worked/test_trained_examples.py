"""The examples that train networks run, at a size that takes seconds.

At full size they are held against their bars by `python -m benchmarks.bars`.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, **settings: Any) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))["run"](**settings)


def test_embedding_puts_digits_of_one_kind_together() -> None:
    scores = run("embedding", epochs=15)
    assert scores["neighbor_accuracy"] > 0.95


@pytest.mark.slow
def test_numbers_in_words_are_learned_a_little_in_two_epochs() -> None:
    short = run("numbers_to_digits", epochs=2, n_training=512)
    assert short["loss"] < 2.2  # 12 tokens equally likely: 2.48
    assert 0 <= short["exact_match"] <= 1


@pytest.mark.slow
def test_language_model_beats_equally_likely_characters() -> None:
    bits = run("language_model", n_steps=40, width=32)["bits_per_character"]
    assert bits < 6.0  # 96 characters equally likely: 6.6


def functions(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def test_gated_memory_adds_marked_numbers() -> None:
    # To answer 1 always has an error of 0.167.
    assert run("adding_problem", epochs=3, length=10)["mean_squared_error"] < 0.02


def test_characters_say_whether_a_line_is_code() -> None:
    assert run("comment_or_code", epochs=3, n=1000)["accuracy"] > 0.7


@pytest.mark.slow
def test_the_gradient_vanishes_without_shortcuts_and_not_with_them() -> None:
    deep = functions("deep_networks")
    plain = deep["run"](deep["plain"](30), epochs=2)
    residual = deep["run"](deep["residual"](30), epochs=4)
    assert plain["norms"][0] < 1e-9 * plain["norms"][-1]
    assert residual["norms"][0] > 0.1 * residual["norms"][-1]
    assert plain["accuracy"] < 0.2 < 0.8 < residual["accuracy"]


@pytest.mark.slow
def test_complex_cells_forgive_a_shift() -> None:
    shift = functions("shift_invariance")["run"]
    cells, dense = (shift(model, epochs=10) for model in ("neocognitron", "mlp"))
    assert cells["accuracy_moved_by_1"] > dense["accuracy_moved_by_1"] + 0.1


@pytest.mark.slow
def test_lenet_learns_digits() -> None:
    assert run("convolution", epochs=12)["accuracy"] > 0.85


def test_a_linear_autoencoder_finds_what_pca_finds() -> None:
    scores = functions("autoencoder")["linear"]()
    assert scores["linear_error"] < 1.01 * scores["pca_error"]
    assert scores["linear_error"] > 0.999 * scores["pca_error"]  # the known optimum


def test_a_denoising_autoencoder_takes_noise_away() -> None:
    scores = functions("autoencoder")["denoising"](epochs=20)
    assert scores["denoised_error"] < 0.5 * scores["noisy_error"]


@pytest.mark.slow
def test_a_variational_autoencoder_is_reproducible_and_draws_digits(tmp_path) -> None:
    example = functions("autoencoder")
    elbo, model = example["variational"](epochs=15)
    assert elbo < 28
    assert example["variational"](epochs=15)[0] == elbo
    digits = example["draw"](model, 20)
    example["save_image"](digits, tmp_path / "digits.png", scale=2)
    assert digits.std(axis=0).mean() > 0.05  # not all the same
    assert (tmp_path / "digits.png").stat().st_size > 200


@pytest.mark.slow
def test_a_game_spreads_over_the_ring(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    scores = functions("gan")["ring"](epochs=150)
    assert scores["modes"] >= 7


@pytest.mark.slow
def test_forged_digits_are_judged(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    scores, forged = functions("gan")["digits"](epochs=3)
    assert scores["recognized_of_real"] > 0.9
    assert forged.shape == (50, 8, 8)


@pytest.mark.slow
def test_what_was_learned_on_some_digits_helps_with_others() -> None:
    scores = run("transfer", epochs=2, few_epochs=30)
    assert scores["tuned"] > scores["scratch"] + 0.05
